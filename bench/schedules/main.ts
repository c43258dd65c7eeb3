/**
 * Schedules that are all due in the same minute: Dossier and Kubernetes' own CronJob controller, one after the other, each against a real apiserver of its own.
 *
 * Each is measured twice: with runs that nobody ends, and, with fewer schedules, with runs that end. `npm run bench:schedules`, about forty minutes, of which CronJob as it
 * comes takes fifteen. `-- --count 500 --only alone,whole` measures a part; `--write` keeps the rows in results.json, where later ones replace earlier ones of the same name,
 * and writes docs/benchmarks/schedules.md from all of them. `--node-flags=--cpu-prof` is for
 * whoever looks for the time. Ends with exit code 1 when a goal is missed.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { provideTools } from '../../src/local/tools/provide.ts';
import { CONTESTANTS, type Contestant } from './contestants.ts';
import { measure, type Measurement } from './measure.ts';
import { costTable, merged, misses, page, table, type Cost, type Row } from './page.ts';

const RESULTS = join(import.meta.dirname, 'results.json');
const TARGET = join(import.meta.dirname, '../../docs/benchmarks/schedules.md');

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '5000' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
    'node-flags': { type: 'string', default: '' },
  },
});
const count = Number(values.count);
/** Runs to the end cost many requests for Jobs and pods. With more of them at once more wait for a place, and fewer end before their status is written (page.ts says so). */
const endingCount = Math.ceil(count / 10);
const nodeFlags = values['node-flags'].split(' ').filter((flag) => flag !== '');
const names = CONTESTANTS.map(({ name }) => name);
const chosen = values.only?.split(',') ?? names;
const unknown = chosen.filter((name) => !names.includes(name));
if (unknown.length > 0 || !Number.isInteger(count) || count < 1)
  throw new Error(`--only takes ${names.join(', ')}; --count takes a number of schedules`);
const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, ${(totalmem() / 1e9).toFixed(0)} GB, Node ${process.version}`;

/** A run's share of what the apiserver was asked. What is asked of children in the way of working on them, or to end them, is not a schedule's. */
function costOf({ schedules, children, whole }: Contestant, { requests, events }: Measurement, runs: number): Cost {
  const aRun = (which: (key: string) => boolean): number =>
    [...requests].filter(([key]) => which(key)).reduce((total, [, value]) => total + value, 0) / runs;
  const ofChildren = (key: string): boolean =>
    whole ? key === `POST ${children.plural}` : key.includes(` ${children.plural}`) && !key.endsWith('/status');
  return {
    requests: aRun((key) => key.includes(` ${schedules.plural}`) || ofChildren(key)),
    events: events / runs,
  };
}

function rowOf(contestant: Contestant, measured: Measurement, toTheEnd: Measurement): Row {
  const { name, title } = contestant;
  const { skews } = measured;
  const seconds = (share: number): number => (skews[Math.min(skews.length - 1, Math.floor(skews.length * share))] ?? Infinity) / 1000;
  if (toTheEnd.ended !== endingCount) throw new Error(`${title}: ${toTheEnd.ended} of ${endingCount} runs ended`);
  return {
    ...{ name, title, count, machine },
    made: skews.length,
    ...{ p50Seconds: seconds(0.5), p99Seconds: seconds(0.99), lastSeconds: seconds(1) },
    settledSeconds: measured.settledSeconds,
    processorSeconds: measured.processorSeconds,
    apiserverSeconds: measured.apiserverSeconds,
    peakMegabytes: measured.peakMegabytes,
    ...(measured.eventLoopLagMs === undefined ? {} : { eventLoopLagMs: measured.eventLoopLagMs }),
    ...costOf(contestant, measured, count),
    toTheEnd: { count: endingCount, ...costOf(contestant, toTheEnd, endingCount) },
    load: measured.load,
  };
}

const tools = await provideTools({});
const rows: Row[] = [];
for (const contestant of CONTESTANTS.filter(({ name }) => chosen.includes(name))) {
  const measured = await measure(contestant, tools, count, nodeFlags, false);
  const toTheEnd = await measure(contestant, tools, endingCount, nodeFlags, true);
  rows.push(rowOf(contestant, measured, toTheEnd));
  console.log(`${table(rows.slice(-1))}\n${costTable(rows.slice(-1))}`);
  for (const { requests } of [measured, toTheEnd]) console.log([...requests].map(([key, value]) => `${key}: ${value}`).join(', '));
  if (values.write) {
    const all = merged(JSON.parse(await readFile(RESULTS, 'utf8')) as readonly Row[], rows, names);
    await writeFile(RESULTS, `${JSON.stringify(all, undefined, 2)}\n`);
    await writeFile(TARGET, page(all));
  }
}
console.log(`${table(rows)}\n\n${costTable(rows)}`);
const missed = misses(rows);
for (const miss of missed) console.log(`goal missed: ${miss}`);
process.exitCode = missed.length === 0 ? 0 : 1;
