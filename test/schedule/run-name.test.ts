import { expect, test } from 'vitest';
import { requestedRunName, scheduledRunName } from '../../src/schedule/run-name.ts';

test('a run is named after its minute', () => {
  expect(scheduledRunName('monthly-invoices', Date.parse('2025-11-14T00:00Z'))).toBe('monthly-invoices-29384640');
});

test('a run that was asked for is named after what was asked', () => {
  // printf 1764000000 | openssl sha256 -binary | base32
  expect(requestedRunName('monthly-invoices', '1764000000')).toBe('monthly-invoices-run-7odmboknvs');
});

test('names of the longest schedule fit a Report', () => {
  const schedule = 's'.repeat(37);
  expect(requestedRunName(schedule, '1').length).toBe(52);
  expect(scheduledRunName(schedule, Date.parse('2200-01-01T00:00Z')).length).toBeLessThanOrEqual(52);
});
