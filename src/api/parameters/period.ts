/**
 * Periods of parameters: given by their bounds, or named from the day on which the Report was created.
 */
import { lastDays, relativePeriod, RELATIVE_PERIODS, type RelativePeriod } from '../../schedule/relative-period.ts';
import { quoted } from '../../foreign-text.ts';
import { bad, good, type GivenPeriod, type Read, type ReportTime } from './declaration.ts';
import { readBound } from './instants.ts';

/** Most days that `lastDays` and `maxDays` can say (crds/). */
const DAYS_LIMIT = 36_600;

/** Half-open: from <= t < to, RFC 3339 in UTC. */
export interface InstantPeriod {
  readonly from: string;
  readonly to: string;
}

/** The one form in which a period is given. */
type PeriodForm =
  | { readonly kind: 'bounds'; readonly from: string; readonly to: string }
  | { readonly kind: 'relative'; readonly name: RelativePeriod }
  | { readonly kind: 'lastDays'; readonly count: number };

/** `maxDays` counts local days, so that a month with a change of clocks is not a day too long. */
export function readPeriod(given: GivenPeriod, time: ReportTime, maxDays: number | undefined): Read<InstantPeriod> {
  const form = formOf(given);
  if (!form.ok) return form;
  const period = instantsOf(form.value, time);
  if (!period.ok || maxDays === undefined || spanDays(period.value, time.zone) <= maxDays) return period;
  return bad(`the period ${textOf(form.value)} is longer than ${maxDays} days`);
}

/** Most days that a period of this form can have, whenever it is resolved; undefined for bounds, and for what is no period. */
export function longestDays(given: GivenPeriod): number | undefined {
  const form = formOf(given);
  if (!form.ok) return undefined;
  switch (form.value.kind) {
    case 'bounds':
      return undefined;
    case 'relative':
      return LONGEST_DAYS[form.value.name];
    case 'lastDays':
      return form.value.count;
  }
}

const LONGEST_DAYS: Readonly<Record<RelativePeriod, number>> = {
  Today: 1,
  Yesterday: 1,
  ThisWeek: 7,
  LastWeek: 7,
  ThisMonth: 31,
  LastMonth: 31,
  ThisQuarter: 92,
  LastQuarter: 92,
  ThisYear: 366,
  LastYear: 366,
};

/** The apiserver has checked this once; a manifest that comes another way is told the same. */
function formOf({ from, to, relative, lastDays: count }: GivenPeriod): Read<PeriodForm> {
  const forms = [from !== undefined || to !== undefined, relative !== undefined, count !== undefined].filter(Boolean).length;
  if (forms !== 1) return bad('period must be exactly one of {from, to}, {relative} and {lastDays}');
  if (count !== undefined) {
    if (Number.isSafeInteger(count) && count >= 1 && count <= DAYS_LIMIT) return good({ kind: 'lastDays', count });
    return bad(`period.lastDays ${count} must be a whole number from 1 to ${DAYS_LIMIT}`);
  }
  if (relative !== undefined) {
    if (relative === 'SincePreviousRun')
      return bad(
        'period.relative SincePreviousRun: only a ReportSchedule knows a previous run; give {from, to} or another relative period',
      );
    const name = RELATIVE_PERIODS.find((known) => known === relative);
    return name === undefined
      ? bad(`period.relative ${quoted(relative)} is not one of ${RELATIVE_PERIODS.join(', ')}`)
      : good({ kind: 'relative', name });
  }
  if (from === undefined || to === undefined) return bad(`period.${from === undefined ? 'from' : 'to'} is missing`);
  return good({ kind: 'bounds', from, to });
}

function instantsOf(form: PeriodForm, { zone, createdAt }: ReportTime): Read<InstantPeriod> {
  switch (form.kind) {
    case 'bounds':
      return readBounds(form.from, form.to, zone);
    case 'relative':
      return good(relativePeriod(form.name, createdAt, zone));
    case 'lastDays':
      return good(lastDays(form.count, createdAt, zone));
  }
}

function readBounds(first: string, last: string, zone: string): Read<InstantPeriod> {
  const from = readBound(first, zone);
  const to = readBound(last, zone);
  if (!from.ok || !to.ok) {
    return bad([...(from.ok ? [] : [`period.from ${from.problem}`]), ...(to.ok ? [] : [`period.to ${to.problem}`])].join('; '));
  }
  if (Temporal.Instant.compare(from.value, to.value) >= 0) {
    return bad(`period.from ${first} must be before period.to ${last} (to is not part of the period)`);
  }
  return good({ from: from.value.toString(), to: to.value.toString() });
}

function textOf(form: PeriodForm): string {
  switch (form.kind) {
    case 'bounds':
      return `from ${form.from} to ${form.to}`;
    case 'relative':
      return form.name;
    case 'lastDays':
      return `of the last ${form.count} days`;
  }
}

/** Whole local days, and one more for a part of a day. */
function spanDays({ from, to }: InstantPeriod, zone: string): number {
  const start = Temporal.Instant.from(from).toZonedDateTimeISO(zone);
  const end = Temporal.Instant.from(to).toZonedDateTimeISO(zone);
  const days = start.until(end, { largestUnit: 'day' }).days;
  return Temporal.ZonedDateTime.compare(start.add({ days }), end) < 0 ? days + 1 : days;
}
