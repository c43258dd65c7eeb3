/**
 * Names of the Reports that a schedule spawns: they follow from the schedule and the run alone, so two controllers, a restart or a lost reply can never run one twice.
 */
import { createHash } from 'node:crypto';
import { base32 } from '../base32.ts';

/** `<schedule>-<Unix minutes>` of the run that was due at a time (milliseconds since 1970-01-01T00:00:00Z), e.g. `monthly-invoices-29384720`. */
export function scheduledRunName(schedule: string, dueAt: number): string {
  return `${schedule}-${Math.floor(dueAt / 60_000)}`;
}

/** `<schedule>-run-<10 characters of base32(sha256(value))>` of the run that an annotation asked for; the same value is the same run. */
export function requestedRunName(schedule: string, value: string): string {
  return `${schedule}-run-${base32(createHash('sha256').update(value).digest()).slice(0, 10)}`;
}
