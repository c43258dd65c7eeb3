/**
 * Stories of an operator whose caches lag behind each other, whose answers are lost, and which another one takes over from in the middle: each time has one Report, never two
 * of a schedule under way that forbids it, and periods meet.
 */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Report } from '../../../src/api/generated/report.ts';
import { ConnectionError, isConflict } from '../../../src/kube/errors.ts';
import { Cluster, Instance } from './cluster.ts';
import { aSchedule } from './world.ts';

const START = Date.parse('2026-03-02T08:59:30Z');
const SINCE = [{ name: 'since', period: { relative: 'SincePreviousRun' } }] as const;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const kinds = fc.constantFrom<'schedules' | 'reports'>('schedules', 'reports');
const happenings = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constant('looks' as const), kinds: fc.uniqueArray(kinds) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('standbySees' as const), kinds: fc.uniqueArray(kinds) }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('passes' as const), seconds: fc.constantFrom(1, 4, 11, 60) }) },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant('ends' as const), phase: fc.constantFrom<'Ready' | 'Failed'>('Ready', 'Failed') }),
  },
  fc.record({ what: fc.constantFrom('answerIsLost' as const, 'isAsked' as const, 'takesOver' as const) }),
);
type Happening = typeof happenings extends fc.Arbitrary<infer T> ? T : never;

/** A cluster, the operator that leads, and one that waits for its turn. */
class Story {
  readonly cluster: Cluster;
  /** Every Report there ever was, as it was last, by UID. */
  readonly ever = new Map<string, Report>();
  /** The most Reports that were under way at once. */
  mostActive = 0;
  #leader: Instance;
  #standby: Instance;
  #requests = 0;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.#leader = new Instance(cluster).sees('schedules', 'reports');
    this.#standby = new Instance(cluster).sees('schedules', 'reports');
  }

  async goesOn(happening: Happening): Promise<void> {
    switch (happening.what) {
      case 'looks':
        return this.#look(happening.kinds);
      case 'standbySees':
        this.#standby.sees(...happening.kinds);
        return;
      case 'passes':
        vi.advanceTimersByTime(happening.seconds * 1_000);
        return;
      case 'ends':
        for (const name of this.#active()) this.cluster.finish(name, happening.phase);
        return this.#remember();
      case 'answerIsLost':
        this.cluster.losesAnswer = true;
        return;
      case 'isAsked':
        this.#requests += 1;
        return this.cluster.annotate({ 'dossier.dev/run': String(this.#requests) });
      case 'takesOver':
        this.#leader = this.#standby;
        this.#standby = new Instance(this.cluster).sees('schedules', 'reports');
    }
  }

  async #look(seen: readonly ('schedules' | 'reports')[]): Promise<void> {
    await this.#leader.looks(...seen).catch((error: unknown) => {
      if (!isConflict(error) && !(error instanceof ConnectionError)) throw error;
    });
    this.#remember();
    this.mostActive = Math.max(this.mostActive, this.#active().length);
  }

  #active(): readonly string[] {
    return [...this.cluster.reports].flatMap(([name, { status }]) => (status.phase === undefined ? [name] : []));
  }

  #remember(): void {
    for (const report of this.cluster.reports.values()) this.ever.set(report.metadata.uid, report);
  }
}

async function told(happening: readonly Happening[], spec: object, parameters: typeof SINCE | readonly [] = []): Promise<Story> {
  vi.setSystemTime(START);
  const schedule = { schedule: '* * * * *', history: { successful: 1, failed: 0 }, ...spec };
  const story = new Story(new Cluster(aSchedule({ name: 'minutely', created: new Date(START).toISOString(), spec: schedule, parameters })));
  for (const next of happening) await story.goesOn(next);
  return story;
}

describe('however caches lag', () => {
  const stories = fc.array(happenings, { minLength: 20, maxLength: 100 });
  const runs = { numRuns: 100 };

  test('each time and each request has one Report', async () => {
    const check = async (story: readonly Happening[], concurrencyPolicy: string): Promise<void> => {
      const { cluster } = await told(story, { concurrencyPolicy });
      expect([...cluster.created].filter(([, times]) => times > 1)).toEqual([]);
    };
    await fc.assert(fc.asyncProperty(stories, fc.constantFrom('Allow', 'Forbid', 'Queue'), check), runs);
  });

  test('one run of SincePreviousRun is under way, and periods meet', async () => {
    const check = async (story: readonly Happening[]): Promise<void> => {
      const { ever, mostActive } = await told(story, {}, SINCE);
      expect(mostActive).toBeLessThanOrEqual(1);
      const periods = [...ever.values()]
        .filter(({ status }) => status.phase === 'Ready')
        .map(({ spec }) => spec.parameters?.[0]?.period)
        .toSorted((a, b) => String(a?.from).localeCompare(String(b?.from)));
      expect(periods.slice(1).map((period) => period?.from)).toEqual(periods.slice(0, -1).map((period) => period?.to));
    };
    await fc.assert(fc.asyncProperty(stories, check), runs);
  });
});
