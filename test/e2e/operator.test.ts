/** The operator dies, is replaced and loses the object store, in the middle of work. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '../../src/api/generated/report.ts';
import { bucketContent } from '../integration/support/bucket-content.ts';
import { install, kubectl, SYSTEM, until, useWorkplace } from './cluster.ts';
import { Gate } from './gate.ts';

const RUNS = 30;
const OUTAGE_MS = 30_000;

const workplace = useWorkplace('operator');
let gate: Gate;

beforeAll(async () => {
  gate = await Gate.make(workplace());
});

afterAll(async () => {
  await gate.close();
});

async function start(prefix: string, count: number): Promise<readonly string[]> {
  const { billing } = workplace();
  const names = Array.from({ length: count }, (_, n) => `${prefix}-${n}`);
  for (const name of names) await billing.report(name, { templateRef: { name: 'gated' } });
  return names;
}

/** Each ended Ready, with one Job, one try and one object. */
async function expectAllReady(names: readonly string[]): Promise<void> {
  const { billing } = workplace();
  const reports: Report[] = [];
  for (const name of names) reports.push(await billing.finished(name));
  expect(reports.filter(({ status }) => status.phase !== 'Ready')).toEqual([]);
  expect(reports.map(({ status }) => status.attempt)).toEqual(names.map(() => 1));
  const { objects, uploads } = await bucketContent(billing.bucket, `${billing.namespace}/${names[0]?.replace(/\d+$/, '') ?? ''}`);
  expect([objects.length, uploads]).toEqual([names.length, []]);
}

test(`an operator that is killed while ${RUNS} Reports run finds them all again`, async () => {
  await gate.shut();
  const names = await start('killed', RUNS);
  await gate.reached(5);
  await kubectl('delete', 'pods', '-n', SYSTEM, '-l', 'app.kubernetes.io/component=operator', '--grace-period=0', '--force');
  await gate.open();
  await expectAllReady(names);
});

test('an upgrade rolls the operator and disturbs no run', async () => {
  await gate.shut();
  const names = await start('rolled', 4);
  await gate.reached(1);
  await install({ podAnnotations: { rolled: 'now' } });
  await gate.open();
  await expectAllReady(names);
});

test('of two replicas the second leads when the first is killed', async () => {
  await install({ replicaCount: 2 });
  const leader = async (): Promise<string> => {
    const holder = await kubectl('get', 'lease', 'dossier-operator', '-n', SYSTEM, '-o', 'jsonpath={.spec.holderIdentity}');
    return holder.split('_')[0] ?? '';
  };
  await until('a leader', async () => (await leader()) !== '');
  const first = await leader();
  await kubectl('delete', 'pod', first, '-n', SYSTEM, '--grace-period=0', '--force');
  await until('another leader', async () => !['', first].includes(await leader()));
  await expectAllReady(await start('led', 2));
});

test('runs survive an object store that is away for 30 s', async () => {
  const { store } = workplace();
  await gate.shut();
  const names = await start('stored', 3);
  await gate.reached(1);
  store.away = true;
  store.cut();
  await gate.open();
  // The outage is the very thing that is tried here; nothing is waited for.
  await sleep(OUTAGE_MS);
  store.away = false;
  await expectAllReady(names);
});
