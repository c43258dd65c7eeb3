import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCron } from '../../src/schedule/cron.ts';
import type { TimeRule } from '../../src/schedule/wall-times.ts';
import kubernetes from './data/kubernetes-grammar.json' with { type: 'json' };
import { expressions } from './expressions.ts';

function ruleOf(expression: string): TimeRule {
  const read = parseCron(expression);
  if (!read.ok) throw new Error(read.problem);
  return read.value;
}

function problemOf(expression: string): string {
  const read = parseCron(expression);
  if (read.ok) throw new Error(`${expression} was accepted`);
  return read.problem;
}

/** Numbers of the bits that are set, beginning with `least`. */
function numbers(bits: bigint | number, least = 0): readonly number[] {
  const text = BigInt(bits).toString(2);
  return [...text].flatMap((bit, index) => (bit === '1' ? [text.length - 1 - index + least] : [])).sort((a, b) => a - b);
}

const STAR = 1n << 63n;

/** What Kubernetes read: its bits per field, and which fields it holds for stars. */
interface Verdict {
  readonly minute: readonly number[];
  readonly hour: readonly number[];
  readonly dayOfMonth: readonly number[];
  readonly month: readonly number[];
  readonly dayOfWeek: readonly number[];
  readonly everyHour: boolean;
  readonly match: 'both' | 'either';
}

function verdictOf(hexadecimal: string): Verdict {
  const [minute = 0n, hour = 0n, dayOfMonth = 0n, month = 0n, dayOfWeek = 0n] = hexadecimal.split(' ').map((field) => BigInt(`0x${field}`));
  const values = (field: bigint) => numbers(field & ~STAR);
  return {
    minute: values(minute),
    hour: values(hour),
    dayOfMonth: values(dayOfMonth),
    month: values(month),
    dayOfWeek: values(dayOfWeek),
    everyHour: (hour & STAR) !== 0n,
    match: ((dayOfMonth | dayOfWeek) & STAR) === 0n ? 'either' : 'both',
  };
}

function ownVerdict({ minutes, hours, everyHour, days }: TimeRule): Verdict {
  return {
    minute: minutes,
    hour: hours,
    dayOfMonth: numbers(days.daysOfMonth, 1),
    month: numbers(days.months, 1),
    dayOfWeek: numbers(days.daysOfWeek),
    everyHour,
    match: days.match,
  };
}

/** Accepted by Kubernetes and refused here, each for a reason that its message gives. */
function refusalExpected(expression: string, verdict: Verdict | 'every'): RegExp | undefined {
  if (expression.startsWith('@every ')) return /@every counts from/;
  if (/^(CRON_)?TZ=/.test(expression)) return /spec\.timeZone/;
  if (/[*?]-/.test(expression)) return /is a star and a range at once/;
  if (verdict === 'every') return undefined;
  if (verdict.minute.length === 0) return /lists nothing/;
  const longest = (month: number) => Temporal.PlainDate.from({ year: 2024, month, day: 1 }).daysInMonth;
  const fires = verdict.month.some((month) => verdict.dayOfMonth.some((day) => day <= longest(month)));
  return verdict.match === 'both' && !fires ? /never fires/ : undefined;
}

const rows = kubernetes.rows as unknown as readonly (readonly [expression: string, bits: string | null])[];
const accepted = rows.flatMap(([expression, bits]) => (bits === null ? [] : [{ expression, bits }]));
const refused = rows.flatMap(([expression, bits]) => (bits === null ? [expression] : []));

describe('the grammar is that of Kubernetes', () => {
  test('what its parser accepts is accepted and means the same, but for what is refused on purpose', () => {
    expect(accepted.length).toBeGreaterThan(100);
    for (const { expression, bits } of accepted) {
      const verdict = bits === 'every' ? bits : verdictOf(bits);
      const refusal = refusalExpected(expression, verdict);
      if (refusal !== undefined) expect(problemOf(expression)).toMatch(refusal);
      else expect({ expression, ...ownVerdict(ruleOf(expression)) }).toEqual({ expression, ...(verdict as Verdict) });
    }
  });

  test('what its parser refuses is refused, but for Sunday as 7', () => {
    expect(refused.length).toBeGreaterThan(100);
    const taken = refused.filter((expression) => parseCron(expression).ok);
    expect(taken).toEqual(['* * * * 7', '* * * * 0-7', '* * * * 6-7', '2-23/7 13-22/5 15-16/5 * 1-007']);
  });

  test.each([
    ['7', [0]],
    ['0,7', [0]],
    ['5-7', [0, 5, 6]],
    ['6-7', [0, 6]],
    ['7-7', [0]],
    ['FRI-7', [0, 5, 6]],
    ['0-7', [0, 1, 2, 3, 4, 5, 6]],
    ['1-7/3', [1, 4, 0]],
    ['5-7/2', [5, 0]],
    // As in Kubernetes an open step ends on Saturday.
    ['5/2', [5]],
  ])('day-of-week %s names the days %j', (field, days) => {
    const rule = ruleOf(`0 6 * * ${field}`);
    expect(numbers(rule.days.daysOfWeek)).toEqual(days.toSorted());
    expect(rule.days.match).toBe('both');
    // A list of all days is no star: beside a day of the month it opens the choice.
    expect(ruleOf(`0 6 1 * ${field}`).days.match).toBe('either');
  });
});

describe('a problem names the field, what is wrong and what to write', () => {
  test.each([
    ['0 6 * *', '"0 6 * *" has 4 fields; Kubernetes cron has 5: minute hour day-of-month month day-of-week'],
    ['6', '"6" has 1 field; Kubernetes cron has 5: minute hour day-of-month month day-of-week'],
    ['', '"" has 0 fields; Kubernetes cron has 5: minute hour day-of-month month day-of-week'],
    ['0 0 6 * * *', '"0 0 6 * * *" has 6 fields; Kubernetes cron has 5: minute hour day-of-month month day-of-week; leave out the seconds'],
    [
      '0 0 6 * * ? 2030',
      '"0 0 6 * * ? 2030" has 7 fields; Kubernetes cron has 5: minute hour day-of-month month day-of-week; leave out the seconds and the year',
    ],
    ['0 24 * * *', '"0 24 * * *": hour "24" is outside 0 to 23; midnight is hour 0'],
    [
      '60 6 0 13 8',
      '"60 6 0 13 8": minute "60" is outside 0 to 59; day-of-month "0" is outside 1 to 31; month "13" is outside 1 to 12 or JAN to DEC; day-of-week "8" is outside 0 to 7 or SUN to SAT',
    ],
    ['0 22-2 * * *', '"0 22-2 * * *": hour "22-2" ends before it begins; write 22-23,0-2'],
    ['0 6 * * FRI-SUN', '"0 6 * * FRI-SUN": day-of-week "FRI-SUN" ends before it begins; at the end of a range Sunday is written 7: 5-7'],
    ['0 6 * * SAT-MON', '"0 6 * * SAT-MON": day-of-week "SAT-MON" ends before it begins; write 6,0-1'],
    ['0 6 * * 7/2', '"0 6 * * 7/2": day-of-week "7/2" begins with the last day of the week; as a beginning Sunday is written 0'],
    ['0 6 * * MONDAY', '"0 6 * * MONDAY": day-of-week "MONDAY" is not a name that cron knows; write MON'],
    ['0 6 * * MO', '"0 6 * * MO": day-of-week "MO" is not 0 to 7 or SUN to SAT'],
    ['0 6 * jan-juli *', '"0 6 * jan-juli *": month "jan-juli" is not a name that cron knows; write JUL'],
    ['*/0 * * * *', '"*/0 * * * *": minute "*/0" has a step of 0; steps are at least 1'],
    ['*/x * * * *', '"*/x * * * *": minute "*/x" has a step that is not a number; write e.g. */15'],
    ['1/2/3 * * * *', '"1/2/3 * * * *": minute "1/2/3" has more than one slash; a step is written once, e.g. */15'],
    ['1-2-3 * * * *', '"1-2-3 * * * *": minute "1-2-3" has more than one hyphen; a range is written first-last, e.g. 1-5'],
    ['0 *-5 * * *', '"0 *-5 * * *": hour "*-5" is a star and a range at once; write either * or the range'],
    ['0 6 , * *', '"0 6 , * *": day-of-month "," lists nothing; write * for every day-of-month'],
    [
      '0 6 31 2 *',
      '"0 6 31 2 *" never fires: no month of its field month has a day of its field day-of-month; for the last day of each month use spec.calendar with daysOfMonth: [-1]',
    ],
    [
      '@every 5m',
      '"@every 5m": @every counts from a start that nobody wrote down; write fields, e.g. */5 * * * * for every five minutes, or one of @hourly @daily @midnight @weekly @monthly @yearly @annually',
    ],
    ['@Daily', '"@Daily" is not a macro that Kubernetes has; write @daily'],
    ['@dayly', '"@dayly" is not a macro that Kubernetes has; write @daily'],
    ['@reboot', '"@reboot" is not a macro that Kubernetes has; write one of @hourly @daily @midnight @weekly @monthly @yearly @annually'],
    [
      'TZ=Europe/Berlin 0 6 * * *',
      '"TZ=Europe/Berlin 0 6 * * *" begins with a time zone; write it into spec.timeZone, and here only the five fields',
    ],
    ['CRON_TZ=UTC @daily', '"CRON_TZ=UTC @daily" begins with a time zone; write it into spec.timeZone, and here only the five fields'],
  ])('%s', (expression, problem) => {
    expect(problemOf(expression)).toBe(problem);
  });

  test.each([
    ['0 6 L * *', 'day-of-month', 'spec.calendar with daysOfMonth: [-1]'],
    ['0 6 * * 5L', 'day-of-week', 'spec.calendar with daysOfMonth: [-1]'],
    ['0 6 * * friL', 'day-of-week', 'spec.calendar with daysOfMonth: [-1]'],
    ['0 6 15W * *', 'day-of-month', 'nearest working day'],
    ['0 6 LW * *', 'day-of-month', 'nearest working day'],
    ['0 6 * * 5#3', 'day-of-week', 'n-th weekday'],
    ['0 6 * * MON#1', 'day-of-week', 'n-th weekday'],
    ['H 6 * * *', 'minute', 'H of Jenkins'],
    ['H/15 6 * * *', 'minute', 'H of Jenkins'],
    ['H(0-29)/10 * * * *', 'minute', 'H of Jenkins'],
  ])('%s is another dialect', (expression, field, hint) => {
    expect(problemOf(expression)).toContain(`${field} "`);
    expect(problemOf(expression)).toContain(hint);
  });

  test('text of 256 characters is read and text of 257 is not', () => {
    const list = (length: number) => `${'0,'.repeat((length - 9) / 2)}0 * * * *`;
    expect(list(255)).toHaveLength(255);
    expect(ruleOf(`${list(255)} `).minutes).toEqual([0]);
    expect(problemOf(`${list(255)}  `)).toBe('the expression has 257 characters; at most 256 are taken');
  });

  test('whatever is written ends in a rule or in a message that fits a status', () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.array(fc.constantFrom(...'0123456789*?/-,@LW#H \t\u0000\u202eJANSUNTZ=every'), { maxLength: 256 }).map((parts) => parts.join('')),
      fc.tuple(expressions, fc.nat(), fc.string({ maxLength: 3 })).map(([text, at, typed]) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + typed + text.slice(place);
      }),
    );
    fc.assert(
      fc.property(nasty, (text) => {
        const read = parseCron(text);
        if (read.ok) {
          for (const values of [read.value.minutes, read.value.hours]) {
            expect(values).toEqual([...new Set(values)].sort((a, b) => a - b));
            expect(values).not.toHaveLength(0);
          }
        } else {
          expect(read.problem.length).toBeLessThan(1000);
          expect(read.problem).not.toMatch(/[\u0000-\u001f\u202e]/);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

test.each([
  ['@hourly', '0 * * * *'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@weekly', '0 0 * * 0'],
  ['@monthly', '0 0 1 * *'],
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
])('%s is %s', (macro, fields) => {
  expect(ruleOf(macro)).toEqual(ruleOf(fields));
});
