/**
 * Schedules that are all due in the same minute: Dossier and Kubernetes' own CronJob controller, one after the other, each against a real apiserver of its own.
 *
 * `npm run bench:schedules`, about twenty-five minutes, of which CronJob as it comes takes eleven. `-- --count 500 --only alone,whole` measures a part; `--write` keeps the rows
 * in results.json, where later ones replace earlier ones of the same name, and writes docs/benchmarks/schedules.md from all of them. `--node-flags=--cpu-prof` is for
 * whoever looks for the time. Ends with exit code 1 when a goal is missed.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { provideTools } from '../../src/local/tools/provide.ts';
import { CONTESTANTS, type Contestant } from './contestants.ts';
import { measure, type Measurement } from './measure.ts';
import { merged, misses, page, table, type Row } from './page.ts';

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
const nodeFlags = values['node-flags'].split(' ').filter((flag) => flag !== '');
const names = CONTESTANTS.map(({ name }) => name);
const chosen = values.only?.split(',') ?? names;
const unknown = chosen.filter((name) => !names.includes(name));
if (unknown.length > 0 || !Number.isInteger(count) || count < 1)
  throw new Error(`--only takes ${names.join(', ')}; --count takes a number of schedules`);
const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, ${(totalmem() / 1e9).toFixed(0)} GB, Node ${process.version}`;

function rowOf({ name, title, schedules, children, whole }: Contestant, measured: Measurement): Row {
  const { skews, requests } = measured;
  const seconds = (share: number): number => (skews[Math.min(skews.length - 1, Math.floor(skews.length * share))] ?? Infinity) / 1000;
  const aRun = (which: (key: string) => boolean): number =>
    [...requests].filter(([key]) => which(key)).reduce((total, [, value]) => total + value, 0) / count;
  return {
    ...{ name, title, count, machine },
    made: skews.length,
    ...{ p50Seconds: seconds(0.5), p99Seconds: seconds(0.99), lastSeconds: seconds(1) },
    settledSeconds: measured.settledSeconds,
    processorSeconds: measured.processorSeconds,
    apiserverSeconds: measured.apiserverSeconds,
    peakMegabytes: measured.peakMegabytes,
    ...(measured.eventLoopLagMs === undefined ? {} : { eventLoopLagMs: measured.eventLoopLagMs }),
    // Where Reports are worked on, too, only their making is a schedule's.
    requests: aRun(
      (key) => key.includes(` ${schedules.plural}`) || key === `POST ${children.plural}` || (!whole && key.includes(` ${children.plural}`)),
    ),
    events: aRun((key) => key.includes(' events')),
    load: measured.load,
  };
}

const tools = await provideTools({});
const rows: Row[] = [];
for (const contestant of CONTESTANTS.filter(({ name }) => chosen.includes(name))) {
  const measured = await measure(contestant, tools, count, nodeFlags);
  rows.push(rowOf(contestant, measured));
  console.log(`${table(rows.slice(-1))}\n${[...measured.requests].map(([key, value]) => `${key}: ${value}`).join(', ')}\n`);
  if (values.write) {
    const all = merged(JSON.parse(await readFile(RESULTS, 'utf8')) as readonly Row[], rows, names);
    await writeFile(RESULTS, `${JSON.stringify(all, undefined, 2)}\n`);
    await writeFile(TARGET, page(all));
  }
}
console.log(table(rows));
const missed = misses(rows);
for (const miss of missed) console.log(`goal missed: ${miss}`);
process.exitCode = missed.length === 0 ? 0 : 1;
