/** A Report with every type of parameter, from its manifest to the query's binds and its status; and the mistakes that only the operator can see. */
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { messageOf, reasonOf, useBilling } from '../support/billing.ts';
import { bucketContent } from '../support/bucket-content.ts';
import { InvoiceDatabase, queryTemplate } from '../support/invoices.ts';
import { NOTHING_LEFT, tracesOf } from '../support/traces.ts';

const { billing } = useBilling('parameters');

const regions = [{ value: 'emea', label: 'EMEA' }, { value: 'amer' }, { value: 'apac' }];
/** Each parameter is a column of the one row that the query gives. */
const PARAMETERS = [
  { name: 'text', type: 'String' },
  { name: 'texts', type: 'Strings' },
  { name: 'whole', type: 'Integer' },
  { name: 'exact', type: 'Decimal' },
  { name: 'truth', type: 'Boolean' },
  { name: 'day', type: 'Date' },
  { name: 'instant', type: 'Timestamp' },
  { name: 'region', type: 'Choice', choices: regions },
  { name: 'regions', type: 'Choices', choices: regions },
  { name: 'month', type: 'Period', maxDays: 31 },
];
const QUERY = `
  select :text::text as text, array_to_json(:texts::text[])::text as texts, :whole::bigint as whole, :exact::numeric as exact, :truth::boolean as truth,
    :day::date as day, :instant::timestamptz as instant, :region::text as region, array_to_json(:regions::text[])::text as regions,
    :month_from::timestamptz as month_from, :month_to::timestamptz as month_to`;
const DEFAULTS: Readonly<Record<string, object>> = {
  text: { default: 'none' },
  texts: { defaultValues: ['a', 'b'] },
  whole: { default: 7 },
  exact: { default: '12.50' },
  truth: { default: 'false' },
  day: { default: '2026-10-01' },
  instant: { default: '2026-10-01T08:00:00+02:00' },
  region: { default: 'apac' },
  regions: { defaultValues: [] },
  month: { defaultPeriod: { relative: 'LastMonth' } },
};

let database: InvoiceDatabase;
beforeAll(async () => {
  database = await InvoiceDatabase.create(billing());
  await billing().storage();
  await billing().template('every-type', queryTemplate(QUERY, { parameters: PARAMETERS }));
  const withDefaults = PARAMETERS.map((parameter) => ({ ...parameter, ...DEFAULTS[parameter.name] }));
  await billing().template('with-defaults', queryTemplate(QUERY, { parameters: withDefaults }));
  await billing().template(
    'lists',
    queryTemplate('select unnest(:a::text[]) as a union all select unnest(:b::text[])', {
      parameters: [
        { name: 'a', type: 'Strings' },
        { name: 'b', type: 'Strings' },
      ],
    }),
  );
});
afterAll(() => database.close());

/** The one row of a Report's file. */
async function rowOf(name: string): Promise<Readonly<Record<string, string>>> {
  const { status } = await billing().finished(name);
  expect(status, JSON.stringify(status.conditions)).toMatchObject({ phase: 'Ready' });
  const { objects } = await bucketContent(billing().bucket, `${billing().namespace}/${name}/`);
  const rows = parse(objects[0]?.bytes.toString('utf8') ?? '', { columns: true }) as unknown as readonly Readonly<Record<string, string>>[];
  expect(rows).toHaveLength(1);
  return rows[0] ?? {};
}

describe.concurrent('a Report of every type', () => {
  test('gives the query what its manifest says, and its status tells it', async ({ expect }) => {
    const texts = ['acme', 'NULL', '', 'a,b "c" \\', '$(HOME) $$', 'Müller 🚚'];
    await billing().report('given', {
      templateRef: { name: 'every-type' },
      timeZone: 'Europe/Berlin',
      parameters: [
        { name: 'month', period: { from: '2026-10-01', to: '2026-11-01' } },
        { name: 'text', value: `it's "quoted"; $1 :text` },
        { name: 'texts', values: texts },
        { name: 'whole', value: '9007199254740993' },
        { name: 'exact', value: '+0012.50' },
        { name: 'truth', value: 'true' },
        { name: 'day', value: '2024-02-29' },
        { name: 'instant', value: '2026-10-25T02:30:00+01:00' },
        { name: 'region', value: 'emea' },
        { name: 'regions', values: ['apac', 'emea'] },
      ],
    });
    expect(await rowOf('given')).toEqual({
      text: `it's "quoted"; $1 :text`,
      texts: JSON.stringify(texts),
      whole: '9007199254740993',
      exact: '12.50',
      truth: 'true',
      day: '2024-02-29',
      instant: '2026-10-25T02:30:00+01:00',
      region: 'emea',
      regions: '["apac","emea"]',
      month_from: '2026-10-01T00:00:00+02:00',
      month_to: '2026-11-01T00:00:00+01:00',
    });
    expect((await billing().get('given')).status.parameters).toEqual([
      { name: 'text', value: `it's "quoted"; $1 :text` },
      { name: 'texts', values: texts },
      { name: 'whole', value: '9007199254740993' },
      { name: 'exact', value: '12.50' },
      { name: 'truth', value: 'true' },
      { name: 'day', value: '2024-02-29' },
      { name: 'instant', value: '2026-10-25T01:30:00Z' },
      { name: 'region', value: 'emea' },
      { name: 'regions', values: ['apac', 'emea'] },
      { name: 'month', period: { from: '2026-09-30T22:00:00Z', to: '2026-10-31T23:00:00Z' } },
    ]);
  });

  test('without values is null everywhere, and its status lists none', async ({ expect }) => {
    await billing().report('nothing', { templateRef: { name: 'every-type' } });
    expect(Object.values(await rowOf('nothing'))).toEqual(Array<string>(11).fill(''));
    expect((await billing().get('nothing')).status.parameters ?? []).toEqual([]);
  });

  test('takes the template’s defaults, and names its month from the day of its creation', async ({ expect }) => {
    const { metadata } = await billing().report('defaults', { templateRef: { name: 'with-defaults' }, timeZone: 'Asia/Tokyo' });
    const thisMonth = Temporal.Instant.from(metadata.creationTimestamp).toZonedDateTimeISO('Asia/Tokyo').toPlainDate().with({ day: 1 });
    const lastMonth = thisMonth.subtract({ months: 1 });
    expect(await rowOf('defaults')).toEqual({
      text: 'none',
      texts: '["a","b"]',
      whole: '7',
      exact: '12.50',
      truth: 'false',
      day: '2026-10-01',
      instant: '2026-10-01T15:00:00+09:00',
      region: 'apac',
      regions: '[]',
      month_from: `${lastMonth.toString()}T00:00:00+09:00`,
      month_to: `${thisMonth.toString()}T00:00:00+09:00`,
    });
  });

  test('may name the days before its creation', async ({ expect }) => {
    const { metadata } = await billing().report('last-days', {
      templateRef: { name: 'every-type' },
      timeZone: 'America/Santiago',
      parameters: [{ name: 'month', period: { lastDays: 7 } }],
    });
    const today = Temporal.Instant.from(metadata.creationTimestamp).toZonedDateTimeISO('America/Santiago').toPlainDate();
    const instant = (days: number): string => today.subtract({ days }).toZonedDateTime('America/Santiago').toInstant().toString();
    await rowOf('last-days');
    expect((await billing().get('last-days')).status.parameters).toEqual([{ name: 'month', period: { from: instant(7), to: instant(0) } }]);
  });
});

describe.concurrent('all mistakes of a Report are told at once', () => {
  test('by parameter, value and rule', async ({ expect }) => {
    await billing().report('mistakes', {
      templateRef: { name: 'every-type' },
      parameters: [
        { name: 'text', values: ['a'] },
        { name: 'texts', value: 'a' },
        { name: 'instant', value: '2026-10-01T08:00' },
        { name: 'region', value: 'emae' },
        { name: 'regions', values: ['emea', 'emea', 'asia'] },
        { name: 'month', period: { lastDays: 32 } },
        { name: 'regoin', value: 'emea' },
      ],
    });
    const failed = await billing().finished('mistakes');
    expect(reasonOf(failed)).toBe('InvalidParameters');
    expect(messageOf(failed).split('; ')).toEqual([
      'parameter "regoin" is not one of the template\'s',
      'did you mean "region"?',
      'parameter "text": is a String: give it as value, not as values',
      'parameter "texts": is a Strings: give it as values: [...], not as value',
      expect.stringContaining('parameter "instant": "2026-10-01T08:00" has no zone'),
      'write it with Z or an offset, e.g. 2026-10-01T08:00:00+02:00',
      'parameter "region": "emae" is not one of the choices',
      'it has: "emea", "amer", "apac"',
      'parameter "regions": values[1]: "emea" is given twice, values[2]: "asia" is not one of the choices',
      'it has: "emea", "amer", "apac"',
      'parameter "month": the period of the last 32 days is longer than 31 days',
    ]);
    expect(await tracesOf(billing(), 'mistakes')).toEqual(NOTHING_LEFT);
  });

  test('also 64 of them, as far as the status has room', async ({ expect }) => {
    await billing().report('many-mistakes', {
      templateRef: { name: 'every-type' },
      parameters: Array.from({ length: 64 }, (_, index) => ({ name: `unknown_parameter_of_a_long_name_${index}`, value: 'x' })),
    });
    const failed = await billing().finished('many-mistakes');
    expect(reasonOf(failed)).toBe('InvalidParameters');
    expect(messageOf(failed)).toMatch(/^parameter "unknown_parameter_of_a_long_name_0" is not one of .*; and \d+ more$/);
    expect(Buffer.byteLength(JSON.stringify(failed.status))).toBeLessThan(64 * 1024);
  });
});

describe.concurrent('32 KiB of parameters', () => {
  const thousand = 'ü'.repeat(500);
  const lists = (tail: string): readonly object[] => [
    { name: 'a', values: Array<string>(16).fill(thousand) },
    { name: 'b', values: [...Array<string>(16).fill(thousand), tail] },
  ];
  /** What is left for the last text, the names, types, quotes and commas paid. */
  const rest =
    32 * 1024 -
    Buffer.byteLength(
      JSON.stringify([
        { name: 'a', type: 'Strings', value: Array<string>(16).fill(thousand) },
        { name: 'b', type: 'Strings', value: [...Array<string>(16).fill(thousand), ''] },
      ]),
    );

  test('are brought to an end, in a status below 64 KiB', async ({ expect }) => {
    await billing().report('full', { templateRef: { name: 'lists' }, parameters: lists('x'.repeat(rest)) });
    const { status } = await billing().finished('full');
    expect(status).toMatchObject({ phase: 'Ready', file: { rows: 33 } });
    expect(status.parameters).toEqual(lists('x'.repeat(rest)));
    expect(Buffer.byteLength(JSON.stringify(status))).toBeLessThan(64 * 1024);
  });

  test('and one byte are refused, the largest parameter named', async ({ expect }) => {
    await billing().report('overfull', { templateRef: { name: 'lists' }, parameters: lists('x'.repeat(rest + 1)) });
    const failed = await billing().finished('overfull');
    expect(reasonOf(failed)).toBe('InvalidParameters');
    expect(messageOf(failed)).toMatch(
      /^the parameters have 32769 bytes of JSON together; at most 32768 are allowed; the largest is "[ab]" \(\d+ bytes\)$/,
    );
  });
});
