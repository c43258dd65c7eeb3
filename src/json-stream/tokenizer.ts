/**
 * JSON (RFC 8259) piece by piece, as the network brings it: bytes in, the events of one document out, checked to the last comma.
 *
 * A body that ends early is told apart from one that is broken, because another try may mend the first; a document that ends in order is complete whatever the
 * connection says. Nothing is held but the string or number that is under way, and that is bounded, as depth is: a hostile body costs an error, not the memory.
 * UTF-8 is checked and never repaired, numbers keep their digits, and no message quotes the document.
 */
import { isUtf8 } from 'node:buffer';
import { ByteBuffer } from '../byte-buffer.ts';
import { JSON_DEPTH_LIMIT } from '../exact-json.ts';
import { JsonNumber, type JsonScalar } from './json-number.ts';

/** Longest string or number, in bytes of the document. */
export const JSON_TOKEN_LIMIT_BYTES = 8 * 1024 * 1024;
/** Reading a million digits as a number takes seconds, and nobody has such a number. */
const NUMBER_DIGITS_LIMIT = 1000;

export interface JsonEvents {
  beginObject(): void;
  /** Between the beginning and the end of an object, each name comes before its value. */
  name(name: string): void;
  endObject(): void;
  beginArray(): void;
  endArray(): void;
  scalar(value: JsonScalar): void;
}

/** The text is no JSON, or beyond a bound. The message is safe to show and follows `the body `. */
export class JsonError extends Error {
  /** True when everything that came was right, and more should have come. */
  readonly cut: boolean;

  constructor(clause: string, cut = false) {
    super(clause);
    this.name = 'JsonError';
    this.cut = cut;
  }
}

/** What may come next. */
const VALUE = 0;
const VALUE_OR_END = 1;
const NAME = 2;
const NAME_OR_END = 3;
const COLON = 4;
const COMMA_OR_END = 5;
const NOTHING = 6;

const EXPECTED: readonly string[] = [
  'a value',
  'a value or "]"',
  'a name in quotes',
  'a name in quotes or "}"',
  'a colon',
  'a comma or the end of the list or object',
  'the end of the document',
];

/** What the last piece broke off within. */
type Unfinished =
  /** What came of it stands in `#begun`. */
  | { readonly kind: 'string'; readonly flags: number }
  | { readonly kind: 'number'; text: string }
  | { readonly kind: 'word'; readonly word: Word; matched: number };

interface Word {
  readonly bytes: Buffer;
  readonly value: null | boolean;
}

const TRUE: Word = { bytes: Buffer.from('true'), value: true };
const FALSE: Word = { bytes: Buffer.from('false'), value: false };
const NULL: Word = { bytes: Buffer.from('null'), value: null };

/** Of a string. */
const ESCAPED = 1;
const BEYOND_ASCII = 2;
/** The last byte was a backslash. */
const ESCAPE_OPEN = 4;

/** Integers of at most 15 digits are exact doubles. */
const SHORT_INTEGER = /^-?(?:0|[1-9]\d{0,14})$/;
const NUMBER = /^-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

export class JsonTokenizer {
  readonly #events: JsonEvents;
  #expected = VALUE;
  /** Whether each open container is an array; its length is the depth. */
  readonly #arrays: boolean[] = [];
  #unfinished: Unfinished | undefined;
  /** Of the string that is not finished. */
  readonly #begun = new ByteBuffer();
  /** Bytes before the piece that is being read. */
  #before = 0;
  #at = 0;

  constructor(events: JsonEvents) {
    this.#events = events;
  }

  /** Bytes of the document read so far; while an event is told, up to the end of what it tells. */
  get offset(): number {
    return this.#before + this.#at;
  }

  /** @throws JsonError, or what an event throws; nothing may be written afterwards. */
  write(piece: Buffer): void {
    if (this.#unfinished !== undefined) this.#resume(this.#unfinished, piece);
    while (this.#at < piece.length) this.#token(piece);
    this.#before += piece.length;
    this.#at = 0;
  }

  /** The document is over. @throws JsonError when it is not complete. */
  end(): void {
    if (this.#unfinished?.kind === 'number') {
      const { text } = this.#unfinished;
      this.#unfinished = undefined;
      this.#scalar(this.#number(text));
    }
    if (this.#unfinished !== undefined || this.#expected !== NOTHING)
      throw new JsonError(
        this.offset === 0 ? 'is empty' : `ends after ${this.offset.toLocaleString('en-US')} bytes, within the JSON document`,
        true,
      );
  }

  #token(piece: Buffer): void {
    const byte = piece[this.#at];
    switch (byte) {
      case 0x20:
      case 0x0a:
      case 0x0d:
      case 0x09:
        this.#at += 1;
        return;
      case 0x22: // "
        if (this.#expected > NAME_OR_END) throw this.#unexpected();
        this.#at += 1;
        this.#string(0, piece);
        return;
      case 0x2c: // ,
        if (this.#expected !== COMMA_OR_END) throw this.#unexpected();
        this.#expected = this.#arrays.at(-1) === true ? VALUE : NAME;
        this.#at += 1;
        return;
      case 0x3a: // :
        if (this.#expected !== COLON) throw this.#unexpected();
        this.#expected = VALUE;
        this.#at += 1;
        return;
      case 0x7b: // {
        this.#open(false);
        return;
      case 0x5b: // [
        this.#open(true);
        return;
      case 0x7d: // }
        this.#close(false, NAME_OR_END);
        return;
      case 0x5d: // ]
        this.#close(true, VALUE_OR_END);
        return;
      case 0x74: // t
        this.#word(TRUE, piece);
        return;
      case 0x66: // f
        this.#word(FALSE, piece);
        return;
      case 0x6e: // n
        this.#word(NULL, piece);
        return;
      default:
        if (this.#expected > VALUE_OR_END || byte === undefined || !isNumberByte(byte)) throw this.#unexpected();
        this.#digits({ kind: 'number', text: '' }, piece);
    }
  }

  #open(array: boolean): void {
    if (this.#expected > VALUE_OR_END) throw this.#unexpected();
    if (this.#arrays.length === JSON_DEPTH_LIMIT) throw new JsonError(`is JSON nested deeper than ${JSON_DEPTH_LIMIT} levels`);
    this.#arrays.push(array);
    this.#at += 1;
    this.#expected = array ? VALUE_OR_END : NAME_OR_END;
    if (array) this.#events.beginArray();
    else this.#events.beginObject();
  }

  #close(array: boolean, whenEmpty: number): void {
    if ((this.#expected !== COMMA_OR_END && this.#expected !== whenEmpty) || this.#arrays.at(-1) !== array) throw this.#unexpected();
    this.#arrays.pop();
    this.#at += 1;
    this.#expected = this.#arrays.length === 0 ? NOTHING : COMMA_OR_END;
    if (array) this.#events.endArray();
    else this.#events.endObject();
  }

  #scalar(value: JsonScalar): void {
    this.#expected = this.#arrays.length === 0 ? NOTHING : COMMA_OR_END;
    this.#events.scalar(value);
  }

  #resume(unfinished: Unfinished, piece: Buffer): void {
    this.#unfinished = undefined;
    switch (unfinished.kind) {
      case 'string':
        this.#string(unfinished.flags, piece);
        return;
      case 'number':
        this.#digits(unfinished, piece);
        return;
      case 'word':
        this.#match(unfinished, piece);
    }
  }

  /** Reads on to the closing quote; `before`: flags of what earlier pieces brought. */
  #string(before: number, piece: Buffer): void {
    const start = this.#at;
    const length = piece.length;
    let at = start;
    let flags = before;
    let beyond = 0;
    if ((flags & ESCAPE_OPEN) !== 0 && at < length) {
      flags &= ~ESCAPE_OPEN;
      at += 1;
    }
    for (; at < length; at += 1) {
      const byte = piece[at] as number;
      if (byte === 0x22) break;
      if (byte < 0x20) {
        this.#at = at;
        throw new JsonError(`is not JSON: a control character stands in a string ${this.#place()}`);
      }
      beyond |= byte;
      if (byte === 0x5c) {
        flags |= ESCAPED;
        at += 1;
        if (at === length) flags |= ESCAPE_OPEN;
      }
    }
    if (beyond > 0x7f) flags |= BEYOND_ASCII;
    const stop = Math.min(at, length);
    if (this.#begun.length + stop - start > JSON_TOKEN_LIMIT_BYTES) throw new JsonError(tooLong('a string'));
    if (at < length && this.#begun.length === 0) {
      this.#at = stop + 1;
      this.#told(this.#text(piece, start, stop, flags));
      return;
    }
    this.#begun.append(piece.subarray(start, stop));
    if (at < length) {
      this.#at = stop + 1;
      const whole = this.#begun.take();
      this.#told(this.#text(whole, 0, whole.length, flags));
    } else {
      this.#at = length;
      this.#unfinished = { kind: 'string', flags };
    }
  }

  #told(text: string): void {
    if (this.#expected === NAME || this.#expected === NAME_OR_END) {
      this.#expected = COLON;
      this.#events.name(text);
    } else this.#scalar(text);
  }

  #text(bytes: Buffer, start: number, stop: number, flags: number): string {
    if (flags === 0) return bytes.toString('latin1', start, stop);
    if (!isUtf8(bytes.subarray(start, stop))) throw new JsonError(`is not UTF-8: in the string that ends ${this.#place()}`);
    const text = bytes.toString('utf8', start, stop);
    if ((flags & ESCAPED) === 0) return text;
    try {
      return JSON.parse(`"${text}"`) as string;
    } catch {
      throw new JsonError(`is not JSON: an escape is wrong in the string that ends ${this.#place()}`);
    }
  }

  #digits(number: Extract<Unfinished, { kind: 'number' }>, piece: Buffer): void {
    const start = this.#at;
    let at = start;
    while (at < piece.length && isNumberByte(piece[at] as number)) at += 1;
    if (number.text.length + at - start > NUMBER_DIGITS_LIMIT)
      throw new JsonError(`has a number of more than ${NUMBER_DIGITS_LIMIT.toLocaleString('en-US')} characters`);
    const text = number.text + piece.toString('latin1', start, at);
    this.#at = at;
    if (at === piece.length) this.#unfinished = { kind: 'number', text };
    else this.#scalar(this.#number(text));
  }

  #number(text: string): number | JsonNumber {
    if (SHORT_INTEGER.test(text)) return Number(text);
    const match = NUMBER.exec(text);
    if (match === null) throw new JsonError(`is not JSON: a number is malformed ${this.#place()}`);
    // A fraction or an exponent may make an integer, but the digits are what was written.
    const value = match[1] === undefined && match[2] === undefined ? Number(text) : NaN;
    return Number.isSafeInteger(value) ? value : new JsonNumber(text);
  }

  #word(word: Word, piece: Buffer): void {
    if (this.#expected > VALUE_OR_END) throw this.#unexpected();
    this.#match({ kind: 'word', word, matched: 0 }, piece);
  }

  #match(unfinished: Extract<Unfinished, { kind: 'word' }>, piece: Buffer): void {
    const { bytes, value } = unfinished.word;
    while (unfinished.matched < bytes.length) {
      if (this.#at === piece.length) {
        this.#unfinished = unfinished;
        return;
      }
      if (piece[this.#at] !== bytes[unfinished.matched]) throw this.#unexpected();
      unfinished.matched += 1;
      this.#at += 1;
    }
    this.#scalar(value);
  }

  #unexpected(): JsonError {
    return new JsonError(`is not JSON: ${EXPECTED[this.#expected] ?? ''} is expected ${this.#place()}`);
  }

  #place(): string {
    return `at byte ${(this.offset + 1).toLocaleString('en-US')}`;
  }
}

function isNumberByte(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2e || byte === 0x2d || byte === 0x2b || byte === 0x65 || byte === 0x45;
}

function tooLong(what: string): string {
  return `has ${what} of more than ${(JSON_TOKEN_LIMIT_BYTES / 1024 / 1024).toLocaleString('en-US')} MiB`;
}
