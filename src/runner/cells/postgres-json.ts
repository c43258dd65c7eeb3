/**
 * PostgreSQL's values as JSON text, digits and all: numbers keep every digit, and what JSON has no form for (NaN, infinities, dates, …) is a string with
 * PostgreSQL's own text. Arrays become JSON arrays; their bounds (`[0:2]={…}`) have no place in JSON and go.
 *
 * Source of the array's grammar: PostgreSQL's documentation, "Array Input and Output Syntax" (8.15.6).
 */
import type { ScalarFamily } from './postgres-types.ts';
import { readJson } from './text-cells.ts';

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/;
/** MAXDIM of PostgreSQL. */
const DIMENSIONS_LIMIT = 6;
const BOUNDS = /^(?:\[[+-]?\d+:[+-]?\d+\])+=/;

/** Undefined when the text is not what PostgreSQL writes for its type. */
export function jsonToken(family: ScalarFamily, text: string): string | undefined {
  switch (family) {
    case 'integer':
    case 'numeric':
    case 'float':
      return JSON_NUMBER.test(text) ? text : JSON.stringify(text);
    case 'boolean':
      return text === 't' ? 'true' : text === 'f' ? 'false' : undefined;
    case 'json':
      return readJson(text);
    case 'bytea': {
      const base64 = base64OfBytea(text);
      return base64 === undefined ? undefined : `"${base64}"`;
    }
    case 'date':
    case 'timestamp':
    case 'text':
      return JSON.stringify(text);
  }
}

/** Of bytea_output = hex, which the session sets. */
export function base64OfBytea(text: string): string | undefined {
  return /^\\x(?:[0-9a-f]{2})*$/.test(text) ? Buffer.from(text.slice(2), 'hex').toString('base64') : undefined;
}

/** An array's text as JSON; undefined when it is none. */
export function arrayJson(text: string, element: ScalarFamily, delimiter: string): string | undefined {
  const bounds = BOUNDS.exec(text)?.[0].length ?? 0;
  const reader = new ArrayText(text, bounds, element, delimiter);
  const json = reader.array(1);
  return reader.at === text.length ? json : undefined;
}

class ArrayText {
  at: number;
  readonly #text: string;
  readonly #element: ScalarFamily;
  readonly #delimiter: string;

  constructor(text: string, at: number, element: ScalarFamily, delimiter: string) {
    this.#text = text;
    this.at = at;
    this.#element = element;
    this.#delimiter = delimiter;
  }

  array(dimension: number): string | undefined {
    if (dimension > DIMENSIONS_LIMIT || !this.#take('{')) return undefined;
    if (this.#take('}')) return '[]';
    const items: string[] = [];
    do {
      const item = this.#text[this.at] === '{' ? this.array(dimension + 1) : this.#scalar();
      if (item === undefined) return undefined;
      items.push(item);
    } while (this.#take(this.#delimiter));
    return this.#take('}') ? `[${items.join(',')}]` : undefined;
  }

  #scalar(): string | undefined {
    if (this.#text[this.at] === '"') {
      const value = this.#quoted();
      return value === undefined ? undefined : jsonToken(this.#element, value);
    }
    const start = this.at;
    while (this.at < this.#text.length && this.#text[this.at] !== this.#delimiter && this.#text[this.at] !== '}') this.at += 1;
    const word = this.#text.slice(start, this.at);
    if (word === 'NULL') return 'null';
    return word === '' ? undefined : jsonToken(this.#element, word);
  }

  /** In quotes a backslash takes the next character as it is. */
  #quoted(): string | undefined {
    let value = '';
    for (let at = this.at + 1; at < this.#text.length; at += 1) {
      const character = this.#text[at];
      if (character === '"') {
        this.at = at + 1;
        return value;
      }
      if (character === '\\') at += 1;
      value += this.#text[at] ?? '';
    }
    return undefined;
  }

  #take(character: string): boolean {
    if (this.#text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }
}
