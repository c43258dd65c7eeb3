/** Reports of every format and source, made by real pods, read back from the bucket. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Report } from '../../src/api/generated/report.ts';
import { REPORT_DOWNLOADS } from '../../src/kube/resources.ts';
import { createDatabase } from '../../src/local/postgres/access.ts';
import { bucketContent } from '../integration/support/bucket-content.ts';
import { postgres, s3, uniqueName } from '../integration/support/servers.ts';
import { kubectl, until, useWorkplace } from './cluster.ts';

const workplace = useWorkplace('formats');
const api = createServer((_, response) => {
  response.setHeader('content-type', 'application/json');
  response.end('[{"sku": "a", "price": 1.50}, {"sku": "b", "price": 20}]');
});
const columns = [
  { name: 'sku', header: 'SKU', type: 'String' },
  { name: 'price', header: 'Price', type: 'Decimal' },
];
const withPaths = columns.map((column) => ({ ...column, path: `$.${column.name}` }));
const formats = ['CSV', 'JSON', 'NDJSON', 'XLSX'];

beforeAll(async () => {
  const { billing, databaseUrl, forward } = workplace();
  const database = uniqueName('e2e');
  await createDatabase(postgres(), database);
  await billing.secret('billing-db', { url: databaseUrl(database) });
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
  const address = await forward((api.address() as AddressInfo).port);
  await kubectl('create', 'serviceaccount', 'reader', '-n', billing.namespace);
  await kubectl('create', 'role', 'reader', '-n', billing.namespace, '--verb=list', '--resource=serviceaccounts');
  await kubectl(
    'create',
    'rolebinding',
    'reader',
    '-n',
    billing.namespace,
    '--role=reader',
    `--serviceaccount=${billing.namespace}:reader`,
  );
  await billing.priceList('inline', { formats });
  await billing.template('postgres', {
    source: {
      postgres: {
        urlFrom: { secretKeyRef: { name: 'billing-db', key: 'url' } },
        query: `select 'sku-' || n as sku, n * 1.5 as price from generate_series(1, 1000) n`,
      },
    },
    columns,
    formats,
  });
  await billing.template('http', {
    source: { http: { url: `http://${address}/prices`, allowedHosts: [address] } },
    columns: withPaths,
    formats,
  });
  await billing.template('container', {
    source: {
      container: {
        image: inject('e2e').runnerImage,
        command: ['node', '-e'],
        args: [`require('node:fs').writeFileSync(process.env.DOSSIER_ROWS, '{"sku": "a", "price": "1.50"}\\n["b", "20.00"]\\n')`],
      },
    },
    columns,
    formats,
  });
  await billing.template('kubernetes', {
    source: { kubernetes: { apiVersion: 'v1', kind: 'ServiceAccount' } },
    columns: [{ name: 'name', header: 'Name', type: 'String', path: '$.metadata.name' }],
    job: { serviceAccountName: 'reader' },
    formats,
  });
  // All at once, so that the tests below mostly find what they wait for.
  for (const template of ['inline', 'postgres', 'http', 'container', 'kubernetes'])
    await Promise.all(formats.map((format) => billing.report(nameOf(template, format), { templateRef: { name: template }, format })));
});

afterAll(() => {
  api.close();
  api.closeAllConnections();
});

test.each([
  ['inline', 2, 'SKU,Price\na,1.50\nb,20.00\n'],
  ['postgres', 1000, 'SKU,Price\nsku-1,1.5\nsku-2,3.0\n'],
  ['http', 2, 'SKU,Price\na,1.50\nb,20\n'],
  ['container', 2, 'SKU,Price\na,1.50\nb,20.00\n'],
  ['kubernetes', 2, 'Name\ndefault\nreader\n'],
])('%s becomes a file of each format, whole and as its status says', async (template, rows, csv) => {
  const { billing } = workplace();
  const reports = await Promise.all(formats.map((format) => billing.finished(nameOf(template, format))));
  expect(reports.map(summary)).toEqual(formats.map((format) => ({ phase: 'Ready', rows, format })));
  const { objects } = await bucketContent(billing.bucket, `${billing.namespace}/${template}-`);
  const inBucket = Object.fromEntries(objects.map(({ key, bytes }) => [key, createHash('sha256').update(bytes).digest('hex')]));
  expect(inBucket).toEqual(Object.fromEntries(reports.map(({ status }) => [status.file?.key, status.file?.sha256])));
  expect(objects.find(({ key }) => key.endsWith('.csv'))?.bytes.toString()).toMatch(new RegExp(`^${csv}`));
});

function nameOf(template: string, format: string): string {
  return `${template}-${format.toLowerCase()}`;
}

function summary({ status }: Report): object {
  return { phase: status.phase, rows: status.file?.rows, format: status.file?.format };
}

test('a file is downloaded by a link with curl, from outside of the cluster, for the address that people use', async () => {
  const { billing, endpoint } = workplace();
  await billing.storage('public', { endpoint, publicEndpoint: s3().endpoint });
  await billing.report('linked', { templateRef: { name: 'inline' }, storageRef: { name: 'public' } });
  const { status } = await billing.finished('linked');
  const spec = { reportRef: { name: 'linked' }, expirationSeconds: 60 };
  await billing.create(REPORT_DOWNLOADS, 'link', { spec });
  const url = async (): Promise<string> =>
    kubectl('get', 'reportdownload', 'link', '-n', billing.namespace, '-o', 'jsonpath={.status.url}');
  await until('a link', async () => (await url()) !== '');
  const link = await url();
  expect(new URL(link).origin).toBe(s3().endpoint);
  const { stdout } = await promisify(execFile)('curl', ['--silent', '--show-error', '--fail', link], { encoding: 'buffer' });
  expect(createHash('sha256').update(stdout).digest('hex')).toBe(status.file?.sha256);
});
