/** One row a day of the period: whether it is worked, and for how long. Run it with `npm run template -- run`, see README.md. */
import type { Context, Period, Row } from 'dossier/template';

const LONGEST_DAYS = 366;

export default function* (context: Context): Generator<Row> {
  const { from, to } = context.parameters['period'] as Period;
  const hours = context.parameters['hours'] as string;
  const holidays = new Set((context.parameters['holidays'] ?? []) as readonly string[]);
  const first = dayOf(from, context.timeZone);
  const end = dayOf(to, context.timeZone);
  const days = first.until(end, { largestUnit: 'day' }).days;
  if (days > LONGEST_DAYS) context.fail(`the period has ${days} days; at most ${LONGEST_DAYS} are shown`);
  context.log(`${days} days from ${first.toString()}`);
  for (let day = first; Temporal.PlainDate.compare(day, end) < 0; day = day.add({ days: 1 })) {
    const isWorked = day.dayOfWeek <= 5 && !holidays.has(day.toString());
    yield { day: day.toString(), weekday: day.toLocaleString('en', { weekday: 'long' }), worked: isWorked, hours: isWorked ? hours : null };
  }
}

/** Instants come in UTC; a day is one of the Report's zone. */
function dayOf(instant: string, timeZone: string): Temporal.PlainDate {
  return Temporal.Instant.from(instant).toZonedDateTimeISO(timeZone).toPlainDate();
}
