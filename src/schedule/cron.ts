/**
 * Cron expressions as Kubernetes takes them, compiled to the rule that times are looked up by.
 *
 * Kubernetes' own parser (github.com/robfig/cron/v3, `ParseStandard`) is the measure: what it accepts is accepted and means the same, but for four things. `@every` and
 * `TZ=` are refused (one depends on when a controller started, the other hides a zone from spec.timeZone), `*-5` is (cron-field.ts), and so is what never fires.
 * Beyond it, 7 is Sunday. Text is bounded before it is read; each problem names the field, what is wrong and what to write instead.
 */
import { bad, good, type Read } from '../api/parameters/declaration.ts';
import { quoted } from '../foreign-text.ts';
import { nearest } from '../nearest.ts';
import { FIELDS, readField } from './cron-field.ts';
import { dayFrom, type DayRule } from './day-rule.ts';
import type { TimeRule } from './wall-times.ts';

/** Longest expression, in UTF-16 units. */
export const EXPRESSION_LIMIT = 256;

const MACROS: ReadonlyMap<string, string> = new Map([
  ['@hourly', '0 * * * *'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@weekly', '0 0 * * 0'],
  ['@monthly', '0 0 1 * *'],
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
]);

const ORDER = Object.values(FIELDS);
const ORDER_TEXT = ORDER.map(({ name }) => name).join(' ');

/** Where the search for any day at all begins: the eight years from here, leap years among them, hold every date that there is. */
const SOME_DAY = Date.UTC(2024, 0, 1) / 86_400_000;

/** The rule of an expression, or all that is wrong with it, as one sentence that begins with the expression. */
export function parseCron(expression: string): Read<TimeRule> {
  if (expression.length > EXPRESSION_LIMIT) {
    return bad(`the expression has ${expression.length} characters; at most ${EXPRESSION_LIMIT} are taken`);
  }
  if (/^(CRON_)?TZ=/.test(expression)) {
    return bad(`${quoted(expression)} begins with a time zone; write it into spec.timeZone, and here only the five fields`);
  }
  if (expression.startsWith('@')) return parseMacro(expression);
  return parseFields(expression, expression);
}

function parseMacro(text: string): Read<TimeRule> {
  const fields = MACROS.get(text);
  if (fields !== undefined) return parseFields(text, fields);
  const known = `one of ${[...MACROS.keys()].join(' ')}`;
  if (text.startsWith('@every')) {
    return bad(
      `${quoted(text)}: @every counts from a start that nobody wrote down; write fields, e.g. */5 * * * * for every five minutes, or ${known}`,
    );
  }
  const [near] = nearest(text, [...MACROS.keys()], 1);
  return bad(`${quoted(text)} is not a macro that Kubernetes has; write ${near ?? known}`);
}

function parseFields(expression: string, text: string): Read<TimeRule> {
  // Unicode's white space is what Go splits at; JavaScript's \s differs by two characters.
  const texts = text.split(/\p{White_Space}+/u).filter((field) => field !== '');
  const [minuteText, hourText, dayOfMonthText, monthText, dayOfWeekText, ...more] = texts;
  if (
    minuteText === undefined ||
    hourText === undefined ||
    dayOfMonthText === undefined ||
    monthText === undefined ||
    dayOfWeekText === undefined ||
    more.length > 0
  ) {
    return bad(wrongCount(expression, texts.length));
  }

  const minute = readField(minuteText, FIELDS.minute);
  const hour = readField(hourText, FIELDS.hour);
  const dayOfMonth = readField(dayOfMonthText, FIELDS.dayOfMonth);
  const month = readField(monthText, FIELDS.month);
  const dayOfWeek = readField(dayOfWeekText, FIELDS.dayOfWeek);
  if (!minute.ok || !hour.ok || !dayOfMonth.ok || !month.ok || !dayOfWeek.ok) {
    const problems = [minute, hour, dayOfMonth, month, dayOfWeek].flatMap((field) => (field.ok ? [] : [field.problem]));
    return bad(`${quoted(expression)}: ${problems.join('; ')}`);
  }

  const days: DayRule = {
    months: bits(month.value.values, FIELDS.month.least),
    daysOfMonth: bits(dayOfMonth.value.values, FIELDS.dayOfMonth.least),
    daysFromEnd: 0,
    shortMonths: 'skip',
    daysOfWeek: bits(dayOfWeek.value.values, FIELDS.dayOfWeek.least),
    match: dayOfMonth.value.star || dayOfWeek.value.star ? 'both' : 'either',
  };
  if (dayFrom(days, SOME_DAY) === undefined) {
    return bad(
      `${quoted(expression)} never fires: no month of its field month has a day of its field day-of-month; ` +
        'for the last day of each month use spec.calendar with daysOfMonth: [-1]',
    );
  }
  return good({ minutes: minute.value.values, hours: hour.value.values, everyHour: hour.value.star, days });
}

function wrongCount(expression: string, count: number): string {
  const remedy = count === 6 ? '; leave out the seconds' : count === 7 ? '; leave out the seconds and the year' : '';
  return `${quoted(expression)} has ${count} ${count === 1 ? 'field' : 'fields'}; Kubernetes cron has ${ORDER.length}: ${ORDER_TEXT}${remedy}`;
}

function bits(values: readonly number[], least: number): number {
  return values.reduce((all, value) => all | (1 << (value - least)), 0);
}
