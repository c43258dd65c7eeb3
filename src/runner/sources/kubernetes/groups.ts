/**
 * Rows that become groups, with the rules of SQL: null is a group of its own, Sum, Min and Max skip it and are null when nothing else was there, Count counts the rest.
 *
 * Sums are exact. The groups come out in the order of their keys, whatever the order of the rows, so the same objects make the same file.
 */
import { addDecimals, formatDecimal, parseDecimal, withoutTrailingZeros, ZERO, type Decimal } from '../../../quantity/decimal.ts';
import type { Cell, ColumnType } from '../../rows.ts';
import { count } from '../../cells/misfit.ts';
import { failed } from './errors.ts';
import { compareCells, groupKey } from './order.ts';
import type { Aggregate } from './plan.ts';
import type { ReadColumn } from './reading.ts';

/** Groups that are kept in memory at once (api.md). */
export const GROUPS_LIMIT = 100_000;
/** Kept in memory, in UTF-16 units. */
const LISTS_LIMIT_CHARACTERS = 32_000_000;

/** What one row gives to a column: its cell, or for an aggregate every value that the path found. */
export type Contribution = Cell | readonly Cell[];

export class Groups {
  readonly #columns: readonly ReadColumn[];
  readonly #lists = new ListBudget();
  readonly #groups = new Map<string, readonly (Cell | Accumulator)[]>();

  constructor(columns: readonly ReadColumn[]) {
    this.#columns = columns;
  }

  /** @throws DossierError SourceFailed for one group too many. */
  add(row: readonly Contribution[]): void {
    const keys = this.#columns.map(({ type, aggregate }, index) =>
      aggregate === undefined ? groupKey(type, (row[index] ?? null) as Cell) : '',
    );
    const key = JSON.stringify(keys);
    let group = this.#groups.get(key);
    if (group === undefined) {
      if (this.#groups.size === GROUPS_LIMIT)
        throw failed(`groupBy makes more than ${count(GROUPS_LIMIT)} groups; group by fewer columns, or select fewer objects`, false);
      group = this.#columns.map(({ type, aggregate }, index) =>
        aggregate === undefined ? ((row[index] ?? null) as Cell) : accumulator(aggregate, type, this.#lists),
      );
      this.#groups.set(key, group);
    }
    group.forEach((member, index) => {
      if (typeof member !== 'object' || member === null) return;
      for (const cell of [row[index] ?? null].flat() as readonly Cell[]) if (cell !== null) member.add(cell);
    });
  }

  /** All groups, ordered by the columns without an aggregate, the first one first. */
  rows(): readonly (readonly Cell[])[] {
    const rows = [...this.#groups.values()].map((group) =>
      group.map((member) => (typeof member === 'object' && member !== null ? member.result() : member)),
    );
    return rows.sort((a, b) => this.#compare(a, b));
  }

  #compare(a: readonly Cell[], b: readonly Cell[]): number {
    for (const [index, { type, aggregate }] of this.#columns.entries()) {
      if (aggregate !== undefined) continue;
      const order = compareCells(type, a[index] ?? null, b[index] ?? null);
      if (order !== 0) return order;
    }
    return 0;
  }
}

type Value = Exclude<Cell, null>;

interface Accumulator {
  add(value: Value): void;
  result(): Cell;
}

function accumulator(aggregate: Aggregate, type: ColumnType, lists: ListBudget): Accumulator {
  switch (aggregate) {
    case 'Count':
      return new Counted();
    case 'Sum':
      return type === 'Integer' ? new IntegerSum() : new DecimalSum(type);
    case 'Min':
      return new Extreme(type, -1);
    case 'Max':
      return new Extreme(type, 1);
    case 'List':
      return new Listed(lists);
  }
}

/** What the lists of all groups may hold together. */
class ListBudget {
  #left = LISTS_LIMIT_CHARACTERS;

  /** @throws DossierError SourceFailed when it is used up. */
  spend(characters: number): void {
    this.#left -= characters;
    if (this.#left < 0)
      throw failed(
        `the lists of all groups hold more than ${count(LISTS_LIMIT_CHARACTERS)} characters; select fewer objects, or list less of each`,
        false,
      );
  }
}

/** Equal values once, in the order in which they came. */
class Listed implements Accumulator {
  readonly #values = new Set<string>();
  readonly #budget: ListBudget;

  constructor(budget: ListBudget) {
    this.#budget = budget;
  }

  add(value: Value): void {
    const text = String(value);
    if (this.#values.has(text)) return;
    this.#budget.spend(text.length);
    this.#values.add(text);
  }

  result(): Cell {
    return `[${[...this.#values].join(',')}]`;
  }
}

class Counted implements Accumulator {
  #count = 0;

  add(): void {
    this.#count += 1;
  }

  result(): Cell {
    return this.#count;
  }
}

class IntegerSum implements Accumulator {
  #sum: bigint | undefined;

  add(value: Value): void {
    this.#sum = (this.#sum ?? 0n) + BigInt(value);
  }

  result(): Cell {
    if (this.#sum === undefined) return null;
    const sum = Number(this.#sum);
    return Number.isSafeInteger(sum) ? sum : this.#sum;
  }
}

class DecimalSum implements Accumulator {
  readonly #type: ColumnType;
  #sum: Decimal | undefined;

  constructor(type: ColumnType) {
    this.#type = type;
  }

  add(value: Value): void {
    const decimal = parseDecimal(String(value));
    if (decimal === undefined) throw new TypeError('what has no finite value is refused before it is summed');
    this.#sum = addDecimals(this.#sum ?? ZERO, decimal);
  }

  result(): Cell {
    if (this.#sum === undefined) return null;
    // Decimals keep the scale that somebody gave them, quantities have none.
    return formatDecimal(this.#type === 'Quantity' ? withoutTrailingZeros(this.#sum) : this.#sum);
  }
}

class Extreme implements Accumulator {
  readonly #type: ColumnType;
  readonly #sign: 1 | -1;
  #value: Cell = null;

  constructor(type: ColumnType, sign: 1 | -1) {
    this.#type = type;
    this.#sign = sign;
  }

  add(value: Value): void {
    if (this.#value === null || compareCells(this.#type, value, this.#value) * this.#sign > 0) this.#value = value;
  }

  result(): Cell {
    return this.#value;
  }
}
