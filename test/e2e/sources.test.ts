/** Rows from MariaDB and from Reports made before, and rows in a workbook of the user's own: what pods need to read for it is there, and only that. */
import { join } from 'node:path';
import exceljs from 'exceljs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Workspace } from '../../src/local/workspace.ts';
import { readArchive } from '../../src/runner/formats/workbook/archive.ts';
import { bucketContent } from '../integration/support/bucket-content.ts';
import { messageOf } from '../integration/support/billing.ts';
import { findMysql, startMysql } from '../support/mysql-server.ts';
import { kubectl, useWorkplace } from './cluster.ts';

const workplace = useWorkplace('sources');
const FORM = join(import.meta.dirname, '../runner/formats/workbook/form.xlsx');
const found = await findMysql();
if (found.kind === 'none') console.log(`a Report from MariaDB is not tried: ${found.why}`);

/** The one file of a Report that must be Ready. */
async function fileOf(name: string): Promise<Buffer> {
  const { billing } = workplace();
  const { status, ...report } = await billing.finished(name);
  expect([name, messageOf({ status, ...report }), status.phase]).toEqual([name, expect.any(String), 'Ready']);
  const { objects, uploads } = await bucketContent(billing.bucket, `${billing.namespace}/${name}/`);
  expect([objects.length, uploads]).toEqual([1, []]);
  return objects[0]?.bytes ?? Buffer.alloc(0);
}

beforeAll(async () => {
  const { billing } = workplace();
  await billing.priceList('prices', { formats: ['CSV'] });
  for (const month of ['made-1', 'made-2']) await billing.report(month, { templateRef: { name: 'prices' } });
  await kubectl('create', 'configmap', 'forms', '-n', billing.namespace, `--from-file=${FORM}`);
  await billing.template('form', {
    source: {
      inline: {
        rows: [
          { id: 1, customer: 'acme', total: '12.50', issued: '2026-10-01' },
          { id: 2, customer: '=initech', total: '7.25', issued: '2026-10-02' },
        ],
      },
    },
    columns: [
      { name: 'id', type: 'Integer' },
      { name: 'customer', type: 'String' },
      { name: 'total', type: 'Decimal' },
      { name: 'issued', type: 'Date' },
    ],
    formats: ['XLSX'],
    xlsx: { info: true, workbook: { configMapRef: { name: 'forms', key: 'form.xlsx' }, sheet: 'Data & more', startRow: 4 } },
  });
  await billing.report('form', { templateRef: { name: 'form' } });
});

describe.skipIf(found.kind === 'none')('a real MariaDB', () => {
  let workspace: Workspace | undefined;
  afterAll(() => workspace?.close());

  test('gives every digit of its numbers to the file', async () => {
    if (found.kind === 'none') return;
    const { billing, forward } = workplace();
    workspace = await Workspace.create();
    const server = await startMysql(workspace, found);
    await server.admin(
      'create database shop character set utf8mb4',
      `create user 'reader'@'%' identified by 'one-password'`,
      `grant select on shop.* to 'reader'@'%'`,
      'create table shop.invoices (id bigint unsigned primary key, customer varchar(40), total decimal(30,10))',
      `insert into shop.invoices values (18446744073709551615, 'ümlaut', 12.5000000001), (2, null, 0.1)`,
    );
    await billing.secret('shop-db', { url: `mysql://reader:one-password@${await forward(server.port)}/shop?sslmode=disable` });
    const query = 'select id, customer, total from invoices order by id desc';
    await billing.template('shop', {
      source: { mysql: { urlFrom: { secretKeyRef: { name: 'shop-db', key: 'url' } }, query } },
      formats: ['CSV'],
    });
    await billing.report('shop', { templateRef: { name: 'shop' } });
    expect((await fileOf('shop')).toString()).toBe('id,customer,total\n18446744073709551615,ümlaut,12.5000000001\n2,,0.1000000000\n');
  });
});

test('a roll-up reads the files of Reports made before', async () => {
  const { billing } = workplace();
  for (const month of ['made-1', 'made-2']) await fileOf(month);
  await billing.template('all', {
    source: { s3: { storageRef: { name: 'archive' }, prefix: `${billing.namespace}/made-`, format: 'CSV' } },
    columns: [
      { name: 'sku', header: 'SKU', type: 'String' },
      { name: 'price', header: 'Price', type: 'Decimal' },
    ],
    formats: ['NDJSON'],
  });
  await billing.report('all', { templateRef: { name: 'all' } });
  const once = '{"sku":"a","price":"1.50"}\n{"sku":"b","price":"20.00"}\n';
  expect((await fileOf('all')).toString()).toBe(once + once);
});

test("rows stand in the user's own workbook from a ConfigMap, and its chart shows them", async () => {
  const file = await fileOf('form');
  const book = new exceljs.Workbook();
  await book.xlsx.load(Uint8Array.from(file).buffer);
  expect(book.worksheets.map(({ name }) => name)).toEqual(['Summary', 'Data & more', 'Table', 'Info']);
  const sheet = book.getWorksheet('Data & more');
  const row = (number: number): unknown => (sheet?.getRow(number).values as readonly unknown[]).slice(1);
  expect([row(4), row(5), sheet?.rowCount]).toEqual([
    [1, 'acme', 12.5, new Date('2026-10-01T00:00:00Z')],
    [2, '=initech', 7.25, new Date('2026-10-02T00:00:00Z')],
    5,
  ]);
  const parts = readArchive(file);
  const chart = parts.get('xl/charts/chart1.xml')?.content.toString() ?? '';
  expect([...chart.matchAll(/<c:f>([^<]*)/g)].map(([, cells]) => cells)).toEqual([
    "'Data &amp; more'!$B$4:$B$5",
    "'Data &amp; more'!$C$4:$C$5",
  ]);
  expect(parts.get('xl/drawings/_rels/drawing1.xml.rels')?.content.toString()).toContain('charts/chart1.xml');
});
