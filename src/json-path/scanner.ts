/** The words of a JSONPath: blanks, signs, names, strings and numbers, and where in the text they stand. */

/** A path that does not follow the grammar. The message says where, what is wrong and what to write instead. */
export class PathSyntaxError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PathSyntaxError';
  }
}

const BLANKS = /[ \t\n\r]*/y;
const NAME = /[A-Za-z_\u0080-\u{10ffff}][A-Za-z0-9_\u0080-\u{10ffff}]*/uy;
const INTEGER = /-?(?:0|[1-9]\d*)/y;
const NUMBER = /(-?(?:0|[1-9]\d*))(\.\d+)?([eE][+-]?\d+)?/y;
const HEX = /[0-9A-Fa-f]{4}/y;

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['/', '/'],
  ['\\', '\\'],
]);

export class Scanner {
  readonly #text: string;
  /** Of the next character. */
  at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get ended(): boolean {
    return this.at >= this.#text.length;
  }

  peek(word: string): boolean {
    return this.#text.startsWith(word, this.at);
  }

  take(word: string): boolean {
    if (!this.peek(word)) return false;
    this.at += word.length;
    return true;
  }

  skipBlanks(): void {
    this.#match(BLANKS);
  }

  /** A name as it may stand after a dot. */
  takeName(): string | undefined {
    return this.#match(NAME)?.[0];
  }

  /** @throws PathSyntaxError beyond 2^53, and for -0. */
  takeInteger(): number | undefined {
    const start = this.at;
    const digits = this.#match(INTEGER)?.[0];
    if (digits === undefined) return undefined;
    if (digits === '-0') throw this.problem('-0 is no index', start);
    const integer = Number(digits);
    if (!Number.isSafeInteger(integer)) throw this.problem('an index has at most 15 digits', start);
    return integer;
  }

  /** Integers beyond 2^53 keep their digits. @throws PathSyntaxError beyond the range of a double. */
  takeNumber(): number | bigint | undefined {
    const start = this.at;
    const match = this.#match(NUMBER);
    if (match === undefined) return undefined;
    const number = Number(match[0]);
    if (!Number.isFinite(number)) throw this.problem('the number is too large', start);
    const isInteger = match[2] === undefined && match[3] === undefined;
    return isInteger && !Number.isSafeInteger(number) ? BigInt(match[0]) : number;
  }

  /** A string in either quotes; undefined when none begins here. @throws PathSyntaxError */
  takeString(): string | undefined {
    const start = this.at;
    const quote = this.#text[start];
    if (quote !== "'" && quote !== '"') return undefined;
    this.at += 1;
    let value = '';
    for (;;) {
      const character = this.#text[this.at];
      if (character === undefined) throw this.problem(`the text that begins here has no closing ${quote}`, start);
      if (character < ' ') throw this.problem('control characters are written as escapes, e.g. \\n');
      this.at += 1;
      if (character === quote) return value;
      value += character === '\\' ? this.#escape(quote) : character;
    }
  }

  problem(what: string, at: number = this.at): PathSyntaxError {
    return new PathSyntaxError(`character ${at + 1}: ${what}`);
  }

  #escape(quote: string): string {
    const start = this.at - 1;
    const character = this.#text[this.at] ?? '';
    this.at += 1;
    if (character === quote) return quote;
    if (character === 'u') return this.#unicode(start);
    const value = ESCAPES.get(character);
    if (value === undefined) throw this.problem('there is no such escape; a backslash itself is written \\\\', start);
    return value;
  }

  /** After `\u`: one UTF-16 unit, or the two of a pair. */
  #unicode(start: number): string {
    const unit = this.#hex(start);
    if (unit < 0xd800 || unit > 0xdfff) return String.fromCharCode(unit);
    const low = unit < 0xdc00 && this.take('\\u') ? this.#hex(start) : 0;
    if (low < 0xdc00 || low > 0xdfff) throw this.problem('half of a surrogate pair is no character', start);
    return String.fromCharCode(unit, low);
  }

  #hex(start: number): number {
    const digits = this.#match(HEX)?.[0];
    if (digits === undefined) throw this.problem('\\u is followed by four hexadecimal digits', start);
    return Number.parseInt(digits, 16);
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.at = pattern.lastIndex;
    return match;
  }
}
