import { describe, expect, test } from 'vitest';
import type { Report } from '../../../src/api/generated/report.ts';
import { FreshReports } from '../../../src/operator/report/fresh-reports.ts';
import { aReport, type GivenReport } from './given.ts';

function version(resourceVersion: string, given: GivenReport = {}): Report {
  const report = aReport(given);
  return { ...report, metadata: { ...report.metadata, resourceVersion } };
}

describe('a Report of which the cache does not show the newest', () => {
  test('is what the last answer said, until the cache has caught up', () => {
    const fresh = new FreshReports();
    const [cached, written] = [version('7'), version('9', { status: { phase: 'Deploying' }, finalizer: true })];
    fresh.learn(cached, written);
    expect(fresh.latest(cached)).toEqual(written);
    expect(fresh.latest(version('8'))).toEqual(written);
    const caught = version('9', { status: { phase: 'Deploying' } });
    expect(fresh.latest(caught)).toBe(caught);
    expect(fresh.latest(cached)).toBe(cached); // nothing is kept that nobody needs
  });

  test('is kept no longer than until the cache shows it, and without what no cache needs', () => {
    const fresh = new FreshReports();
    const written = version('9', { status: { phase: 'Deploying' } });
    fresh.learn(version('7'), {
      ...written,
      metadata: { ...written.metadata, managedFields: [{ manager: 'sentinel' }] } as Report['metadata'],
    });
    expect(JSON.stringify(fresh.latest(version('7')))).not.toContain('sentinel');
    fresh.seen(version('8'));
    expect(fresh.latest(version('7')).status.phase).toBe('Deploying');
    fresh.seen(version('9'));
    expect(fresh.latest(version('7')).status.phase).not.toBe('Deploying');
  });

  test('keeps the spec that the cache read digit by digit, and the deletion policy of the answer', () => {
    const fresh = new FreshReports();
    const exact = { parameters: [{ name: 'id', value: 9007199254740993n as unknown as number }] };
    const cached = version('7', { spec: exact });
    fresh.learn(cached, version('8', { spec: { parameters: [{ name: 'id', value: 9007199254740992 }], deletionPolicy: 'Retain' } }));
    expect(fresh.latest(cached).spec).toMatchObject({ ...exact, deletionPolicy: 'Retain' });
  });

  test.each<[string, Report | undefined, Report]>([
    ['an answer that is older', version('7'), version('6')],
    ['an answer about another one of that name', version('7'), { ...version('9'), metadata: { ...version('9').metadata, uid: 'another' } }],
    ['an answer about one that is gone from the cache', undefined, version('9')],
  ])('learns nothing from %s', (_, cached, live) => {
    const fresh = new FreshReports();
    fresh.learn(cached, live);
    expect(fresh.latest(version('7'))).toEqual(version('7'));
  });

  test('is forgotten with the Report', () => {
    const fresh = new FreshReports();
    fresh.learn(version('7'), version('9'));
    fresh.forget(version('7').metadata.uid);
    expect(fresh.latest(version('7'))).toEqual(version('7'));
  });
});
