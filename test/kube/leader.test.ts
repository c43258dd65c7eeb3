import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LeaderElection, type LeaseTiming } from '../../src/kube/leader.ts';
import { FakeApiserver, type Exchange, type Weather } from '../support/fake-apiserver.ts';
import type { Draft } from '../support/object-table.ts';
import { hangUp, noAnswer, refuse } from '../support/weather.ts';

const COLLECTION = '/apis/coordination.k8s.io/v1/leases';
const KEY = 'dossier/leader';
/**
 * In proportion to the real one. Its clock stands still in most tests but for `pass`, so that no pause of the machine can look like a lost leader; and as a try is given up
 * after half the deadline by the machine's own clock, none is that the machine was only too busy for.
 */
const TIMING: LeaseTiming = { durationMs: 150_000, renewDeadlineMs: 100_000, retryPeriodMs: 2 };
/** Where tries have to be given up. */
const IMPATIENT: LeaseTiming = { durationMs: 150, renewDeadlineMs: 100, retryPeriodMs: 2 };

interface Spec {
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly leaseTransitions: number;
}

/** Of the monotonic clock, in ms. */
let now: number;
let server: FakeApiserver;
let stop: AbortController;
let keeps: Promise<unknown>[];

beforeEach(async () => {
  now = 1_000;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  server = await FakeApiserver.start();
  stop = new AbortController();
  keeps = [];
});
afterEach(async () => {
  stop.abort();
  await Promise.all(keeps);
  await server.close();
  vi.restoreAllMocks();
});

/** Time goes by, and then everybody has tried again. */
async function pass(ms: number): Promise<void> {
  now += ms;
  const tries = server.received('get').length;
  // Whoever was in the middle of a try has ended it and made another.
  await vi.waitFor(() => expect(server.received('get').length).toBeGreaterThanOrEqual(tries + 6), { timeout: 10_000, interval: 2 });
}

function candidate(identity: string, timing: LeaseTiming = TIMING): LeaderElection {
  return new LeaderElection(server.client(), { namespace: 'dossier', name: 'leader', identity, timing, onError: () => undefined });
}

/** Keeps the lease until it is lost, in the background. */
function keep(election: LeaderElection, signal: AbortSignal = stop.signal): Promise<unknown> {
  const kept = election.keep(signal).catch((error: unknown) => error);
  keeps.push(kept);
  return kept;
}

function spec(): Spec {
  return (server.objects.get(COLLECTION, KEY) as unknown as { readonly spec: Spec }).spec;
}

function writeLease(holderIdentity: string | null, renewTime: string, more: Partial<Spec> = {}): void {
  const draft: Draft = {
    metadata: { name: 'leader', namespace: 'dossier' },
    spec: { holderIdentity, leaseDurationSeconds: 150, renewTime, ...more },
  };
  server.objects.put(COLLECTION, draft);
}

/** The write is done and its answer never arrives. */
const loseReply: Weather = ({ response, serve }) => {
  response.socket?.destroy();
  serve();
};

test('the first to come leads and says so in the lease', async () => {
  const leader = candidate('a');
  expect(leader.holds()).toBe(false);
  await leader.acquire(stop.signal);
  expect(leader.holds()).toBe(true);
  const microTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
  expect(spec()).toEqual({
    holderIdentity: 'a',
    leaseDurationSeconds: 150,
    acquireTime: expect.stringMatching(microTime) as string,
    renewTime: expect.stringMatching(microTime) as string,
    leaseTransitions: 0,
  });
});

test('a leader that renews stays one, and nobody else becomes one', async () => {
  const [leader, other] = [candidate('a'), candidate('b')];
  await leader.acquire(stop.signal);
  const { acquireTime, renewTime } = spec();
  void keep(leader);
  const waiting = other.acquire(stop.signal).catch(() => 'stopped');
  for (let step = 0; step < 10; step += 1) {
    await pass(TIMING.renewDeadlineMs / 2);
    expect(leader.holds()).toBe(true);
    expect(other.holds()).toBe(false);
  }
  expect(spec()).toMatchObject({ holderIdentity: 'a', acquireTime, leaseTransitions: 0 });
  expect(spec().renewTime > renewTime).toBe(true);
  stop.abort();
  expect(await waiting).toBe('stopped');
});

test('of two who take the lease at the same time one leads', async () => {
  writeLease('', '2026-11-23T10:00:00.000000Z');
  const held: (() => void)[] = [];
  const hold: Weather = ({ serve }) => {
    held.push(serve);
    if (held.length === 2) for (const go of held) go();
  };
  server.next('write', hold, hold);
  const elections = [candidate('a'), candidate('b')];
  const acquired = elections.map((election) =>
    election.acquire(stop.signal).then(
      () => 'leads',
      () => 'stopped',
    ),
  );
  await Promise.race(acquired);
  await pass(0);
  expect(elections.filter((election) => election.holds())).toHaveLength(1);
  stop.abort();
  expect((await Promise.all(acquired)).sort()).toEqual(['leads', 'stopped']);
});

test('a renewal counts from when it was sent, not from its late answer', async () => {
  const leader = candidate('a');
  await leader.acquire(stop.signal);
  server.next('get', ({ serve }) => serve(), ...Array.from({ length: 100 }, () => noAnswer));
  server.next('write', ({ serve }) => {
    now += 60_000;
    serve();
  });
  void keep(leader);
  await vi.waitFor(() => expect(server.received('get')).toHaveLength(3), { interval: 2 });
  now += 39_999;
  expect(leader.holds()).toBe(true);
  now += 1;
  expect(leader.holds()).toBe(false);
});

describe('a leader that is gone', () => {
  test('is followed once its lease was seen unchanged for its duration, and not before', async () => {
    const [leader, other] = [candidate('a'), candidate('b')];
    await leader.acquire(stop.signal);
    const waiting = other.acquire(stop.signal);
    await pass(0);
    await pass(TIMING.durationMs);
    expect(leader.holds()).toBe(false);
    expect(other.holds()).toBe(false);
    now += 1;
    await waiting;
    expect(other.holds()).toBe(true);
    expect(spec()).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
  });

  test('and released its lease is followed at the next try', async () => {
    const [leader, other] = [candidate('a'), candidate('b')];
    await leader.acquire(stop.signal);
    const waiting = other.acquire(stop.signal);
    await vi.waitFor(() => expect(server.received('get').length).toBeGreaterThan(2));
    await leader.release(stop.signal);
    expect(leader.holds()).toBe(false);
    await waiting;
    expect(spec()).toMatchObject({ holderIdentity: 'b', leaseDurationSeconds: 150, leaseTransitions: 1 });
  });

  test('and whose last renewal had no answer still releases its lease', async () => {
    const leader = candidate('a');
    await leader.acquire(stop.signal);
    server.next('write', (exchange) => {
      loseReply(exchange);
      stop.abort();
    });
    await keep(leader);
    await leader.release(AbortSignal.timeout(5_000));
    expect(spec().holderIdentity).toBe('');
  });
});

describe('another’s clock', () => {
  test.each(['2026-11-23T09:00:00.000000Z', '2026-11-23T11:00:00.000000Z', '1970-01-01T00:00:00.000000Z', 'no time at all'])(
    'that says %s makes its lease neither shorter nor longer',
    async (renewTime) => {
      writeLease('other', renewTime);
      const election = candidate('a');
      const waiting = election.acquire(stop.signal);
      await pass(0);
      await pass(TIMING.durationMs);
      expect(election.holds()).toBe(false);
      now += 1;
      await waiting;
      expect(election.holds()).toBe(true);
    },
  );

  test('that stands still does not end a lease that is renewed', async () => {
    writeLease('other', '2026-11-23T10:00:00.000000Z');
    const election = candidate('a');
    const waiting = election.acquire(stop.signal).catch(() => 'stopped');
    for (let renewal = 0; renewal < 5; renewal += 1) {
      await pass(TIMING.renewDeadlineMs);
      writeLease('other', '2026-11-23T10:00:00.000000Z');
    }
    expect(election.holds()).toBe(false);
    stop.abort();
    expect(await waiting).toBe('stopped');
  });
});

describe('leases that others left', () => {
  test.each<[string, () => void]>([
    ['nobody’s', () => writeLease(null, '2026-11-23T10:00:00.000000Z')],
    ['an empty holder’s', () => writeLease('', '2026-11-23T10:00:00.000000Z')],
    ['an object without a spec', () => server.objects.put(COLLECTION, { metadata: { name: 'leader', namespace: 'dossier' } })],
  ])('%s: taken at once', async (_, leave) => {
    leave();
    await candidate('a').acquire(AbortSignal.timeout(5_000));
    expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'PUT']);
  });
});

describe('a leader that hears nothing from the apiserver', () => {
  test.each<[string, Weather]>([
    ['because connections break', hangUp],
    ['because it does not answer', noAnswer],
    ['because it answers with errors', refuse(500)],
    ['because it may not any more', refuse(403, 'Forbidden')],
  ])('%s is none before another can be', async (_, weather) => {
    const leader = candidate('a', IMPATIENT);
    await leader.acquire(stop.signal);
    server.next('get', ...Array.from({ length: 1_000 }, () => weather));
    const kept = keep(leader);
    now += IMPATIENT.renewDeadlineMs - 1;
    await vi.waitFor(() => expect(server.received('get').length).toBeGreaterThan(2), { interval: 2 });
    expect(leader.holds()).toBe(true);
    now += 1;
    expect(leader.holds()).toBe(false);
    expect(String(await kept)).toBe('Error: lost the lease dossier/leader: another instance may lead now');
  });

  test('for a while goes on leading when the apiserver is back in time', async () => {
    const leader = candidate('a');
    await leader.acquire(stop.signal);
    server.next('get', hangUp, refuse(500));
    server.next('write', refuse(409, 'Conflict'), loseReply);
    void keep(leader);
    await vi.waitFor(() => expect(server.weatherLeft).toBe(0), { interval: 2 });
    await pass(TIMING.renewDeadlineMs - 1);
    await pass(TIMING.renewDeadlineMs - 1);
    expect(leader.holds()).toBe(true);
  });

  test('because it was paused does not hold when it wakes, before anybody tells it', async () => {
    const leader = candidate('a');
    await leader.acquire(stop.signal);
    now += TIMING.renewDeadlineMs - 1;
    expect(leader.holds()).toBe(true);
    now += 1;
    expect(leader.holds()).toBe(false);
  });
});

test.each<[string, () => void]>([
  ['taken by force', () => writeLease('b', '2026-11-23T10:00:00.000000Z')],
  [
    'deleted and made by another',
    () => {
      server.objects.remove(COLLECTION, KEY);
      writeLease('b', '2026-11-23T10:00:00.000000Z');
    },
  ],
])('a lease that was %s is lost as soon as that is seen', async (_, happens) => {
  const leader = candidate('a');
  await leader.acquire(stop.signal);
  happens();
  expect(String(await keep(leader))).toContain('lost the lease');
  expect(leader.holds()).toBe(false);
  await leader.release(stop.signal);
  expect(spec().holderIdentity).toBe('b');
});

describe('stopping', () => {
  test('ends waiting for the lease with the reason given', async () => {
    writeLease('other', '2026-11-23T10:00:00.000000Z', { leaseDurationSeconds: 60 });
    const waiting = candidate('a').acquire(stop.signal);
    const ended = expect(waiting).rejects.toThrow('enough');
    await vi.waitFor(() => expect(server.requests.length).toBeGreaterThan(1));
    stop.abort(new Error('enough'));
    await ended;
  });

  test.each<[string, Weather]>([
    ['between two renewals', ({ serve }) => serve()],
    ['in the middle of a renewal', noAnswer],
  ])('%s ends keeping it in peace', async (_, weather) => {
    const leader = candidate('a');
    await leader.acquire(stop.signal);
    server.next('get', weather);
    const kept = keep(leader);
    await vi.waitFor(() => expect(server.received('get').length).toBeGreaterThan(1));
    stop.abort();
    expect(await kept).toBeUndefined();
  });
});

test('there are never two leaders, whatever the weather', async () => {
  vi.restoreAllMocks(); // By the real clock.
  const storms: Readonly<Record<string, Weather>> = {
    serve: ({ serve }) => serve(),
    hangUp,
    refuse: refuse(500),
    loseReply,
    conflict: refuse(409, 'Conflict'),
    // Longer than a try may take, so that the write is done when nobody waits for it.
    late: ({ serve, response }: Exchange) => void setTimeout(() => response.destroyed || serve(), 60),
    noAnswer,
  };
  const storm = fc.constantFrom(...Object.keys(storms));
  await fc.assert(
    fc.asyncProperty(
      fc.array(storm, { minLength: 20, maxLength: 30 }),
      fc.array(storm, { minLength: 20, maxLength: 30 }),
      async (reads, writes) => {
        server.objects.remove(COLLECTION, KEY);
        const end = new AbortController();
        const elections = ['a', 'b', 'c'].map((identity) => ({ identity, election: candidate(identity, IMPATIENT) }));
        const wrong: string[] = [];
        const check = (): void => {
          const holders = elections.filter(({ election }) => election.holds()).map(({ identity }) => identity);
          if (holders.length > 1) wrong.push(`${holders.join(' and ')} lead`);
        };
        // The moment that counts: the lease changes hands.
        const ended = server.objects.listen(({ object }) => {
          const holder = (object as unknown as { readonly spec: Spec }).spec.holderIdentity;
          for (const { identity, election } of elections)
            if (identity !== holder && election.holds()) wrong.push(`${holder} took the lease while ${identity} held it`);
        });
        const sampling = setInterval(check, 1);
        server.next('get', ...reads.map((name) => storms[name] ?? hangUp));
        server.next('write', ...writes.map((name) => storms[name] ?? hangUp));
        const lives = elections.map(async ({ election }) => {
          while (!end.signal.aborted) {
            try {
              await election.acquire(end.signal);
              await election.keep(end.signal);
            } catch {
              // Lost: a new life, as a restarted process has one.
            }
          }
        });
        try {
          await vi.waitFor(() => expect(server.weatherLeft).toBe(0), { timeout: 10_000, interval: 5 });
          await vi.waitFor(() => expect(elections.filter(({ election }) => election.holds())).toHaveLength(1), {
            timeout: 5_000,
            interval: 5,
          });
        } finally {
          end.abort();
          await Promise.all(lives);
          clearInterval(sampling);
          ended();
        }
        expect(wrong).toEqual([]);
      },
    ),
    { numRuns: 3, endOnFailure: true },
  );
});
