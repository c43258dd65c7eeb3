/** How many repositories are looked up at once, whatever comes due at one moment. */
import { expect, test } from 'vitest';
import { AliveJobs } from '../../../src/operator/report/controller.ts';
import type { CachedJob } from '../../../src/operator/report/job-facts.ts';
import { RunLimiter } from '../../../src/operator/report/limits.ts';
import { LOOKUP_LIMITS, lookupOf } from '../../../src/operator/repository/controller.ts';

function jobOf(uid: string, namespace: string, kind = 'ReportRepository', ended = false): CachedJob {
  const conditions = ended ? [{ type: 'Complete', status: 'True' }] : [];
  return {
    metadata: { name: `${uid}-job`, uid: `${uid}-job`, namespace, ownerReferences: [{ kind, name: uid, uid, controller: true }] },
    spec: {},
    status: { conditions },
    facts: undefined,
  } as unknown as CachedJob;
}

test('of a hundred that come due together twenty get a Job, five of one namespace, and each end lets the next one begin', () => {
  const alive = new AliveJobs(lookupOf);
  const woken: string[] = [];
  const lookups = new RunLimiter(
    LOOKUP_LIMITS,
    () => alive.values(),
    (key) => woken.push(key),
    'repositories are being looked up',
  );
  const all = Array.from({ length: 100 }, (_, n) => {
    const namespace = n < 60 ? 'crowded' : `team-${n % 8}`;
    const createdAt = new Date(Date.UTC(2026, 10, 1) + n * 1000).toISOString();
    return { key: `${namespace}/repository-${n}`, uid: `repository-${n}`, namespace, templateUid: '', templateLimit: undefined, createdAt };
  });
  const begin = (key: string): boolean => {
    const claim = all.find((each) => each.key === key);
    if (claim === undefined || !lookups.claim(claim).granted) return false;
    alive.update(undefined, jobOf(claim.uid, claim.namespace));
    lookups.release(claim.uid);
    return true;
  };
  // A Job of a Report takes nobody's place.
  alive.update(undefined, jobOf('a-report', 'crowded', 'Report'));
  const begun = all.map(({ key }) => key).filter(begin);
  for (let key = woken.shift(); key !== undefined; key = woken.shift()) if (begin(key)) begun.push(key);
  expect(begun).toHaveLength(20);
  expect(begun.filter((key) => key.startsWith('crowded/'))).toHaveLength(5);
  expect(lookups.claim(all[99]!)).toEqual({ granted: false, message: 'waiting: 20 of 20 repositories are being looked up' });

  const [first = ''] = begun;
  const uid = first.split('/')[1] ?? '';
  expect(alive.update(jobOf(uid, 'crowded'), jobOf(uid, 'crowded', 'ReportRepository', true))).toBe(true);
  lookups.wakeNext();
  expect(woken).toHaveLength(1);
  expect(begin(woken[0] ?? '')).toBe(true);
});
