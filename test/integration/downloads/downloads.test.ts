/** A link to a Report's file as its user has it: made by the operator, fetched with a plain HTTP client, checked against the bucket, gone when its time is over. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { ReportDownload } from '../../../src/api/generated/reportdownload.ts';
import type { Secret } from '../../../src/kube/objects.ts';
import { EVENTS, REPORT_DOWNLOADS, SECRETS } from '../../../src/kube/resources.ts';
import { blocksRunBy } from '../../docs/shell-blocks.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { kubectl } from '../crds/apiserver.ts';
import { useBilling } from '../support/billing.ts';
import { controlPlane, s3, tools } from '../support/servers.ts';
import { storyOf } from '../support/traces.ts';

const DEADLINE_MS = 60_000;
const POLL_MS = 50;
const { billing, operator } = useBilling('downloads');
/** A way to the store that the operator does not use: where people come from outside. */
let outside: TcpProxy;

beforeAll(async () => {
  const { hostname, port } = new URL(s3().endpoint);
  outside = await TcpProxy.start({ host: hostname, port: Number(port) });
  await billing().storage('archive', { publicEndpoint: `http://127.0.0.1:${outside.port}` });
  await billing().priceList();
  for (const name of ['prices', 'lost', 'swapped', 'waits']) {
    await billing().report(name, { templateRef: { name: 'prices' }, fileName: name === 'prices' ? 'Preise März' : name });
  }
  for (const name of ['prices', 'lost', 'swapped', 'waits']) expect((await billing().finished(name)).status.phase).toBe('Ready');
  return () => outside[Symbol.asyncDispose]();
});

async function ask(name: string, report: string, metadata: object = {}): Promise<void> {
  await billing().create(REPORT_DOWNLOADS, name, { spec: { reportRef: { name: report } } }, metadata);
}

async function until(name: string, is: (download: ReportDownload) => boolean): Promise<ReportDownload> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const download = await billing().client.get<ReportDownload>(REPORT_DOWNLOADS, billing().namespace, name, billing().signal);
    if (is(download)) return download;
    if (performance.now() > deadline) throw new Error(`ReportDownload ${name} never was as asked: ${JSON.stringify(download.status)}`);
    await sleep(POLL_MS);
  }
}

const ended = (name: string): Promise<ReportDownload> => until(name, ({ status }) => status.phase !== undefined);
const reasonOf = ({ status }: ReportDownload): string | undefined => status.conditions?.find(({ type }) => type === 'Ready')?.reason;
const messageOf = ({ status }: ReportDownload): string => status.conditions?.find(({ type }) => type === 'Ready')?.message ?? '';

/** Changes the bucket as somebody else would. */
async function inBucket(change: (client: S3Client) => Promise<unknown>): Promise<void> {
  const { endpoint, region, root: credentials } = s3();
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  await change(client);
  client.destroy();
}

describe('a Ready Report', () => {
  test('gives its file to whoever has the link, under its name, whole, through the public endpoint', async () => {
    const { status: said } = await billing().get('prices');
    await ask('mine', 'prices');
    const { status, metadata } = await ended('mine');
    expect(status).toMatchObject({
      phase: 'Ready',
      file: { name: 'Preise März.csv', sizeBytes: said.file?.sizeBytes, sha256: said.file?.sha256 },
    });
    expect(metadata.ownerReferences).toMatchObject([{ kind: 'Report', name: 'prices' }]);
    const lifetime = Date.parse(status.expirationTime ?? '') - Date.now();
    expect(lifetime).toBeGreaterThan(540_000);
    expect(lifetime).toBeLessThanOrEqual(600_000);

    const before = outside.bytesFromServer;
    const answer = await fetch(status.url ?? '');
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toBe(
      `attachment; filename="Preise Marz.csv"; filename*=UTF-8''Preise%20M%C3%A4rz.csv`,
    );
    expect(bytes.byteLength).toBe(said.file?.sizeBytes);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(said.file?.sha256);
    expect(outside.bytesFromServer).toBeGreaterThan(before);
  });

  test('gives nothing else: another key, another method, another time', async () => {
    const { status } = await ended('mine');
    const url = new URL(status.url ?? '');
    const other = new URL(url);
    other.pathname = other.pathname.replace(/prices\/[^/]+\/.*$/, 'lost/x/lost.csv');
    expect((await fetch(other)).status).toBe(403);
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(403);
    const longer = new URL(url);
    longer.searchParams.set('X-Amz-Expires', '604800');
    expect((await fetch(longer)).status).toBe(403);
  });

  test('shows its link in its status and nowhere else', async () => {
    const { status } = await ended('mine');
    const signature = new URL(status.url ?? '').searchParams.get('X-Amz-Signature') ?? '';
    expect(signature).toMatch(/^[0-9a-f]{64}$/);
    expect(operator().log()).toContain('signed a link');
    expect(operator().log()).not.toContain(signature);
    expect(JSON.stringify(await billing().client.list(EVENTS, { namespace: billing().namespace }, billing().signal))).not.toContain(
      signature,
    );
    expect((await kubectl(['get', 'rptdl', 'mine', '-n', billing().namespace, '-o', 'wide'])).stdout).not.toContain('Signature');
  });

  test('gives no second link when the first has expired', async () => {
    await ask('expires', 'prices');
    await ended('expires');
    // As if the time had come: the apiserver allows nobody a shorter time than a minute.
    await billing().client.patchJson(
      REPORT_DOWNLOADS,
      billing().namespace,
      'expires',
      [{ op: 'replace', path: '/status/expirationTime', value: '2026-01-01T00:00:00Z' }],
      billing().signal,
      'status',
    );
    const { status } = await until('expires', (download) => download.status.phase === 'Expired');
    expect(status.url).toBeUndefined();
    expect(status.conditions).toMatchObject([
      { type: 'Ready', status: 'False', reason: 'Expired' },
      { type: 'Stalled', status: 'False' },
    ]);
    await expect.poll(() => storyOf(billing(), 'ReportDownload', 'expires')).toEqual(['Normal Signed', 'Normal Expired']);
  });
});

describe('a ReportDownload has failed', () => {
  test.each([
    ['of a Report that does not exist', 'nobody', 'ReportNotFound', /no Report "nobody"/],
    ['of a Report that waits', 'pending', 'ReportNotReady', /Report "pending" is Pending \(TemplateNotFound\)/],
  ])('%s', async (_, report, reason, message) => {
    if (report === 'pending') {
      await billing().report('pending', { templateRef: { name: 'no-such-template' } });
      await billing().waiting('pending', 'TemplateNotFound');
    }
    await ask(`of-${report}`, report);
    const download = await ended(`of-${report}`);
    expect(download.status).toMatchObject({ phase: 'Failed' });
    expect(download.status.url).toBeUndefined();
    expect(reasonOf(download)).toBe(reason);
    expect(messageOf(download)).toMatch(message);
    expect(download.status.conditions).toMatchObject([{ type: 'Ready' }, { type: 'Stalled', status: 'True', reason }]);
  });

  test('when the object was removed', async () => {
    const { file } = (await billing().get('lost')).status;
    await inBucket((client) => client.send(new DeleteObjectCommand({ Bucket: billing().bucket, Key: file?.key })));
    await ask('of-lost', 'lost');
    const download = await ended('of-lost');
    expect([reasonOf(download), messageOf(download)]).toEqual(['FileMissing', expect.stringContaining(file?.key ?? 'no key')]);
    expect((await billing().get('lost')).status.phase).toBe('Ready');
  });

  test('when somebody put something else in its place', async () => {
    const { file } = (await billing().get('swapped')).status;
    const stranger = { Bucket: billing().bucket, Key: file?.key, Body: 'gotcha', Metadata: { 'dossier-report-uid': 'other' } };
    await inBucket((client) => client.send(new PutObjectCommand(stranger)));
    await ask('of-swapped', 'swapped');
    const download = await ended('of-swapped');
    expect(reasonOf(download)).toBe('FileMissing');
    expect(messageOf(download)).toMatch(/6 bytes instead of \d+, its ETag is .*, its dossier-report-uid is "other" instead/);
  });
});

test('a ReportDownload whose storage has lost its keys waits, although the operator remembers them, and gets its link when they are back', async () => {
  const { client, namespace, signal } = billing();
  const { data } = await client.get<Secret>(SECRETS, namespace, 'archive-keys', signal);
  const { AWS_SECRET_ACCESS_KEY: _lost, ...rest } = data ?? {};
  await billing().patch(SECRETS, 'archive-keys', { op: 'replace', path: '/data', value: rest });
  const name = await firstThatWaits('waits');
  await billing().patch(SECRETS, 'archive-keys', { op: 'replace', path: '/data', value: data });
  expect((await ended(name)).status.phase).toBe('Ready');
  await expect.poll(() => storyOf(billing(), 'ReportDownload', name)).toEqual(['Warning StorageUnavailable', 'Normal Signed']);
});

/** Asks again until the operator's two seconds' memory of the Secret is over. */
async function firstThatWaits(report: string): Promise<string> {
  for (let index = 0; ; index += 1) {
    const name = `${report}-${index}`;
    await ask(name, report);
    const { status } = await until(name, (download) => reasonOf(download) !== undefined);
    if (status.phase === undefined) return name;
  }
}

test('every command of docs/downloads.md does what it says', async () => {
  await billing().report('invoices-2026-10', { templateRef: { name: 'prices' }, fileName: 'invoices-october' });
  expect((await billing().finished('invoices-2026-10')).status.phase).toBe('Ready');
  const folder = await mkdtemp(join(tmpdir(), 'dossier-downloads-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const commands = blocksRunBy('integration/downloads/downloads.test.ts').get('docs/downloads.md') ?? [];
  const script = commands.map((text) => text.replaceAll('-n billing', `-n ${billing().namespace}`)).join('\n');
  const env = { PATH: `${dirname(tools().kubectl)}:${process.env['PATH']}`, HOME: folder, KUBECONFIG: controlPlane().kubeconfigFile };
  const { stdout } = await promisify(execFile)('bash', ['-e', '-u', '-o', 'pipefail', '-c', script], { cwd: folder, env });
  expect(stdout).toMatch(/^invoices-october\.csv: OK$/m);
});
