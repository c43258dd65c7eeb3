/**
 * The grammar of selectors as the apiserver reads them in `labelSelector` and `fieldSelector`, so that a mistake is told when it is written and not when a list is refused.
 *
 * Which fields a kind can be selected by, only its apiserver knows.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/
 */
import { foreignText } from '../foreign-text.ts';

/** Shown of a selector's parts. */
const PART_LIMIT = 64;
const NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const SUBDOMAIN = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const TOKEN = /[ \t\r\n]*(?:(==|!=|[=!,()<>])|([^=!,()<> \t\r\n]+))/y;

interface Token {
  readonly text: string;
  readonly isWord: boolean;
}

/** What is wrong with a label selector as in `kubectl get -l`, as the end of a sentence; undefined = nothing. An empty one selects everything. */
export function labelSelectorProblem(text: string): string | undefined {
  const tokens = tokensOf(text);
  let at = 0;
  const next = (): Token | undefined => tokens[at++];
  const isNext = (symbol: string): boolean => tokens[at]?.isWord === false && tokens[at]?.text === symbol;

  const set = (): string | undefined => {
    if (!isNext('(')) return `after in and notin stands a list such as (a, b), not ${shown(tokens[at])}`;
    at += 1;
    for (let count = 0; ; count += 1) {
      if (isNext(')') && count === 0) return 'a list of values must not be empty';
      const problem = tokens[at]?.isWord === true ? valueProblem(next()?.text ?? '') : undefined;
      if (problem !== undefined) return problem;
      const end = next();
      if (end?.text === ')' && !end.isWord) return undefined;
      if (end?.text !== ',' || end.isWord) return `a comma or ")" is missing before ${shown(end)}`;
    }
  };

  const requirement = (): string | undefined => {
    if (isNext('!')) {
      at += 1;
      return keyProblem(next());
    }
    const problem = keyProblem(next());
    if (problem !== undefined || at >= tokens.length || isNext(',')) return problem;
    const operator = next();
    if (operator?.isWord === true && (operator.text === 'in' || operator.text === 'notin')) return set();
    if (operator?.isWord === true || !['=', '==', '!=', '<', '>'].includes(operator?.text ?? ''))
      return `${shown(operator)} is no operator; those are =, ==, !=, in, notin, < and >`;
    const value = tokens[at]?.isWord === true ? (next()?.text ?? '') : '';
    if (operator?.text === '<' || operator?.text === '>') {
      return /^[+-]?\d+$/.test(value)
        ? undefined
        : `${operator.text} compares with a whole number, not "${foreignText(value, PART_LIMIT)}"`;
    }
    return valueProblem(value);
  };

  while (at < tokens.length) {
    const problem = requirement();
    if (problem !== undefined) return problem;
    if (at >= tokens.length) return undefined;
    const comma = next();
    if (comma?.text !== ',' || comma.isWord) return `a comma is missing before ${shown(comma)}`;
    if (at >= tokens.length) return 'it ends in a comma';
  }
  return undefined;
}

/** What is wrong with a field selector as in `kubectl get --field-selector`, as the end of a sentence; undefined = nothing. A backslash stands before `\`, `,` and `=` in a value. */
export function fieldSelectorProblem(text: string): string | undefined {
  for (const term of text.match(/(?:\\.|[^,\\]|\\$)+/gs) ?? []) {
    const split = /^((?:(?!!=)[^=])*)(?:!=|==?)(.*)$/s.exec(term);
    const [, field = '', value = ''] = split ?? [];
    if (split === null) return `"${foreignText(term, PART_LIMIT)}" compares nothing; write it as field=value or field!=value`;
    if (field === '') return `"${foreignText(term, PART_LIMIT)}" names no field before its value`;
    if (!/^(?:\\[\\,=]|[^\\,=])*$/s.test(value))
      return `the value "${foreignText(value, PART_LIMIT)}" has a "=" or "\\" of its own; put a backslash before it`;
  }
  return undefined;
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const [, symbol, word] = match;
    tokens.push({ text: symbol ?? word ?? '', isWord: symbol === undefined });
  }
  return tokens;
}

function keyProblem(token: Token | undefined): string | undefined {
  if (token?.isWord !== true) return `the name of a label is missing before ${shown(token)}`;
  const slash = token.text.indexOf('/');
  const [prefix, name] = slash < 0 ? [undefined, token.text] : [token.text.slice(0, slash), token.text.slice(slash + 1)];
  return NAME.test(name) && (prefix === undefined || SUBDOMAIN.test(prefix))
    ? undefined
    : `"${foreignText(token.text, PART_LIMIT)}" is no name of a label: letters, digits, "-", "_" and "." (63 at most), with or without a domain and "/" before it`;
}

function valueProblem(value: string): string | undefined {
  return value === '' || NAME.test(value)
    ? undefined
    : `"${foreignText(value, PART_LIMIT)}" is no value of a label: letters, digits, "-", "_" and ".", 63 at most, with a letter or digit at both ends`;
}

function shown(token: Token | undefined): string {
  return token === undefined ? 'its end' : `"${foreignText(token.text, PART_LIMIT)}"`;
}
