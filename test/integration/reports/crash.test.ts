/**
 * The operator is killed before and after each of its writes, and another one goes on from what is there.
 *
 * How many writes a run has is counted first, in a run that nobody disturbs; then each of them is met by a SIGKILL once before it arrives and once after it was done.
 */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import type { KubeClient } from '../../../src/kube/client.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { JOBS, PODS, REPORTS } from '../../../src/kube/resources.ts';
import { startApiserverProxy, type ProxiedRequest } from '../../support/apiserver-proxy.ts';
import { Billing } from '../support/billing.ts';
import { bucketContent, type BucketContent } from '../support/bucket-content.ts';
import { startOperator } from '../support/operator.ts';
import { startOperatorProcess } from '../support/operator-process.ts';
import { adminClient, controlPlane, newBucket, newNamespace } from '../support/servers.ts';

const NO_ELECTION = ['--leader-elect', 'false'];

/** Writes that belong to a Report's life; the lease and Events do not. */
function isWrite({ method, path }: ProxiedRequest): boolean {
  return method !== 'GET' && !path.includes('/events') && !path.includes('/leases');
}

let client: KubeClient;

beforeAll(() => {
  client = adminClient();
});

afterAll(async () => {
  await client.transport.close();
});

/** A namespace with everything a Report needs, its storage and template already found good. */
async function prepared(prefix: string): Promise<Billing> {
  const namespace = await newNamespace(client, prefix);
  const billing = new Billing(client, namespace, await newBucket(prefix));
  await billing.storage();
  await billing.priceList();
  const operator = startOperator(namespace, NO_ELECTION);
  await billing.report('first', { templateRef: { name: 'prices' } });
  await billing.finished('first');
  await operator.stop();
  return billing;
}

type Moment = { readonly write: number; readonly when: 'before' | 'after' };

/** Operators that were killed in the middle of a life. */
let kills = 0;

/**
 * Runs an operator process that is killed at a moment, or ended when `until` has happened before: a write that somebody else's made unnecessary is not made. Resolves to how many
 * writes it had begun.
 */
async function runUntilKilled(billing: Billing, moment: Moment | undefined, until: () => Promise<unknown>): Promise<number> {
  let writes = 0;
  let kill = (): void => undefined;
  const proxy = await startApiserverProxy(
    controlPlane(),
    (request) => {
      if (!isWrite(request)) return 'passes';
      writes += 1;
      if (writes !== moment?.write) return 'passes';
      return moment.when === 'before' ? 'lost' : 'unanswered';
    },
    () => kill(),
  );
  const operator = await startOperatorProcess(billing.namespace, proxy.url, NO_ELECTION);
  kill = () => operator.kill('SIGKILL');
  onTestFailed(() => console.log(operator.log()));
  try {
    await Promise.race([operator.ended(), until()]);
    operator.kill('SIGTERM');
    const end = await operator.ended();
    if (end === 'SIGKILL' && moment !== undefined) kills += 1;
    else expect(end).toBe(0);
  } finally {
    kill();
    await proxy.close();
  }
  return writes;
}

async function namesOf(billing: Billing, type: typeof JOBS, report: string): Promise<readonly string[]> {
  const list = await client.list<KubeObject>(
    type,
    { namespace: billing.namespace, labelSelector: `dossier.dev/report=${report}` },
    billing.signal,
  );
  return list.items.map(({ metadata }) => metadata.name);
}

async function contentOf(billing: Billing, report: string): Promise<BucketContent> {
  return bucketContent(billing.bucket, `${billing.namespace}/${report}/`);
}

describe('an operator that is killed', () => {
  test('at any write of a run leaves one Job, one object and a Ready Report', { timeout: 300_000 }, async () => {
    const billing = await prepared('crash');
    const writes = await undisturbed(billing);
    expect(writes).toBeGreaterThanOrEqual(4);
    for (const moment of momentsOf(writes)) await disturbed(billing, moment);
    expect(kills).toBeGreaterThanOrEqual(2 * (writes - 2)); // One or two of them may have been a second try that no other run needs.
  });

  test('at any write of a deletion leaves nothing', { timeout: 300_000 }, async () => {
    const billing = await prepared('crashdel');
    const writes = await deletion(billing, 'undisturbed', undefined);
    expect(writes).toBeGreaterThanOrEqual(2);
    for (const moment of momentsOf(writes)) await deletion(billing, `del-${moment.when}-${moment.write}`, moment);
  });
});

function momentsOf(writes: number): readonly Moment[] {
  return Array.from({ length: writes }, (_, index) => index + 1).flatMap((write) => [
    { write, when: 'before' as const },
    { write, when: 'after' as const },
  ]);
}

/** A run to its end; resolves to its number of writes. */
async function undisturbed(billing: Billing): Promise<number> {
  await billing.report('undisturbed', { templateRef: { name: 'prices' } });
  return runUntilKilled(billing, undefined, () => billing.finished('undisturbed'));
}

async function disturbed(billing: Billing, moment: Moment): Promise<void> {
  const name = `run-${moment.when}-${moment.write}`;
  await billing.report(name, { templateRef: { name: 'prices' } });
  await runUntilKilled(billing, moment, () => billing.finished(name));
  const successor = startOperator(billing.namespace, NO_ELECTION);
  onTestFailed(() => console.log(successor.log()));
  const report = await billing.finished(name);
  await successor.stop();
  expect(report.status, name).toMatchObject({ phase: 'Ready', attempt: 1, file: { rows: 2 } });
  expect(await namesOf(billing, JOBS, name), name).toHaveLength(1);
  const content = await contentOf(billing, name);
  expect(content.uploads, name).toEqual([]);
  expect(
    content.objects.map(({ key }) => key),
    name,
  ).toEqual([report.status.file?.key]);
  const bytes = content.objects[0]?.bytes ?? Buffer.alloc(0);
  expect(createHash('sha256').update(bytes).digest('hex'), name).toBe(report.status.file?.sha256);
}

async function deletion(billing: Billing, name: string, moment: Moment | undefined): Promise<number> {
  const maker = startOperator(billing.namespace, NO_ELECTION);
  await billing.report(name, { templateRef: { name: 'prices' } });
  await billing.finished(name);
  await maker.stop();
  await client.delete(REPORTS, billing.namespace, name, { propagation: 'Background' }, billing.signal);
  const gone = (): Promise<unknown> => billing.gone(name);
  const writes = await runUntilKilled(billing, moment, gone);
  const successor = startOperator(billing.namespace, NO_ELECTION);
  onTestFailed(() => console.log(successor.log()));
  await gone();
  await successor.stop();
  expect(await namesOf(billing, JOBS, name), name).toEqual([]);
  expect(await namesOf(billing, PODS, name), name).toEqual([]);
  expect(await contentOf(billing, name), name).toEqual({ objects: [], uploads: [] });
  return writes;
}
