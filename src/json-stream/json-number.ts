/**
 * A number of a JSON document by its digits, where a JavaScript number would lose some: `12.50`, `0.1`, `9007199254740993`, `1e400`.
 *
 * Whoever billed 12.50 must find 12.50 in the file, so the text of the source is kept until a column's type says what it becomes. It has no properties of its own:
 * whatever walks through a document takes it for the scalar that it is.
 */

/** What TypeScript's library does not declare yet. */
const json = JSON as unknown as { rawJSON(text: string): object };

export class JsonNumber {
  readonly #source: string;

  /** `source` keeps to the grammar of RFC 8259, section 6. */
  constructor(source: string) {
    this.#source = source;
  }

  /** As the document has it. */
  get source(): string {
    return this.#source;
  }

  /** For comparisons: exact for integers without an exponent, else the nearest double, which may be infinite. */
  valueOf(): number | bigint {
    return /^-?\d+$/.test(this.#source) ? BigInt(this.#source) : Number(this.#source);
  }

  /** JSON.stringify writes the digits of the source. */
  toJSON(): object {
    return json.rawJSON(this.#source);
  }
}

export type JsonScalar = null | boolean | string | number | JsonNumber;

/** A value of a document: safe integers are numbers, all other numbers keep their digits. */
export type JsonValue = JsonScalar | readonly JsonValue[] | { readonly [name: string]: JsonValue };
