/** Timetables of expressions and calendars, with one look-up of each zone's changes for all of them. */
import { compileCalendar, type Calendar } from '../../src/schedule/calendar.ts';
import { parseCron } from '../../src/schedule/cron.ts';
import type { Timetable } from '../../src/schedule/due-search.ts';
import { nextTime } from '../../src/schedule/timetable.ts';
import { ZoneOffsets } from '../../src/time/zone-offsets.ts';

const known = new Map<string, ZoneOffsets>();

function offsetsOf(zone: string): ZoneOffsets {
  const offsets = known.get(zone) ?? new ZoneOffsets(zone);
  known.set(zone, offsets);
  return offsets;
}

export function cron(expression: string, zone: string): Timetable {
  const rule = parseCron(expression);
  if (!rule.ok) throw new Error(rule.problem);
  return { rule: rule.value, zone: offsetsOf(zone) };
}

export function calendar(given: Calendar, zone: string): Timetable {
  const rule = compileCalendar(given);
  if (!rule.ok) throw new Error(rule.problem);
  return { rule: rule.value, zone: offsetsOf(zone) };
}

/** All due times in from <= time < to, one after the other. */
export function timesBetween(timetable: Timetable, from: number, to: number): readonly number[] {
  const times: number[] = [];
  for (let time = nextTime(timetable, from - 1); time !== undefined && time < to; time = nextTime(timetable, time)) times.push(time);
  return times;
}
