/** Events of a tokenizer to the value they tell. */
import type { JsonScalar, JsonValue } from './json-number.ts';
import { JsonTokenizer, type JsonEvents } from './tokenizer.ts';

type Objects = Record<string, JsonValue>;

export class ValueBuilder implements JsonEvents {
  /** Open containers, outermost first; the innermost one and its pending name stand beside them. */
  readonly #outer: (JsonValue[] | Objects)[] = [];
  readonly #outerNames: string[] = [];
  #open: JsonValue[] | Objects | undefined;
  #name = '';
  #value: JsonValue | undefined;

  /** The value once it is whole, else undefined; taking it makes room for the next. */
  take(): JsonValue | undefined {
    const value = this.#value;
    this.#value = undefined;
    return value;
  }

  beginObject(): void {
    this.#begin({});
  }

  name(name: string): void {
    this.#name = name;
  }

  endObject(): void {
    this.#end();
  }

  beginArray(): void {
    this.#begin([]);
  }

  endArray(): void {
    this.#end();
  }

  scalar(value: JsonScalar): void {
    this.#add(value);
  }

  #begin(container: JsonValue[] | Objects): void {
    if (this.#open !== undefined) {
      this.#outer.push(this.#open);
      this.#outerNames.push(this.#name);
    }
    this.#open = container;
  }

  #end(): void {
    const container = this.#open as JsonValue[] | Objects;
    this.#open = this.#outer.pop();
    this.#name = this.#outerNames.pop() ?? '';
    this.#add(container);
  }

  #add(value: JsonValue): void {
    if (this.#open === undefined) this.#value = value;
    else if (Array.isArray(this.#open)) this.#open.push(value);
    // Assigning this one name would set the prototype; as in JSON.parse, it is a name like any other.
    else if (this.#name === '__proto__')
      Object.defineProperty(this.#open, this.#name, { value, enumerable: true, configurable: true, writable: true });
    else this.#open[this.#name] = value;
  }
}

/** The value of a whole document: what JSON.parse gives, with numbers by their digits where they need it. @throws JsonError */
export function parseJson(bytes: Buffer): JsonValue {
  const builder = new ValueBuilder();
  const tokenizer = new JsonTokenizer(builder);
  tokenizer.write(bytes);
  tokenizer.end();
  return builder.take() as JsonValue;
}
