/**
 * Formulas of columns, such as `cpu * :cpuPrice + memory / 1073741824 * :memoryPrice`: checked by the operator, worked out by the runner.
 *
 * They know numbers, names of columns, parameters as `:name`, + - * / and parentheses; nothing else, and no function. A formula has at most 256 characters, and its
 * work is that of its operations, so neither program can be made to think long (security.md 6). Arithmetic is exact to the end, where the column's scale rounds once.
 */
import { foreignText } from '../foreign-text.ts';
import { parseDecimal } from '../quantity/decimal.ts';
import { add, divide, multiply, negate, rationalOf, type Rational } from '../quantity/rational.ts';

/** Longest formula, in characters. */
export const FORMULA_LIMIT = 256;
/** Parentheses and signs within each other. */
const DEPTH_LIMIT = 32;

export interface Formula {
  /** Each once, in the order of their first use. */
  readonly columns: readonly string[];
  readonly parameters: readonly string[];
  /** Whether something is divided: then only a rounded value is sure to end. */
  readonly divides: boolean;
  /** Undefined when an operand has no value, and for a division by zero. */
  readonly evaluate: (operands: Operands) => Rational | undefined;
}

export interface Operands {
  /** Undefined = no value. */
  readonly column: (name: string) => Rational | undefined;
  readonly parameter: (name: string) => Rational | undefined;
}

export type CompiledFormula =
  | { readonly ok: true; readonly formula: Formula }
  /** Says what is wrong and where (characters count from 1); follows the name of a field and a colon. */
  | { readonly ok: false; readonly problem: string };

export function compileFormula(text: string): CompiledFormula {
  try {
    if (text.length > FORMULA_LIMIT)
      return { ok: false, problem: `a formula has at most ${FORMULA_LIMIT} characters; this one has ${text.length}` };
    return { ok: true, formula: new Parser(text).formula() };
  } catch (error) {
    if (error instanceof FormulaError) return { ok: false, problem: `${error.message} (in ${foreignText(text, FORMULA_LIMIT)})` };
    throw error;
  }
}

class FormulaError extends Error {}

type Term = (operands: Operands) => Rational | undefined;

interface Token {
  readonly kind: 'number' | 'column' | 'parameter' | 'sign' | 'end';
  readonly text: string;
  /** Of its first character, from 1. */
  readonly at: number;
}

const TOKEN = /\s*(?:(?<number>\d+(?:\.\d+)?)|:(?<parameter>[A-Za-z][A-Za-z0-9_]*)|(?<column>[A-Za-z][A-Za-z0-9_]*)|(?<sign>[-+*/()]))/y;

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  readonly #columns = new Set<string>();
  readonly #parameters = new Set<string>();
  #next = 0;
  #divides = false;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokensOf(text);
  }

  formula(): Formula {
    const evaluate = this.#sum(0);
    const { kind } = this.#peek();
    if (kind !== 'end') throw this.#unexpected('an operator (+ - * /) or the end');
    return { columns: [...this.#columns], parameters: [...this.#parameters], divides: this.#divides, evaluate };
  }

  #sum(depth: number): Term {
    let left = this.#product(depth);
    for (let sign = this.#sign('+', '-'); sign !== undefined; sign = this.#sign('+', '-')) {
      const right = this.#product(depth);
      left = combine(left, right, sign === '+' ? add : (a, b) => add(a, negate(b)));
    }
    return left;
  }

  #product(depth: number): Term {
    let left = this.#factor(depth);
    for (let sign = this.#sign('*', '/'); sign !== undefined; sign = this.#sign('*', '/')) {
      if (sign === '/') this.#divides = true;
      const right = this.#factor(depth);
      left = combine(left, right, sign === '*' ? multiply : divide);
    }
    return left;
  }

  #factor(depth: number): Term {
    if (depth > DEPTH_LIMIT) throw new FormulaError(`more than ${DEPTH_LIMIT} parentheses and signs within each other`);
    const { kind, text } = this.#peek();
    if (kind === 'sign' && (text === '-' || text === '(')) {
      this.#next += 1;
      const inner = text === '-' ? this.#factor(depth + 1) : this.#sum(depth + 1);
      if (text === '-') return (operands) => mapped(inner(operands), negate);
      if (this.#sign(')') === undefined) throw this.#unexpected('a closing parenthesis');
      return inner;
    }
    if (kind === 'sign' || kind === 'end') throw this.#unexpected('a number, a column or a parameter (:name)');
    this.#next += 1;
    if (kind === 'column') {
      this.#columns.add(text);
      return ({ column }) => column(text);
    }
    if (kind === 'parameter') {
      this.#parameters.add(text);
      return ({ parameter }) => parameter(text);
    }
    const decimal = parseDecimal(text);
    const value = decimal === undefined ? undefined : rationalOf(decimal);
    return () => value;
  }

  /** Takes the next token when it is one of these signs. */
  #sign<S extends string>(...signs: readonly S[]): S | undefined {
    const { kind, text } = this.#peek();
    const found = kind === 'sign' ? signs.find((sign) => sign === text) : undefined;
    if (found !== undefined) this.#next += 1;
    return found;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', text: '', at: this.#text.length + 1 };
  }

  #unexpected(wanted: string): FormulaError {
    const { kind, text, at } = this.#peek();
    return new FormulaError(`at character ${at} stands ${kind === 'end' ? 'the end' : text}, where ${wanted} is wanted`);
  }
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const rest = text.trimEnd().length;
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < rest;) {
    const from = TOKEN.lastIndex;
    const groups = TOKEN.exec(text)?.groups;
    if (groups === undefined) {
      const at = from + (text.slice(from).length - text.slice(from).trimStart().length);
      throw new FormulaError(
        `at character ${at + 1} stands ${foreignText(text.slice(at, at + 1))}, which no formula has; it has numbers, columns, parameters as :name, + - * / and parentheses`,
      );
    }
    for (const kind of ['number', 'column', 'parameter', 'sign'] as const) {
      const found = groups[kind];
      if (found !== undefined) tokens.push({ kind, text: found, at: TOKEN.lastIndex - found.length + (kind === 'parameter' ? 0 : 1) });
    }
  }
  return tokens;
}

function combine(left: Term, right: Term, operation: (a: Rational, b: Rational) => Rational | undefined): Term {
  return (operands) => {
    const a = left(operands);
    const b = right(operands);
    return a === undefined || b === undefined ? undefined : operation(a, b);
  };
}

function mapped(value: Rational | undefined, change: (value: Rational) => Rational): Rational | undefined {
  return value === undefined ? undefined : change(value);
}
