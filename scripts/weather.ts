/**
 * `npm run weather -- --minutes 10`: runs Reports through bad weather with new dice again and again, for that long, and ends with the seed of the first run that broke something.
 *
 * `--seed S` begins with that seed. The tests of test/reliability do the same with a few seeds that are always the same.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { argv, execPath, exit } from 'node:process';
import { parseArgs } from 'node:util';

const VITEST = join(import.meta.dirname, '../node_modules/vitest/vitest.mjs');

const { minutes, seed } = parseArgs({
  args: argv.slice(2),
  options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' } },
}).values;
if (!/^\d{1,4}$/.test(minutes)) {
  console.error(`--minutes "${minutes}": must be a whole number`);
  exit(2);
}
const until = Date.now() + Number(minutes) * 60_000;
let runs = 0;
for (let next = seed; runs === 0 || Date.now() < until; next = undefined) {
  const dice = next ?? randomBytes(4).toString('hex');
  runs += 1;
  const args = [VITEST, 'run', '--project', 'integration', '--reporter=default', 'test/reliability'];
  const { status } = spawnSync(execPath, args, { stdio: 'inherit', env: { ...process.env, DOSSIER_SEED: dice } });
  if (status !== 0) {
    console.error(`seed ${dice}, run ${runs}: an invariant does not hold; npm run weather -- --minutes 0 --seed ${dice} repeats it`);
    exit(1);
  }
}
console.log(`${runs} runs, and every invariant held`);
