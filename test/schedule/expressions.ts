/** Random cron expressions in numbers, all of them valid, and the hours of a day favoured in which clocks change. */
import fc from 'fast-check';
import { dayMatcher } from './oracle.ts';

function value(least: number, greatest: number): fc.Arbitrary<string> {
  return fc.integer({ min: least, max: greatest }).map(String);
}

function item(least: number, greatest: number): fc.Arbitrary<string> {
  const range = fc
    .tuple(fc.integer({ min: least, max: greatest }), fc.integer({ min: least, max: greatest }))
    .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
  const step = fc.integer({ min: 1, max: greatest }).map(String);
  return fc.oneof(
    value(least, greatest),
    range,
    fc.tuple(fc.oneof(fc.constant('*'), range, value(least, greatest)), step).map(([of, by]) => `${of}/${by}`),
  );
}

function field(least: number, greatest: number): fc.Arbitrary<string> {
  return fc.array(item(least, greatest), { minLength: 1, maxLength: 3 }).map((items) => items.join(','));
}

function mostlyStar(other: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof({ weight: 2, arbitrary: fc.constantFrom('*', '?') }, { weight: 1, arbitrary: other });
}

const minutes = fc.oneof(field(0, 59), fc.constantFrom('*', '0', '30', '*/15'));
const hours = fc.oneof(field(0, 23), field(0, 4), fc.constantFrom('*', '*/1', '0-23', '2', '23', '0'));
export const months = mostlyStar(field(1, 12));
export const daysOfMonth = mostlyStar(field(1, 31));
/** Kubernetes' numbers; 7 is tried apart, because `*` ends at 6. */
export const daysOfWeek = mostlyStar(field(0, 6));

const LEAP_YEAR = Array.from({ length: 366 }, (_, day) => Temporal.PlainDate.from('2028-01-01').add({ days: day }));

/** A day of the month that none of the months has, as 31 in April, makes an expression that is refused. */
function fires(fields: readonly string[]): boolean {
  const onSomeDay = (day: readonly string[]): boolean => LEAP_YEAR.some(dayMatcher(['0', '6', ...day].join(' ')));
  const days = fields.slice(2);
  return onSomeDay(days) || onSomeDay(days.with(2, '*'));
}

export const expressions = fc
  .tuple(minutes, hours, daysOfMonth, months, daysOfWeek)
  .filter(fires)
  .map((fields) => fields.join(' '));
/** Any minutes and hours, on every day. */
export const dailyExpressions = fc.tuple(minutes, hours).map(([minute, hour]) => `${minute} ${hour} * * *`);
