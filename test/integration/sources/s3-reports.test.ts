/** Reports from what lies in a bucket: roll-ups of other Reports' files, and what a Report waits for before it reads. */
import { PutBucketPolicyCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../../src/api/generated/report.ts';
import { EVENTS, JOBS, pathOf, PODS, REPORT_STORAGES, REPORT_TEMPLATES, REPORTS } from '../../../src/kube/resources.ts';
import type { ReportTemplate } from '../../../src/api/generated/reporttemplate.ts';
import { messageOf, reasonOf, useBilling } from '../support/billing.ts';
import { bucketContent } from '../support/bucket-content.ts';
import { newBucket, newS3User, s3 } from '../support/servers.ts';
import { untilStorage } from '../support/storages.ts';
import { BucketView } from '../s3/support.ts';

const { billing } = useBilling('s3-reports');

const columns = [
  { name: 'id', header: 'Invoice', type: 'Integer' },
  { name: 'total', header: 'Total', type: 'Decimal' },
  { name: 'note', header: '=Note', type: 'String' },
  { name: 'at', header: 'At', type: 'Timestamp' },
];
const rows = [
  { id: 900719925474099, total: '12.50', note: '=1+1', at: '2026-10-01T00:00:00Z' },
  { id: 2, total: '-0.10', note: '' },
  { id: 3, note: 'a;"b"\nc' },
];

beforeAll(async () => {
  await billing().storage('archive', { prefix: 'team' });
});

async function fileOf(report: Report): Promise<string> {
  const { objects } = await bucketContent(billing().bucket, report.status.file?.key ?? 'none');
  return objects[0]?.bytes.toString() ?? '';
}

async function ready(name: string): Promise<Report> {
  const done = await billing().finished(name);
  expect(done.status.phase, messageOf(done)).toBe('Ready');
  return done;
}

/** Of the files of Reports whose names begin with `first`. */
function rollUp(first: string, s3Source: object, more: object = {}): Readonly<Record<string, unknown>> {
  const source = { s3: { storageRef: { name: 'archive' }, prefix: `${billing().namespace}/${first}`, ...s3Source } };
  return { source, columns, formats: ['NDJSON'], job: { backoffLimit: 0 }, ...more };
}

describe('a roll-up has every value of the files that earlier Reports made', () => {
  const EXPECTED = [
    '{"id":900719925474099,"total":"12.50","note":"=1+1","at":"2026-10-01T00:00:00Z"}',
    '{"id":2,"total":"-0.10","note":"","at":null}',
    '{"id":3,"total":null,"note":"a;\\"b\\"\\nc","at":null}',
    '',
  ].join('\n');

  // At once: each waits for three pods.
  test.concurrent.each<[string, object, object, object]>([
    ['csv', { formats: ['CSV'] }, {}, { format: 'CSV', csv: { formulas: 'Unescape' } }],
    [
      'dialect',
      { formats: ['CSV'], csv: { delimiter: ';', null: 'NULL', quote: 'All', lineEnding: 'CRLF', bom: true } },
      { compression: 'Gzip', timeZone: 'America/New_York' },
      { format: 'CSV', csv: { delimiter: ';', null: 'NULL', formulas: 'Unescape' } },
    ],
    ['ndjson', { formats: ['NDJSON'], json: { decimals: 'Number', integers: 'String' } }, { compression: 'Gzip' }, { format: 'NDJSON' }],
  ])('%s', async (name, template, report, source) => {
    await billing().template(`made-${name}`, { source: { inline: { rows } }, columns, ...template });
    for (const nth of [1, 2]) await billing().report(`made-${name}-${nth}`, { templateRef: { name: `made-${name}` }, ...report });
    for (const nth of [1, 2]) await ready(`made-${name}-${nth}`);
    await billing().template(`all-${name}`, rollUp(`made-${name}-`, source));
    await billing().report(`all-${name}`, { templateRef: { name: `all-${name}` } });
    const done = await ready(`all-${name}`);
    expect(done.status.file?.rows).toBe(6);
    expect(await fileOf(done)).toBe(EXPECTED + EXPECTED);
  });
});

test('nothing at the place fails the Report at once, with the place', async () => {
  await billing().template('nothing', rollUp('nobody-', { format: 'CSV' }));
  await billing().report('nothing', { templateRef: { name: 'nothing' } });
  const done = await billing().finished('nothing');
  expect([reasonOf(done), messageOf(done)]).toEqual([
    'SourceFailed',
    expect.stringContaining(`has no object whose key begins with "team/${billing().namespace}/nobody-"`),
  ]);
  expect(done.status.job).toBeDefined();
});

test('a Report waits for the storage of its source, and reads one whose keys may only read; they reach nothing but its runner', async () => {
  const user = await newS3User();
  const own = await newBucket('imports');
  const view = new BucketView(own);
  await view.client.send(new PutObjectCommand({ Bucket: own, Key: 'in/2026.csv', Body: 'Invoice,Total,=Note,At\n7,1.00,x,\n' }));
  const allow = (action: string, resource: string): object => ({
    Effect: 'Allow',
    Principal: [user.accessKeyId],
    Action: [action],
    Resource: [`arn:aws:s3:::${resource}`],
  });
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [allow('s3:ListBucket', own), allow('s3:GetObject', `${own}/*`)] });
  await view.client.send(new PutBucketPolicyCommand({ Bucket: own, Policy }));

  await billing().template(
    'imports',
    rollUp('', { storageRef: { name: 'imports' }, prefix: undefined, key: 'in/2026.csv', format: 'CSV' }),
  );
  await billing().report('imports', { templateRef: { name: 'imports' } });
  expect(messageOf(await billing().waiting('imports', 'StorageNotFound'))).toBe(
    `spec.source.s3.storageRef of ReportTemplate "imports": ReportStorage "imports" does not exist in namespace ${billing().namespace}`,
  );
  const bucketOnly = { bucket: own, endpoint: s3().endpoint, credentialsSecretRef: { name: 'import-keys' } };
  await billing().create(REPORT_STORAGES, 'imports', { spec: { s3: bucketOnly } });
  expect(messageOf(await billing().waiting('imports', 'StorageUnavailable'))).toContain(
    'ReportStorage "imports" is not ready (InvalidCredentials)',
  );
  await billing().secret('import-keys', { AWS_ACCESS_KEY_ID: user.accessKeyId, AWS_SECRET_ACCESS_KEY: user.secretAccessKey });
  await untilStorage(billing(), 'imports', 'AccessDenied');
  const done = await ready('imports');
  expect(await fileOf(done)).toBe('{"id":7,"total":"1.00","note":"x","at":null}\n');

  const { client, namespace, signal } = billing();
  for (const type of [REPORTS, REPORT_TEMPLATES, REPORT_STORAGES, JOBS, PODS, EVENTS])
    expect(await client.transport.request({ method: 'GET', path: pathOf(type, namespace), signal })).not.toContain(user.secretAccessKey);
});

test('a template whose columns cannot be found in CSV says so itself', async () => {
  const path = [{ name: 'id', type: 'Integer', path: '$.a.b' }];
  await billing().template('deep', rollUp('made-', { format: 'CSV' }, { columns: path }));
  await billing().report('deep', { templateRef: { name: 'deep' } });
  expect(messageOf(await billing().waiting('deep', 'TemplateNotReady'))).toContain(
    'spec.columns: column "id": a row of CSV has only names',
  );
  const { status } = await billing().client.get<ReportTemplate>(REPORT_TEMPLATES, billing().namespace, 'deep', billing().signal);
  expect(status.conditions?.[0]).toMatchObject({ type: 'Ready', status: 'False', reason: 'InvalidTemplate' });
});
