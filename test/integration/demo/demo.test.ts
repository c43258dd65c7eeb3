/** `make demo` from its first line to its last process. */
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { parse } from 'csv-parse';
import exceljs from 'exceljs';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { blocksRunBy } from '../../docs/shell-blocks.ts';
import { DemoPlace } from './program.ts';

const WHOLE_DEMO_MS = 300_000;
const FILES = [
  'containers.csv',
  'invoices-october.xlsx',
  'price-list-shop.json',
  'price-list.csv',
  'subscriptions.xlsx',
  'system-access.csv',
  'system-nodes.xlsx',
  'system-resources.xlsx',
  'unpaid-2026-10.csv',
  'usage-2026-10-warehouse.ndjson.gz',
  'usage-2026-10-week-1.xlsx',
  'usage-2026-10.csv',
];
/** Whether its Report comes while the demo runs is a matter of the minute. */
const SCHEDULE = 'containers-each-minute';
const READY = [
  'containers',
  'invoices-2026-10',
  'price-list',
  'price-list-shop',
  'subscriptions',
  'system-access',
  'system-nodes',
  'system-resources',
  'unpaid-2026-10',
  'usage-2026-10',
  'usage-2026-10-warehouse',
  'usage-2026-10-week-1',
];

test(
  'elsewhere than on a terminal it shows the Reports, copies their files, ends with 0 and leaves nothing',
  async () => {
    const place = await DemoPlace.make();
    const demo = place.start();
    expect(await demo.ended()).toEqual({ code: 0, signal: null });
    expect(await place.leftovers()).toEqual([]);
    const files = (await readdir(place.output)).toSorted();
    expect(files.filter((name) => !name.startsWith(SCHEDULE))).toEqual(FILES);

    // The table: each Report at its end, the one that is meant to fail among them, and why.
    for (const name of READY) {
      expect(demo.text).toMatch(new RegExp(`^${name} +Ready `, 'm'));
    }
    expect(demo.text).toMatch(/^wrong-parameter +Failed /m);
    expect(demo.text).toMatch(/InvalidParameters\n.*"unpaidonly".*"unpaidOnly".*"europe"/);
    // First rows of a CSV file, of JSON, of NDJSON that is packed, and of a workbook.
    expect(demo.text).toMatch(/^ +Plan,Seats,Price per month,.*\n +Starter,5,19\.00,/m);
    expect(demo.text).toMatch(/^ +\[\n +\{"plan":"Starter","seats":5,"price":"19\.00",/m);
    expect(demo.text).toMatch(/^ +\{"id":\d+,"customer":.*"quantity":"[\d.]+",/m);
    expect(demo.text).toMatch(/^ +Invoice \| Customer \|.*\n +INV-2026-\d+ \|/m);
    // From the cluster itself, and from an HTTP API.
    expect(demo.text).toMatch(/^ +Pod,Phase,Node,.*\n +containers-[\w-]+,/m);
    expect(demo.text).toMatch(/^ +Subscription \| Customer \|.*\n +SUB-\d+ \|/m);
    expect(demo.text).toMatch(/^ +Subject kind,Subject namespace,Subject,.*\n +Group,,system:masters,,ClusterRole,,cluster-admin,/m);
    expect(demo.text).toMatch(/^ +Node \| Ready \|.*\n +local \| True \|/m);
    expect(demo.text).toMatch(/^ +Namespace \| Pods \|.*\n +billing \| /m);
    // What is on a schedule, and when it comes next.
    expect(demo.text).toMatch(/^containers-each-minute +\* \* \* \* \* +UTC +false .* \d{4}-\d\d-\d\dT\d\d:\d\d:00Z /m);
    // Nobody can go on, so nobody is told how.
    expect(demo.text).not.toContain('KUBECONFIG');
  },
  WHOLE_DEMO_MS,
);

describe('kept', () => {
  test(
    'it goes on after the program has ended, does what it says, and ends with --stop',
    async () => {
      const place = await DemoPlace.make();
      const demo = place.throughMake(['--keep']);
      expect(await demo.ended()).toEqual({ code: 0, signal: null });

      await expectFilesLikeDatabase(place.output, /^Database +(\S+)$/m.exec(demo.text)?.[1] ?? '');
      await runPrintedCommands(demo.text, place.scratch);
      await runQuickStart(demo.text, place.scratch);
      await untilScheduled(demo.text, place.scratch);

      const second = place.start(['--keep']);
      expect(await second.ended()).toMatchObject({ code: 1 });
      expect(second.text).toMatch(/^demo: a demo is being kept already; .*--stop/);

      const stop = place.throughMake(['--stop']);
      expect(await stop.ended()).toMatchObject({ code: 0 });
      expect(await readdir(place.temporary), 'when --stop returns, all is gone').toEqual([]);
      expect(await place.leftovers()).toEqual([]);
      const again = place.start(['--stop']);
      await again.ended();
      expect(again.text).toBe('No demo was being kept.\n');
    },
    WHOLE_DEMO_MS,
  );
});

describe('ended in the middle', () => {
  test.each<[string, RegExp]>([
    ['while servers start', /Starting Kubernetes/],
    ['while rows go into the database', /Filling a billing database/],
    ['while Reports run', /Deploying/],
  ])('by Ctrl-C %s: nothing is left, not half a file', async (_, moment) => {
    const place = await DemoPlace.make();
    const demo = place.start();
    await demo.says(moment);
    demo.child.kill('SIGINT');
    demo.child.kill('SIGINT'); // npm passes on what the terminal has sent already
    expect(await demo.ended()).toEqual({ code: 130, signal: null });
    expect(await readdir(place.temporary), 'when the program ends, all is gone').toEqual([]);
    expect(await place.leftovers()).toEqual([]);
    expect(await readdir(place.output).catch(() => [])).toEqual([]);
  });

  test('by SIGKILL once servers run: what it started ends as well', async () => {
    const place = await DemoPlace.make();
    const demo = place.start();
    await place.runs('kube-apiserver');
    demo.child.kill('SIGKILL');
    await demo.ended();
    expect(await place.leftovers()).toEqual([]);
  });
});

/** The files hold what the database holds, by count and by sum. */
async function expectFilesLikeDatabase(folder: string, url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const ask = async (sql: string): Promise<readonly string[]> => {
      const { rows } = await client.query<string[]>({ text: sql, rowMode: 'array' });
      return rows[0] ?? [];
    };
    const october = "recorded_at >= '2026-10-01Z' and recorded_at < '2026-11-01Z'";
    expect(await csvFacts(join(folder, 'usage-2026-10.csv'), 5, 4)).toEqual(
      await ask(`select count(*), sum(cost) from usage where ${october}`),
    );
    const inBerlin = "issued_at >= '2026-10-01 Europe/Berlin' and issued_at < '2026-11-01 Europe/Berlin'";
    expect(await csvFacts(join(folder, 'unpaid-2026-10.csv'), 4, 2)).toEqual(
      await ask(`select count(*), sum(total) from invoices where ${inBerlin} and total >= 100 and not paid`),
    );
    expect(await sheetFacts(join(folder, 'invoices-october.xlsx'), 5)).toEqual(
      await ask(`select count(*), sum(total) from invoices where ${inBerlin} and region = 'emea'`),
    );
  } finally {
    await client.end();
  }
}

/** Number of rows, and the exact sum of a column with `digits` decimals. */
async function csvFacts(path: string, column: number, digits: number): Promise<readonly string[]> {
  let rows = 0n;
  let sum = 0n;
  for await (const record of createReadStream(path).pipe(parse({ from_line: 2 })) as AsyncIterable<string[]>) {
    const [whole = '', fraction = ''] = (record[column] ?? '').split('.');
    sum += BigInt(whole + fraction.padEnd(digits, '0'));
    rows += 1n;
  }
  const text = String(sum);
  return [String(rows), `${text.slice(0, -digits)}.${text.slice(-digits)}`];
}

/** Number of rows, and the sum of a column of amounts (columns count from 1). */
async function sheetFacts(path: string, column: number): Promise<readonly string[]> {
  const workbook = new exceljs.Workbook();
  await workbook.xlsx.readFile(path);
  const [sheet] = workbook.worksheets;
  let cents = 0;
  sheet?.eachRow((row, number) => {
    if (number > 1) cents += Math.round(Number(row.getCell(column).value) * 100);
  });
  return [String((sheet?.rowCount ?? 0) - 1), (cents / 100).toFixed(2)];
}

/** Waits for the Report of a minute; much of that has passed already. */
async function untilScheduled(text: string, folder: string): Promise<void> {
  const names = `kubectl get reports -n billing -l dossier.dev/schedule=${SCHEDULE} -o jsonpath='{range .items[?(@.status.phase=="Ready")]}{.metadata.name} {end}'`;
  const deadline = performance.now() + 90_000;
  while (!new RegExp(`${SCHEDULE}-\\d+ `).test(await runShell([setUp(text), names].join('\n'), folder))) {
    if (performance.now() > deadline) throw new Error('no Report of the schedule became Ready');
    await sleep(1_000);
  }
}

/** Runs every command that the demo tells a person to try, as that person's shell would. */
async function runPrintedCommands(text: string, folder: string): Promise<void> {
  const commands = /\n(export KUBECONFIG[^]*?)\n\nBucket /.exec(text)?.[1]?.replaceAll(/^[A-Z][^\n]*:$/gm, '') ?? '';
  const printed = await runShell(commands, folder);
  expect(printed).toContain('report.dossier.dev/invoices-apac-2026-09 condition met');
  expect(printed).toMatch(/report.dossier.dev "usage-2026-10" deleted/);
  expect(await readdir(folder), 'the file that curl fetched').toContain('invoices-october.xlsx');
}

/** Runs every command of docs/quick-start.md but those that start and end the demo. */
async function runQuickStart(text: string, folder: string): Promise<void> {
  const commands = blocksRunBy('integration/demo/demo.test.ts').get('docs/quick-start.md') ?? [];
  expect(commands.length).toBeGreaterThan(5);
  const printed = await runShell([setUp(text), ...commands].join('\n'), folder);
  expect(printed).toMatch(/^revenue-2026-09 +Ready +revenue +CSV /m);
  expect(printed).toMatch(/"regoin".*"region".*"month": is required/);
  expect(printed).toMatch(/^s3:\/\/reports\/partners\/billing\/revenue-partners\/.*\/revenue-apac\.xlsx$/m);
  expect(printed).toMatch(/^revenue-monthly-run-\w+ +Ready +revenue +CSV /m);
  expect(printed).toMatch(/reportstorage.dossier.dev "partners" deleted/);
}

/** The two lines that point kubectl at the demo. */
function setUp(text: string): string {
  return /^export KUBECONFIG.*\nexport PATH.*$/m.exec(text)?.[0] ?? '';
}

/** What it printed; throws with its errors when a command fails. */
async function runShell(commands: string, folder: string): Promise<string> {
  const env = { PATH: process.env['PATH'], HOME: folder };
  const { stdout } = await promisify(execFile)('bash', ['-e', '-u', '-c', commands], { cwd: folder, env });
  return stdout;
}
