/**
 * One field of a CSV file: quoted where RFC 4180 needs it, and disarmed where a spreadsheet would take text for a formula.
 *
 * Spaces at the ends of a field are part of it by RFC 4180 and need no quotes; csv-stringify, Postgres and Excel write none either. Beyond the RFC, quotes say three
 * things: that a text which looks like the null text is none (as in Postgres' COPY), that a field is the empty text, and that a leading U+FEFF belongs to the
 * data: at the start of a file it would vanish as a byte order mark and bare what follows it.
 */
import type { CsvOptions } from '../plan.ts';

const NEEDS_QUOTES: Readonly<Record<CsvOptions['delimiter'], RegExp>> = {
  ',': /[",\r\n]|^\uFEFF/,
  ';': /[";\r\n]|^\uFEFF/,
  '|': /["|\r\n]|^\uFEFF/,
  '\t': /["\t\r\n]|^\uFEFF/,
};

/** What spreadsheets take for the start of a formula, or skip in front of one; the last four are the full-width forms of `= + - @`. */
const STARTS_FORMULA = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;

/** What a guarded text was, for whoever reads such a file: an apostrophe before the start of a formula goes. A text that had one of its own loses it too. */
export function unguarded(text: string): string {
  return text.startsWith("'") && STARTS_FORMULA.test(text.slice(1)) ? text.slice(1) : text;
}

/** Spreadsheets show what follows a leading apostrophe as text. Text that has one already stays as it is: it is harmless, and a second one would stay. */
export function guarded(text: string): string {
  return STARTS_FORMULA.test(text) ? `'${text}` : text;
}

export class CsvFields {
  /** The field of a null cell; never quoted for its own sake, so that it differs from the same text. */
  readonly null: string;
  readonly #needsQuotes: RegExp;
  readonly #quoteAll: boolean;
  readonly #guarded: boolean;

  constructor(options: Pick<CsvOptions, 'delimiter' | 'quote' | 'formulas' | 'null'>) {
    this.#needsQuotes = NEEDS_QUOTES[options.delimiter];
    this.#quoteAll = options.quote === 'All';
    this.#guarded = options.formulas === 'Escape';
    const text = this.#guard(options.null);
    this.null = this.#needsQuotes.test(text) ? quoted(text) : text;
  }

  /** Text that others wrote: cells, headers. */
  text(value: string): string {
    return this.plain(this.#guard(value));
  }

  /** Numbers, dates, booleans: text of our own making, never a formula. */
  plain(text: string): string {
    return this.#quoteAll || text === this.null || this.#needsQuotes.test(text) ? quoted(text) : text;
  }

  #guard(text: string): string {
    return this.#guarded ? guarded(text) : text;
  }
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
