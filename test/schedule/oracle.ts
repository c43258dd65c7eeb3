/**
 * The policy on due times once more, from scratch and by brute force: every minute of a stretch of time is looked at, on Temporal, and nothing is shared with src/schedule.
 *
 * - A minute of the wall clock that exists is due when it is first shown; one that does not exist is due when the clock jumps over it.
 * - With a star as hour, what counts is every minute that the clock really shows.
 */

/** One minute on a wall clock. */
interface Minute {
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  readonly month: number;
  /** Monday is 1, Sunday is 7. */
  readonly dayOfWeek: number;
}

/** What a zone's wall clock does between two instants. */
export interface Observation {
  /** Every minute between the two wall-clock times, also those that are never shown, with the instant at which it is due. */
  readonly named: readonly { readonly minute: Minute; readonly at: number }[];
  /** Every minute that is shown, with the instant at which that begins. */
  readonly shown: readonly { readonly minute: Minute; readonly at: number }[];
}

/**
 * Looks at from <= minute < to (milliseconds). Neither end may lie in an hour that comes twice or beside a gap.
 * `stepMs` is a minute, or a second where the zone's offset has seconds.
 */
export function observe(zone: string, from: number, to: number, stepMs = 60_000): Observation {
  const named: { minute: Minute; at: number }[] = [];
  const last = wallClock(zone, to);
  const first = wallClock(zone, from).round({ smallestUnit: 'minute', roundingMode: 'ceil' });
  for (let wall = first; Temporal.PlainDateTime.compare(wall, last) < 0; wall = wall.add({ minutes: 1 })) {
    named.push({ minute: fieldsOf(wall), at: dueAt(wall, zone) });
  }
  const shown: { minute: Minute; at: number }[] = [];
  for (let at = from; at < to; at += stepMs) {
    const wall = wallClock(zone, at);
    if (wall.second === 0) shown.push({ minute: fieldsOf(wall), at });
  }
  return { named, shown };
}

/** All due times of an expression in an observation, ascending, each once. */
export function dueIn(observation: Observation, expression: string): readonly number[] {
  const matches = matcher(expression);
  const [, hours = ''] = expression.split(' ');
  const candidates = hasStar(hours) ? observation.shown : observation.named;
  const due = new Set<number>();
  for (const { minute, at } of candidates) if (matches(minute)) due.add(at);
  return [...due].sort((a, b) => a - b);
}

/** Whether an expression with the time 06:00 names a day. */
export function dayMatcher(expression: string): (date: Temporal.PlainDate) => boolean {
  const matches = matcher(expression);
  return (date) => matches(fieldsOf(date.toPlainDateTime('06:00')));
}

function dueAt(wall: Temporal.PlainDateTime, zone: string): number {
  const first = wall.toZonedDateTime(zone, { disambiguation: 'earlier' });
  if (first.toPlainDateTime().equals(wall)) return first.epochMilliseconds;
  const jump = first.getTimeZoneTransition('next');
  if (jump === null) throw new Error(`${wall.toString()} does not exist in ${zone}, and no change of clocks says why`);
  return jump.epochMilliseconds;
}

function wallClock(zone: string, at: number): Temporal.PlainDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDateTime();
}

function fieldsOf(wall: Temporal.PlainDateTime): Minute {
  return { minute: wall.minute, hour: wall.hour, day: wall.day, month: wall.month, dayOfWeek: wall.dayOfWeek };
}

/** Numbers only: names are the grammar's business. */
function matcher(expression: string): (minute: Minute) => boolean {
  const [minutes = '', hours = '', days = '', months = '', weekdays = ''] = expression.split(' ');
  const minuteTable = table(minutes, 0, 59);
  const hourTable = table(hours, 0, 23);
  const dayTable = table(days, 1, 31);
  const monthTable = table(months, 1, 12);
  const weekdayTable = table(weekdays, 0, 6);
  const both = hasStar(days) || hasStar(weekdays);
  return ({ minute, hour, day, month, dayOfWeek }) => {
    if (minuteTable[minute] !== true || hourTable[hour] !== true || monthTable[month] !== true) return false;
    const byDay = dayTable[day] === true;
    const byWeekday = weekdayTable[dayOfWeek] === true || (dayOfWeek === 7 && weekdayTable[0] === true);
    return both ? byDay && byWeekday : byDay || byWeekday;
  };
}

/** For each value whether the field names it, and for one more, because 7 is Sunday. Stars and open steps end at the greatest. */
function table(field: string, least: number, greatest: number): readonly boolean[] {
  return Array.from({ length: greatest + 2 }, (_, value) => value >= least && names(field, value, least, greatest));
}

function names(field: string, value: number, least: number, greatest: number): boolean {
  return field.split(',').some((item) => {
    const [range = '', step] = item.split('/');
    const [first = '', last] = range === '*' || range === '?' ? [String(least), String(greatest)] : range.split('-');
    const end = last ?? (step === undefined ? first : String(greatest));
    return value >= Number(first) && value <= Number(end) && (value - Number(first)) % Number(step ?? 1) === 0;
  });
}

function hasStar(field: string): boolean {
  return field.split(',').some((item) => ['*', '?', '*/1', '?/1'].includes(item));
}
