/** What is remembered of one schedule's times is no other's: hundreds share the memory, of all namespaces. */
import { expect, test } from 'vitest';
import { timingOf } from '../../../src/operator/schedule/timing.ts';
import { aSchedule } from './world.ts';

const created = '2026-03-02T08:30:00Z';

test.each([
  ['Weekly 06:00 Monday Tuesday Friday', { frequency: 'Weekly', at: '06:00', daysOfWeek: ['Monday', 'Tuesday', 'Friday'] }],
  ['Monthly 06:00 1 15 -1', { frequency: 'Monthly', at: '06:00', daysOfMonth: [1, 15, -1] }],
] as const)('an expression that says %s is wrong, and the calendar of these words is right', (words, { ...calendar }) => {
  const wrong = aSchedule({ created, spec: { schedule: words } });
  const right = aSchedule({ created, spec: { calendar: calendar } });
  for (const _ of [1, 2]) {
    expect(timingOf(wrong)).toMatchObject({ kind: 'invalid', reason: 'InvalidSchedule' });
    expect(timingOf(right)).toMatchObject({ kind: 'valid' });
  }
});
