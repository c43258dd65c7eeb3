/**
 * Never two, never none: an operator is killed before and after each write of a schedule that is due and was asked to run as well, and two others go on at once, without an
 * election between them.
 */
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest';
import type { KubeClient } from '../../../src/kube/client.ts';
import { startApiserverProxy, type Fate, type ProxiedRequest } from '../../support/apiserver-proxy.ts';
import { Billing } from '../support/billing.ts';
import { startOperator } from '../support/operator.ts';
import { startOperatorProcess } from '../support/operator-process.ts';
import { newSchedule, runsOf, scheduledAt, sleptSince, untilSchedule } from '../support/schedules.ts';
import { adminClient, controlPlane, newNamespace } from '../support/servers.ts';

const NO_ELECTION = ['--leader-elect', 'false'];
const HOUR_MS = 3_600_000;
/** Half an hour from now, so that no other time comes due during the test. */
const MINUTE = (new Date().getUTCMinutes() + 30) % 60;

type Moment = { readonly write: number; readonly when: 'before' | 'after' };

/** Plan and Report of the run that was asked for, plan and Report of the one that was due, and the status that ends the look. */
const MOMENTS: readonly Moment[] = [1, 2, 3, 4, 5].flatMap((write) => [
  { write, when: 'before' as const },
  { write, when: 'after' as const },
]);

let client: KubeClient;
beforeAll(() => {
  client = adminClient();
});
afterAll(() => client.transport.close());

/** What becomes of the Reports is another controller's: they wait for a template. */
function isWrite({ method, path }: ProxiedRequest): boolean {
  return (method === 'PATCH' && path.includes('/reportschedules/')) || (method === 'POST' && path.endsWith('/reports'));
}

/** A namespace with a schedule that is due and asked to run, and that no operator has seen yet. */
async function prepared(): Promise<Billing> {
  const billing = new Billing(client, await newNamespace(client, 'schedcrash'), 'none');
  const report = { spec: { templateRef: { name: 'to-come' }, startDeadlineSeconds: 0 } };
  const spec = { schedule: `${MINUTE} * * * *`, concurrencyPolicy: 'Allow', report };
  await newSchedule(billing, 'orders', spec, { 'dossier.dev/run': 'now' });
  await sleptSince(billing, 'orders', Date.now() - HOUR_MS);
  return billing;
}

/** An operator that is killed at the moment given; resolves when it is dead. */
async function killedAt(billing: Billing, moment: Moment): Promise<void> {
  let writes = 0;
  let kill = (): void => undefined;
  const fate = (request: ProxiedRequest): Fate => {
    if (!isWrite(request)) return 'passes';
    writes += 1;
    if (writes !== moment.write) return 'passes';
    return moment.when === 'before' ? 'lost' : 'unanswered';
  };
  const proxy = await startApiserverProxy(controlPlane(), fate, () => kill());
  const operator = await startOperatorProcess(billing.namespace, proxy.url, NO_ELECTION);
  kill = () => operator.kill('SIGKILL');
  onTestFailed(() => console.log(moment, operator.log()));
  try {
    expect(await operator.ended()).toBe('SIGKILL');
  } finally {
    kill();
    await proxy.close();
  }
}

test('each run has one Report, wherever an operator dies, and although two take over at once', { timeout: 240_000 }, async () => {
  const worlds = await Promise.all(MOMENTS.map(async (moment) => ({ moment, billing: await prepared() })));
  // Two at a time: each is a process that has to start.
  for (let index = 0; index < worlds.length; index += 2)
    await Promise.all(worlds.slice(index, index + 2).map(({ billing, moment }) => killedAt(billing, moment)));

  const namespaces = worlds.map(({ billing }) => billing.namespace).join(',');
  const first = worlds[0]?.billing.namespace ?? '';
  const successors = [1, 2].map(() => startOperator(first, [...NO_ELECTION, '--namespaces', namespaces]));
  onTestFailed(() => console.log(successors.map((operator) => operator.log()).join('\n---\n')));
  for (const { billing, moment } of worlds) {
    const story = `killed ${moment.when} write ${moment.write}`;
    const done = await untilSchedule(
      billing,
      'orders',
      ({ status }) =>
        status.lastHandledRun === 'now' &&
        status.lastScheduleTime !== undefined &&
        // Each of the two counts what its own cache shows, and counts again when the other's Report comes there.
        status.plannedRun === undefined &&
        status.activeCount === 2,
    );
    expect(done.status, story).toMatchObject({ missedRuns: 0 });
    const runs = await runsOf(billing, 'orders');
    const asked = runs.filter(({ metadata }) => metadata.annotations?.['dossier.dev/run'] === 'now');
    const due = runs.filter((run) => !asked.includes(run)).map(scheduledAt);
    expect([asked.length, ...due], story).toEqual([1, done.status.lastScheduleTime]);
  }
  for (const operator of successors) await operator.stop();
});
