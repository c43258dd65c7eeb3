/** What a file holds, read back from the bucket by readers that share nothing with the encoders, against what the manifest and the database say. */
import { createHash } from 'node:crypto';
import { parse } from 'csv-parse/sync';
import ExcelJS from 'exceljs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../../src/api/generated/report.ts';
import { kubectl } from '../crds/apiserver.ts';
import { messageOf, useBilling } from '../support/billing.ts';
import { bucketContent, type BucketObject } from '../support/bucket-content.ts';
import { InvoiceDatabase, queryTemplate } from '../support/invoices.ts';
import { storyOf, tracesOf } from '../support/traces.ts';

const { billing } = useBilling('files');
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** One row an hour over both days of 2026 that are no 24 hours long in Berlin, with texts that a careless writer spoils. */
const TABLES = [
  `create table invoices (id bigint primary key, customer text, issued_at timestamptz not null, due date, total numeric(14, 2), paid boolean, note text)`,
  `insert into invoices
   select 9007199254740000 + n, case n % 3 when 0 then 'Acme' when 1 then 'Müller & Söhne 🚚' end, hour, hour::date + 30, n * 1.37 - 20, n % 2 = 0,
     (array['plain', '', null, 'a "quoted", one', E'two\\nlines', ' spaces '])[1 + n % 6]
   from (
     select row_number() over (order by hour) as n, hour
     from (
       select generate_series('2026-03-28T00:30Z'::timestamptz, '2026-03-30T23:30Z', '1 hour') as hour
       union all
       select generate_series('2026-10-24T00:30Z'::timestamptz, '2026-10-26T23:30Z', '1 hour')
     ) hours
   ) numbered`,
];
const COLUMNS = [
  { name: 'id', header: 'Invoice', type: 'Integer' },
  { name: 'customer', header: 'Customer', type: 'String' },
  { name: 'issued_at', header: 'Issued', type: 'Timestamp' },
  { name: 'due', header: 'Due', type: 'Date' },
  { name: 'total', header: 'Total', type: 'Decimal', numberFormat: '#,##0.00' },
  { name: 'paid', header: 'Paid', type: 'Boolean' },
  { name: 'note', header: 'Note', type: 'String' },
];
const HEADERS = COLUMNS.map(({ header }) => header);
const OF_PERIOD = 'where issued_at >= :days_from and issued_at < :days_to';

let database: InvoiceDatabase;
beforeAll(async () => {
  const of = billing();
  database = await InvoiceDatabase.create(of, ...TABLES);
  await of.storage();
  await of.storage('partners', { prefix: 'for/partners' });
  await of.storage('bound', { prefix: 'bound' });
  await of.priceList();
  await of.priceList('bound-prices', { storageRef: { name: 'bound' }, allowedStorageRefs: [{ name: 'partners' }] });
  const query = `select id, customer, issued_at, due, total, paid, note from invoices ${OF_PERIOD} order by id`;
  const parameters = [{ name: 'days', type: 'Period', defaultPeriod: { from: '2026-01-01', to: '2027-01-01' } }];
  await of.template('invoices', queryTemplate(query, { parameters, columns: COLUMNS }));
  await of.template(
    'literal',
    queryTemplate(`select $$it's $(HOME)$$ as text, $tag$ $$ $tag$ as "Tagged", 1.50::numeric as price, :customer::text as customer`, {
      parameters: [{ name: 'customer', type: 'String', default: '$(PATH) $$' }],
    }),
  );
  const invoices = { templateRef: { name: 'invoices' }, timeZone: 'Europe/Berlin' };
  const days = (from: string, to: string): object => ({ parameters: [{ name: 'days', period: { from, to } }] });
  await Promise.all([
    of.report('plain', { templateRef: { name: 'prices' } }),
    of.report('workbook', { templateRef: { name: 'prices' }, format: 'XLSX', fileName: 'Preisliste „März“ 🚀' }),
    of.report('for-partners', { templateRef: { name: 'prices' }, storageRef: { name: 'partners' } }),
    of.report('by-template', { templateRef: { name: 'bound-prices' } }),
    of.report('allowed', { templateRef: { name: 'bound-prices' }, storageRef: { name: 'partners' } }),
    of.report('rows-csv', { ...invoices, format: 'CSV' }),
    of.report('rows-xlsx', { ...invoices, format: 'XLSX' }),
    of.report('long-day', { ...invoices, ...days('2026-10-25', '2026-10-26') }),
    of.report('short-day', { ...invoices, ...days('2026-03-29', '2026-03-30') }),
    of.report('no-rows-csv', { ...invoices, ...days('2025-01-01', '2025-01-02') }),
    of.report('no-rows-xlsx', { ...invoices, ...days('2025-01-01', '2025-01-02'), format: 'XLSX' }),
    of.report('literal', { templateRef: { name: 'literal' } }),
  ]);
});
afterAll(() => database.close());

interface Made {
  readonly report: Report;
  readonly file: NonNullable<Report['status']['file']>;
  readonly object: BucketObject;
}

/** The Report at its end, and its one object. */
async function made(name: string): Promise<Made> {
  const report = await billing().finished(name);
  const { file } = report.status;
  if (file === undefined) throw new Error(`Report ${name} has no file: ${messageOf(report)}`);
  const { objects, uploads } = await bucketContent(file.bucket, file.key);
  expect(uploads).toEqual([]);
  const [object, ...others] = objects;
  if (object === undefined || others.length > 0) throw new Error(`${objects.length} objects under ${file.key}`);
  return { report, file, object };
}

function csvRows(object: BucketObject): readonly (readonly string[])[] {
  return parse(object.bytes);
}

async function sheetsOf(object: BucketObject): Promise<readonly ExcelJS.Worksheet[]> {
  const workbook = new ExcelJS.Workbook();
  await workbook.xlsx.load(object.bytes as unknown as ArrayBuffer);
  return workbook.worksheets;
}

function sheetRows(sheet: ExcelJS.Worksheet | undefined): readonly (readonly ExcelJS.CellValue[])[] {
  const rows: ExcelJS.CellValue[][] = [];
  sheet?.eachRow((row) => rows.push(HEADERS.map((_, index) => row.getCell(index + 1).value)));
  return rows;
}

/** Every invoice of a period, in the database's own words. */
async function invoices(where = 'true'): Promise<readonly Invoice[]> {
  return database.query<Invoice>(
    `select id::text, customer, extract(epoch from issued_at)::bigint * 1000 as instant, to_char(issued_at at time zone 'Europe/Berlin', 'YYYY-MM-DD"T"HH24:MI:SS') as wall,
       due::text, total::text, paid, note from invoices where ${where} order by invoices.id`,
  );
}

interface Invoice {
  readonly id: string;
  readonly customer: string | null;
  readonly instant: string;
  readonly wall: string;
  readonly due: string;
  readonly total: string;
  readonly paid: boolean;
  readonly note: string | null;
}

describe('a price list that stands in its template', () => {
  test('is the CSV file that its status describes, field by field', async () => {
    const { report, file, object } = await made('plain');
    expect(object.bytes.toString()).toBe('SKU,Price\na,1.50\nb,20.00\n');
    const { namespace = '', uid } = report.metadata;
    const key = `${namespace}/plain/${uid}/plain.csv`;
    expect(file).toEqual({
      name: 'plain.csv',
      format: 'CSV',
      contentType: 'text/csv; charset=utf-8',
      rows: 2,
      sheets: 1,
      sizeBytes: 25,
      size: '25B',
      sha256: createHash('sha256').update(object.bytes).digest('hex'),
      bucket: billing().bucket,
      key,
      uri: `s3://${billing().bucket}/${key}`,
      etag: object.etag?.replaceAll('"', ''),
      storage: { name: 'archive', uid: expect.stringMatching(/^[0-9a-f-]{36}$/) as string },
    });
    expect(report.status).toMatchObject({
      phase: 'Ready',
      observedGeneration: 1,
      attempt: 1,
      parameters: [],
      template: { kind: 'ReportTemplate', name: 'prices', generation: 1 },
      job: { name: expect.stringMatching(/^plain-[a-z2-7]{10}$/) as string },
      storage: file.storage,
    });
    expect(report.status).not.toHaveProperty('progress');
    expect(report.status).not.toHaveProperty('failure');
  });

  test('takes times that agree with each other', async () => {
    const { status, metadata } = await billing().finished('plain');
    const [started, completed] = [Date.parse(status.startTime ?? ''), Date.parse(status.completionTime ?? '')];
    expect(started).toBeGreaterThanOrEqual(Date.parse(metadata.creationTimestamp));
    expect(completed).toBeGreaterThanOrEqual(started);
    expect(completed).toBeLessThanOrEqual(Date.now());
    expect(status.duration).toBe(`${(completed - started) / 1000}s`);
  });

  test('says in all three conditions that it is finished', async () => {
    const { status } = await billing().finished('plain');
    expect(status.conditions?.map(({ type, status: truth, reason }) => `${type}=${truth}/${reason}`)).toEqual([
      'Ready=True/Completed',
      'Finished=True/Completed',
      'Stalled=False/Completed',
    ]);
  });

  test('is stored with its type, a name for browsers and its UID', async () => {
    const { report, object } = await made('workbook');
    expect(object.contentType).toBe(XLSX);
    const name = encodeURIComponent('Preisliste „März“ 🚀.xlsx');
    expect(object.contentDisposition).toBe(`attachment; filename="Preisliste _Marz_ _.xlsx"; filename*=UTF-8''${name}`);
    expect(object.metadata).toMatchObject({ 'dossier-report-uid': report.metadata.uid });
  });

  test('is a workbook when that is asked for, under the name that is asked for', async () => {
    const { file, object } = await made('workbook');
    expect(file).toMatchObject({ name: 'Preisliste „März“ 🚀.xlsx', format: 'XLSX', contentType: XLSX, rows: 2, sheets: 1 });
    expect(file.key).toBe(object.key);
    const [sheet] = await sheetsOf(object);
    expect([1, 2, 3].map((row) => [sheet?.getCell(row, 1).value, sheet?.getCell(row, 2).value])).toEqual([
      ['SKU', 'Price'],
      ['a', 1.5],
      ['b', 20],
    ]);
  });

  test.each([
    ['plain', 'archive', ''],
    ['for-partners', 'partners', 'for/partners/'],
    ['by-template', 'bound', 'bound/'],
    ['allowed', 'partners', 'for/partners/'],
  ])('%s goes to the storage %s, below its prefix', async (name, storage, prefix) => {
    const { file } = await made(name);
    expect(file.storage.name).toBe(storage);
    expect(file.key.startsWith(`${prefix}${billing().namespace}/${name}/`)).toBe(true);
  });

  test('tells its story in Events, in order and without a warning', async () => {
    await billing().finished('plain');
    const known = ['Accepted', 'StorageUnavailable', 'JobCreated', 'PodScheduling', 'Rendering', 'Uploading', 'Completed'];
    await expect.poll(() => storyOf(billing(), 'Report', 'plain')).toContain('Normal Completed');
    const story = await storyOf(billing(), 'Report', 'plain');
    expect(story).toEqual(known.map((reason) => `Normal ${reason}`).filter((line) => story.includes(line)));
    expect(story.at(-1)).toBe('Normal Completed');
    const { stdout } = await kubectl(['describe', 'report', 'plain', '-n', billing().namespace]);
    const events = stdout.slice(stdout.indexOf('\nEvents:'));
    // Of a run this short, nobody may see the steps between.
    expect(events).toMatch(/ Normal +Completed .* 2 rows, 25B: plain\.csv\n/);
  });

  test('can be read and waited for with kubectl', async () => {
    const { file, report } = await made('plain');
    const namespace = ['-n', billing().namespace];
    const waited = await kubectl(['wait', ...namespace, '--for=condition=Finished', '--timeout=30s', 'report/plain']);
    expect(waited).toMatchObject({ code: 0, stdout: 'report.dossier.dev/plain condition met\n' });
    const { stdout } = await kubectl(['get', 'rpt', ...namespace, 'plain', '-o', 'wide']);
    const [head = '', row = ''] = stdout.split('\n');
    expect(head.split(/\s{2,}/).map((word) => word.trim())).toEqual([
      ...['NAME', 'PHASE', 'TEMPLATE', 'FORMAT', 'ROWS', 'SIZE', 'AGE', 'REASON', 'DURATION', 'KEY', 'MESSAGE'],
    ]);
    expect(row.split(/\s{2,}/)).toEqual([
      ...['plain', 'Ready', 'prices', 'CSV', '2', '25B', expect.stringMatching(/^\d+s$/) as string],
      ...['Completed', report.status.duration, file.key, '2 rows, 25B: plain.csv'],
    ]);
  });

  test('leaves one Job, one finished pod and one object', async () => {
    await billing().finished('plain');
    const { jobs, pods, objects, uploads } = await tracesOf(billing(), 'plain');
    expect([jobs.length, pods.length, objects.length, uploads.length]).toEqual([1, 1, 1, 0]);
  });
});

describe('invoices of a database', () => {
  test('are all in the CSV file, each value as the database has it, times in the zone of the Report', async () => {
    const { file, object } = await made('rows-csv');
    const [head, ...rows] = csvRows(object);
    const expected = await invoices();
    expect(expected).toHaveLength(144);
    expect(file.rows).toBe(expected.length);
    expect(head).toEqual(HEADERS);
    expect(rows.map(([id, customer, , due, total, paid, note]) => [id, customer, due, total, paid, note])).toEqual(
      expected.map(({ id, customer, due, total, paid, note }) => [id, customer ?? '', due, total, String(paid), note ?? '']),
    );
    expect(rows.map(([, , issued = '']) => [issued.slice(0, 19), Date.parse(issued)])).toEqual(
      expected.map(({ wall, instant }) => [wall, Number(instant)]),
    );
  });

  test('tell null from the empty text in CSV', async () => {
    const { object } = await made('rows-csv');
    const notes = object.bytes
      .toString()
      .split('\n')
      .filter((line) => line.endsWith(',') || line.endsWith(',""'));
    const [{ empty, none } = { empty: '', none: '' }] = await database.query<{ empty: string; none: string }>(
      `select count(*) filter (where note = '') as empty, count(*) filter (where note is null) as none from invoices`,
    );
    expect(notes.filter((line) => line.endsWith(',""'))).toHaveLength(Number(empty));
    expect(notes.filter((line) => line.endsWith(','))).toHaveLength(Number(none));
  });

  test('are all in the workbook, as cells of their types', async () => {
    const { file, object } = await made('rows-xlsx');
    const sheets = await sheetsOf(object);
    expect(sheets).toHaveLength(file.sheets);
    const [head, ...rows] = sheetRows(sheets[0]);
    const expected = await invoices();
    expect(head).toEqual(HEADERS);
    const written = rows.map(([id, customer, issued, due, total, paid, note]) => ({ id, customer, issued, due, total, paid, note }));
    expect(written).toEqual(
      expected.map(({ id, customer, wall, due, total, paid, note }) => ({
        id, // beyond 15 digits: as text, or Excel would round it
        customer,
        issued: new Date(`${wall}Z`),
        due: new Date(due),
        total: Number(total),
        paid,
        note: note === '' ? null : note,
      })),
    );
  });

  test.each([
    ['long-day', '2026-10-25', 25],
    ['short-day', '2026-03-29', 23],
  ])('of a %s that the clocks change are those of that day in Berlin: %s has %i hours', async (name, day, hours) => {
    const { object, report } = await made(name);
    const [, ...rows] = csvRows(object);
    const expected = await invoices(`(issued_at at time zone 'Europe/Berlin')::date = '${day}'`);
    expect(rows.map(([id]) => id)).toEqual(expected.map(({ id }) => id));
    expect(rows).toHaveLength(hours);
    const [days] = report.status.parameters ?? [];
    expect(Date.parse(days?.period?.to ?? '') - Date.parse(days?.period?.from ?? '')).toBe(hours * 3_600_000);
  });

  test('of a time without any are a file with nothing but the header', async () => {
    const { file, object, report } = await made('no-rows-csv');
    expect(report.status.phase).toBe('Ready');
    expect(file.rows).toBe(0);
    expect(object.bytes.toString()).toBe(`${HEADERS.join(',')}\n`);
    const workbook = await made('no-rows-xlsx');
    expect(workbook.file).toMatchObject({ rows: 0, sheets: 1 });
    expect(sheetRows((await sheetsOf(workbook.object))[0])).toEqual([HEADERS]);
  });
});

test('what Kubernetes would expand in a variable reaches the database as it was written', async () => {
  const { object } = await made('literal');
  expect(csvRows(object)).toEqual([
    ['text', 'Tagged', 'price', 'customer'],
    ["it's $(HOME)", ' $$ ', '1.50', '$(PATH) $$'],
  ]);
});
