/**
 * One field of a cron expression: a list of numbers, names and ranges with steps, as Kubernetes' parser (github.com/robfig/cron/v3) takes them.
 *
 * A star is told apart from a list of all values, because stars change what the other fields mean: a star in a day field leaves the choice to the other one, a star as
 * hour follows the real clock. Beyond Kubernetes, 7 is Sunday, also as the end of a range: `5-7` is Friday to Sunday, `6-7` Saturday and Sunday, `0-7` every day; open
 * steps end on Saturday as they do there, so `7/2` has no meaning and is refused. One thing that Kubernetes takes is refused: it reads `*-5` as `*` and drops the 5.
 */
import { bad, good, type Read } from '../api/parameters/declaration.ts';
import { quoted } from '../foreign-text.ts';

export interface FieldGrammar {
  readonly name: 'minute' | 'hour' | 'day-of-month' | 'month' | 'day-of-week';
  readonly least: number;
  /** As Kubernetes has it: where stars and `n/step` end. */
  readonly greatest: number;
  /** Names of least, least + 1, …; any case. */
  readonly names: readonly string[];
}

export interface Field {
  /** Ascending, without duplicates, not empty. */
  readonly values: readonly number[];
  /** One of the list is `*` or `?`, without a step or with the step 1. */
  readonly star: boolean;
}

const SUNDAY_AS_SEVEN = 7;

/** In the order of an expression. */
export const FIELDS = {
  minute: { name: 'minute', least: 0, greatest: 59, names: [] },
  hour: { name: 'hour', least: 0, greatest: 23, names: [] },
  dayOfMonth: { name: 'day-of-month', least: 1, greatest: 31, names: [] },
  month: {
    name: 'month',
    least: 1,
    greatest: 12,
    names: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
  },
  dayOfWeek: { name: 'day-of-week', least: 0, greatest: 6, names: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] },
} as const satisfies Readonly<Record<string, FieldGrammar>>;

/** A problem begins with the field's name and the item that is wrong. Empty items (`1,,2`) are passed over, as Kubernetes does. */
export function readField(text: string, grammar: FieldGrammar): Read<Field> {
  const items = text.split(',').filter((item) => item !== '');
  if (items.length === 0) return bad(`${grammar.name} ${quoted(text)} lists nothing; write * for every ${grammar.name}`);
  const values = new Set<number>();
  let star = false;
  for (const item of items) {
    const read = readItem(item, grammar);
    if (!read.ok) return bad(`${grammar.name} ${quoted(item)} ${read.problem}`);
    const { from, to, step } = read.value;
    for (let value = from; value <= to; value += step) values.add(grammar === FIELDS.dayOfWeek ? value % SUNDAY_AS_SEVEN : value);
    star ||= read.value.star;
  }
  return good({ values: [...values].sort((a, b) => a - b), star });
}

interface Item {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly star: boolean;
}

/** `*`, `?`, `n`, `n-m`, each with or without `/step`; `n/step` goes on to the greatest value. */
function readItem(item: string, grammar: FieldGrammar): Read<Item> {
  const [range = '', stepText, ...moreSteps] = item.split('/');
  const [fromText = '', toText, ...moreEnds] = range.split('-');
  if (moreSteps.length > 0) return bad('has more than one slash; a step is written once, e.g. */15');
  if (moreEnds.length > 0) return bad('has more than one hyphen; a range is written first-last, e.g. 1-5');

  const step = stepText === undefined ? good(1) : readStep(stepText);
  if (!step.ok) return step;
  if (fromText === '*' || fromText === '?') {
    if (toText !== undefined) return bad(`is a star and a range at once; write either ${fromText} or the range`);
    return good({ from: grammar.least, to: grammar.greatest, step: step.value, star: step.value === 1 });
  }

  const from = readValue(fromText, grammar);
  if (!from.ok) return from;
  if (toText !== undefined) return readRange(from.value, toText, step.value, grammar);
  if (stepText === undefined) return good({ from: from.value, to: from.value, step: 1, star: false });
  if (from.value > grammar.greatest) return bad('begins with the last day of the week; as a beginning Sunday is written 0');
  return good({ from: from.value, to: grammar.greatest, step: step.value, star: false });
}

function readRange(from: number, toText: string, step: number, grammar: FieldGrammar): Read<Item> {
  const to = readValue(toText, grammar);
  if (!to.ok) return to;
  if (from <= to.value) return good({ from, to: to.value, step, star: false });
  if (grammar === FIELDS.dayOfWeek && to.value === 0)
    return bad(`ends before it begins; at the end of a range Sunday is written 7: ${from}-7`);
  return bad(`ends before it begins; write ${span(from, grammar.greatest)},${span(grammar.least, to.value)}`);
}

function span(from: number, to: number): string {
  return from === to ? String(from) : `${from}-${to}`;
}

function readStep(text: string): Read<number> {
  if (!isNumber(text)) return bad('has a step that is not a number; write e.g. */15');
  const step = Number(text);
  if (step === 0) return bad('has a step of 0; steps are at least 1');
  if (!Number.isSafeInteger(step)) return bad('has a step that is too large to count; write e.g. */15');
  return good(step);
}

function readValue(text: string, grammar: FieldGrammar): Read<number> {
  const { least, greatest, names } = grammar;
  const greatestTaken = grammar === FIELDS.dayOfWeek ? SUNDAY_AS_SEVEN : greatest;
  const place = names.findIndex((name) => name === text.toUpperCase());
  if (place >= 0) return good(least + place);
  const value = Number(text);
  if (isNumber(text) && value >= least && value <= greatestTaken) return good(value);
  const allowed = `${least} to ${greatestTaken}${names.length === 0 ? '' : ` or ${names[0]} to ${names.at(-1)}`}`;
  if (isNumber(text)) return bad(`is outside ${allowed}${text === '24' && greatest === 23 ? '; midnight is hour 0' : ''}`);
  return bad(hintFor(text, grammar) ?? `is not ${allowed}`);
}

/** Digits, with a plus and leading zeros as Go reads numbers. */
function isNumber(text: string): boolean {
  return /^\+?[0-9]+$/.test(text);
}

/** What other dialects of cron mean by a word that Kubernetes does not know. */
function hintFor(text: string, grammar: FieldGrammar): string | undefined {
  if (/^h(\W|$)/i.test(text)) return 'is the H of Jenkins, which Kubernetes cron does not have; write the number itself';
  if (/^[a-z0-9]+#/i.test(text))
    return 'uses # for the n-th weekday of a month, which Kubernetes cron does not have; write the day of the month or *';
  if (/^([0-9]+|l)w$/i.test(text))
    return 'uses W for the nearest working day, which Kubernetes cron does not have; write MON-FRI as day-of-week';
  if (grammar.name === 'day-of-month' && /^l$/i.test(text)) return LAST_DAY_HINT;
  if (grammar.name === 'day-of-week' && /^([0-9]|[a-z]{3})?l$/i.test(text)) return LAST_DAY_HINT;
  const name = grammar.names.find((candidate) => text.toUpperCase().startsWith(candidate));
  return name === undefined ? undefined : `is not a name that cron knows; write ${name}`;
}

const LAST_DAY_HINT =
  'uses L for the last, which Kubernetes cron does not have; for the last day of the month use spec.calendar with daysOfMonth: [-1]';
