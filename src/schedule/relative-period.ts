/**
 * Periods that are named from a moment: "last month", "the seven days before today"; and what the first run of SincePreviousRun covers.
 *
 * Half-open, so that periods that follow each other leave no gap and have no overlap. Bounds are first instants of days in the zone, which is not always midnight.
 * All follows from the moment and the zone alone: the same run resolves to the same period whenever it is asked again.
 */
import type { InstantPeriod } from '../api/parameters/period.ts';
import type { Timetable } from './due-search.ts';
import { previousTime } from './timetable.ts';

/** Names that follow from a moment. Weeks begin on Monday; This… runs to its full end. */
export const RELATIVE_PERIODS = [
  'Today',
  'Yesterday',
  'ThisWeek',
  'LastWeek',
  'ThisMonth',
  'LastMonth',
  'ThisQuarter',
  'LastQuarter',
  'ThisYear',
  'LastYear',
] as const;
export type RelativePeriod = (typeof RELATIVE_PERIODS)[number];

/** The period of a name at a moment (milliseconds since 1970-01-01T00:00:00Z). `timeZone` must be a known zone. */
export function relativePeriod(name: RelativePeriod, moment: number, timeZone: string): InstantPeriod {
  const today = dateAt(moment, timeZone);
  const thisWeek = today.subtract({ days: today.dayOfWeek - 1 });
  const thisMonth = today.with({ day: 1 });
  const thisQuarter = thisMonth.subtract({ months: (today.month - 1) % 3 });
  const thisYear = thisMonth.with({ month: 1 });
  switch (name) {
    case 'Today':
      return days(today, today.add({ days: 1 }), timeZone);
    case 'Yesterday':
      return lastDays(1, moment, timeZone);
    case 'ThisWeek':
      return days(thisWeek, thisWeek.add({ weeks: 1 }), timeZone);
    case 'LastWeek':
      return days(thisWeek.subtract({ weeks: 1 }), thisWeek, timeZone);
    case 'ThisMonth':
      return days(thisMonth, thisMonth.add({ months: 1 }), timeZone);
    case 'LastMonth':
      return days(thisMonth.subtract({ months: 1 }), thisMonth, timeZone);
    case 'ThisQuarter':
      return days(thisQuarter, thisQuarter.add({ months: 3 }), timeZone);
    case 'LastQuarter':
      return days(thisQuarter.subtract({ months: 3 }), thisQuarter, timeZone);
    case 'ThisYear':
      return days(thisYear, thisYear.add({ years: 1 }), timeZone);
    case 'LastYear':
      return days(thisYear.subtract({ years: 1 }), thisYear, timeZone);
  }
}

/**
 * The `count` whole days before the day of a moment, at least 1 and today not counted.
 * The last of them is the day that ended when today began, also where the zone left out a date between the two (Samoa has no 30 December 2011).
 */
export function lastDays(count: number, moment: number, timeZone: string): InstantPeriod {
  const to = firstInstant(dateAt(moment, timeZone), timeZone);
  const yesterday = dateAt(to.epochMilliseconds - 1, timeZone);
  return period(firstInstant(yesterday.subtract({ days: count - 1 }), timeZone), to);
}

/**
 * What a run with SincePreviousRun covers when no run went before it: from the scheduled time before its own. Undefined when the timetable had none within
 * eight years, which no valid schedule reaches.
 */
export function firstPeriod(timetable: Timetable, scheduledTime: number): InstantPeriod | undefined {
  const from = previousTime(timetable, scheduledTime);
  if (from === undefined) return undefined;
  return period(Temporal.Instant.fromEpochMilliseconds(from), Temporal.Instant.fromEpochMilliseconds(scheduledTime));
}

function dateAt(moment: number, timeZone: string): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(timeZone).toPlainDate();
}

function days(from: Temporal.PlainDate, to: Temporal.PlainDate, timeZone: string): InstantPeriod {
  return period(firstInstant(from, timeZone), firstInstant(to, timeZone));
}

function firstInstant(date: Temporal.PlainDate, timeZone: string): Temporal.Instant {
  return date.toZonedDateTime(timeZone).toInstant();
}

function period(from: Temporal.Instant, to: Temporal.Instant): InstantPeriod {
  return { from: from.toString(), to: to.toString() };
}
