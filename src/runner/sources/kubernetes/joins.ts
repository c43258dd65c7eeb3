/** Rows of one kind that complete those of others: `joinOn`, the LEFT JOIN of a kubernetes source. */
import { count } from '../../cells/misfit.ts';
import type { Cell, ColumnType } from '../../rows.ts';
import { failed } from './errors.ts';
import type { Contribution } from './groups.ts';
import { groupKey } from './order.ts';

/** Kept in memory at once. */
const JOINED_LIMIT = 100_000;
/** Characters of text in all of them, in UTF-16 units. */
const JOINED_LIMIT_CHARACTERS = 32_000_000;

export class Join {
  readonly #kind: string;
  readonly #on: readonly number[];
  readonly #types: readonly ColumnType[];
  readonly #rows = new Map<string, readonly Contribution[]>();
  #characters = 0;

  /** `on`: indexes of the columns in which rows must be equal. */
  constructor(kind: string, on: readonly number[], columns: readonly { readonly type: ColumnType }[]) {
    this.#kind = kind;
    this.#on = on;
    this.#types = columns.map(({ type }) => type);
  }

  /** @throws DossierError SourceFailed for one too many, and for one that is equal to another: which of the two would be taken? */
  add(row: readonly Contribution[]): void {
    const key = this.#keyOf(row);
    if (this.#rows.has(key)) throw failed(`two rows of kind ${this.#kind} are equal in the columns of joinOn; join on more columns`, false);
    this.#characters += row.reduce<number>((sum, cell) => sum + (typeof cell === 'string' ? cell.length : 0), 0);
    if (this.#rows.size === JOINED_LIMIT || this.#characters > JOINED_LIMIT_CHARACTERS)
      throw failed(
        `more than ${count(JOINED_LIMIT)} rows, or ${count(JOINED_LIMIT_CHARACTERS)} characters, of kind ${this.#kind} would be joined; select fewer objects`,
        false,
      );
    this.#rows.set(key, row);
  }

  /** The row with its empty cells filled, where there is something to fill them. */
  fill(row: readonly Contribution[]): readonly Contribution[] {
    const joined = this.#rows.get(this.#keyOf(row));
    return joined === undefined ? row : row.map((cell, index) => (isEmpty(cell) ? (joined[index] ?? null) : cell));
  }

  #keyOf(row: readonly Contribution[]): string {
    return JSON.stringify(this.#on.map((index) => groupKey(this.#types[index] ?? 'String', (row[index] ?? null) as Cell)));
  }
}

/** Of a column with an aggregate, a row has a list. */
function isEmpty(contribution: Contribution): boolean {
  return contribution === null || (Array.isArray(contribution) && contribution.length === 0);
}
