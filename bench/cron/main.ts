/**
 * The measurement behind docs/decisions/0009: our evaluator and cron-parser on the same questions, as tables in Markdown.
 *
 * `npm run bench:cron`, about a minute.
 */
import { correctness } from './correctness.ts';
import { cronParser, ours } from './contestants.ts';
import { missedMinutes, speed } from './speed.ts';

function print(title: string, header: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  console.log(`\n${title}\n\n| ${header.join(' | ')} |\n|${'---|'.repeat(header.length)}`);
  for (const row of rows) console.log(`| ${row.map(String).join(' | ')} |`);
}

for (const contestant of [ours, cronParser]) {
  const scores = correctness(contestant);
  print(
    `${contestant.name}: ${scores[0]?.changes ?? 0} changes of clocks, 2024 to 2028, all zones`,
    ['expression', 'agrees', 'skips', 'doubles', 'other moments', 'throws', 'worst ms'],
    scores.map((score) => [
      `\`${score.expression}\``,
      score.agrees,
      score.skips,
      score.doubles,
      score.shifts,
      score.throws,
      score.worstMs.toFixed(1),
    ]),
  );
}

const [own, theirs] = [speed(ours, 40_000), speed(cronParser, 4000)];
print(
  'One next(), median in microseconds',
  ['expression', ours.name, cronParser.name],
  own.map((row, index) => [`\`${row.expression}\``, row.microseconds.toFixed(1), theirs[index]?.microseconds.toFixed(1) ?? '']),
);

const { own: counted, walked } = missedMinutes(cronParser);
print(
  'Every minute missed for two years: count and newest 100, in milliseconds',
  [ours.name, `${cronParser.name}, extrapolated`],
  [[counted.toFixed(3), walked.toFixed(0)]],
);
