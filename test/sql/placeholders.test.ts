import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkPlaceholders, MYSQL_SQL, parseQuery, placeInQuery } from '../../src/sql/placeholders.ts';

function parsed(query: string) {
  const result = parseQuery(query);
  if (!result.ok) throw new Error(result.mistakes.join('; '));
  return result;
}

function mistakesOf(query: string): readonly string[] {
  const result = parseQuery(query);
  return result.ok ? [] : result.mistakes;
}

describe('placeholders are found', () => {
  test.each<[query: string, sql: string, names: string[]]>([
    ['select :a', 'select $1', ['a']],
    ['select :b, :a, :b', 'select $1, $2, $1', ['b', 'a']],
    ['select :a::text', 'select $1::text', ['a']],
    ['select (:a)', 'select ($1)', ['a']],
    ['where x>=:month_from and x<:month_to', 'where x>=$1 and x<$2', ['month_from', 'month_to']],
    ['select 1-:n, -:n', 'select 1-$1, -$1', ['n']],
    ['select data ?:key, data->:key', 'select data ?$1, data->$1', ['key']],
    ['select f(a := :b), f(a:=:b), f(a=>:b)', 'select f(a := $1), f(a:=$1), f(a=>$1)', ['b']],
    ['select array[:a, :b], array[[:a],[:b]]', 'select array[$1, $2], array[[$1],[$2]]', ['a', 'b']],
    ['select ARRAY [ :a ]', 'select ARRAY [ $1 ]', ['a']],
    ['select x[(:n)], x[1:(:n)], x[1 + :n]', 'select x[($1)], x[1:($1)], x[1 + $1]', ['n']],
    ['select x[1: :n]', 'select x[1: $1]', ['n']],
    [`select json_object('k': :v)`, `select json_object('k': $1)`, ['v']],
    ['select :a-- :b\n, :c', 'select $1-- :b\n, $2', ['a', 'c']],
    ['select :a/* :b */, :c', 'select $1/* :b */, $2', ['a', 'c']],
    [':Region', '$1', ['Region']],
    [':größe', '$1', ['größe']],
  ])('%s', (query, sql, names) => {
    expect(parsed(query)).toMatchObject({ sql, names });
  });
});

describe('what is no placeholder is left alone', () => {
  test.each([
    `select ':a', 'it''s :a', ''':a'`,
    `select E':a \\':b', e'\\\\', ':c'`,
    `select E'a'\n':b\\':c'`,
    `select E'a' -- :x\n  -- :y\n':b\\':c'`,
    `select '\\', ':a\\'`,
    `select U&':a\\0041' uescape '!', U&":a"`,
    `select B'01' X'1F' n':a'`,
    `select ":a", "say "":b"" "`,
    'select $$ :a $$, $tag$ :a $$ $other$ $tag$, $_x1$:a$_x1$',
    'select a$b$c, a$',
    'select 1 -- :a\n',
    'select 1 -- :a',
    'select /* :a /* :b */ :c */ 1',
    `select 1*/* :a */2`,
    'select a::text, 1::int4, (x)::"T", a :: text',
    'select x[1:2], x[a:b], x[1:n], x[f(1):n], x[:2], x[2:], x[:]',
    'select x[: n], x[1 : n], t.array[1:n]',
    `select json_object('k': v)`,
    'select a : b',
    'select 10.5e-3, .5, 1_000, 0x1F',
    'select name from café',
  ])('%s', (query) => {
    expect(parsed(query)).toMatchObject({ sql: query, names: [] });
  });
});

describe('what cannot be understood for sure is refused with its place', () => {
  test.each<[query: string, mistake: RegExp]>([
    ['', /the query is empty/],
    ['-- nothing\n', /the query is empty/],
    [';', /the query is empty/],
    ["select\n  'abc", /^line 2, column 3: the string that begins here is never closed$/],
    ["select 'a''", /^line 1, column 8: the string/],
    ["select E'a\\'", /^line 1, column 8: the string/],
    ["select 'é' || \"name", /^line 1, column 15: the quoted name/],
    ['select /* /* */ 1', /^line 1, column 8: the comment/],
    ['select $a$ $b$', /^line 1, column 8: the dollar-quoted string/],
    ['select $x', /^line 1, column 8: a lone \$/],
    ['select $1', /^line 1, column 8: \$1 is a numbered parameter; write :name/],
    ['select 1; select 2', /^line 1, column 11: a second statement begins here/],
    ['select 1;;x', /^line 1, column 11: a second statement/],
    ['select x[:n]', /^line 1, column 10: :n in a subscript .* write \(:n\) for the parameter/],
    ['select t.array[:n]', /:n in a subscript/],
    ['select x[1 :n]', /:n in a subscript/],
    ['select x[case when a then :n end]', /:n in a subscript/],
    ["select json_object('k':v)", /^line 1, column 23: ":v" touches/],
    ['select 1 limit:n', /":n" touches/],
    ['select :a:b', /":b" touches/],
    ['select "a":b', /":b" touches/],
    ['select (1):b', /":b" touches/],
    ['select 1\0', /NUL/],
  ])('%j', (query, mistake) => {
    expect(mistakesOf(query)).toEqual([expect.stringMatching(mistake)]);
  });

  test('mistakes are told together', () => {
    expect(mistakesOf('select $1, x[:n], 1 limit:m; select')).toHaveLength(4);
  });

  test('a million mistakes cost no more than a few', () => {
    expect(mistakesOf('$ '.repeat(1_000_000)).length).toBeLessThanOrEqual(21);
    expect(mistakesOf('$1 '.repeat(1_000_000)).length).toBeLessThanOrEqual(21);
  });
});

test.each([
  ['select 1;', 'select 1'],
  ['select 1 ; ; -- done\n', 'select 1 '],
  ["select ';' /* ; */ ;", "select ';' /* ; */ "],
])('a trailing semicolon goes: %j', (query, sql) => {
  expect(parsed(query).sql).toBe(sql);
});

test('text that looks like nested comments or endless lines is read in linear time', () => {
  const size = 1_000_000;
  for (const query of [
    `'a'${'-'.repeat(size)}`,
    `'a' --${' '.repeat(size)}`,
    '/*'.repeat(size),
    '$a'.repeat(size),
    `${"'a'\n".repeat(size / 4)}`,
  ]) {
    const start = performance.now();
    parseQuery(query);
    expect(performance.now() - start).toBeLessThan(2000);
  }
});

/** Pieces of SQL that touch nothing before or behind them once spaces are put between. */
const inertPiece = fc.oneof(
  fc.string({ unit: 'grapheme' }).map((text) => `'${text.replaceAll("'", "''").replaceAll('\0', '')}'`),
  fc.string().map((text) => `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\0', '')}'`),
  fc.string().map((text) => `"${text.replaceAll('"', '""').replaceAll('\0', '')}"`),
  fc
    .string()
    .filter((text) => !text.includes('$q$') && !text.endsWith('$') && !text.includes('\0'))
    .map((text) => `$q$${text}$q$`),
  fc.string().map((text) => `/*${text.replaceAll('*', '').replaceAll('/', '').replaceAll('\0', '')}*/`),
  fc.string().map((text) => `--${text.replace(/[\n\r\0]/g, '')}\n`),
  fc.constantFrom('x::text', 'f(a := 1)', 'x[1:n]', '=', '<', '(', 'from', '1.5e3', 'a$b', '@>', '||', 'array[1]'),
);
const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,10}$/);

test('in any text, exactly the placeholders that were put there are found and replaced', () => {
  const piece = fc.oneof(
    { weight: 3, arbitrary: inertPiece.map((text) => ({ text, name: undefined })) },
    name.map((given) => ({ text: `:${given}`, name: given })),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const query = ['select', ...pieces.map(({ text }) => text)].join(' ');
      const names = [...new Set(pieces.flatMap((given) => given.name ?? []))];
      const sql = ['select', ...pieces.map((given) => (given.name === undefined ? given.text : `$${names.indexOf(given.name) + 1}`))].join(
        ' ',
      );
      expect(parsed(query)).toMatchObject({ sql, names });
    }),
    { numRuns: 2000 },
  );
});

test('no text whatever makes the parser throw', () => {
  const soup = fc.array(
    fc.constantFrom("'", '"', '$', '$$', ':', '::', '[', ']', '(', ')', '--', '/*', '*/', '\n', 'E', 'u&', ';', 'a', '1', '\\', ' ', ','),
  );
  fc.assert(
    fc.property(soup, (pieces) => {
      const query = pieces.join('');
      const result = parseQuery(query);
      if (result.ok) for (const place of result.placeholders) expect(query.slice(place.start, place.end)).toBe(`:${place.name}`);
      else expect(result.mistakes.length).toBeGreaterThan(0);
    }),
    { numRuns: 5000 },
  );
});

describe('places of the sent text are places of the query', () => {
  test.each<[query: string, at: string, line: number, column: number]>([
    ['select :region, oops', 'oops', 1, 17],
    ['select :region,\n  :m, oops', 'oops', 2, 7],
    ["select '😀', oops, :a", 'oops', 1, 13],
    ['select :a, :region, :a, oops', 'oops', 1, 25],
    ['select 1, :region', '$1', 1, 11],
    ['select :a\r\n, oops', 'oops', 2, 3],
  ])('%j at %s', (query, at, line, column) => {
    const result = parsed(query);
    const position = Array.from(result.sql.slice(0, result.sql.indexOf(at))).length + 1;
    expect(placeInQuery(query, result, position)).toEqual({ line, column });
  });
});

describe('a query and its parameters', () => {
  test('that match have no mistakes', () => {
    const query = 'select * from t where region = :region and at >= :month_from and at < :month_to';
    expect(
      checkPlaceholders(query, [
        { name: 'region', type: 'String' },
        { name: 'month', type: 'Period' },
      ]),
    ).toEqual([]);
  });

  test.each<[query: string, mistake: RegExp]>([
    ['select :regoin', /^line 1, column 8: :regoin is no parameter of the template; did you mean :region\?$/],
    ['select :Region', /did you mean :region\?/],
    ['select :zzz', /:zzz is no parameter of the template; it has: region, month_from, month_to$/],
    ['select :month', /^line 1, column 8: parameter "month" is a Period; write :month_from and :month_to/],
    ['select :month_start', /did you mean :month_from\?|it has/],
  ])('%s', (query, mistake) => {
    const mistakes = checkPlaceholders(query, [
      { name: 'region', type: 'String' },
      { name: 'month', type: 'Period' },
    ]);
    expect(mistakes[0]).toMatch(mistake);
  });

  test('a list in the parentheses of IN is refused: PostgreSQL would compare with the text of the whole array, and find nothing', () => {
    const lists = [
      { name: 'customers', type: 'Strings' },
      { name: 'region', type: 'String' },
    ] as const;
    expect(checkPlaceholders('select * from t where c not in (:customers) and r IN ( :region )', lists)).toEqual([
      'line 1, column 33: parameter "customers" is a list, which IN takes for one value; write = any(:customers), or <> all(:customers) for not in',
    ]);
    expect(checkPlaceholders("select * from t where c in ('a', :region, :customers) and d in (:customers, f(1, 2))", lists)).toEqual([
      expect.stringMatching(/^line 1, column 43: .* is a list, which IN takes for one value/),
      expect.stringMatching(/^line 1, column 65: .* is a list, which IN takes for one value/),
    ]);
    expect(
      checkPlaceholders('select * from t where c in (:region, f(:customers)) and d in (select x, :customers, y from u)', lists),
    ).toEqual([]);
    expect(checkPlaceholders('select * from t where c = any(:customers) and r = :region', lists)).toEqual([]);
    expect(checkPlaceholders('select * from t where c in (:customers) and r in (:region)', lists, MYSQL_SQL)).toEqual([]);
    expect(checkPlaceholders("select * from t where c in ('a', :customers) and r in (:region, 'b')", lists, MYSQL_SQL)).toEqual([
      'line 1, column 34: parameter "customers" is a list, which IN takes for one value beside others; write in (:customers) for it alone',
    ]);
  });

  test('every mistake is told at once', () => {
    const parameters = [
      { name: 'region', type: 'String' },
      { name: 'month', type: 'Period' },
      { name: 'flag', type: 'Boolean' },
    ] as const;
    expect(checkPlaceholders('select :month, :x_1, :x_2, :x_1', parameters)).toEqual([
      'line 1, column 8: parameter "month" is a Period; write :month_from and :month_to (half-open: from <= t < to)',
      expect.stringContaining(':x_1 is no parameter'),
      expect.stringContaining(':x_2 is no parameter'),
      'parameter "region" is never used; write :region in the query or remove the parameter',
      'parameter "flag" is never used; write :flag in the query or remove the parameter',
    ]);
  });

  test('thousands of unknown names are told as twenty and a count, soon', () => {
    const query = `select ${Array.from({ length: 7000 }, (_, index) => `:n${index}`).join(',')}`;
    const start = performance.now();
    const mistakes = checkPlaceholders(query, [{ name: 'region', type: 'String' }]);
    expect(performance.now() - start).toBeLessThan(1000);
    expect(mistakes).toHaveLength(21);
    expect(mistakes[20]).toBe('and 6,981 more');
  });

  test('more binds than the protocol counts are refused', () => {
    const query = `select ${Array.from({ length: 65_536 }, (_, index) => `:n${index}`).join(',')}`;
    expect(mistakesOf(query)).toEqual(['the query has 65536 different placeholders; PostgreSQL takes 65,535']);
  });
});
