/** CSV for the kernel. What csv.ts writes is right by definition; its own functions write every odd cell. */
import { WallClock } from '../../../time/wall-clock.ts';
import type { Feeding, FeedLimits } from '../../kernel/cell-feed.ts';
import { FORMAT_DELIMITED, KIND_DATE, KIND_DECIMAL, KIND_TEXT, LONGEST_TEXT, putText, type KernelExports } from '../../kernel/kernel.ts';
import type { CsvOptions } from '../../plan.ts';
import type { Cell, Column, ColumnType } from '../../rows.ts';
import { CsvFields } from '../csv-fields.ts';
import { csvWriter, type CsvWriter } from '../csv-values.ts';
import { csvHeader, lineEnd } from '../csv.ts';
import type { CompiledText, TextFormat } from './text-format.ts';

/** What the kernel writes as text: all but JSON's own text in JSON. */
export const FEEDINGS: Readonly<Record<ColumnType, Feeding>> = {
  String: 'text',
  JSON: 'text',
  Integer: 'integer',
  Decimal: 'decimal',
  Quantity: 'decimal',
  Number: 'number',
  Boolean: 'boolean',
  Date: 'date',
  Timestamp: 'time',
};

/** Of the text formats: the years 0000 to 9999, and any integer. */
export const TEXT_LIMITS: FeedLimits = {
  text: LONGEST_TEXT,
  decimal: LONGEST_TEXT,
  integer: Infinity,
  bigints: true,
  times: [-62_167_219_200, 253_402_300_800],
};

const KINDS: Readonly<Partial<Record<ColumnType, number>>> = { Decimal: KIND_DECIMAL, Quantity: KIND_DECIMAL, Date: KIND_DATE };
const BEFORE = 0;
const NULL_FIELD = 1;

export class CsvFormat implements TextFormat {
  readonly #options: CsvOptions;
  readonly #timeZone: string;

  constructor(options: CsvOptions, timeZone: string) {
    this.#options = options;
    this.#timeZone = timeZone;
  }

  /**
   * Whether the kernel tells texts from the null text as the reference does: it compares bytes, in which lone surrogates and U+FFFD are the same.
   */
  static takes({ null: nullText }: CsvOptions): boolean {
    return nullText.isWellFormed() && !nullText.includes('\uFFFD');
  }

  compile(columns: readonly Column[]): CompiledText {
    return new CompiledCsv(columns, this.#options, this.#timeZone);
  }
}

class CompiledCsv implements CompiledText {
  readonly feedings: readonly Feeding[];
  readonly limits = TEXT_LIMITS;
  readonly timeZone: string;
  readonly aroundBytes: number;
  readonly start: string;
  readonly beforeFirstRow = '';
  readonly #columns: readonly Column[];
  readonly #options: CsvOptions;
  readonly #fields: CsvFields;
  readonly #writers: readonly CsvWriter[];

  constructor(columns: readonly Column[], options: CsvOptions, timeZone: string) {
    this.#columns = columns;
    this.#options = options;
    this.#fields = new CsvFields(options);
    const clock = new WallClock(timeZone);
    this.#writers = columns.map((column) => csvWriter(column, this.#fields, clock));
    this.feedings = columns.map(({ type }) => FEEDINGS[type]);
    this.timeZone = timeZone;
    this.aroundBytes = Buffer.byteLength(this.#fields.null) + 3;
    this.start = csvHeader(columns, options, this.#fields);
  }

  setUp(kernel: KernelExports): void {
    const { delimiter, quote, formulas } = this.#options;
    kernel.setFormat(FORMAT_DELIMITED, this.aroundBytes);
    kernel.setDelimited(delimiter.charCodeAt(0), quote === 'All', formulas === 'Escape');
    kernel.setColumns(this.#columns.length);
    this.#columns.forEach(({ type }, index) => {
      kernel.setColumn(index, KINDS[type] ?? KIND_TEXT, 0);
      putText(kernel, this.#before(index), (length) => kernel.setPiece(index, BEFORE, length));
      putText(kernel, this.#fields.null, (length) => kernel.setPiece(index, NULL_FIELD, length));
    });
    putText(kernel, lineEnd(this.#options), (length) => kernel.setRowEnd(length));
  }

  readyText(): string {
    throw new Error('no text of CSV is made ready');
  }

  oddText(cell: Cell, column: number, row: number): string {
    const text = cell === null ? this.#fields.null : this.#writers[column]?.(cell, row);
    return this.#before(column) + (text ?? '');
  }

  end(): string {
    return '';
  }

  #before(column: number): string {
    return column === 0 ? '' : this.#options.delimiter;
  }
}
