/** Leader election on a real apiserver. How it behaves in bad weather is shown on a fake one (test/kube/leader.test.ts). */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { KubeClient } from '../../../src/kube/client.ts';
import { LeaderElection, type LeaseTiming } from '../../../src/kube/leader.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { LEASES } from '../../../src/kube/resources.ts';
import { adminClient, newNamespace } from '../support/servers.ts';

interface Lease extends KubeObject {
  readonly spec: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds: number;
    readonly leaseTransitions: number;
    readonly renewTime: string;
  };
}

let client: KubeClient;
let namespace: string;
const signal = AbortSignal.timeout(110_000);

beforeAll(async () => {
  client = adminClient();
  namespace = await newNamespace(client, 'leader');
});
afterAll(() => client.transport.close());

function candidate(name: string, identity: string, timing: LeaseTiming): LeaderElection {
  return new LeaderElection(client, { namespace, name, identity, timing, onError: () => undefined });
}

function lease(name: string): Promise<Lease> {
  return client.get<Lease>(LEASES, namespace, name, signal);
}

test('a lease is taken, renewed, released and taken by the next without waiting for it to expire', async () => {
  const patient: LeaseTiming = { durationMs: 600_000, renewDeadlineMs: 400_000, retryPeriodMs: 50 };
  const [first, second] = [candidate('released', 'first', patient), candidate('released', 'second', patient)];
  await first.acquire(signal);
  const taken = await lease('released');
  expect(taken.spec).toMatchObject({ holderIdentity: 'first', leaseDurationSeconds: 600, leaseTransitions: 0 });

  const stop = new AbortController();
  const kept = first.keep(stop.signal);
  const waiting = second.acquire(signal);
  await vi.waitFor(async () => expect((await lease('released')).spec.renewTime > taken.spec.renewTime).toBe(true), { timeout: 20_000 });
  expect(second.holds()).toBe(false);
  stop.abort();
  await kept;
  await first.release(signal);
  expect(first.holds()).toBe(false);
  await waiting;
  expect(second.holds()).toBe(true);
  expect((await lease('released')).spec).toMatchObject({ holderIdentity: 'second', leaseDurationSeconds: 600, leaseTransitions: 1 });
});

test('the lease of a leader that is gone is taken once it was seen unchanged for its duration', async () => {
  const timing: LeaseTiming = { durationMs: 2_000, renewDeadlineMs: 1_000, retryPeriodMs: 50 };
  const [gone, next] = [candidate('expired', 'gone', timing), candidate('expired', 'next', timing)];
  await gone.acquire(signal);
  const seen = performance.now();
  await next.acquire(signal);
  expect(performance.now() - seen).toBeGreaterThanOrEqual(2_000);
  expect(gone.holds()).toBe(false);
  expect((await lease('expired')).spec).toMatchObject({ holderIdentity: 'next', leaseTransitions: 1 });
});

test('three candidates that come and go never lead together', async () => {
  const timing: LeaseTiming = { durationMs: 1_000, renewDeadlineMs: 600, retryPeriodMs: 20 };
  const stop = new AbortController();
  const elections = ['a', 'b', 'c'].map((identity) => candidate('shared', identity, timing));
  const wrong: string[] = [];
  const sampling = setInterval(() => {
    if (elections.filter((election) => election.holds()).length > 1) wrong.push('two lead');
  }, 1);
  let reigns = 0;
  const lives = elections.map(async (election) => {
    while (!stop.signal.aborted) {
      try {
        await election.acquire(stop.signal);
        if (elections.some((other) => other !== election && other.holds())) wrong.push('one leads beside another');
        reigns += 1;
        const abdicate = new AbortController();
        const kept = election.keep(AbortSignal.any([stop.signal, abdicate.signal]));
        await Promise.race([kept, sleep(100)]);
        abdicate.abort();
        await kept;
        // Every second reign ends as a crash does: nobody is told.
        if (reigns % 2 === 0) await election.release(signal);
        else await sleep(timing.renewDeadlineMs);
      } catch {
        // Lost: a new life.
      }
    }
  });
  try {
    await vi.waitFor(() => expect(reigns).toBeGreaterThan(8), { timeout: 60_000, interval: 20 });
  } finally {
    stop.abort();
    await Promise.all(lives);
    clearInterval(sampling);
  }
  expect(wrong).toEqual([]);
});
