/**
 * Schedules that are all due in the same minute: Dossier and Kubernetes' own CronJob controller, one after the other, each against a real apiserver of its own.
 *
 * `npm run bench:schedules`, about twenty minutes, of which CronJob as it comes takes ten; `-- --count 500 --only alone,whole` for a part of it.
 */
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { provideTools } from '../../src/local/tools/provide.ts';
import { CONTESTANTS } from './contestants.ts';
import { measure, type Measurement } from './measure.ts';

const { values } = parseArgs({ options: { count: { type: 'string', default: '5000' }, only: { type: 'string' } } });
const count = Number(values.count);
const chosen = values.only?.split(',') ?? CONTESTANTS.map(({ name }) => name);

function seconds(skews: readonly number[], share: number): string {
  const skew = skews[Math.min(skews.length - 1, Math.floor(skews.length * share))];
  return skew === undefined ? '' : (skew / 1000).toFixed(1);
}

function sum(requests: ReadonlyMap<string, number>, which: (key: string) => boolean): number {
  return [...requests].filter(([key]) => which(key)).reduce((total, [, value]) => total + value, 0);
}

function row({ title, skews, processorSeconds, peakMegabytes, requests }: Measurement): string {
  const [events, others] = [sum(requests, (key) => key.includes('events')), sum(requests, (key) => !key.includes('events'))];
  const cells = [
    title,
    String(skews.length),
    seconds(skews, 0.5),
    seconds(skews, 0.99),
    seconds(skews, 1),
    processorSeconds.toFixed(1),
    peakMegabytes.toFixed(0),
    (others / count).toFixed(2),
    (events / count).toFixed(2),
  ];
  return `| ${cells.join(' | ')} |`;
}

const tools = await provideTools({});
const results: Measurement[] = [];
for (const contestant of CONTESTANTS.filter(({ name }) => chosen.includes(name))) {
  const result = await measure(contestant, tools, count);
  results.push(result);
  console.error(row(result), Object.fromEntries(result.requests));
}
console.log(`${count} schedules due in one minute; ${cpus().length} cores, ${(totalmem() / 1e9).toFixed(0)} GB, Node ${process.version}\n`);
console.log('| | made | p50 s | p99 s | last s | CPU s | peak MB | requests a run | of Events |\n|---|---|---|---|---|---|---|---|---|');
for (const result of results) console.log(row(result));
