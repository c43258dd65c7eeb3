/**
 * Which rows a kubernetes source keeps (`where`): conditions on the values of columns, with values that the template gives or parameters that a Report gives.
 *
 * All must hold. A condition whose parameter the Report left out always holds: without it, all rows. An empty cell is in no list and on no side of a bound.
 */
import type { ParameterDeclaration, ParameterType } from '../../../api/parameters/declaration.ts';
import { foreignText } from '../../../foreign-text.ts';
import { isMisfit } from '../../cells/misfit.ts';
import { textReader } from '../../cells/text-cells.ts';
import { WallTimes } from '../../cells/wall-times.ts';
import type { ResolvedParameter } from '../../plan.ts';
import type { Cell, ColumnType } from '../../rows.ts';
import { closeTo } from './close-to.ts';
import { Hints } from '../../../nearest.ts';
import { compareCells } from './order.ts';
import type { ConditionPlan, Operator } from './plan.ts';

const NANOSECONDS_PER_MS = 1_000_000n;
const MS_PER_DAY = 86_400_000;

/** Whether a row is kept. */
export interface Condition {
  /** Index of the column. */
  readonly column: number;
  readonly holds: (cell: Cell) => boolean;
}

interface NamedColumn {
  readonly name: string;
  readonly type: ColumnType;
}

type Declared = Pick<ParameterDeclaration, 'name' | 'type'>;

/** Types of parameters that can stand for a value of the column, by operator. */
const FITTING: Readonly<Partial<Record<ColumnType, Readonly<Record<Operator, readonly ParameterType[]>>>>> = {
  String: {
    In: ['String', 'Strings', 'Choice', 'Choices'],
    NotIn: ['String', 'Strings', 'Choice', 'Choices'],
    AtLeast: [],
    AtMost: [],
    WithinDays: [],
  },
  Boolean: { In: ['Boolean'], NotIn: ['Boolean'], AtLeast: [], AtMost: [], WithinDays: [] },
  Integer: numeric(['Integer']),
  Decimal: numeric(['Integer', 'Decimal']),
  Quantity: numeric(['Integer', 'Decimal']),
  Number: { In: [], NotIn: [], AtLeast: ['Integer', 'Decimal'], AtMost: ['Integer', 'Decimal'], WithinDays: [] },
  Date: numeric(['Date']),
  Timestamp: { In: ['Period'], NotIn: ['Period'], AtLeast: ['Timestamp'], AtMost: ['Timestamp'], WithinDays: ['Integer'] },
};

function numeric(types: readonly ParameterType[]): Readonly<Record<Operator, readonly ParameterType[]>> {
  return { In: types, NotIn: types, AtLeast: types, AtMost: types, WithinDays: [] };
}

/** Every mistake of `where`, as a clause that begins with the condition's index. */
export function conditionProblems(
  conditions: readonly ConditionPlan[],
  columns: readonly NamedColumn[],
  declared: readonly Declared[],
): readonly string[] {
  const hints = new Hints();
  return conditions.flatMap((condition, index) => {
    const problem = problemOf(condition, columns, declared, hints);
    return problem === undefined ? [] : [`[${index}]: ${problem}`];
  });
}

function problemOf(
  { column: name, operator, parameter, values }: ConditionPlan,
  columns: readonly NamedColumn[],
  declared: readonly Declared[],
  hints: Hints,
): string | undefined {
  const column = columns.find((each) => each.name === name);
  if (column === undefined) return `"${foreignText(name, 64)}" is no column${closeTo(name, columns, hints)}`;
  const fitting = FITTING[column.type]?.[operator] ?? [];
  if (fitting.length === 0) {
    const possible = Object.entries(FITTING[column.type] ?? {}).flatMap(([each, types]) => (types.length > 0 ? [each] : []));
    return `${operator} is not for a column of type ${column.type}${possible.length === 0 ? '' : `; ${possible.join(', ')} can be`}`;
  }
  if (parameter !== undefined) {
    const found = declared.find((each) => each.name === parameter);
    if (found === undefined) return `"${foreignText(parameter, 64)}" is no parameter${closeTo(parameter, declared, hints)}`;
    if (fitting.includes(found.type)) return undefined;
    return `parameter "${parameter}" is a ${found.type}; ${operator} on a column of type ${column.type} needs ${fitting.join(' or ')}`;
  }
  const given = values ?? [];
  if (column.type === 'Timestamp' && (operator === 'In' || operator === 'NotIn'))
    return `${operator} on a column of type Timestamp needs a parameter of type Period`;
  if (operator !== 'In' && operator !== 'NotIn' && given.length !== 1) return `${operator} has exactly one value`;
  const read = textReader(operator === 'WithinDays' ? 'Integer' : column.type, new WallTimes('UTC'));
  const wrong = given.findIndex((value) => isMisfit(read(value)));
  return wrong < 0 ? undefined : `values[${wrong}] is no ${operator === 'WithinDays' ? 'Integer' : column.type}`;
}

export interface RunFacts {
  readonly parameters: readonly ResolvedParameter[];
  /** From which days are counted, in epoch milliseconds. */
  readonly time: number;
  readonly wall: WallTimes;
}

/** Of conditions without problems. */
export function compileConditions(
  conditions: readonly ConditionPlan[],
  columns: readonly NamedColumn[],
  facts: RunFacts,
): readonly Condition[] {
  return conditions.flatMap((condition) => {
    const index = columns.findIndex(({ name }) => name === condition.column);
    const column = columns[index];
    if (column === undefined) throw new TypeError(`there is no column ${condition.column}`);
    const holds = compile(condition, column.type, facts);
    return holds === undefined ? [] : [{ column: index, holds }];
  });
}

/** Undefined when the Report left the parameter out. */
function compile({ operator, parameter, values }: ConditionPlan, type: ColumnType, facts: RunFacts): ((cell: Cell) => boolean) | undefined {
  const given = parameter === undefined ? undefined : facts.parameters.find(({ name }) => name === parameter);
  if (parameter !== undefined && (given === undefined || given.value === null)) return undefined;
  if (given?.type === 'Period' && given.value !== null) {
    const [from, to] = [cellOf(given.value.from, type, facts), cellOf(given.value.to, type, facts)];
    const within = (cell: Cell): boolean => cell !== null && compareCells(type, cell, from) >= 0 && compareCells(type, cell, to) < 0;
    return operator === 'In' ? within : (cell) => !within(cell);
  }
  const texts = given === undefined ? (values ?? []) : [given.value].flat().map(String);
  switch (operator) {
    case 'In':
    case 'NotIn': {
      const cells = texts.map((text) => cellOf(text, type, facts));
      const isIn = (cell: Cell): boolean => cell !== null && cells.some((each) => compareCells(type, cell, each) === 0);
      return operator === 'In' ? isIn : (cell) => !isIn(cell);
    }
    case 'AtLeast':
    case 'AtMost': {
      const bound = cellOf(texts[0] ?? '', type, facts);
      const sign = operator === 'AtLeast' ? 1 : -1;
      return (cell) => cell !== null && compareCells(type, cell, bound) * sign >= 0;
    }
    case 'WithinDays': {
      const until = BigInt(facts.time + Number(texts[0]) * MS_PER_DAY) * NANOSECONDS_PER_MS;
      return (cell) => cell !== null && compareCells(type, cell, until) < 0;
    }
  }
}

function cellOf(text: string, type: ColumnType, { wall }: RunFacts): Cell {
  const cell = textReader(type, wall)(text);
  if (isMisfit(cell)) throw new TypeError('a value of where was not checked');
  return cell;
}
