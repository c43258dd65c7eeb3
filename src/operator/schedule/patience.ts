/**
 * For how long the status may be silent about a run that goes on.
 *
 * A run costs a Report, a status that tells that it was made, and one that tells how it ended. Many runs end within seconds: when the first status waits for the end, one
 * status tells both. Nothing depends on it: that a run was made is known from its Report, as after a crash (baseline.ts).
 */
import { isDeepStrictEqual } from 'node:util';
import type { ReportScheduleStatus } from '../../api/generated/reportschedule.ts';

/** From the scheduled time on; a run that was made later than that is told at once. */
const PATIENCE_MS = 10_000;

/**
 * Until when, in epoch ms, a status may wait to be written that tells nothing but that the run of `scheduledAt` was made and goes on; undefined = it must not wait, because
 * it tells more, or that time has passed, or is still to come: then the clock was set back, and nobody knows how long ten seconds would be.
 */
export function mayWaitUntil(
  before: ReportScheduleStatus,
  after: ReportScheduleStatus,
  scheduledAt: number,
  now: number,
): number | undefined {
  const until = scheduledAt + PATIENCE_MS;
  const oneMore = (after.activeCount ?? 0) === (before.activeCount ?? 0) + 1;
  return scheduledAt <= now && until > now && oneMore && isDeepStrictEqual(besidesRun(before), besidesRun(after)) ? until : undefined;
}

/** What does not change by making a run. */
function besidesRun(status: ReportScheduleStatus): Partial<ReportScheduleStatus> {
  const { active: _active, activeCount: _count, baselineTime: _baseline, ...rest } = status;
  const { lastScheduleTime: _last, nextScheduleTime: _next, planned: _planned, ...besides } = rest;
  return besides;
}
