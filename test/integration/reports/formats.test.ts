/** The same rows in every format and compression, read back from the bucket against the database's own words. */
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import ExcelJS from 'exceljs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../../src/api/generated/report.ts';
import { REPORTS } from '../../../src/kube/resources.ts';
import { parseDigits, type Value } from '../../runner/formats/read-json.ts';
import { messageOf, reasonOf, useBilling } from '../support/billing.ts';
import { bucketContent, type BucketObject } from '../support/bucket-content.ts';
import { InvoiceDatabase, queryTemplate } from '../support/invoices.ts';
import { NOTHING_LEFT, tracesOf } from '../support/traces.ts';

const { billing } = useBilling('formats');
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
/** Some megabytes: more than one piece of gzip, and more than any batch. */
const ROWS = 20_000;

/** One of each column type, with digits that no double holds, and text and documents that break careless writers. */
const TABLE = `create table lines as select
  9007199254740000 + n as id,
  case n % 4 when 0 then null when 1 then E'two\\nlines, "quoted" \\\\ \\u00e9\\u2028' when 2 then '' else '=1+1 🚚 ' || n end as note,
  (n * 1.37 - 20)::numeric(30, 20) as total,
  case n % 3 when 0 then 'NaN' else n / 7.0 end::double precision as share,
  '2026-10-24T22:30Z'::timestamptz + n * interval '1 minute' as at,
  '2026-10-01'::date + n % 60 as due,
  n % 2 = 0 as paid,
  case when n % 5 > 0 then jsonb_build_object('n', 12345678901234567890.10, 'list', jsonb_build_array(n, null, 'a "b" ' || n), 'none', '{}'::jsonb) end as doc
from generate_series(1, ${ROWS}) n`;
const COLUMNS = [
  { name: 'id', header: 'Id', type: 'Integer' },
  { name: 'note', header: 'Note', type: 'String' },
  { name: 'total', header: 'Total', type: 'Decimal' },
  { name: 'share', header: 'Share', type: 'Number' },
  { name: 'at', header: 'At', type: 'Timestamp' },
  { name: 'due', header: 'Due', type: 'Date' },
  { name: 'paid', header: 'Paid', type: 'Boolean' },
  { name: 'doc', header: 'Document', type: 'JSON' },
];

/** A row of the table as the database writes it. */
interface Line {
  readonly id: string;
  readonly note: string | null;
  readonly total: string;
  readonly share: string | null;
  /** Wall clock of Berlin, with its offset. */
  readonly at: string;
  readonly due: string;
  readonly paid: boolean;
  readonly doc: string | null;
}

let database: InvoiceDatabase;
let lines: readonly Line[];

beforeAll(async () => {
  const of = billing();
  database = await InvoiceDatabase.create(of, TABLE, `set time zone 'Europe/Berlin'`);
  lines = await database.query<Line & Record<string, unknown>>(
    `select id::text, note, total::text, nullif(share, 'NaN')::text as share, to_char(at, 'YYYY-MM-DD"T"HH24:MI:SSTZH:TZM') as at, due::text, paid, doc::text
       from lines order by lines.id`,
  );
  await of.storage();
  const query = 'select * from lines where :all order by id';
  const more = {
    columns: COLUMNS,
    parameters: [{ name: 'all', type: 'Boolean', default: 'true' }],
    formats: ['CSV', 'JSON', 'NDJSON', 'XLSX'],
  };
  await of.template('lines', queryTemplate(query, more));
  await of.template('packed', queryTemplate(query, { ...more, compression: 'Gzip', json: { decimals: 'Number', integers: 'String' } }));
  await of.template('workbooks', queryTemplate(query, { ...more, formats: ['XLSX', 'CSV'] }));
  const report = (name: string, spec: object): Promise<Report> =>
    of.report(name, { templateRef: { name: 'lines' }, timeZone: 'Europe/Berlin', ...spec });
  const none = { parameters: [{ name: 'all', value: 'false' }] };
  await Promise.all([
    ...['CSV', 'JSON', 'NDJSON', 'XLSX'].map((format) => report(format.toLowerCase(), { format })),
    ...['CSV', 'JSON', 'NDJSON'].map((format) => report(`${format.toLowerCase()}-gz`, { format, compression: 'Gzip', fileName: 'Zeilen' })),
    report('json-none', { format: 'JSON', ...none }),
    report('ndjson-none', { format: 'NDJSON', ...none }),
    report('ndjson-none-gz', { format: 'NDJSON', compression: 'Gzip', ...none }),
    report('by-template', { templateRef: { name: 'packed' }, format: 'NDJSON' }),
    report('against-template', { templateRef: { name: 'packed' }, format: 'NDJSON', compression: 'None' }),
    report('workbook-by-template', { templateRef: { name: 'packed' }, format: 'XLSX' }),
    report('packed-workbook', { templateRef: { name: 'workbooks' }, compression: 'Gzip' }),
  ]);
});
afterAll(() => database.close());

interface Made {
  readonly file: NonNullable<Report['status']['file']>;
  readonly object: BucketObject;
}

/** The file of a Report at its end, whose object is what the status says it is. */
async function made(name: string): Promise<Made> {
  const report = await billing().finished(name);
  const { file } = report.status;
  if (file === undefined) throw new Error(`Report ${name} has no file: ${messageOf(report)}`);
  const { objects } = await bucketContent(file.bucket, `${billing().namespace}/${name}/`);
  const [object] = objects;
  if (object === undefined || objects.length > 1) throw new Error(`${objects.length} objects of ${name}`);
  expect(object).toMatchObject({ key: file.key, contentType: file.contentType, contentEncoding: undefined });
  expect(object.contentDisposition).toContain(`filename="${file.name}"`);
  expect(object.bytes.length).toBe(file.sizeBytes);
  expect(createHash('sha256').update(object.bytes).digest('hex')).toBe(file.sha256);
  return { file, object };
}

function expectedObject({ id, note, total, share, at, due, paid, doc }: Line): Value {
  return {
    id: { digits: id },
    note,
    total,
    share: share === null ? null : { digits: String(Number(share)) },
    at,
    due,
    paid,
    doc: doc === null ? null : parseDigits(doc),
  };
}

function linesOf(text: string): readonly string[] {
  expect(text.endsWith('\n')).toBe(true);
  return text.slice(0, -1).split('\n');
}

describe('a report of one table', () => {
  test.each([
    ['csv', 'csv.csv', 'CSV', 'text/csv; charset=utf-8'],
    ['csv-gz', 'Zeilen.csv.gz', 'CSV', 'application/gzip'],
    ['json', 'json.json', 'JSON', 'application/json'],
    ['json-gz', 'Zeilen.json.gz', 'JSON', 'application/gzip'],
    ['ndjson', 'ndjson.ndjson', 'NDJSON', 'application/x-ndjson'],
    ['ndjson-gz', 'Zeilen.ndjson.gz', 'NDJSON', 'application/gzip'],
    ['xlsx', 'xlsx.xlsx', 'XLSX', XLSX],
  ])('%s is the file %s of format %s and type %s, and its status says the same', async (report, name, format, contentType) => {
    const { file } = await made(report);
    expect(file).toMatchObject({ name, format, contentType, rows: ROWS, sheets: 1 });
  });

  test('is in JSON one array of objects, each value as the database has it, each digit kept', async () => {
    const { object } = await made('json');
    expect(parseDigits(object.bytes.toString())).toEqual(lines.map(expectedObject));
  });

  test('is in NDJSON the same objects, one a line', async () => {
    const { object } = await made('ndjson');
    expect(linesOf(object.bytes.toString()).map(parseDigits)).toEqual(lines.map(expectedObject));
  });

  test('is in CSV the same rows', async () => {
    const { object } = await made('csv');
    const [head, ...rows] = parse(object.bytes);
    expect(head).toEqual(COLUMNS.map(({ header }) => header));
    expect(rows.map(([id, , total, , at, due, paid]) => [id, total, at, due, paid])).toEqual(
      lines.map(({ id, total, at, due, paid }) => [id, total, at, due, String(paid)]),
    );
  });

  test('is in XLSX as many rows', async () => {
    const { object } = await made('xlsx');
    const workbook = new ExcelJS.Workbook();
    await workbook.xlsx.load(object.bytes as unknown as ArrayBuffer);
    const [sheet] = workbook.worksheets;
    expect(sheet?.actualRowCount).toBe(ROWS + 1);
    expect(sheet?.getCell(ROWS + 1, 1).value).toBe(lines.at(-1)?.id);
  });

  test.each(['csv', 'json', 'ndjson'])('is packed by gzip the same %s file, and smaller', async (name) => {
    const [plain, packed] = [await made(name), await made(`${name}-gz`)];
    expect(gunzipSync(packed.object.bytes).equals(plain.object.bytes)).toBe(true);
    expect(packed.file.sizeBytes).toBeLessThan(plain.file.sizeBytes / 3);
  });
});

describe('a report without rows', () => {
  test.each([
    ['json-none', '[]\n'],
    ['ndjson-none', ''],
  ])('%s is %j', async (name, content) => {
    const { file, object } = await made(name);
    expect(file.rows).toBe(0);
    expect(object.bytes.toString()).toBe(content);
  });

  test('is packed by gzip a file that can be unpacked', async () => {
    const { file, object } = await made('ndjson-none-gz');
    expect(file).toMatchObject({ rows: 0, name: 'ndjson-none-gz.ndjson.gz' });
    expect(gunzipSync(object.bytes)).toHaveLength(0);
  });
});

describe('what a template says of JSON and compression', () => {
  test('holds for Reports that do not say it themselves', async () => {
    const { file, object } = await made('by-template');
    expect(file).toMatchObject({ name: 'by-template.ndjson.gz', contentType: 'application/gzip' });
    expect(linesOf(gunzipSync(object.bytes).toString()).map(parseDigits)).toEqual(
      lines.map((line) => ({ ...(expectedObject(line) as object), id: line.id, total: { digits: line.total } })),
    );
  });

  test('gives way to what a Report says', async () => {
    const [packed, plain] = [await made('by-template'), await made('against-template')];
    expect(plain.file).toMatchObject({ name: 'against-template.ndjson', contentType: 'application/x-ndjson' });
    expect(gunzipSync(packed.object.bytes).equals(plain.object.bytes)).toBe(true);
  });

  test('leaves workbooks as they are', async () => {
    const { file } = await made('workbook-by-template');
    expect(file).toMatchObject({ name: 'workbook-by-template.xlsx', contentType: XLSX });
  });
});

test('a Report that would pack its template’s workbooks fails, and says what to do', async () => {
  const report = await billing().finished('packed-workbook');
  expect(report.status.phase).toBe('Failed');
  expect(reasonOf(report)).toBe('InvalidParameters');
  expect(messageOf(report)).toBe(
    'compression Gzip: format XLSX is compressed already; leave compression out, or ask for CSV, JSON or NDJSON',
  );
});

test('a packed file goes with its Report', async () => {
  await made('json-gz');
  await billing().delete(REPORTS, 'json-gz');
  await billing().gone('json-gz');
  await expect.poll(() => tracesOf(billing(), 'json-gz'), { timeout: 30_000 }).toEqual(NOTHING_LEFT);
});
