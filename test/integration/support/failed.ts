/** A Report that has failed: why it says so, that an Event says so too, and that nothing of it is left but a Job to read. */
import { expect, vi } from 'vitest';
import type { Report } from '../../../src/api/generated/report.ts';
import { messageOf, reasonOf, type Billing } from './billing.ts';
import { runningPodsOf, storyOf, tracesOf } from './traces.ts';

/** Waits for the end, which must be Failed with this reason and a message like that; then no object, upload or running pod may be there, and the Job must (`job`). */
export async function expectFailed(billing: Billing, name: string, reason: string, says: RegExp, job: 'kept' | 'none'): Promise<Report> {
  const report = await billing.finished(name);
  expect(reasonOf(report), messageOf(report)).toBe(reason);
  expect(messageOf(report)).toMatch(says);
  expect(report.status.phase).toBe('Failed');
  expect(report.status.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual([
    'Ready=False',
    'Finished=True',
    'Stalled=True',
  ]);
  expect(report.status).not.toHaveProperty('file');
  expect(report.status).not.toHaveProperty('progress');
  const { jobs, objects, uploads } = await tracesOf(billing, name);
  expect({ objects, uploads, running: await runningPodsOf(billing, name) }).toEqual({ objects: [], uploads: [], running: [] });
  expect(jobs).toHaveLength(job === 'kept' ? 1 : 0);
  await billing.until(name, ({ metadata }) => metadata.finalizers === undefined);
  // Not expect.poll, which tests that run beside each other have to bring themselves.
  await vi.waitFor(async () => expect(await storyOf(billing, 'Report', name)).toContain(`Warning ${reason}`), {
    timeout: 15_000,
    interval: 50,
  });
  return report;
}
