/**
 * When a ReportSchedule is due: its expression or calendar in its zone, read once and remembered.
 *
 * Hundreds of schedules share a few expressions, and every pass asks again; an answer depends on nothing but the text and the zone.
 */
import type { ReportSchedule } from '../../api/generated/reportschedule.ts';
import { compileCalendar } from '../../schedule/calendar.ts';
import { parseCron } from '../../schedule/cron.ts';
import type { Timetable } from '../../schedule/due-search.ts';
import { ZoneOffsets } from '../../time/zone-offsets.ts';
import { timeZoneProblem } from '../../time/zones.ts';

/** Distinct (expression, zone) pairs that are remembered; the least recently used goes. */
const MEMORY_LIMIT = 2_048;

export type Timing =
  | { readonly kind: 'valid'; readonly timetable: Timetable }
  | { readonly kind: 'invalid'; readonly reason: 'InvalidSchedule' | 'UnknownTimeZone'; readonly message: string };

const remembered = new Map<string, Timing>();
/** A few hundred at most: only names that are known get here. */
const zones = new Map<string, ZoneOffsets>();

export function timingOf({ spec }: ReportSchedule): Timing {
  // Its Reports name their periods in a zone of their own when they have one.
  const zoneProblem = spec.report.spec.timeZone === undefined ? undefined : timeZoneProblem(spec.report.spec.timeZone);
  if (zoneProblem !== undefined)
    return { kind: 'invalid', reason: 'UnknownTimeZone', message: `spec.report.spec.timeZone: ${zoneProblem}` };
  // Somebody may write as an expression, which it is not, the very words that another one's calendar is made of.
  const key = `${spec.schedule === undefined ? 'calendar' : 'cron'} ${timingKey(spec)}`;
  const known = remembered.get(key);
  if (known !== undefined) remembered.delete(key); // and set again below: a Map keeps the order of insertion
  const timing = known ?? read(spec);
  remembered.set(key, timing);
  const oldest = remembered.size > MEMORY_LIMIT ? remembered.keys().next().value : undefined;
  if (oldest !== undefined) remembered.delete(oldest);
  return timing;
}

/** What decides about due times, as a text: when it changes, runs of the past are off. */
export function timingKey({ schedule, calendar, timeZone }: ReportSchedule['spec']): string {
  const { frequency, at, daysOfWeek = [], daysOfMonth = [] } = calendar ?? {};
  const when = schedule ?? [frequency, at, ...daysOfWeek, ...daysOfMonth].join(' ');
  return `${when} ${timeZone}`;
}

function read({ schedule, calendar, timeZone }: ReportSchedule['spec']): Timing {
  const zoneProblem = timeZoneProblem(timeZone);
  if (zoneProblem !== undefined) return { kind: 'invalid', reason: 'UnknownTimeZone', message: `spec.timeZone: ${zoneProblem}` };
  const field = schedule === undefined ? 'spec.calendar' : 'spec.schedule';
  const rule = schedule !== undefined ? parseCron(schedule) : calendar !== undefined ? compileCalendar(calendar) : undefined;
  if (rule === undefined) return { kind: 'invalid', reason: 'InvalidSchedule', message: 'spec has neither schedule nor calendar' };
  if (!rule.ok) return { kind: 'invalid', reason: 'InvalidSchedule', message: `${field}: ${rule.problem}` };
  const zone = zones.get(timeZone) ?? new ZoneOffsets(timeZone);
  zones.set(timeZone, zone);
  return { kind: 'valid', timetable: { rule: rule.value, zone } };
}
