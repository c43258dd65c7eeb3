/** Bad weather on the way: what passes by itself ends in one whole file, what does not ends in a failure; neither leaves parts behind. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { kill, platform } from 'node:process';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Report } from '../../../src/api/generated/report.ts';
import { PODS } from '../../../src/kube/resources.ts';
import { onFreePorts } from '../../../src/local/process/ports.ts';
import { Workspace } from '../../../src/local/workspace.ts';
import { S3Proxy } from '../../support/s3-proxy.ts';
import { Billing, messageOf, reasonOf, useBilling } from '../support/billing.ts';
import { bucketContent } from '../support/bucket-content.ts';
import { expectFailed } from '../support/failed.ts';
import { gatedBy, InvoiceDatabase, queryTemplate } from '../support/invoices.ts';
import { startOperator } from '../support/operator.ts';
import { OwnStore } from '../support/own-store.ts';
import { runnerOf } from '../support/runner-process.ts';
import { adminClient, newBucket, newNamespace, postgres, s3 } from '../support/servers.ts';
import { jobsOf, podsOf, storyOf, tracesOf } from '../support/traces.ts';

const { billing } = useBilling('retries');
let workspace: Workspace;
let database: InvoiceDatabase;
beforeAll(async () => {
  workspace = await Workspace.create();
  database = await InvoiceDatabase.create(billing());
  await billing().storage();
  await billing().priceList();
});
afterAll(async () => {
  await database.close();
  await workspace.close();
});

/** Twelve rows of a mebibyte, and a last one behind the gate: two parts are on their way and no more comes. Resolves once the upload has begun. */
async function inMidUpload(
  name: string,
  gate: number,
  begun: () => Promise<readonly string[]>,
  job: object,
  storage = 'archive',
): Promise<Report> {
  await database.closeGate(gate);
  const rows = `select repeat('x', 1048576) as text from generate_series(1, 12)`;
  await billing().template(name, queryTemplate(`${rows} union all select 'end' from ${gatedBy(gate)}`, { job }));
  await billing().report(name, { templateRef: { name }, storageRef: { name: storage } });
  await vi.waitFor(async () => expect(await begun()).toHaveLength(1), 60_000);
  return billing().get(name);
}

const LARGE_FILE_ROWS = 13;

/** Sessions of a Report's runner in that state. */
async function sessionsOf(report: string, state: string): Promise<number> {
  const sessions = await database.query(`select 1 from pg_stat_activity where application_name like '%/${report}' and state = '${state}'`);
  return sessions.length;
}

async function uploadsOf(report: string): Promise<readonly string[]> {
  return (await bucketContent(billing().bucket, `${billing().namespace}/${report}/`)).uploads;
}

describe.concurrent('what passes by itself ends in one whole file:', () => {
  test('a database that is down at first', async () => {
    const { host, port, user, password } = postgres();
    const [local, start] = await onFreePorts(1, async ([free = 0]) => [free, () => forward(free, host, port)] as const);
    await billing().secret('late-db', { url: `postgres://${user}:${password}@${host}:${local}/postgres?sslmode=disable` });
    await billing().template(
      'late-db',
      queryTemplate('select 1 as one', { source: { urlFrom: { secretKeyRef: { name: 'late-db', key: 'url' } } } }),
    );
    await billing().report('late-db', { templateRef: { name: 'late-db' } });
    const between = await billing().until(
      'late-db',
      (report) => reasonOf(report) === 'Queued' && messageOf(report).startsWith('the last try failed'),
    );
    expect(messageOf(between)).toBe(
      `the last try failed (SourceFailed: postgres: ${host}:${local} refused the connection); the next pod is on its way`,
    );
    expect(between.status.phase).toBe('Deploying');
    const server = await start();
    const { status } = await billing().finished('late-db');
    server.close();
    expect(status).toMatchObject({ phase: 'Ready', attempt: 1, file: { rows: 1 } });
    expect(await jobsOf(billing(), 'late-db')).toHaveLength(1);
  });

  test('an object store that is away in mid-upload', async () => {
    const store = await OwnStore.start(billing(), workspace, 'outage');
    await inMidUpload('outage', 1, async () => (await store.content()).uploads, {}, 'outage');
    await store.server.stop();
    await database.openGate(1);
    // Its session is idle when the last row is read; from then on only the store is missing.
    await vi.waitFor(async () => expect(await sessionsOf('outage', 'idle in transaction')).toBe(1), 60_000);
    await store.server.start();
    const { status } = await billing().finished('outage');
    expect(status).toMatchObject({ phase: 'Ready', attempt: 1, file: { rows: LARGE_FILE_ROWS } });
    const { objects, uploads } = await store.content();
    expect(uploads).toEqual([]);
    expect(objects.map(({ bytes }) => createHash('sha256').update(bytes).digest('hex'))).toEqual([status.file?.sha256]);
    expect(await podsOf(billing(), 'outage')).toHaveLength(1);
  });

  test.skipIf(platform !== 'linux')('a runner that dies in mid-upload: the next one clears its parts away', async () => {
    const { metadata } = await inMidUpload('died', 2, () => uploadsOf('died'), { backoffLimit: 1 });
    kill(await runnerOf(metadata.uid), 'SIGKILL');
    await database.openGate(2);
    const { status } = await billing().finished('died');
    expect(status).toMatchObject({ phase: 'Ready', attempt: 1, file: { rows: LARGE_FILE_ROWS } });
    const { objects, uploads, pods } = await tracesOf(billing(), 'died');
    expect({ objects, uploads, pods: pods.length }).toEqual({ objects: [status.file?.key], uploads: [], pods: 2 });
  });

  test('a store that does not answer when the file is checked', async () => {
    const proxy = await S3Proxy.start(s3().endpoint);
    let looks = 0;
    const answers = Promise.withResolvers<void>();
    proxy.weather = ({ operation, url }) => {
      // The first look at the file is the runner's own.
      if (operation !== 'HeadObject' || !url.includes('/unchecked/') || (looks += 1) === 1) return 'pass';
      return looks === 2 ? { status: 503 } : { after: answers.promise };
    };
    await billing().storage('checked', { endpoint: proxy.endpoint });
    await billing().report('unchecked', { templateRef: { name: 'prices' }, storageRef: { name: 'checked' } });
    const checking = await billing().until('unchecked', (report) => messageOf(report).startsWith('checking the file in the bucket'));
    expect([checking.status.phase, reasonOf(checking)]).toEqual(['Deploying', 'Uploading']);
    expect(messageOf(checking)).toContain('the store asks for fewer requests');
    answers.resolve();
    expect((await billing().finished('unchecked')).status).toMatchObject({ phase: 'Ready', attempt: 1 });
    await proxy.close();
  });

  test('a result that was lost with its pod while nobody looked: the report runs once more', async ({ expect }) => {
    const client = adminClient();
    const alone = new Billing(client, await newNamespace(client, 'lost'), await newBucket('lost'));
    const data = await InvoiceDatabase.create(alone);
    await data.closeGate();
    await alone.storage();
    await alone.template('gated', queryTemplate(`select 1 as one from ${gatedBy()}`));
    await alone.report('lost', { templateRef: { name: 'gated' } });
    const first = startOperator(alone.namespace, ['--leader-elect', 'false']);
    await alone.waiting('lost', 'Rendering');
    await first.stop();
    await data.openGate();
    await vi.waitFor(
      async () =>
        expect((await jobsOf(alone, 'lost'))[0]?.status?.conditions).toContainEqual(expect.objectContaining({ type: 'Complete' })),
      60_000,
    );
    const [pod] = await podsOf(alone, 'lost');
    await alone.delete(PODS, pod?.metadata.name ?? '');
    await vi.waitFor(async () => expect(await podsOf(alone, 'lost')).toEqual([]), 60_000);
    const second = startOperator(alone.namespace, ['--leader-elect', 'false']);
    const { status } = await alone.finished('lost');
    expect(status).toMatchObject({ phase: 'Ready', attempt: 2, file: { rows: 1 } });
    await expect.poll(() => storyOf(alone, 'Report', 'lost')).toContain('Warning ResultLost');
    const { objects, uploads } = await tracesOf(alone, 'lost');
    expect({ objects, uploads }).toEqual({ objects: [status.file?.key], uploads: [] });
    await second.stop();
    await data.close();
    await client.transport.close();
  });

  test('a long run shows how far it is, and only ever further', async () => {
    await database.closeGate(3);
    const rows = 'select n, pg_sleep(0.01)::text as slept from generate_series(1, 1700) n';
    await billing().template('long', queryTemplate(`${rows} union all select 0, '' from ${gatedBy(3)}`));
    await billing().report('long', { templateRef: { name: 'long' } });
    const seen: number[] = [];
    const { status } = await billing().until('long', (report) => {
      const { progress } = report.status;
      if (progress?.rows !== undefined && progress.rows !== seen.at(-1)) seen.push(progress.rows);
      return (progress?.rows ?? 0) > 0;
    });
    expect(status).toMatchObject({ phase: 'Deploying', progress: { phase: 'Rendering' } });
    expect(status.progress?.bytes).toBeGreaterThan(0);
    await database.openGate(3);
    const ready = await billing().finished('long');
    expect(ready.status).toMatchObject({ phase: 'Ready', file: { rows: 1701 } });
    expect(ready.status).not.toHaveProperty('progress');
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });
});

describe.concurrent('what does not pass ends in a failure that leaves no parts:', () => {
  test.skipIf(platform !== 'linux')('a runner that dies in mid-upload for the last time', async () => {
    const { metadata } = await inMidUpload('dies', 4, () => uploadsOf('dies'), { backoffLimit: 0 });
    kill(await runnerOf(metadata.uid), 'SIGKILL');
    await expectFailed(billing(), 'dies', 'JobFailed', /^the runner ended with exit code 137/, 'kept');
  });

  test('a run that reaches its deadline in mid-upload', async () => {
    await inMidUpload('late', 5, () => uploadsOf('late'), { activeDeadlineSeconds: 10 });
    await expectFailed(billing(), 'late', 'DeadlineExceeded', /^the run took longer than 10s/, 'none');
  });

  test('a bucket that somebody deletes in the middle', async () => {
    const store = await OwnStore.start(billing(), workspace, 'taken-away');
    await database.closeGate(6);
    await billing().template('taken-away', queryTemplate(`select 1 as one from ${gatedBy(6)}`));
    await billing().report('taken-away', { templateRef: { name: 'taken-away' }, storageRef: { name: 'taken-away' } });
    await billing().waiting('taken-away', 'Rendering');
    await vi.waitFor(async () => expect(await sessionsOf('taken-away', 'active')).toBe(1), 60_000);
    await store.removeBucket();
    await database.openGate(6);
    await expectFailed(billing(), 'taken-away', 'StorageFailed', /^bucket "reports": the bucket does not exist: create it/, 'kept');
  });
});

/** Passes connections on from a port of ours. */
async function forward(from: number, host: string, port: number): Promise<Server> {
  const server = createServer((socket) => {
    const onward = connect(port, host);
    socket.pipe(onward).pipe(socket);
    for (const end of [socket, onward]) end.on('error', () => end.destroy());
  });
  server.listen(from, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
