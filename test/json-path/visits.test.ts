/** How much work a path may cause, whatever it is and whatever the document is. */
import { expect, test } from 'vitest';
import { compileJsonPath, type JsonPath } from '../../src/json-path/json-path.ts';
import { Visits, VISITS_LIMIT, VisitsError } from '../../src/json-path/visits.ts';

function path(text: string): JsonPath {
  const compiled = compileJsonPath(text, ['$', '@']);
  if (!compiled.ok) throw new Error(compiled.problem);
  return compiled.path;
}

/** As parsers that do not recurse give it. */
function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

test('a list of as many elements as may be looked at is read, one more is refused by the name of the path', () => {
  const list = Array.from({ length: VISITS_LIMIT }, () => 0);
  expect(path('$[*]').find({ $: list })).toHaveLength(VISITS_LIMIT);
  expect(() => path('$[*]').find({ $: [...list, 0] })).toThrow(VisitsError);
  expect(() => path('$[*]').find({ $: [...list, 0] })).toThrow(/\$\[\*\].*100,000/);
});

test('the paths of one row share what they may look at', () => {
  const list = Array.from({ length: VISITS_LIMIT / 2 }, () => 0);
  const visits = new Visits();
  path('$[*]').find({ $: list }, visits);
  path('$[?@ == 0]').find({ $: [1] }, visits);
  expect(() => path('$[0:]').find({ $: list }, visits)).toThrow(/\$\[0:\]/);
});

test.each([
  ['..*..*..*..*..*..*', nested(200)],
  ['[?$[?$[?$[?@ != 1]]]]', Array.from({ length: 100 }, () => 0)],
  ['[?@ == $[0]]', Array.from({ length: 400 }, () => Array.from({ length: 400 }, () => ({})))],
  ['[0,0,0,0,0,0,0,0][0,0,0,0,0,0,0,0][0,0,0,0,0,0,0,0][0,0,0,0,0,0,0,0][0,0,0,0,0,0,0,0][0,0,0,0,0,0,0,0]', [[[[[[1]]]]]]],
])('$%s multiplies its work, and ends in an error soon', (text, document) => {
  const before = performance.now();
  expect(() => path(`$${text}`).find({ $: document })).toThrow(VisitsError);
  expect(performance.now() - before).toBeLessThan(1000);
});

test('a document nested deeper than the stack is searched, compared and bounded', () => {
  const deep = nested(40_000);
  expect(path('$..*').find({ $: deep })).toHaveLength(40_000);
  expect(path('$[?@ == $[1]]').find({ $: [nested(40_000), nested(40_000)] })).toHaveLength(2);
  expect(() => path('$..*').find({ $: nested(200_000) })).toThrow(VisitsError);
});

test('a path is told without the characters that could make a message lie', () => {
  expect(() => path('$..\u202e').find({ $: nested(200_000) })).toThrow(/\$\.\.\\u\{202e\}/);
});

test('a path of nothing but parentheses is read', () => {
  const depth = 120;
  expect(path(`$[?${'('.repeat(depth)}@.a${')'.repeat(depth)}]`).find({ $: [{ a: 1 }] })).toEqual([{ a: 1 }]);
});
