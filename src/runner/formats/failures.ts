/**
 * How an encoder refuses: RenderFailed with the row (data rows count from 1, the header not at all) and the column, never the value, because statuses and
 * Events are read by people who may not read the data.
 */
import { DossierError } from '../../errors.ts';
import { foreignText } from '../../foreign-text.ts';
import type { Cell, Column } from '../rows.ts';

export function renderFailed(message: string): DossierError {
  return new DossierError('RenderFailed', message, { retryable: false });
}

/** A cell that its format cannot hold; `problem` goes on after "row 1,204, column "total":". */
export function cellFailed(column: Column, row: number, problem: string): DossierError {
  return renderFailed(`row ${count(row)}, column "${foreignText(column.name, 64)}": ${problem}`);
}

/** A cell whose JavaScript type or shape is not that of its column's type. */
export function unfitCell(column: Column, row: number, cell: Cell): DossierError {
  return cellFailed(column, row, `${kindOf(cell)} does not fit type ${column.type}`);
}

export function unfitRow(row: number, cells: number, columns: number): DossierError {
  return renderFailed(`row ${count(row)} has ${count(cells)} values, but the report has ${count(columns)} columns`);
}

/** A file without columns could not tell how many rows it has. */
export function requireColumns(columns: readonly Column[]): void {
  if (columns.length === 0) throw renderFailed('the source gives rows without columns; a report needs at least one column');
}

/** A number for people: `1,048,576`. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

function kindOf(cell: Cell): string {
  switch (typeof cell) {
    case 'string':
      return `a text of ${count(cell.length)} characters`;
    case 'bigint':
      return 'an integer';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'a boolean';
    default:
      return 'no value';
  }
}
