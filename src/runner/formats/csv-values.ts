/** One field of a CSV file, as its column's type says. */
import type { WallClock } from '../../time/wall-clock.ts';
import type { Cell, Column } from '../rows.ts';
import { isDate, isDecimal, isInfinite, isInteger } from './cell-types.ts';
import type { CsvFields } from './csv-fields.ts';
import { unfitCell } from './failures.ts';

/** Writes a cell that is not null. `row` is only for messages. */
export type CsvWriter = (cell: Cell, row: number) => string;

export function csvWriter(column: Column, fields: CsvFields, clock: WallClock): CsvWriter {
  switch (column.type) {
    case 'String':
    case 'JSON':
      return (cell, row) => {
        if (typeof cell !== 'string') throw unfitCell(column, row, cell);
        return fields.text(cell);
      };
    case 'Integer':
      return (cell, row) => {
        if (!isInteger(cell)) throw unfitCell(column, row, cell);
        return fields.plain(String(cell));
      };
    case 'Decimal':
    case 'Quantity':
      return (cell, row) => {
        if (cell === 'NaN') return '';
        if (!isDecimal(cell) && !isInfinite(cell)) throw unfitCell(column, row, cell);
        return fields.plain(cell);
      };
    case 'Number':
      return (cell, row) => {
        if (typeof cell !== 'number') throw unfitCell(column, row, cell);
        return Number.isNaN(cell) ? '' : fields.plain(String(cell));
      };
    case 'Boolean':
      return (cell, row) => {
        if (typeof cell !== 'boolean') throw unfitCell(column, row, cell);
        return fields.plain(String(cell));
      };
    case 'Date':
      return (cell, row) => {
        if (!isDate(cell) && !isInfinite(cell)) throw unfitCell(column, row, cell);
        return fields.plain(cell);
      };
    case 'Timestamp':
      return (cell, row) => {
        if (typeof cell === 'bigint') return fields.plain(clock.isoText(cell));
        if (isInfinite(cell)) return fields.plain(cell);
        throw unfitCell(column, row, cell);
      };
  }
}
