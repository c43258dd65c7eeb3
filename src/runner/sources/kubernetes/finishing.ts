/** What follows when a row has been read: defaults, conditions and formulas. */
import { rationalOf, exactDecimal, roundedDecimal, type Rational } from '../../../quantity/rational.ts';
import { parseDecimal } from '../../../quantity/decimal.ts';
import type { Operands } from '../../../formula/formula.ts';
import { isMisfit } from '../../cells/misfit.ts';
import { textReader } from '../../cells/text-cells.ts';
import type { WallTimes } from '../../cells/wall-times.ts';
import type { Cell } from '../../rows.ts';
import { compileConditions, type Condition, type RunFacts } from './conditions.ts';
import type { Contribution } from './groups.ts';
import type { ConditionPlan } from './plan.ts';
import type { ReadColumn, Reading } from './reading.ts';

export class Finishing {
  readonly #columns: readonly ReadColumn[];
  readonly #indexes: ReadonlyMap<string, number>;
  readonly #defaults: readonly Cell[];
  /** On what a row has before it is grouped, and on what is there only afterwards. */
  readonly #before: readonly Condition[];
  readonly #after: readonly Condition[];
  readonly #parameters: ReadonlyMap<string, Rational | undefined>;

  constructor({ columns }: Reading, where: readonly ConditionPlan[], facts: RunFacts) {
    this.#columns = columns;
    this.#indexes = new Map(columns.map(({ name }, index) => [name, index]));
    this.#defaults = columns.map((column) => defaultOf(column, facts.wall));
    const conditions = compileConditions(where, columns, facts);
    const isLate = ({ column }: Condition): boolean => {
      const { aggregate, formula } = columns[column] ?? {};
      return aggregate !== undefined || formula !== undefined;
    };
    this.#before = conditions.filter((condition) => !isLate(condition));
    this.#after = conditions.filter(isLate);
    this.#parameters = new Map(
      facts.parameters.flatMap(({ name, type, value }) =>
        type === 'Integer' || type === 'Decimal' ? [[name, rationalOfCell(value)] as const] : [],
      ),
    );
  }

  /** The row as it may go on, into its group or into the file; undefined when a condition leaves it out. */
  begin(row: readonly Contribution[]): readonly Contribution[] | undefined {
    // An aggregate has its default when the group is complete.
    const cells = row.map(
      (cell, index) => cell ?? (this.#columns[index]?.aggregate === undefined ? (this.#defaults[index] ?? null) : null),
    );
    return this.#before.every(({ column, holds }) => holds((cells[column] ?? null) as Cell)) ? cells : undefined;
  }

  /** The row of the file; undefined when a condition leaves it out. */
  finish(row: readonly Cell[]): readonly Cell[] | undefined {
    const cells = row.map((cell, index) => (this.#columns[index]?.formula === undefined ? (cell ?? this.#defaults[index] ?? null) : null));
    const operands: Operands = {
      column: (name) => rationalOfCell(cells[this.#indexes.get(name) ?? -1] ?? null),
      parameter: (name) => this.#parameters.get(name),
    };
    for (const [index, { formula, scale }] of this.#columns.entries()) {
      if (formula === undefined) continue;
      const value = formula.evaluate(operands);
      if (value === undefined) cells[index] = this.#defaults[index] ?? null;
      else cells[index] = scale === undefined ? exactDecimal(value) : roundedDecimal(value, scale);
    }
    return this.#after.every(({ column, holds }) => holds(cells[column] ?? null)) ? cells : undefined;
  }
}

function defaultOf({ type, default: text }: ReadColumn, wall: WallTimes): Cell {
  if (text === undefined) return null;
  const cell = textReader(type, wall)(text);
  if (isMisfit(cell)) throw new TypeError('a default was not checked');
  return cell;
}

/** Undefined when there is no value, or none that is finite. */
function rationalOfCell(cell: Cell): Rational | undefined {
  const decimal = cell === null ? undefined : parseDecimal(String(cell));
  return decimal === undefined ? undefined : rationalOf(decimal);
}
