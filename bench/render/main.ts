/**
 * Who writes the most rows for the least processor time: every contestant in a process of its own, on the same rows, one after the other, in rounds.
 *
 * `npm run bench:render -- [--rows N] [--rounds N] [--only csv,ndjson,xlsx] [--without-slow] [--nowhere] [--write]`; `--write` puts the tables of the formats
 * that were measured into docs/benchmarks/render.md. With `--nowhere` files go to /dev/null, so that writing them costs nobody anything. Needs GNU time.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { cpus, devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { prepare, type Absence, type Contestant } from './contestants.ts';
import { markdownOf, sections, writePage, type Measurement } from './report.ts';
import { verify } from './verify.ts';

/** Rows that every contestant must have right before its time counts. */
const VERIFIED_ROWS = 3000;

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'csv,ndjson,xlsx' },
    'without-slow': { type: 'boolean', default: false },
    nowhere: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const rows = Number(values.rows);
const rounds = Number(values.rounds);
const formats = values.only.split(',');
if (values.nowhere && values.write) throw new Error('the tables of the page are of files');

const folder = mkdtempSync(join(tmpdir(), 'dossier-bench-'));
try {
  const { contestants: all, absent } = await prepare(folder);
  const contestants = all.filter(({ slow, format }) => formats.includes(format) && !(slow && values['without-slow']));
  const disqualified: Absence[] = [];
  const racing: Contestant[] = [];
  for (const contestant of contestants) {
    const path = join(folder, 'verified');
    try {
      run(contestant, VERIFIED_ROWS, path);
      await verify(path, contestant.format, contestant.packed, VERIFIED_ROWS);
      racing.push(contestant);
    } catch (error) {
      disqualified.push({ formats: [contestant.format], why: `${contestant.name}: ${(error as Error).message}` });
    }
  }
  const measured = new Map<Contestant, Measurement[]>(racing.map((contestant) => [contestant, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const contestant of racing) {
      if (contestant.slow && round > 0) continue;
      const measurement = run(contestant, rows, values.nowhere ? devNull : join(folder, 'measured'));
      measured.get(contestant)?.push(measurement);
      console.error(`${round + 1}/${rounds} ${contestant.name} ${contestant.format}: ${measurement.cpuSeconds.toFixed(2)} s`);
    }
  }
  const report = sections({ rows, rounds, machine: cpus()[0]?.model ?? 'unknown', measured, absent, disqualified });
  console.log(report.map(markdownOf).join('\n\n'));
  if (values.write) writePage(report);
} finally {
  rmSync(folder, { recursive: true });
}

/** Whole process: start, rows, encoding, file. */
function run({ name, command }: Contestant, count: number, path: string): Measurement {
  const facts = join(folder, 'time');
  const [program = '', ...first] = command;
  const started = performance.now();
  const { status, stderr } = spawnSync('time', ['-f', '%U %S %M', '-o', facts, program, ...first, String(count), path], {
    encoding: 'utf8',
  });
  const wallSeconds = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr.slice(-300)}`);
  const [user = NaN, system = NaN, kibibytes = NaN] = readNumbers(facts);
  return { cpuSeconds: user + system, wallSeconds, peakBytes: kibibytes * 1024, fileBytes: statSync(path).size };
}

function readNumbers(path: string): number[] {
  return readFileSync(path, 'utf8').trim().split(' ').map(Number);
}
