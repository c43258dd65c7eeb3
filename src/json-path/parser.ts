/**
 * The text of a JSONPath to its tree, by the grammar of RFC 9535 without functions.
 *
 * It recurses by the nesting of parentheses and filters, which the bound on a path's length bounds too. Users come from kubectl, where paths stand in braces,
 * begin with a dot and escape dots by backslashes; what they would write is told what it is here.
 */
import { PathSyntaxError, Scanner } from './scanner.ts';
import { COMPARISON_OPERATORS, isSingular, type Condition, type Operand, type Query, type Segment, type Selector } from './syntax.ts';

/** @throws PathSyntaxError */
export function parsePath(text: string): Query {
  return new PathParser(text).path();
}

class PathParser {
  readonly #scanner: Scanner;

  constructor(text: string) {
    this.#scanner = new Scanner(text);
  }

  path(): Query {
    const query = this.#query();
    if (query === undefined) throw new PathSyntaxError('a path begins with $');
    if (!this.#scanner.ended) throw this.#unexpected('a dot, a bracket or the end of the path');
    return query;
  }

  #query(): Query | undefined {
    const root = this.#scanner.take('$') ? '$' : this.#scanner.take('@') ? '@' : undefined;
    return root === undefined ? undefined : { root, segments: this.#segments() };
  }

  #segments(): readonly Segment[] {
    const segments: Segment[] = [];
    for (;;) {
      const before = this.#scanner.at;
      this.#scanner.skipBlanks();
      if (this.#scanner.take('..')) {
        segments.push({ kind: 'descendant', selectors: this.#scanner.take('[') ? this.#bracketed() : [this.#afterDot()] });
      } else if (this.#scanner.take('.')) segments.push({ kind: 'child', selectors: [this.#afterDot()] });
      else if (this.#scanner.take('[')) segments.push({ kind: 'child', selectors: this.#bracketed() });
      else {
        this.#scanner.at = before;
        return segments;
      }
    }
  }

  #afterDot(): Selector {
    if (this.#scanner.take('*')) return { kind: 'wildcard' };
    const name = this.#scanner.takeName();
    if (name === undefined) throw this.#scanner.problem(`a name or * is expected after a dot; ${OTHER_NAMES}`);
    if (this.#scanner.peek('-') || this.#scanner.peek('/') || this.#scanner.peek('\\')) throw this.#scanner.problem(OTHER_NAMES);
    if (this.#scanner.peek('(')) throw this.#scanner.problem(NO_FUNCTIONS);
    return { kind: 'name', name };
  }

  /** After the opening bracket. */
  #bracketed(): readonly Selector[] {
    const selectors: Selector[] = [];
    do {
      this.#scanner.skipBlanks();
      selectors.push(this.#selector());
      this.#scanner.skipBlanks();
    } while (this.#scanner.take(','));
    if (!this.#scanner.take(']')) throw this.#unexpected('"]"');
    return selectors;
  }

  #selector(): Selector {
    if (this.#scanner.take('*')) return { kind: 'wildcard' };
    if (this.#scanner.take('?')) {
      this.#scanner.skipBlanks();
      return { kind: 'filter', condition: this.#either() };
    }
    if (this.#scanner.peek('(')) throw this.#scanner.problem('scripts are not supported; a filter is written [?(@.type == "Ready")]');
    const name = this.#scanner.takeString();
    if (name !== undefined) return { kind: 'name', name };
    const index = this.#scanner.takeInteger();
    const between = this.#scanner.at;
    this.#scanner.skipBlanks();
    if (this.#scanner.take(':')) return this.#slice(index);
    this.#scanner.at = between;
    if (index !== undefined) return { kind: 'index', index };
    throw this.#unexpected('a name in quotes, an index, a slice, * or ? for a filter');
  }

  /** After the first colon. */
  #slice(start: number | undefined): Selector {
    this.#scanner.skipBlanks();
    const end = this.#scanner.takeInteger();
    this.#scanner.skipBlanks();
    if (!this.#scanner.take(':')) return { kind: 'slice', start, end, step: 1 };
    this.#scanner.skipBlanks();
    return { kind: 'slice', start, end, step: this.#scanner.takeInteger() ?? 1 };
  }

  #either(): Condition {
    return this.#joined('or', '||', () => this.#joined('and', '&&', () => this.#test()));
  }

  #joined(kind: 'or' | 'and', sign: string, operand: () => Condition): Condition {
    const first = operand();
    const operands = [first];
    for (;;) {
      this.#scanner.skipBlanks();
      if (!this.#scanner.take(sign)) return operands.length === 1 ? first : { kind, operands };
      this.#scanner.skipBlanks();
      operands.push(operand());
    }
  }

  #test(): Condition {
    if (this.#scanner.take('!')) {
      this.#scanner.skipBlanks();
      return { kind: 'not', operand: this.#inParentheses() ?? this.#existence() };
    }
    return this.#inParentheses() ?? this.#comparison();
  }

  #inParentheses(): Condition | undefined {
    if (!this.#scanner.take('(')) return undefined;
    this.#scanner.skipBlanks();
    const condition = this.#either();
    this.#scanner.skipBlanks();
    if (!this.#scanner.take(')')) throw this.#unexpected('")"');
    return condition;
  }

  #existence(): Condition {
    const start = this.#scanner.at;
    const operand = this.#operand();
    if (operand.kind === 'query') return { kind: 'exists', query: operand.query };
    throw this.#scanner.problem(NO_TEST, start);
  }

  #comparison(): Condition {
    const start = this.#scanner.at;
    const left = this.#operand();
    this.#scanner.skipBlanks();
    const operator = COMPARISON_OPERATORS.find((sign) => this.#scanner.take(sign));
    if (operator === undefined) {
      if (this.#scanner.peek('=')) throw this.#scanner.problem('values are compared by == != < <= > >=; there are no regular expressions');
      if (left.kind === 'query') return { kind: 'exists', query: left.query };
      throw this.#scanner.problem(NO_TEST, start);
    }
    this.#requireSingular(left, start);
    this.#scanner.skipBlanks();
    const rightStart = this.#scanner.at;
    const right = this.#operand();
    this.#requireSingular(right, rightStart);
    return { kind: 'comparison', operator, left, right };
  }

  #operand(): Operand {
    const query = this.#query();
    if (query !== undefined) return { kind: 'query', query };
    const literal = this.#scanner.takeString() ?? this.#scanner.takeNumber();
    if (literal !== undefined) return { kind: 'literal', value: literal };
    const start = this.#scanner.at;
    const word = this.#scanner.takeName();
    if (word === undefined) throw this.#unexpected('a path that begins with @ or $, a text in quotes, a number, true, false or null');
    if (this.#scanner.peek('(')) throw this.#scanner.problem(NO_FUNCTIONS, start);
    const value = WORDS.get(word);
    if (value === undefined) throw this.#scanner.problem('texts stand in quotes, e.g. @.type == "Ready"', start);
    return { kind: 'literal', value };
  }

  #requireSingular(operand: Operand, at: number): void {
    if (operand.kind === 'query' && !isSingular(operand.query))
      throw this.#scanner.problem('a path that is compared must lead to one value: only names and indexes, no * .. : or ?', at);
  }

  #unexpected(expected: string): PathSyntaxError {
    if (this.#scanner.ended) return this.#scanner.problem(`${expected} is missing`);
    return this.#scanner.problem(`${expected} is expected here`);
  }
}

const WORDS: ReadonlyMap<string, null | boolean> = new Map([
  ['null', null],
  ['true', true],
  ['false', false],
]);

const OTHER_NAMES = "names with a dash, a slash or a dot are written in brackets, e.g. $.metadata.labels['app.kubernetes.io/name']";
const NO_TEST = 'a value alone is no test; compare it with a path, e.g. @.type == "Ready"';
const NO_FUNCTIONS = 'functions are not supported; filters have comparisons, tests for existence, &&, || and !';
