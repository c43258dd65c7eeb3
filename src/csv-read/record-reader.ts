/**
 * Records of CSV (RFC 4180) while the bytes arrive; a quoted field may hold line breaks, so a record may be many lines.
 *
 * Strict where a tolerant reader would move values into the columns beside theirs: a quote within a field that does not begin with one, text behind a closing quote
 * and a carriage return alone are errors. UTF-8 is checked and never repaired. Only the record under way is held, and it is bounded.
 */
import { isUtf8 } from 'node:buffer';
import { ByteBuffer } from '../byte-buffer.ts';
import { LineReader } from '../line-reader.ts';

/** Largest record in bytes (security.md 10). */
const RECORD_LIMIT_BYTES = 8 * 1024 * 1024;

const QUOTE = 0x22;
const LINE_FEED = Buffer.from('\n');

/** Null = nothing between two delimiters, or a null text of the dialect; in quotes it is that text. */
export type Field = string | null;

/** How files differ. Whichever way they end lines and put fields in quotes is read. */
export interface CsvDialect {
  /** One character, neither a quote nor a line break. */
  readonly delimiter: string;
  /** What a field without quotes holds that means null: any of these. */
  readonly nulls: readonly string[];
}

/** RFC 4180, with nothing for null. */
export const RFC_4180: CsvDialect = { delimiter: ',', nulls: [''] };

/** What came is no CSV, or beyond a bound. The message is safe to show and follows `the body `. */
export class CsvError extends Error {
  /** True when everything that came was right, and more should have come. */
  readonly cut: boolean;

  constructor(clause: string, cut = false) {
    super(clause);
    this.name = 'CsvError';
    this.cut = cut;
  }
}

export class CsvRecordReader {
  /** The record of a line without anything: this very one, since a line of one null text has the same field. */
  readonly emptyLine: readonly Field[];
  readonly #dialect: CsvDialect;
  readonly #lines = new LineReader(RECORD_LIMIT_BYTES, tooLarge);
  /** Lines of a record whose quoted field is not closed yet, and whether there are any. */
  readonly #open = new ByteBuffer();
  #isOpen = false;
  #records = 0;

  constructor(dialect: CsvDialect = RFC_4180) {
    this.#dialect = dialect;
    this.emptyLine = [dialect.nulls.includes('') ? null : ''];
  }

  /** The records that this piece ends, the header as any other; an empty line is `emptyLine`. @throws CsvError */
  write(piece: Buffer): readonly (readonly Field[])[] {
    return this.#lines.write(piece).flatMap((line) => this.#line(line));
  }

  /** The last record, when no line break ends it. @throws CsvError */
  end(): readonly (readonly Field[])[] {
    const last = this.#lines.end();
    const records = last === undefined ? [] : this.#line(last);
    // A stray quote opens a field as well, and then nothing was cut.
    if (this.#isOpen) this.#record(this.#open.take());
    return records;
  }

  #line(line: Buffer): readonly (readonly Field[])[] {
    const continues = this.#isOpen;
    this.#isOpen = hasOddQuotes(line) !== continues;
    if (!continues && !this.#isOpen) return [this.#record(line)];
    if (this.#open.length + line.length >= RECORD_LIMIT_BYTES) throw tooLarge();
    if (continues) this.#open.append(LINE_FEED);
    this.#open.append(line);
    return this.#isOpen ? [] : [this.#record(this.#open.take())];
  }

  #record(bytes: Buffer): readonly Field[] {
    if (!isUtf8(bytes)) throw new CsvError(`is not UTF-8 in record ${this.#number()}`);
    const line = bytes.toString('utf8');
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    const fields = text === '' ? this.emptyLine : splitRecord(text, this.#dialect);
    if (typeof fields === 'object') {
      this.#records += 1;
      return fields;
    }
    if (fields === NOT_CLOSED) throw new CsvError(`ends within a quoted field of record ${this.#number()}`, true);
    throw new CsvError(`is not CSV: in record ${this.#number()} ${fields}`);
  }

  /** Of the record under way; the header is record 1. */
  #number(): string {
    return (this.#records + 1).toLocaleString('en-US');
  }
}

/** The fields, or what is wrong. */
function splitRecord(text: string, { delimiter, nulls }: CsvDialect): readonly Field[] | string {
  if (!text.includes('"'))
    return text.includes('\r') ? LONE_RETURN : text.split(delimiter).map((field) => (nulls.includes(field) ? null : field));
  const fields: Field[] = [];
  for (let at = 0; ; at += 1) {
    if (text[at] === '"') {
      const close = closingQuote(text, at + 1);
      if (close < 0) return NOT_CLOSED;
      fields.push(text.slice(at + 1, close).replaceAll('""', '"'));
      at = close + 1;
      if (at < text.length && text[at] !== delimiter) return 'text stands behind the closing quote of a field';
    } else {
      const end = text.indexOf(delimiter, at);
      const field = text.slice(at, end < 0 ? text.length : end);
      if (field.includes('"')) return 'a quote stands within a field that does not begin with one';
      if (field.includes('\r')) return LONE_RETURN;
      fields.push(nulls.includes(field) ? null : field);
      at += field.length;
    }
    if (at >= text.length) return fields;
  }
}

const NOT_CLOSED = 'a quoted field is not closed';
const LONE_RETURN = 'a carriage return stands without a line feed';

/** A doubled quote closes nothing. */
function closingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (at >= 0 && text[at + 1] === '"') at = text.indexOf('"', at + 2);
  return at;
}

function hasOddQuotes(line: Buffer): boolean {
  let odd = false;
  for (let at = line.indexOf(QUOTE); at >= 0; at = line.indexOf(QUOTE, at + 1)) odd = !odd;
  return odd;
}

function tooLarge(): CsvError {
  return new CsvError(`has a record of more than ${RECORD_LIMIT_BYTES / 1024 / 1024} MiB`);
}
