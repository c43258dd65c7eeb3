/** One run: a batch of Reports in bad weather, from their templates to their deletion, and the invariants asked at each stage. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import type { Report } from '../../src/api/generated/report.ts';
import { REPORTS } from '../../src/kube/resources.ts';
import { Billing } from '../integration/support/billing.ts';
import { InvoiceDatabase } from '../integration/support/invoices.ts';
import { adminClient, newBucket, newNamespace, postgres, s3 } from '../integration/support/servers.ts';
import { untilStorage } from '../integration/support/storages.ts';
import { ApiserverWeather } from '../support/apiserver-weather.ts';
import { Dice } from '../support/dice.ts';
import { Ledger } from '../support/ledger.ts';
import { S3Proxy } from '../support/s3-proxy.ts';
import { StoreWeather } from '../support/store-weather.ts';
import { createTemplates, type Member } from './batch.ts';
import { changedMinds, leftBehind, told, twoJobsAtOnce, wrongEnds } from './invariants.ts';
import { Observer } from './observer.ts';
import { askForRuns, createSchedules, deleteSchedules, runsOfSchedules, wrongRuns } from './schedules.ts';
import { SupervisedOperator } from './supervised.ts';

export interface Conditions {
  /** What it is called in the account. */
  readonly name: string;
  readonly seed: string;
  readonly members: readonly Member[];
  readonly apiserver: boolean;
  readonly store: boolean;
  /** Whether schedules make Reports, too. */
  readonly schedules?: boolean;
  /** How often the operator is killed. */
  readonly kills: number;
}

/** A busy machine takes its time; nothing waits for it when things go well. */
const FINISH_MS = 180_000;
/** Watches that were refused until now come back within seconds, and what they bring may still be written. */
const QUIET_MS = 3_000;
/** Then the weather passes, so that no run takes for ever: what is still waiting must find its way by itself. */
const LONGEST_STORM_MS = 20_000;
/** Share of writes at which the apiserver restarts. */
const RESTARTS = 0.03;
/** Refused writes are made again: without it, many of them would make a restart follow a restart. */
const RESTART_INTERVAL_MS = 5_000;

/** Throws when an invariant does not hold; prints the seed and what the weather was, in any case. */
export async function runInWeather({ name, seed, members, apiserver, store, schedules = false, kills }: Conditions): Promise<void> {
  const began = performance.now();
  const [dice, ledger] = [new Dice(seed), new Ledger()];
  const client = adminClient();
  const billing = new Billing(client, await newNamespace(client, 'weather'), await newBucket('weather'));
  const database = await InvoiceDatabase.create(billing);
  const proxy = await S3Proxy.start(s3().endpoint);
  const [overApiserver, overStore] = [new ApiserverWeather(dice, ledger), new StoreWeather(dice, ledger)];
  proxy.weather = overStore.weather;
  let passes: NodeJS.Timeout | undefined;
  const storm = (rough: boolean): void => {
    clearTimeout(passes);
    if (rough) passes = setTimeout(() => storm(false), LONGEST_STORM_MS);
    overApiserver.rough = rough && apiserver;
    overStore.rough = rough && store;
    if (overApiserver.rough) operator.cutAll(); // Watches from before would never see it.
  };
  let nextRestart = 0;
  const observer = await Observer.start(client, billing.namespace);
  const operator = await SupervisedOperator.start({
    namespace: billing.namespace,
    flags: ['--leader-elect', 'false'],
    dice,
    ledger,
    kills,
    fate: (request) => {
      const now = performance.now();
      if (overApiserver.rough && request.method !== 'GET' && now >= nextRestart && dice.next('restart')[0] < RESTARTS) {
        nextRestart = now + RESTART_INTERVAL_MS;
        ledger.note('the apiserver restarts: all connections are cut');
        operator.cutAll();
      }
      return overApiserver.fate(request);
    },
  });
  const times: string[] = [];
  let failure: Error | undefined;
  const stage = (what: string): void => void times.push(`${what} ${((performance.now() - began) / 1000).toFixed(1)} s`);
  try {
    await billing.storage('archive', { endpoint: proxy.endpoint });
    await createTemplates(billing);
    // A storage that was found wanting is looked at again only after 15 s.
    await untilStorage(billing, 'archive', 'Available');
    if (schedules) await createSchedules(billing);
    stage('storage available after');
    storm(true);
    await Promise.all(members.map(({ name: report, spec }) => billing.report(report, spec)));
    if (schedules) await askForRuns(billing);
    await vi.waitFor(async () => expect(await unfinished(billing)).toEqual([]), { timeout: FINISH_MS, interval: 100 });
    stage('all finished after');
    storm(false);
    const all = [...members, ...(schedules ? await runsOfSchedules(billing) : [])];
    expect(await wrongEnds(billing, all, billing.bucket)).toEqual([]);
    await untilQuiet(operator);
    stage('read back and settled after');

    storm(true);
    if (schedules) await deleteSchedules(billing);
    await Promise.all(members.map((member) => billing.delete(REPORTS, member.name)));
    await vi.waitFor(async () => expect(await remaining(billing)).toEqual([]), { timeout: FINISH_MS, interval: 100 });
    stage('all deleted after');
    storm(false);
    const names = all.map((member) => member.name);
    await vi.waitFor(async () => expect(await leftBehind(billing, names)).toEqual([]), { timeout: 30_000, interval: 250 });
    stage('nothing left after');
    operator.spare();
    await operator.stop();
    await observer.stop();
    expect(twoJobsAtOnce(observer.jobs)).toEqual([]);
    expect(changedMinds(observer.reports)).toEqual([]);
    expect(schedules ? wrongRuns(observer.reports) : []).toEqual([]);
    const { root } = s3();
    const secrets = [root.accessKeyId, root.secretAccessKey, postgres().password];
    expect(await told(billing, secrets, new Map([['the log of the operator', operator.log()]]))).toEqual([]);
    expect(operator.deaths).toEqual([]);
    stage('asked everything after');
  } catch (error) {
    console.log(operator.log());
    failure = error instanceof Error ? error : new Error('the run broke', { cause: error });
    throw error;
  } finally {
    console.log(
      [
        `weather "${name}", seed ${seed} (DOSSIER_SEED=${seed} repeats it): ${ledger.total} faults; ${times.join(', ')}`,
        ...ledger.lines(),
        ...(failure === undefined ? [] : [failure.message]),
      ].join('\n'),
    );
    storm(false);
    operator.spare();
    await operator.stop();
    await observer.stop();
    await proxy.close();
    await database.close();
    await client.transport.close();
  }
}

/** Reports that are not at their end. */
async function unfinished(billing: Billing): Promise<readonly string[]> {
  const { items } = await billing.client.list<Report>(REPORTS, { namespace: billing.namespace }, billing.signal);
  return items
    .filter(({ status }) => status.phase !== 'Ready' && status.phase !== 'Failed')
    .map(({ metadata, status }) => `${metadata.name}: ${JSON.stringify(status.conditions?.[0])}`);
}

async function remaining(billing: Billing): Promise<readonly string[]> {
  const { items } = await billing.client.list<Report>(REPORTS, { namespace: billing.namespace }, billing.signal);
  return items.map(({ metadata }) => `${metadata.name} ${JSON.stringify(metadata.finalizers)}`);
}

/** Waits until nothing is written any more. */
async function untilQuiet(operator: SupervisedOperator): Promise<void> {
  await vi.waitFor(
    async () => {
      const count = operator.writes;
      await sleep(QUIET_MS);
      expect(operator.writes).toBe(count);
    },
    { timeout: 60_000, interval: 1 },
  );
}
