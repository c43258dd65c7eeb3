/**
 * One minute of the real clock, which many schedules share: each has its Report, never early and soon, although two operators work at once without an election, and one of them is
 * killed in the midst of it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest';
import type { Report } from '../../../src/api/generated/report.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { startApiserverProxy } from '../../support/apiserver-proxy.ts';
import { Billing } from '../support/billing.ts';
import { startOperator } from '../support/operator.ts';
import { startOperatorProcess } from '../support/operator-process.ts';
import { getSchedule, newSchedule, runsOf, scheduledAt, untilSchedule } from '../support/schedules.ts';
import { adminClient, controlPlane, newNamespace } from '../support/servers.ts';

/** Alone on a machine it is a second at most, which bench/schedules measures; here other tests want the processors in the same moment. */
const LATEST_SECONDS = 10;

const NO_ELECTION = ['--leader-elect', 'false'];
const MINUTE_MS = 60_000;
const COUNT = 12;
const POLICIES = ['Forbid', 'Allow', 'Replace', 'Queue'];

let client: KubeClient;
beforeAll(() => {
  client = adminClient();
});
afterAll(() => client.transport.close());

test(
  'schedules fire at their minute and never before it, each once, while an operator dies and another lives',
  { timeout: 240_000 },
  async () => {
    const alone = new Billing(client, await newNamespace(client, 'minute'), 'none');
    const shared = new Billing(client, await newNamespace(client, 'minutes'), 'none');
    let creates = 0;
    let kill = (): void => undefined;
    const proxy = await startApiserverProxy(
      controlPlane(),
      ({ method, path }) => {
        if (method !== 'POST' || !path.endsWith('/reports')) return 'passes';
        creates += 1;
        return creates === COUNT / 4 ? 'unanswered' : 'passes';
      },
      () => kill(),
    );
    const operators = [startOperator(alone.namespace), startOperator(shared.namespace, NO_ELECTION)];
    const doomed = await startOperatorProcess(shared.namespace, proxy.url, NO_ELECTION);
    kill = () => doomed.kill('SIGKILL');
    onTestFailed(() => console.log(operators.map((operator) => operator.log()).join('\n---\n'), doomed.log()));

    // Times in which nothing is due but this one minute, with the time it takes to make and to see them.
    const minute = Math.ceil((Date.now() + 25_000) / MINUTE_MS) * MINUTE_MS;
    const due = new Date(minute);
    const schedule = `${due.getUTCMinutes()} ${due.getUTCHours()} * * *`;
    const report = { spec: { templateRef: { name: 'to-come' }, startDeadlineSeconds: 0 } };
    for (let index = 0; index < COUNT; index += 1) {
      const spec = { schedule, report, concurrencyPolicy: POLICIES[index % POLICIES.length] };
      for (const billing of [alone, shared]) await newSchedule(billing, `s${index}`, spec);
    }
    for (const billing of [alone, shared]) {
      for (let index = 0; index < COUNT; index += 1)
        await untilSchedule(billing, `s${index}`, ({ status }) => status.planned !== undefined);
    }
    expect(Date.now()).toBeLessThan(minute);
    await sleep(minute - Date.now());

    const time = `${due.toISOString().slice(0, 19)}Z`;
    for (const billing of [alone, shared]) {
      for (let index = 0; index < COUNT; index += 1) {
        const { status } = await untilSchedule(billing, `s${index}`, (seen) => seen.status.lastScheduleTime === time);
        const tomorrow = `${new Date(minute + 86_400_000).toISOString().slice(0, 19)}Z`;
        expect(status).toMatchObject({ missedRuns: 0, activeCount: 1, nextScheduleTime: tomorrow, planned: { time: tomorrow } });
      }
    }
    expect(await doomed.ended()).toBe('SIGKILL');
    await proxy.close();
    for (const operator of operators) await operator.stop();

    for (const billing of [alone, shared]) {
      for (let index = 0; index < COUNT; index += 1) {
        const runs = await runsOf(billing, `s${index}`);
        expect(runs.map(scheduledAt)).toEqual([time]);
        expect((await getSchedule(billing, `s${index}`)).status.active).toEqual([
          { name: runs[0]?.metadata.name, uid: runs[0]?.metadata.uid },
        ]);
      }
    }
    const made = (await Promise.all(Array.from({ length: COUNT }, (_, index) => runsOf(alone, `s${index}`)))).flat();
    expect(made.map(lateness).filter((seconds) => seconds < 0 || seconds > LATEST_SECONDS)).toEqual([]);
  },
);

/** Whole seconds from its time until the apiserver took it. */
function lateness({ metadata, ...report }: Report): number {
  return (Date.parse(metadata.creationTimestamp) - Date.parse(scheduledAt({ metadata, ...report }))) / 1_000;
}
