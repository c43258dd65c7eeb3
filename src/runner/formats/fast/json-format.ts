/** JSON and NDJSON for the kernel. What json.ts writes is right by definition; its own functions write every odd cell, and the text of columns that hold JSON. */
import { WallClock } from '../../../time/wall-clock.ts';
import type { Feeding } from '../../kernel/cell-feed.ts';
import { FORMAT_JSON, KIND_DATE, KIND_DECIMAL, KIND_READY, KIND_TEXT, putText, type KernelExports } from '../../kernel/kernel.ts';
import type { JsonOptions } from '../../plan.ts';
import type { Cell, Column, ColumnType } from '../../rows.ts';
import { jsonString, jsonWriter, type JsonWriter } from '../json-values.ts';
import { FRAMINGS, type Framing } from '../json.ts';
import { FEEDINGS, TEXT_LIMITS } from './csv-format.ts';
import type { CompiledText, TextFormat } from './text-format.ts';

const KINDS: Readonly<Partial<Record<ColumnType, number>>> = {
  Decimal: KIND_DECIMAL,
  Quantity: KIND_DECIMAL,
  Date: KIND_DATE,
  JSON: KIND_READY,
};
const BEFORE = 0;
/** Flag of a column whose numbers are strings. */
const IN_QUOTES = 1;

export class JsonFormat implements TextFormat {
  readonly #framing: Framing;
  readonly #options: JsonOptions;
  readonly #timeZone: string;

  constructor(format: 'JSON' | 'NDJSON', options: JsonOptions, timeZone: string) {
    this.#framing = FRAMINGS[format];
    this.#options = options;
    this.#timeZone = timeZone;
  }

  compile(columns: readonly Column[]): CompiledText {
    return new CompiledJson(columns, this.#framing, this.#options, this.#timeZone);
  }
}

class CompiledJson implements CompiledText {
  readonly feedings: readonly Feeding[];
  readonly limits = TEXT_LIMITS;
  readonly timeZone: string;
  readonly aroundBytes: number;
  readonly start: string;
  readonly beforeFirstRow: string;
  readonly #columns: readonly Column[];
  readonly #framing: Framing;
  readonly #options: JsonOptions;
  readonly #names: readonly string[];
  readonly #writers: readonly JsonWriter[];

  constructor(columns: readonly Column[], framing: Framing, options: JsonOptions, timeZone: string) {
    this.#columns = columns;
    this.#framing = framing;
    this.#options = options;
    this.#names = columns.map(({ name }, index) => `${index === 0 ? '{' : ','}${jsonString(name)}:`);
    const clock = new WallClock(timeZone);
    this.#writers = columns.map((column) => jsonWriter(column, options, clock));
    this.feedings = columns.map(({ type }) => (type === 'JSON' ? 'ready' : FEEDINGS[type]));
    this.timeZone = timeZone;
    this.aroundBytes = Math.max(...this.#names.map((name) => Buffer.byteLength(name))) + framing.beforeNext.length + 1;
    this.start = framing.start;
    this.beforeFirstRow = framing.beforeFirst;
  }

  setUp(kernel: KernelExports): void {
    kernel.setFormat(FORMAT_JSON, this.aroundBytes);
    kernel.setColumns(this.#columns.length);
    this.#columns.forEach(({ type }, index) => {
      kernel.setColumn(index, KINDS[type] ?? KIND_TEXT, this.#numbersAreStrings(type) ? IN_QUOTES : 0);
      putText(kernel, this.#names[index] ?? '', (length) => kernel.setPiece(index, BEFORE, length));
    });
    putText(kernel, this.#framing.beforeNext, (length) => kernel.setRowStart(length));
    putText(kernel, '}', (length) => kernel.setRowEnd(length));
  }

  readyText(cell: Cell, column: number, row: number): string {
    return this.#writers[column]?.(cell, row) ?? '';
  }

  oddText(cell: Cell, column: number, row: number): string {
    const before = column === 0 && row > 1 ? this.#framing.beforeNext : '';
    return before + (this.#names[column] ?? '') + (cell === null ? 'null' : this.readyText(cell, column, row));
  }

  end(rows: number): string {
    return rows === 0 ? this.#framing.endOfNone : this.#framing.end;
  }

  #numbersAreStrings(type: ColumnType): boolean {
    if (type === 'Integer') return this.#options.integers === 'String';
    return (type === 'Decimal' || type === 'Quantity') && this.#options.decimals === 'String';
  }
}
