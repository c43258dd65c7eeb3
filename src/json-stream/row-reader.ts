/**
 * Rows out of one JSON document while it arrives: the list that a path leads to is never held, only the row that is under way.
 *
 * The document is checked to its end all the same, because a list that was closed says nothing about the rest of a body that was cut. A path that leads nowhere, to
 * something that is no list, or to two lists of one name is an error: each of them would be a file without rows, or with rows of somebody else.
 */
import { JsonNumber, type JsonScalar, type JsonValue } from './json-number.ts';
import { JsonError, JsonTokenizer, type JsonEvents } from './tokenizer.ts';
import { ValueBuilder } from './value-builder.ts';

/** Largest row in bytes of the document (security.md 10). */
export const RECORD_LIMIT_BYTES = 8 * 1024 * 1024;

/** A step of a path that can be followed while the document arrives: all that it depends on has come before it. */
export type Step =
  { readonly kind: 'name'; readonly name: string } | { readonly kind: 'index'; readonly index: number } | { readonly kind: 'wildcard' };

/** `text` is what the user wrote, for messages. */
export interface StreamPath {
  readonly text: string;
  readonly steps: readonly Step[];
}

export class JsonRowReader {
  readonly #tokenizer: JsonTokenizer;
  readonly #selection: Selection;

  /** A list that `rows` leads to has a row in each element; behind a wildcard, an object is a row too. `cursor` leads to a scalar that is in no row. */
  constructor(rows: StreamPath, cursor?: StreamPath) {
    this.#selection = new Selection(rows, cursor, () => this.#tokenizer.offset);
    this.#tokenizer = new JsonTokenizer(this.#selection);
  }

  /** The rows that this piece completes. @throws JsonError */
  write(piece: Buffer): readonly JsonValue[] {
    this.#tokenizer.write(piece);
    return this.#selection.takeRows();
  }

  /** The document is over: what stands at `cursor`, undefined when nothing does. @throws JsonError */
  end(): JsonScalar | undefined {
    this.#tokenizer.end();
    return this.#selection.end();
  }
}

/** A container that is not on a path. */
const OFF = -1;

interface Frame {
  readonly array: boolean;
  /** Of the member under way. */
  name: string;
  /** Of the member or element under way; -1 before the first. */
  index: number;
  /** Steps of each path that lead here, or OFF. */
  readonly rows: number;
  readonly cursor: number;
  /** Its elements are rows. */
  readonly isList: boolean;
}

class Selection implements JsonEvents {
  readonly #rows: StreamPath;
  readonly #cursor: StreamPath | undefined;
  readonly #singular: boolean;
  readonly #offset: () => number;
  /** Open containers that are no part of a row. */
  readonly #frames: Frame[] = [];
  readonly #builder = new ValueBuilder();
  /** Open containers of the row under way. */
  #depth = 0;
  #rowStart = 0;
  #found: JsonValue[] = [];
  /** Lists and single objects that `rows` led to. */
  #matches = 0;
  /** Whether a wildcard of `rows` met an empty container. */
  #metNothing = false;
  #cursorValue: JsonScalar | undefined;

  constructor(rows: StreamPath, cursor: StreamPath | undefined, offset: () => number) {
    this.#rows = rows;
    this.#cursor = cursor;
    this.#singular = rows.steps.every(({ kind }) => kind !== 'wildcard');
    this.#offset = offset;
  }

  takeRows(): readonly JsonValue[] {
    const rows = this.#found;
    this.#found = [];
    return rows;
  }

  end(): JsonScalar | undefined {
    if (this.#matches === 0 && !this.#metNothing) throw nothingAtRows(this.#rows.text);
    return this.#cursorValue;
  }

  name(name: string): void {
    if (this.#depth === 0) (this.#frames.at(-1) as Frame).name = name;
    else {
      this.#checkSize();
      this.#builder.name(name);
    }
  }

  beginObject(): void {
    if (this.#depth === 0 && !this.#enter(false)) return;
    this.#depth += 1;
    this.#builder.beginObject();
  }

  beginArray(): void {
    if (this.#depth === 0 && !this.#enter(true)) return;
    this.#depth += 1;
    this.#builder.beginArray();
  }

  endObject(): void {
    if (this.#depth === 0) this.#leave();
    else {
      this.#builder.endObject();
      this.#closed();
    }
  }

  endArray(): void {
    if (this.#depth === 0) this.#leave();
    else {
      this.#builder.endArray();
      this.#closed();
    }
  }

  scalar(value: JsonScalar): void {
    if (this.#depth > 0) {
      this.#checkSize();
      this.#builder.scalar(value);
      return;
    }
    const parent = this.#advance();
    if (parent?.isList === true) this.#found.push(value);
    else if (follow(this.#rows, parent?.rows, parent) === this.#rows.steps.length) throw notAList(this.#rows.text, value);
    if (this.#cursor !== undefined && follow(this.#cursor, parent?.cursor, parent) === this.#cursor.steps.length) this.#cursorValue = value;
  }

  /** A container begins that is in no row: true when it is a row itself. */
  #enter(array: boolean): boolean {
    const parent = this.#advance();
    const rows = follow(this.#rows, parent?.rows, parent);
    const cursor = this.#cursor === undefined ? OFF : follow(this.#cursor, parent?.cursor, parent);
    if (cursor === this.#cursor?.steps.length) throw notACursor(this.#cursor.text);
    const matched = rows === this.#rows.steps.length;
    if (matched && !array && this.#singular) throw notAList(this.#rows.text, {});
    if (matched) this.#matches += 1;
    if (this.#singular && this.#matches > 1) throw new JsonError(`has two members of one name on the way of rows ${this.#rows.text}`);
    if (parent?.isList === true || (matched && !array)) {
      this.#rowStart = this.#offset();
      return true;
    }
    this.#frames.push({ array, name: '', index: -1, rows: matched ? OFF : rows, cursor, isList: matched });
    return false;
  }

  #leave(): void {
    const { index, rows } = this.#frames.pop() as Frame;
    if (index === -1 && this.#rows.steps[rows]?.kind === 'wildcard') this.#metNothing = true;
  }

  #closed(): void {
    this.#checkSize();
    this.#depth -= 1;
    if (this.#depth === 0) this.#found.push(this.#builder.take() as JsonValue);
  }

  /** Onto the next member of the innermost container. */
  #advance(): Frame | undefined {
    const frame = this.#frames.at(-1);
    if (frame !== undefined) frame.index += 1;
    return frame;
  }

  #checkSize(): void {
    if (this.#offset() - this.#rowStart > RECORD_LIMIT_BYTES) throw recordTooLarge();
  }
}

/** How many steps of `path` lead to the value that `parent` has come to; `done` lead to `parent`. */
function follow(path: StreamPath, done: number | undefined, parent: Frame | undefined): number {
  if (parent === undefined) return 0;
  const next = done === undefined || done === OFF ? undefined : path.steps[done];
  if (done === undefined || next === undefined) return OFF;
  switch (next.kind) {
    case 'wildcard':
      return done + 1;
    case 'name':
      return !parent.array && parent.name === next.name ? done + 1 : OFF;
    case 'index':
      return parent.array && parent.index === next.index ? done + 1 : OFF;
  }
}

export function recordTooLarge(): JsonError {
  return new JsonError(`has a row of more than ${RECORD_LIMIT_BYTES / 1024 / 1024} MiB`);
}

export function nothingAtRows(path: string): JsonError {
  return new JsonError(`has nothing at rows ${path}; let it lead to the list of rows in the server's answer`);
}

export function notAList(path: string, value: JsonValue): JsonError {
  return new JsonError(`has ${kindOfJson(value)} at rows ${path}, not a list; let it lead to the list of rows in the server's answer`);
}

export function notACursor(path: string): JsonError {
  return new JsonError(`has a list or an object at pagination.cursor ${path}, which is neither text nor a number`);
}

function kindOfJson(value: JsonValue): string {
  switch (typeof value) {
    case 'boolean':
      return 'a Boolean';
    case 'string':
      return 'a String';
    case 'number':
      return 'a Number';
    default:
      return value === null ? 'null' : value instanceof JsonNumber ? 'a Number' : 'an object';
  }
}
