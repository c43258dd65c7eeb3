/**
 * One minute of the real clock, which many schedules share: each has its Report, never early, and at most a second later than a plain timer and plain requests of the same
 * process make theirs on this machine at this moment. Whoever else wants the processors then delays both.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, test, type ExpectStatic } from 'vitest';
import type { Report } from '../../../src/api/generated/report.ts';
import type { ReportSchedule } from '../../../src/api/generated/reportschedule.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import type { ObjectMeta } from '../../../src/kube/objects.ts';
import { REPORT_SCHEDULES, REPORTS, type ResourceType } from '../../../src/kube/resources.ts';
import { watch } from '../../../src/kube/watch.ts';
import { startApiserverProxy } from '../../support/apiserver-proxy.ts';
import { serveTls } from '../../support/tls-server.ts';
import { Billing } from '../support/billing.ts';
import { startOperator } from '../support/operator.ts';
import { startOperatorProcess } from '../support/operator-process.ts';
import { getSchedule, newSchedule, runsOf, scheduledAt, untilRuns, untilSchedule } from '../support/schedules.ts';
import { adminClient, controlPlane, newNamespace } from '../support/servers.ts';

/** How much later than plain requests of the same moment, the first and the slowest that follow. */
const LATEST_SECONDS = 1;

const NO_ELECTION = ['--leader-elect', 'false'];
const MINUTE_MS = 60_000;
/** For how long plain requests go on, and the pause between two rounds of them. */
const PLAIN_MS = 10_000;
const PLAIN_PAUSE_MS = 200;
/** What making the schedules and planning their first run takes at most. */
const PREPARATION_MS = 25_000;
const COUNT = 12;
/** How long a status may be silent about a run that goes on. */
const PATIENCE_MS = 10_000;
/** More than the operator has workers for schedules. */
const HANGING = 24;
const POLICIES = ['Forbid', 'Allow', 'Replace', 'Queue'];
const SPEC = { templateRef: { name: 'to-come' }, startDeadlineSeconds: 0 };
/** Fails before the status of its schedule has to tell of it. */
const BRIEF = { templateRef: { name: 'to-come' }, startDeadlineSeconds: 1 };
const WEBHOOKS: ResourceType = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  namespaced: false,
};

let client: KubeClient;
let plainClient: KubeClient;
/** In epoch milliseconds, and as schedules have it. */
let minute: number;
let time: string;
const plain = { secondsLate: 0, slowestSeconds: 0, stop: new AbortController() };
let plainly: Promise<void>;

beforeAll(async () => {
  client = adminClient();
  // Without connections that are open already: an operator that had nothing to do for a while has none either.
  plainClient = adminClient();
  const billing = new Billing(plainClient, await newNamespace(client, 'plain'), 'none');
  minute = Math.ceil((Date.now() + PREPARATION_MS) / MINUTE_MS) * MINUTE_MS;
  time = textOf(minute);
  plainly = askPlainly(billing);
});
afterAll(async () => {
  plain.stop.abort();
  await plainly;
  await plainClient.transport.close();
  await client.transport.close();
});

describe.concurrent('schedules fire at their minute and never before it, each once', () => {
  test('while an operator dies and another lives', { timeout: 240_000 }, async ({ expect, onTestFailed }) => {
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

    await Promise.all([...[alone, shared].map((billing) => planned(billing, numbered(COUNT))), planned(alone, ['brief'], BRIEF)]);
    await planned(alone, ['deleted']);
    expect(Date.now()).toBeLessThan(minute);
    const { metadata } = await getSchedule(alone, 'brief');
    await untilMinute();

    // Whoever deletes a Report before the status tells of it asks for no other one.
    const [deleted] = await untilRuns(alone, 'deleted', 1);
    await alone.delete(REPORTS, deleted?.metadata.name ?? '');
    await untilSchedule(alone, 'deleted', (seen) => seen.status.lastScheduleTime === time && seen.status.activeCount === 0);
    expect(await runsOf(alone, 'deleted')).toEqual([]);
    // One write tells that it was made and how it ended, if it ended in time.
    const versions = await versionsUntilEnd(alone, metadata);
    expect(versions.at(-1)?.status).toMatchObject({ lastScheduleTime: time, lastReport: { phase: 'Failed' }, activeCount: 0 });
    expect(
      versions
        .slice(0, -1)
        .map(writtenAt)
        .filter((at) => !(at >= minute + PATIENCE_MS)),
    ).toEqual([]);

    for (const billing of [alone, shared]) {
      for (let index = 0; index < COUNT; index += 1) {
        const { status } = await untilSchedule(billing, `s${index}`, (seen) => seen.status.lastScheduleTime === time);
        const tomorrow = textOf(minute + 24 * 60 * MINUTE_MS);
        expect(status).toMatchObject({ missedRuns: 0, activeCount: 1, nextScheduleTime: tomorrow, planned: { time: tomorrow } });
      }
    }
    // In its first minute an operator asks what another one has made before it makes anything: the slower of the two may have made nothing that it could have died of.
    kill();
    expect(await doomed.ended()).toBe('SIGKILL');
    await proxy.close();
    for (const operator of operators) await operator.stop();

    const made: Report[] = [];
    for (const billing of [alone, shared]) {
      for (let index = 0; index < COUNT; index += 1) {
        const runs = await runsOf(billing, `s${index}`);
        expect(runs.map(scheduledAt)).toEqual([time]);
        expect((await getSchedule(billing, `s${index}`)).status.active).toEqual([
          { name: runs[0]?.metadata.name, uid: runs[0]?.metadata.uid },
        ]);
        if (billing === alone) made.push(...runs);
      }
    }
    expectOnTime(made, expect);
  });

  test(
    'although an admission webhook of another namespace never answers',
    { timeout: 240_000 },
    async ({ expect, onTestFailed, onTestFinished }) => {
      const free = new Billing(client, await newNamespace(client, 'free'), 'none');
      const hung = new Billing(client, await newNamespace(client, 'hung'), 'none');
      const operator = startOperator(free.namespace, ['--namespaces', `${free.namespace},${hung.namespace}`]);
      onTestFailed(() => console.log(operator.log()));
      const webhook = await hang(hung, onTestFinished);

      // It has hung before: who had not been found slow could hold every worker for two seconds (docs/decisions/0016-due-first.md).
      await newSchedule(hung, 'before', { report: { spec: SPEC } }, { 'dossier.dev/run': 'now' });
      await webhook.asks('before-');
      await Promise.all([planned(free, numbered(COUNT)), planned(hung, numbered(HANGING))]);
      expect(Date.now()).toBeLessThan(minute);
      await untilMinute();

      const made: Report[] = [];
      for (let index = 0; index < COUNT; index += 1) {
        await untilSchedule(free, `s${index}`, (seen) => seen.status.lastScheduleTime === time);
        made.push(...(await runsOf(free, `s${index}`)));
      }
      expect(made.map(scheduledAt)).toEqual(Array.from({ length: COUNT }, () => time));
      expectOnTime(made, expect);
      await webhook.asks('s');
      expect((await client.list<Report>(REPORTS, { namespace: hung.namespace }, hung.signal)).items).toEqual([]);

      await webhook.end();
      for (let index = 0; index < HANGING; index += 1) {
        await untilSchedule(hung, `s${index}`, (seen) => seen.status.lastScheduleTime === time);
        expect((await runsOf(hung, `s${index}`)).map(scheduledAt)).toEqual([time]);
      }
      await operator.stop();
    },
  );
});

/** Makes schedules that are due in the minute and at no other time until tomorrow, and waits until the operator expects them. */
async function planned(billing: Billing, names: readonly string[], spec: object = SPEC): Promise<void> {
  const due = new Date(minute);
  const schedule = `${due.getUTCMinutes()} ${due.getUTCHours()} * * *`;
  await Promise.all(
    names.map((name, index) =>
      newSchedule(billing, name, { schedule, report: { spec }, concurrencyPolicy: POLICIES[index % POLICIES.length] }),
    ),
  );
  for (const name of names) await untilSchedule(billing, name, ({ status }) => status.planned !== undefined);
}

/** The schedule at each write that came after the version given, until it tells how its run ended. */
async function versionsUntilEnd(billing: Billing, { name, resourceVersion }: ObjectMeta): Promise<readonly ReportSchedule[]> {
  const { namespace, signal } = billing;
  const options = {
    namespace,
    fieldSelector: `metadata.name=${name}`,
    resourceVersion,
    timeoutSeconds: 60,
    idleMs: 60_000,
    decode: JSON.parse,
  };
  const versions: ReportSchedule[] = [];
  for await (const { type, object } of watch<ReportSchedule>(client.transport, REPORT_SCHEDULES, options, signal)) {
    if (type === 'BOOKMARK') continue;
    versions.push(object);
    if (object.status.lastReport !== undefined) break;
  }
  return versions;
}

/** When its status was written, to the second, in epoch ms; NaN when it does not tell. */
function writtenAt({ metadata }: ReportSchedule): number {
  const { managedFields = [] } = metadata as {
    readonly managedFields?: readonly { readonly subresource?: string; readonly time: string }[];
  };
  return Date.parse(managedFields.find(({ subresource }) => subresource === 'status')?.time ?? '');
}

function numbered(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `s${index}`);
}

interface HangingWebhook {
  /** Resolves when it has been asked about a Report whose name begins so, and goes on being silent. */
  asks(prefix: string): Promise<void>;
  /** It is no longer asked, and whoever waits for it is let go. */
  end(): Promise<void>;
}

/** A webhook of the apiserver for Reports of one namespace, in force, that never answers. */
async function hang({ namespace, signal }: Billing, onFinished: (end: () => void) => void): Promise<HangingWebhook> {
  const asked: string[] = [];
  const { port, ca, closeAllConnections } = await serveTls((request) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => asked.push((JSON.parse(body) as { readonly request: { readonly name: string } }).request.name));
  }, onFinished);
  const clientConfig = { url: `https://127.0.0.1:${port}/`, caBundle: Buffer.from(ca).toString('base64') };
  const rules = [{ apiGroups: ['dossier.dev'], apiVersions: ['*'], resources: ['reports'], operations: ['CREATE'] }];
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
  const how = { timeoutSeconds: 10, failurePolicy: 'Fail', sideEffects: 'None', admissionReviewVersions: ['v1'] };
  const webhooks = [{ name: 'never.example.com', clientConfig, rules, namespaceSelector, ...how }];
  const metadata = { name: namespace };
  await client.create(WEBHOOKS, { apiVersion: 'admissionregistration.k8s.io/v1', kind: WEBHOOKS.kind, metadata, webhooks }, signal);
  const asks = async (prefix: string): Promise<void> => {
    while (!asked.some((name) => name.startsWith(prefix))) await sleep(50, undefined, { signal });
  };
  // The apiserver knows of it some moments later.
  for (let probe = 0; asked.length === 0; probe += 1) {
    const manifest = { apiVersion: 'dossier.dev/v1alpha1', kind: 'Report', metadata: { name: `probe-${probe}` }, spec: SPEC };
    const path = `/apis/dossier.dev/v1alpha1/namespaces/${namespace}/reports?dryRun=All`;
    const sent = client.transport.request({ method: 'POST', path, body: JSON.stringify(manifest), signal }).catch(() => undefined);
    await Promise.race([sent, asks('probe-')]);
  }
  return {
    asks,
    end: async () => {
      await client.delete(WEBHOOKS, undefined, namespace, { propagation: 'Background' }, signal);
      closeAllConnections();
    },
  };
}

/** As many Reports as an operator makes, at its minute and again until it has made its own: what the apiserver and this process take for that. */
async function askPlainly(billing: Billing): Promise<void> {
  await untilMinute();
  for (let round = 0; !plain.stop.signal.aborted && Date.now() < minute + PLAIN_MS; round += 1) {
    const began = performance.now();
    const reports = await Promise.all(Array.from({ length: COUNT }, (_, index) => billing.report(`r${round}-${index}`, SPEC)));
    if (round === 0) plain.secondsLate = Math.max(...reports.map(secondsLate));
    else plain.slowestSeconds = Math.max(plain.slowestSeconds, (performance.now() - began) / 1_000);
    await sleep(PLAIN_PAUSE_MS);
  }
}

async function untilMinute(): Promise<void> {
  while (Date.now() < minute) await sleep(minute - Date.now());
}

function expectOnTime(reports: readonly Report[], expect: ExpectStatic): void {
  const latest = LATEST_SECONDS + plain.secondsLate + plain.slowestSeconds;
  expect(reports.map(secondsLate).filter((seconds) => seconds < 0 || seconds > latest)).toEqual([]);
}

/** Whole seconds from the minute until the apiserver took it. */
function secondsLate({ metadata }: Report): number {
  return (Date.parse(metadata.creationTimestamp) - minute) / 1_000;
}

function textOf(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}
