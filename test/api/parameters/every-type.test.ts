/** Each type of parameter, from what a Report says to what each kind of source gets: nothing is lost, added or rounded on the way. On real servers: test/integration/sources/. */
import mysql from 'mysql2';
import { expect, test } from 'vitest';
import { PARAMETER_TYPES, type GivenParameter, type ParameterDeclaration } from '../../../src/api/parameters/declaration.ts';
import { resolveParameters } from '../../../src/api/parameters/resolve.ts';
import { codeValues } from '../../../src/runner/sources/code/parameters.ts';
import { fillQuery } from '../../../src/runner/sources/http/query.ts';
import { bindStatement } from '../../../src/runner/sources/mysql/binds.ts';
import { bindTexts } from '../../../src/runner/sources/postgres/binds.ts';
import { MYSQL_SQL, parseQuery } from '../../../src/sql/placeholders.ts';

interface Row {
  readonly declared?: Partial<ParameterDeclaration>;
  readonly given: Omit<GivenParameter, 'name'>;
  /** In a kubernetes source's conditions and in the plan. */
  readonly resolved: unknown;
  readonly postgres: readonly (string | null)[];
  readonly mysql: readonly unknown[];
  readonly http: readonly string[];
  readonly code: unknown;
}

const choices = [{ value: 'a' }, { value: 'b "c"' }];
const ROWS: readonly (readonly [ParameterDeclaration['type'], Row])[] = [
  [
    'String',
    {
      given: { value: "o'hara & co" },
      resolved: "o'hara & co",
      postgres: ["o'hara & co"],
      mysql: ["o'hara & co"],
      http: ["o'hara & co"],
      code: "o'hara & co",
    },
  ],
  [
    'Strings',
    {
      given: { values: ['a', 'b "c"', ''] },
      resolved: ['a', 'b "c"', ''],
      postgres: ['{"a","b \\"c\\"",""}'],
      mysql: ['["a","b \\"c\\"",""]'],
      http: ['a', 'b "c"', ''],
      code: ['a', 'b "c"', ''],
    },
  ],
  [
    'Integer',
    { given: { value: 42 }, resolved: '42', postgres: ['42'], mysql: [mysql.TypedParameter.LONGLONG(42n)], http: ['42'], code: 42 },
  ],
  [
    'Integer',
    {
      given: { value: '9007199254740993' },
      resolved: '9007199254740993',
      postgres: ['9007199254740993'],
      mysql: [mysql.TypedParameter.LONGLONG(9007199254740993n)],
      http: ['9007199254740993'],
      code: '9007199254740993',
    },
  ],
  [
    'Decimal',
    {
      given: { value: '12.50' },
      resolved: '12.50',
      postgres: ['12.50'],
      mysql: [mysql.TypedParameter.NEWDECIMAL('12.50')],
      http: ['12.50'],
      code: '12.50',
    },
  ],
  [
    'Boolean',
    {
      given: { value: 'false' },
      resolved: false,
      postgres: ['false'],
      mysql: [mysql.TypedParameter.LONGLONG(0n)],
      http: ['false'],
      code: false,
    },
  ],
  [
    'Date',
    {
      given: { value: '2026-10-01' },
      resolved: '2026-10-01',
      postgres: ['2026-10-01'],
      mysql: ['2026-10-01'],
      http: ['2026-10-01'],
      code: '2026-10-01',
    },
  ],
  [
    'Timestamp',
    {
      given: { value: '2026-10-01T08:00:00.25+02:00' },
      resolved: '2026-10-01T06:00:00.25Z',
      postgres: ['2026-10-01 08:00:00.25+02:00'],
      mysql: ['2026-10-01 08:00:00.250000'],
      http: ['2026-10-01T08:00:00.25+02:00'],
      code: '2026-10-01T06:00:00.25Z',
    },
  ],
  [
    'Choice',
    {
      declared: { choices },
      given: { value: 'b "c"' },
      resolved: 'b "c"',
      postgres: ['b "c"'],
      mysql: ['b "c"'],
      http: ['b "c"'],
      code: 'b "c"',
    },
  ],
  [
    'Choices',
    {
      declared: { choices },
      given: { values: ['b "c"'] },
      resolved: ['b "c"'],
      postgres: ['{"b \\"c\\""}'],
      mysql: ['["b \\"c\\""]'],
      http: ['b "c"'],
      code: ['b "c"'],
    },
  ],
  [
    'Period',
    {
      given: { period: { from: '2026-10-01', to: '2026-11-01' } },
      resolved: { from: '2026-09-30T22:00:00Z', to: '2026-10-31T23:00:00Z' },
      postgres: ['2026-10-01 00:00:00+02:00', '2026-11-01 00:00:00+01:00'],
      mysql: ['2026-10-01 00:00:00', '2026-11-01 00:00:00'],
      http: ['2026-10-01T00:00:00+02:00', '2026-11-01T00:00:00+01:00'],
      code: { from: '2026-09-30T22:00:00Z', to: '2026-10-31T23:00:00Z' },
    },
  ],
];

test.each(ROWS)('%s arrives everywhere as it was given', (type, row) => {
  const declared: ParameterDeclaration = { name: 'p', type, ...row.declared };
  const zone = 'Europe/Berlin';
  const resolution = resolveParameters([declared], [{ name: 'p', ...row.given }], { zone, createdAt: 0 });
  if (!resolution.ok) throw new Error(resolution.problems.join('; '));
  const { parameters } = resolution;
  expect(parameters).toEqual([{ name: 'p', type, value: row.resolved }]);

  const names = type === 'Period' ? ['p_from', 'p_to'] : ['p'];
  const texts = bindTexts(parameters, zone);
  expect(names.map((name) => texts.get(name))).toEqual(row.postgres);
  const query = `select ${names.map((name) => `:${name}`).join(', ')}`;
  const parsed = parseQuery(query, MYSQL_SQL);
  if (!parsed.ok) throw new Error(parsed.mistakes.join('; '));
  expect(bindStatement(query, parsed, parameters, zone, mysql.TypedParameter).binds).toEqual(row.mysql);
  const pairs = fillQuery(
    names.map((name) => ({ name, value: `{{${name}}}` })),
    parameters,
    zone,
  );
  expect(pairs.map(({ value }) => value)).toEqual(row.http);
  expect(codeValues(parameters)).toEqual({ p: row.code });
});

test('there is no other type', () => {
  expect([...new Set(ROWS.map(([type]) => type))].toSorted()).toEqual(PARAMETER_TYPES.toSorted());
});
