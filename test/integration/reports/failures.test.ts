/** Every mistake of a Report, its template or its data ends in a reason and a message that name what is wrong and where, and leaves no file. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kubectl } from '../crds/apiserver.ts';
import { messageOf, useBilling } from '../support/billing.ts';
import { expectFailed } from '../support/failed.ts';
import { gatedBy, InvoiceDatabase, queryTemplate } from '../support/invoices.ts';
import { postgres } from '../support/servers.ts';
import { NOTHING_LEFT, podsOf, storyOf, tracesOf } from '../support/traces.ts';

const { billing } = useBilling('failures');
/** One try: the Job controller waits ten seconds before the next. */
const ONCE = { job: { backoffLimit: 0 } };

let database: InvoiceDatabase;

interface Failure {
  readonly name: string;
  readonly reason: string;
  readonly says: RegExp;
  /** Spec of a template of the same name. */
  readonly template: Readonly<Record<string, unknown>>;
  readonly spec?: Readonly<Record<string, unknown>>;
}

const MISTAKES: readonly Failure[] = [
  {
    name: 'all-mistakes-at-once',
    reason: 'InvalidParameters',
    says: new RegExp(
      [
        'timeZone .*"Europe/Berlinn".*',
        'storageRef "partners": template "all-mistakes-at-once" lets its Reports use only: archive; ',
        'parameter "regoin" is not one of the template\'s; did you mean "region"\\?; ',
        'parameter "amount": .*100.*; ',
        'parameter "month": is required \\(Period: Month that is billed\\); give it as period: \\{from, to\\}; ',
        'parameter "price": .*decimal.*; ',
        'parameter "paid": .*true.*',
      ].join(''),
      'i',
    ),
    template: queryTemplate('select :region, :amount, :month_from, :price, :paid', {
      storageRef: { name: 'archive' },
      parameters: [
        { name: 'region', type: 'String' },
        { name: 'amount', type: 'Integer', maximum: '100' },
        { name: 'month', type: 'Period', required: true, description: 'Month that is billed' },
        { name: 'price', type: 'Decimal' },
        { name: 'paid', type: 'Boolean' },
      ],
    }),
    spec: {
      timeZone: 'Europe/Berlinn',
      storageRef: { name: 'partners' },
      parameters: [
        { name: 'regoin', value: 'emea' },
        { name: 'amount', value: 101 },
        { name: 'price', value: '1,50' },
        { name: 'paid', value: 'maybe' },
      ],
    },
  },
  {
    name: 'backwards-period',
    reason: 'InvalidParameters',
    says: /^parameter "month": /,
    template: queryTemplate('select :month_from', { parameters: [{ name: 'month', type: 'Period' }] }),
    // One end a day, the other an instant: beyond what the schema compares.
    spec: { parameters: [{ name: 'month', period: { from: '2026-10-02', to: '2026-10-01T00:00:00Z' } }] },
  },
  {
    name: 'other-format',
    reason: 'FormatNotSupported',
    says: /^format XLSX: template "other-format" offers CSV$/,
    template: queryTemplate('select 1 as one', { formats: ['CSV'] }),
    spec: { format: 'XLSX' },
  },
];

const RUNS: readonly Failure[] = [
  {
    name: 'wrong-password',
    reason: 'SourceFailed',
    says: /^postgres: 127\.0\.0\.1:\d+ refused the password; check user and password of the URL in the Secret \(SQLSTATE 28P01\)$/,
    template: queryTemplate('select 1 as one', { source: { urlFrom: { secretKeyRef: { name: 'wrong-password', key: 'url' } } } }),
  },
  {
    name: 'no-such-database',
    reason: 'SourceFailed',
    says: /has no such database; check the URL in the Secret \(SQLSTATE 3D000\)$/,
    template: queryTemplate('select 1 as one', { source: { urlFrom: { secretKeyRef: { name: 'no-such-database', key: 'url' } } } }),
  },
  {
    name: 'no-tls',
    reason: 'SourceFailed',
    says: /the server does not offer TLS, and nothing is sent without it; .*sslmode=disable/,
    template: queryTemplate('select 1 as one', { source: { urlFrom: { secretKeyRef: { name: 'no-tls', key: 'url' } } } }),
  },
  {
    name: 'database-is-down',
    reason: 'SourceFailed',
    says: /^postgres: 127\.0\.0\.1:1 refused the connection \(tried 2 times\)$/,
    template: queryTemplate('select 1 as one', {
      source: { urlFrom: { secretKeyRef: { name: 'database-is-down', key: 'url' } } },
      job: { backoffLimit: 1 },
    }),
  },
  {
    name: 'syntax-error',
    reason: 'SourceFailed',
    says: /^postgres: at line 2, column 16 of the query: syntax error at or near "wehre" \(SQLSTATE 42601\)$/,
    template: queryTemplate('select n\nfrom numbers n wehre n > 1'),
  },
  {
    name: 'no-such-table',
    reason: 'SourceFailed',
    says: /^postgres: at line 1, column 15 of the query: relation "invoces" does not exist \(SQLSTATE 42P01\)$/,
    template: queryTemplate('select * from invoces'),
  },
  {
    name: 'writing-query',
    reason: 'SourceFailed',
    says: /the query writes or changes its transaction, and sources are read in a read-only one \(SQLSTATE 25006\)$/,
    template: queryTemplate('insert into numbers values (4) returning n'),
  },
  {
    name: 'value-in-the-way',
    reason: 'SourceFailed',
    says: /^postgres: row 3: column "n" is a String of 11 characters, which is not an Integer$/,
    template: queryTemplate("select case n when 3 then 'SENTINELROW' else n::text end as n from numbers order by numbers.n", {
      columns: [{ name: 'n', type: 'Integer' }],
    }),
  },
  {
    name: 'fails-on-the-way',
    reason: 'SourceFailed',
    says: /^postgres: a division by zero \(SQLSTATE 22012\)$/,
    template: queryTemplate('select 1 / (n - 3) as n from numbers order by numbers.n'),
  },
  {
    name: 'missing-column',
    reason: 'SourceFailed',
    says: /column "totals" is not in the result; did you mean "total"\?/,
    template: queryTemplate('select 1 as total', { columns: [{ name: 'totals', type: 'Integer' }] }),
  },
  {
    name: 'statement-timeout',
    reason: 'SourceFailed',
    says: /longer than 1 s; make the query faster or raise statementTimeoutSeconds/,
    template: queryTemplate('select pg_sleep(60)::text as slept', { source: { statementTimeoutSeconds: 1 } }),
  },
  {
    name: 'skipped-hour',
    reason: 'TemplateFailed',
    says: /^inline: row 1: column "at" /,
    template: {
      source: { inline: { rows: [{ at: '2026-03-29T02:30:00' }] } },
      columns: [{ name: 'at', type: 'Timestamp' }],
      formats: ['CSV'],
    },
    spec: { timeZone: 'Europe/Berlin' },
  },
  {
    name: 'too-long-a-cell',
    reason: 'RenderFailed',
    says: /row 2.*"text".*32,768/,
    template: queryTemplate("select repeat('x', 32765 + n) as text from numbers where n > 1 order by n"),
    spec: { format: 'XLSX' },
  },
];

beforeAll(async () => {
  const { host, port, user } = postgres();
  database = await InvoiceDatabase.create(billing(), 'create table numbers (n int)', 'insert into numbers values (1), (2), (3)');
  await billing().storage();
  await billing().secret('wrong-password', { url: database.url.replace(/:[^:@]*@/, ':SENTINELPASSWORD@') });
  await billing().secret('no-such-database', { url: database.url.replace(/invoices-\w+/, 'nowhere') });
  await billing().secret('no-tls', { url: database.url.replace(/\?.*/, '') });
  await billing().secret('database-is-down', { url: `postgres://${user}:pw@${host}:1/db?sslmode=disable` });
  expect(port).not.toBe(1);
  for (const { name, template, spec } of [...RUNS, ...MISTAKES]) {
    await billing().template(name, { ...ONCE, ...template });
    await billing().report(name, { templateRef: { name }, ...spec });
  }
});
afterAll(() => database.close());

describe('a Report that can never run fails before it has a Job:', () => {
  test.each(MISTAKES)('$name', async ({ name, reason, says }) => {
    await expectFailed(billing(), name, reason, says, 'none');
    expect(await tracesOf(billing(), name)).toEqual(NOTHING_LEFT);
  });

  test('even while its storage is missing, so that nobody waits an hour for a typing error', async () => {
    await billing().report('early', { templateRef: { name: 'other-format' }, format: 'XLSX', storageRef: { name: 'none' } });
    await expectFailed(billing(), 'early', 'FormatNotSupported', /offers CSV/, 'none');
  });
});

describe('a run that fails says why and leaves no file:', () => {
  test.each(RUNS)('$name', async ({ name, reason, says }) => {
    const { status } = await expectFailed(billing(), name, reason, says, 'kept');
    expect(Date.parse(status.completionTime ?? '')).toBeGreaterThanOrEqual(Date.parse(status.startTime ?? ''));
    await expect.poll(async () => (await storyOf(billing(), 'Report', name)).at(-1)).toBe(`Warning ${reason}`);
  });

  test('a mistake is not tried twice, what may pass is, up to the backoff limit', async () => {
    await Promise.all([billing().finished('syntax-error'), billing().finished('database-is-down')]);
    expect(await podsOf(billing(), 'syntax-error')).toHaveLength(1);
    expect(await podsOf(billing(), 'database-is-down')).toHaveLength(2);
    expect(await storyOf(billing(), 'Report', 'syntax-error')).not.toContain('Normal Queued');
    await expect.poll(() => storyOf(billing(), 'Report', 'database-is-down')).toContain('Normal Queued');
  });

  test('kubectl wait returns, whatever the end', async () => {
    await billing().finished('syntax-error');
    const namespace = ['-n', billing().namespace];
    expect(await kubectl(['wait', ...namespace, '--for=condition=Finished', '--timeout=10s', 'rpt/syntax-error'])).toMatchObject({
      code: 0,
    });
    const { stdout } = await kubectl(['get', 'rpt', ...namespace, 'syntax-error', '--no-headers']);
    expect(stdout.split(/\s{2,}/).slice(0, 3)).toEqual(['syntax-error', 'Failed', expect.stringMatching(/^syntax-error/) as string]);
  });
});

test('a run that takes too long is stopped at its deadline, retries and all', async () => {
  await database.closeGate();
  await billing().template('slow', queryTemplate(`select 1 as one from ${gatedBy()}`, { job: { activeDeadlineSeconds: 3 } }));
  await billing().report('slow', { templateRef: { name: 'slow' } });
  await billing().report('slower', { templateRef: { name: 'slow' }, activeDeadlineSeconds: 4 });
  await billing().waiting('slow', 'Rendering');
  const says = /^the run took longer than 3s \(activeDeadlineSeconds 3, all retries included\)$/;
  const slow = await expectFailed(billing(), 'slow', 'DeadlineExceeded', says, 'none');
  const took = Date.parse(slow.status.completionTime ?? '') - Date.parse(slow.status.startTime ?? '');
  expect(took).toBeGreaterThanOrEqual(3_000);
  expect(messageOf(await billing().finished('slower'))).toContain('activeDeadlineSeconds 4');
  await database.openGate();
});
