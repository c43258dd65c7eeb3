/** One run: a batch of Reports in bad weather, from their templates to their deletion, and the invariants asked at each stage. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, vi } from 'vitest';
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
import { SupervisedOperator } from './supervised.ts';

export interface Conditions {
  /** What it is called in the account. */
  readonly name: string;
  readonly seed: string;
  readonly members: readonly Member[];
  readonly apiserver: boolean;
  readonly store: boolean;
  /** How often the operator is killed. */
  readonly kills: number;
}

/** A busy machine takes its time; nothing waits for it when things go well. */
const FINISH_MS = 240_000;
const QUIET_MS = 1_000;
/** Share of writes at which the apiserver restarts. */
const RESTARTS = 0.03;

/** Throws when an invariant does not hold; prints the seed and what the weather was, in any case. */
export async function runInWeather({ name, seed, members, apiserver, store, kills }: Conditions): Promise<void> {
  const began = performance.now();
  const [dice, ledger] = [new Dice(seed), new Ledger()];
  const client = adminClient();
  const billing = new Billing(client, await newNamespace(client, 'weather'), await newBucket('weather'));
  const database = await InvoiceDatabase.create(billing);
  const proxy = await S3Proxy.start(s3().endpoint);
  const [overApiserver, overStore] = [new ApiserverWeather(dice, ledger), new StoreWeather(dice, ledger)];
  proxy.weather = overStore.weather;
  const storm = (rough: boolean): void => {
    overApiserver.rough = rough && apiserver;
    overStore.rough = rough && store;
    if (overApiserver.rough) operator.cutAll(); // Watches from before would never see it.
  };
  const observer = await Observer.start(client, billing.namespace);
  const operator = await SupervisedOperator.start({
    namespace: billing.namespace,
    flags: ['--leader-elect', 'false'],
    dice,
    ledger,
    kills,
    fate: (request) => {
      if (overApiserver.rough && request.method !== 'GET' && dice.next('restart')[0] < RESTARTS) {
        ledger.note('the apiserver restarts: all connections are cut');
        operator.cutAll();
      }
      return overApiserver.fate(request);
    },
  });
  const names = members.map((member) => member.name);
  const times: string[] = [];
  const stage = (what: string): void => void times.push(`${what} ${((performance.now() - began) / 1000).toFixed(1)} s`);
  try {
    await billing.storage('archive', { endpoint: proxy.endpoint });
    await createTemplates(billing);
    // A storage that was found wanting is looked at again only after 15 s.
    await untilStorage(billing, 'archive', 'Available');
    stage('storage available after');
    storm(true);
    await Promise.all(members.map(({ name: report, spec }) => billing.report(report, spec)));
    await untilAll(billing, names, ({ status }) => status.phase === 'Ready' || status.phase === 'Failed');
    stage('all finished after');
    storm(false);
    const settled = await untilQuiet(operator);
    expect(await wrongEnds(billing, members, billing.bucket)).toEqual([]);
    expect(operator.writes).toBe(settled);
    stage('settled and read back after');

    storm(true);
    await Promise.all(names.map((report) => billing.delete(REPORTS, report)));
    await vi.waitFor(async () => expect(await remaining(billing)).toEqual([]), { timeout: FINISH_MS, interval: 100 });
    stage('all deleted after');
    storm(false);
    await vi.waitFor(async () => expect(await leftBehind(billing, names)).toEqual([]), { timeout: 30_000, interval: 250 });
    stage('nothing left after');
    operator.spare();
    await operator.stop();
    await observer.stop();
    expect(twoJobsAtOnce(observer.jobs)).toEqual([]);
    expect(changedMinds(observer.reports)).toEqual([]);
    const { root } = s3();
    const secrets = [root.accessKeyId, root.secretAccessKey, postgres().password];
    expect(await told(billing, secrets, new Map([['the log of the operator', operator.log()]]))).toEqual([]);
    expect(operator.deaths).toEqual([]);
    stage('asked everything after');
  } catch (error) {
    console.log(operator.log());
    throw error;
  } finally {
    console.log(
      [
        `weather "${name}", seed ${seed} (DOSSIER_SEED=${seed} repeats it): ${ledger.total} faults; ${times.join(', ')}`,
        ...ledger.lines(),
      ].join('\n'),
    );
    operator.spare();
    await operator.stop();
    await observer.stop();
    await proxy.close();
    await database.close();
    await client.transport.close();
  }
}

type ReportList = Awaited<ReturnType<Billing['get']>>;

async function untilAll(billing: Billing, names: readonly string[], is: (report: ReportList) => boolean): Promise<void> {
  await vi.waitFor(
    async () => {
      const { items } = await billing.client.list<ReportList>(REPORTS, { namespace: billing.namespace }, billing.signal);
      const waiting = items.filter((report) => names.includes(report.metadata.name) && !is(report));
      expect(waiting.map(({ metadata, status }) => `${metadata.name}: ${JSON.stringify(status.conditions?.[0])}`)).toEqual([]);
    },
    { timeout: FINISH_MS, interval: 100 },
  );
}

async function remaining(billing: Billing): Promise<readonly string[]> {
  const { items } = await billing.client.list<ReportList>(REPORTS, { namespace: billing.namespace }, billing.signal);
  return items.map(({ metadata }) => `${metadata.name} ${JSON.stringify(metadata.finalizers)}`);
}

/** Waits for a second without a write; resolves to how many there were. */
async function untilQuiet(operator: SupervisedOperator): Promise<number> {
  return vi.waitFor(
    async () => {
      const count = operator.writes;
      await sleep(QUIET_MS);
      expect(operator.writes).toBe(count);
      return count;
    },
    { timeout: 60_000, interval: 1 },
  );
}
