import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkPlaceholders, MYSQL_SQL, parseQuery } from '../../src/sql/placeholders.ts';
import { anyText } from '../support/arbitraries.ts';

function parsed(query: string): { readonly sql: string; readonly names: readonly string[]; readonly inList: readonly boolean[] } {
  const result = parseQuery(query, MYSQL_SQL);
  if (!result.ok) throw new Error(result.mistakes.join('; '));
  return { sql: result.sql, names: result.names, inList: result.placeholders.map(({ inList }) => inList) };
}

describe('placeholders are found, each occurrence for itself', () => {
  test.each<[query: string, sql: string, names: string[]]>([
    ['select :b, :a, :b', 'select ?, ?, ?', ['b', 'a']],
    ['select @x := :a, 1-:n', 'select @x := ?, 1-?', ['a', 'n']],
    ['select :a-- :b\n, :c', 'select ?-- :b\n, ?', ['a', 'c']],
    ['select :a # :b\n, :c;', 'select ? # :b\n, ?', ['a', 'c']],
    ['select 1--:a', 'select 1--?', ['a']],
    ['select :a/* :b /* */, :c', 'select ?/* :b /* */, ?', ['a', 'c']],
    ["select 'it\\':x', :a", "select 'it\\':x', ?", ['a']],
    ["select '\\\\', :a, ':x'", "select '\\\\', ?, ':x'", ['a']],
    ['select "a "" :x \\" :y", :a', 'select "a "" :x \\" :y", ?', ['a']],
    ['select `:x``:y\\`, :a', 'select `:x``:y\\`, ?', ['a']],
    ["select doc->>'$.a', :a", "select doc->>'$.a', ?", ['a']],
    ['select $x$, :a', 'select $x$, ?', ['a']],
  ])('%s', (query, sql, names) => {
    expect(parsed(query)).toMatchObject({ sql, names });
  });
});

test.each<[string, readonly boolean[]]>([
  ['select 1 where a in (:x) and b not IN(:y)', [true, true]],
  ['select 1 where a in (:x, :y) or f(:z) or (:x)', [false, false, false, false]],
  ['select 1 where a in (select :x) or a in ((:y))', [false, false]],
])('a list stands alone in the parentheses of an IN: %s', (query, inList) => {
  expect(parsed(query).inList).toEqual(inList);
});

test.each<[string, RegExp]>([
  ['select ?', /^line 1, column 8: \? is a numbered parameter/],
  ['select 1; select 2', /^line 1, column 11: a second statement begins here/],
  ['select /*! 1 */', /^line 1, column 8: a comment that the server runs/],
  ['select /*M!100 1 */', /a comment that the server runs/],
  ["select 'a\\'", /the string that begins here is never closed/],
  ['select "a', /the string that begins here is never closed/],
  ['select `a', /the quoted name that begins here is never closed/],
  ['select 1 /* a', /the comment that begins here is never closed/],
  ['-- nothing', /the query is empty/],
  ['select a:b', /":b" touches what stands before it/],
])('%s is refused', (query, says) => {
  const result = parseQuery(query, MYSQL_SQL);
  expect(result.ok ? 'accepted' : result.mistakes.join('; ')).toMatch(says);
});

test('parameters and placeholders are held against each other', () => {
  const parameters = [
    { name: 'month', type: 'Period' },
    { name: 'region', type: 'String' },
  ] as const;
  expect(checkPlaceholders('select :month_from, :month_to, :region, :regin', parameters, MYSQL_SQL)).toEqual([
    'line 1, column 41: :regin is no parameter of the template; did you mean :region?',
  ]);
  expect(checkPlaceholders("select ':region', :month_from # :month_to", parameters, MYSQL_SQL)).toEqual([
    'parameter "region" is never used; write :region in the query or remove the parameter',
  ]);
});

test('no text whatever makes the parser throw, and what it accepts has a question mark for each placeholder', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constantFrom("'", '"', '`', '\\', ':a', '/*', '*/', '--', ' ', '\n', '#', 'in (', ')', ';', '?'), anyText(3))),
      (parts) => {
        const result = parseQuery(parts.join(''), MYSQL_SQL);
        if (result.ok) expect(result.sql.split('?').length - 1).toBeGreaterThanOrEqual(result.placeholders.length);
      },
    ),
    { numRuns: 500 },
  );
});
