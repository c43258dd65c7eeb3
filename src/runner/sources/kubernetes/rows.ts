/** Objects to rows: one for each object, or one for each element that forEach finds in it. */
import { foreignText } from '../../../foreign-text.ts';
import type { JsonPath, PathContext } from '../../../json-path/json-path.ts';
import { Visits, VisitsError } from '../../../json-path/visits.ts';
import type { JsonValue } from '../../../json-stream/json-number.ts';
import { count, Misfit, misfitMessage, type CellReader } from '../../cells/misfit.ts';
import type { WallTimes } from '../../cells/wall-times.ts';
import { parseDecimal } from '../../../quantity/decimal.ts';
import type { Cell } from '../../rows.ts';
import { wireReader } from '../http/cells.ts';
import { failed } from './errors.ts';
import type { Contribution } from './groups.ts';
import type { ReadColumn, Reading } from './reading.ts';

interface KindReader {
  readonly forEach: JsonPath | undefined;
  readonly columns: readonly { readonly name: string; readonly read: Read<Contribution> }[];
}

type Read<T> = (context: PathContext, visits: Visits) => T | Misfit;

export class RowReader {
  readonly #kinds: readonly KindReader[];
  /** Rows so far. */
  #rows = 0;

  constructor({ kinds, columns }: Reading, wall: WallTimes) {
    this.#kinds = kinds.map(({ forEach, paths }) => ({
      forEach,
      columns: columns.map((column, index) => ({ name: column.name, read: readerOf(column, paths[index], wall) })),
    }));
  }

  /** In a row of a Reading that is not grouped, every contribution is a cell. `kind`: index of the object's. @throws DossierError SourceFailed naming row and column */
  *rowsOf(object: JsonValue, kind: number): Generator<readonly Contribution[]> {
    const reader = this.#kinds[kind];
    if (reader === undefined) throw new TypeError(`there is no kind ${kind}`);
    if (reader.forEach === undefined) {
      yield this.#row(reader, { $: object });
      return;
    }
    for (const element of this.#elements(object, reader.forEach)) yield this.#row(reader, { $: object, '@': element });
  }

  #elements(object: JsonValue, forEach: JsonPath): readonly unknown[] {
    const elements = this.#guarded(this.#rows + 1, () => forEach.find({ $: object }));
    if (elements.some(Array.isArray)) {
      const path = foreignText(forEach.text, 80);
      throw failed(
        `row ${count(this.#rows + 1)}: forEach ${path} leads to a list; write ${path}[*] for a row of each of its elements`,
        false,
      );
    }
    return elements;
  }

  #row({ columns }: KindReader, context: PathContext): readonly Contribution[] {
    this.#rows += 1;
    const visits = new Visits();
    return columns.map(({ name, read }) => {
      const contribution = this.#guarded(this.#rows, () => read(context, visits));
      if (contribution instanceof Misfit) throw failed(misfitMessage(this.#rows, name, contribution), false);
      return contribution;
    });
  }

  #guarded<T>(row: number, find: () => T): T {
    try {
      return find();
    } catch (error) {
      if (error instanceof VisitsError) throw failed(`row ${count(row)}: ${error.message}`, false);
      throw error;
    }
  }
}

function readerOf(column: ReadColumn, path: JsonPath | undefined, wall: WallTimes): Read<Contribution> {
  const { aggregate, formula } = column;
  // A formula is worked out when the row is there; a Count without a path counts rows.
  if (path === undefined) return () => (formula === undefined ? 1 : null);
  if (aggregate === undefined) return cellReader(path, column, wall);
  const read = aggregate === 'Count' ? present : aggregate === 'Sum' ? finite(valueReader(column, wall)) : valueReader(column, wall);
  return (context, visits) => {
    const cells: Cell[] = [];
    for (const value of path.find(context, visits)) {
      const cell = read(value as JsonValue);
      if (cell instanceof Misfit) return cell;
      cells.push(cell);
    }
    return cells;
  };
}

/**
 * The cell of a column without an aggregate. A path that leads nowhere is null. In a JSON column, a path that can find several values gives the list of those it
 * finds; in any other column more than one is a misfit.
 */
function cellReader(path: JsonPath, column: ReadColumn, wall: WallTimes): Read<Cell> {
  const { type } = column;
  const read = valueReader(column, wall);
  return (context, visits) => {
    const found = path.find(context, visits) as readonly JsonValue[];
    const [value] = found;
    if (value === undefined) return null;
    if (type === 'JSON' && !path.singular) return read(found);
    return found.length === 1 ? read(value) : severalValues(found.length, path);
  };
}

/** A number in a String column is its digits: fields such as the ports of a Service are a number in one object and a name in the next. */
function valueReader({ type, extract }: ReadColumn, wall: WallTimes): CellReader<JsonValue> {
  const read = wireReader(type, wall);
  if (type !== 'String') return read;
  const text: CellReader<JsonValue> = (value) => (typeof value === 'number' ? String(value) : read(value));
  if (extract === undefined) return text;
  return (value) => {
    const cell = text(value);
    // A group that matches nothing has found nothing.
    return typeof cell === 'string' ? extract(cell) || null : cell;
  };
}

function severalValues(found: number, path: JsonPath): Misfit {
  return new Misfit(
    `has ${count(found)} values at ${foreignText(path.text, 80)}, where a cell holds one; make the path more precise, let the type be JSON for a list, or use groupBy with an aggregate`,
  );
}

function present(value: JsonValue): Cell {
  return value === null ? null : 1;
}

function finite(read: CellReader<JsonValue>): CellReader<JsonValue> {
  return (value) => {
    const cell = read(value);
    return typeof cell === 'string' && parseDecimal(cell) === undefined ? new Misfit('is not a finite number, and has no sum') : cell;
  };
}
