/**
 * Rows that stand in the manifest itself, against the columns that are declared for them. Pure: the operator checks a template with it, the runner reads with it.
 */
import { foreignText } from '../../foreign-text.ts';
import { atMostMistakes, MISTAKES_LIMIT } from '../../mistakes.ts';
import { Hints } from '../../nearest.ts';
import { jsonReader } from '../cells/json-cells.ts';
import { count, isMisfit, misfitMessage, type CellReader } from '../cells/misfit.ts';
import { WallTimes } from '../cells/wall-times.ts';
import type { Cell, Column } from '../rows.ts';

type DeclaredColumn = Pick<Column, 'name' | 'type'>;

export interface InlineRows {
  readonly rows: readonly (readonly Cell[])[];
  /** Clauses naming row and column, never a value; at most 20 and a count. */
  readonly mistakes: readonly string[];
}

/** Every mistake of a template's rows. Values are as parseExact gives them; timestamps without an offset are checked as UTC, because a template has no zone. */
export function checkInlineRows(rows: readonly unknown[], columns: readonly DeclaredColumn[]): readonly string[] {
  return readInlineRows(rows, columns, 'UTC').mistakes;
}

/** A key that is missing is null; a key that is no column is a mistake. `timeZone` must be a known zone. */
export function readInlineRows(rows: readonly unknown[], columns: readonly DeclaredColumn[], timeZone: string): InlineRows {
  const wall = new WallTimes(timeZone);
  const readers = new Map(columns.map(({ name, type }) => [name, jsonReader(type, wall)]));
  const hints = new Hints();
  const mistakes: string[] = [];
  let total = 0;
  const cells = rows.map((row, index) => {
    const read = readRow(row, index + 1, readers, hints);
    total += read.mistakes.length;
    if (mistakes.length < MISTAKES_LIMIT) mistakes.push(...read.mistakes);
    return read.cells;
  });
  return { rows: cells, mistakes: atMostMistakes(mistakes, total) };
}

interface RowRead {
  readonly cells: readonly Cell[];
  readonly mistakes: readonly string[];
}

function readRow(row: unknown, number: number, readers: ReadonlyMap<string, CellReader<unknown>>, hints: Hints): RowRead {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    return { cells: [], mistakes: [`row ${count(number)} is not an object of column names and values`] };
  }
  const values = new Map<string, unknown>(Object.entries(row));
  const known = [...readers.keys()];
  const mistakes = [...values.keys()].filter((key) => !readers.has(key)).map((key) => unknownKey(key, number, hints.nearest(key, known)));
  const cells: Cell[] = [];
  for (const [name, read] of readers) {
    const cell = read(values.get(name));
    if (isMisfit(cell)) mistakes.push(misfitMessage(number, name, cell));
    else cells.push(cell);
  }
  return { cells, mistakes };
}

function unknownKey(key: string, row: number, near: string | undefined): string {
  const hint = near === undefined ? 'declare it under columns or remove it' : `did you mean "${near}"?`;
  return `row ${count(row)}: key "${foreignText(key, 64)}" is no column; ${hint}`;
}
