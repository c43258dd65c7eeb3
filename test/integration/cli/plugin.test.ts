/** The plugin as people have it: one file on PATH, found by kubectl, on a real apiserver. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execPath } from 'node:process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { bundlePlugin } from '../../../scripts/bundle-plugin.ts';
import type { ReportDownload } from '../../../src/api/generated/reportdownload.ts';
import type { ReportSchedule } from '../../../src/api/generated/reportschedule.ts';
import { REPORT_DOWNLOADS, REPORT_SCHEDULES } from '../../../src/kube/resources.ts';
import { blocksRunBy } from '../../docs/shell-blocks.ts';
import { useBilling } from '../support/billing.ts';
import { controlPlane, tools } from '../support/servers.ts';

const { billing } = useBilling('plugin');
const TIMEOUT_MS = 60_000;
let folder: string;
let bin: string;

interface Printed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `kubectl dossier ...` in the test's folder and namespace. */
async function dossier(...args: readonly string[]): Promise<Printed> {
  const [command = '', ...rest] = args;
  const options = { cwd: folder, env: env(), timeout: TIMEOUT_MS };
  return new Promise((resolve) => {
    execFile('kubectl', ['dossier', command, '-n', billing().namespace, ...rest], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    });
  });
}

function env(): NodeJS.ProcessEnv {
  const PATH = [bin, dirname(tools().kubectl), dirname(execPath), process.env['PATH']].join(':');
  return { PATH, HOME: folder, KUBECONFIG: controlPlane().kubeconfigFile };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-plugin-'));
  bin = await mkdtemp(join(tmpdir(), 'dossier-bin-'));
  await bundlePlugin(join(bin, 'built'));
  await copyFile(join(bin, 'built'), join(bin, 'kubectl-dossier'));
  await symlink(execPath, join(bin, 'node'));
  await billing().storage();
  await billing().priceList('prices', {
    parameters: [
      { name: 'month', type: 'Period' },
      { name: 'customers', type: 'Strings' },
    ],
  });
  return async () => {
    await rm(folder, { recursive: true });
    await rm(bin, { recursive: true });
  };
});

test('describe tells what a template asks for, and its Report is one that create would make', async () => {
  const { code, stdout } = await dossier('describe', 'prices');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Name: +prices\n/);
  expect(stdout).toMatch(/\n {2}month +Period +no /);
  expect(stdout).toContain(`\n    namespace: ${billing().namespace}\n`);
  expect(await dossier('describe', 'nothing')).toMatchObject({
    code: 1,
    stderr: `error: there is no ReportTemplate "nothing" in namespace ${billing().namespace} (for a ClusterReportTemplate say --cluster)\n`,
  });
});

describe('create', () => {
  test('makes a Report of what was said, waits for its end and tells the way there', async () => {
    const params = ['--param', 'month=LastMonth', '-p', 'customers=acme', '-p', 'customers=initech'];
    const { code, stdout, stderr } = await dossier('create', 'october', '--from', 'prices', ...params, '--format', 'XLSX', '--wait');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'report.dossier.dev/october\n' });
    expect(stderr).toMatch(/^october: Ready \(Completed\): 2 rows, .*october\.xlsx$/m);
    expect((await billing().get('october')).spec).toMatchObject({
      format: 'XLSX',
      parameters: [
        { name: 'month', period: { relative: 'LastMonth' } },
        { name: 'customers', values: ['acme', 'initech'] },
      ],
    });
  });

  test('names a Report after its template when nobody else does, and fails with its reason', async () => {
    const { code, stdout, stderr } = await dossier('create', '--from', 'prices', '-p', 'month=2026-11-01..2026-10-01T00:00:00Z', '--wait');
    expect(stdout).toMatch(/^report\.dossier\.dev\/prices-[a-z0-9]{5}\n$/);
    expect(code).toBe(1);
    expect(stderr).toMatch(/Failed \(InvalidParameters\): .*month/);
  });

  test.each<[story: string, args: readonly string[], code: number, says: RegExp]>([
    ['no template', [], 2, /--from TEMPLATE is missing/],
    ['a template that is not there', ['--from', 'nothing'], 1, /no ReportTemplate "nothing" in namespace .* say --cluster/],
    ['a parameter that is not there', ['--from', 'prices', '-p', 'customer=x'], 2, /did you mean "customers"\?/],
    ['a format that is none', ['--from', 'prices', '--format', 'PDF'], 1, /spec\.format: Unsupported value: "PDF"/],
    ['an option that is none', ['--from', 'prices', '--fromat', 'CSV'], 2, /Unknown option '--fromat'/],
  ])('refuses %s in one line', async (_, args, code, says) => {
    const printed = await dossier('create', ...args);
    expect(printed).toEqual({ code, stdout: '', stderr: expect.stringMatching(says) as string });
    expect(printed.stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('download', () => {
  test('puts the file, checked, where it was told to, and takes its request back', async () => {
    const { file } = (await billing().get('october')).status;
    expect(await dossier('download', 'october')).toMatchObject({
      code: 0,
      stderr: `october.xlsx: ${file?.size}, SHA-256 ${file?.sha256}\n`,
    });
    const bytes = await readFile(join(folder, 'october.xlsx'));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(file?.sha256);
    const { items } = await billing().client.list<ReportDownload>(REPORT_DOWNLOADS, { namespace: billing().namespace }, billing().signal);
    expect(items).toEqual([]);
  });

  test('overwrites only what it is told to', async () => {
    await writeFile(join(folder, 'october.xlsx'), 'mine');
    const refused = await dossier('download', 'october');
    expect(refused).toMatchObject({ code: 1, stderr: 'error: october.xlsx is there already; -o october.xlsx overwrites it\n' });
    expect(await readFile(join(folder, 'october.xlsx'), 'utf8')).toBe('mine');
    expect(await dossier('download', 'october', '-o', 'october.xlsx')).toMatchObject({ code: 0 });
    expect((await readFile(join(folder, 'october.xlsx'))).subarray(0, 2).toString()).toBe('PK');
  });

  test('writes to standard output what was checked', async () => {
    await billing().report('csv', { templateRef: { name: 'prices' }, format: 'CSV', parameters: [] });
    await billing().finished('csv');
    const { stdout } = await dossier('download', 'csv', '-o', '-');
    expect(stdout).toMatch(/^SKU,Price\r?\na,1\.50\r?\n/);
  });

  test('of no Report says so and leaves nothing', async () => {
    const before = await readdir(folder);
    expect(await dossier('download', 'nobody')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: ReportNotFound: there is no Report "nobody"/) as string,
    });
    expect(await readdir(folder)).toEqual(before);
  });
});

describe('logs', () => {
  test('shows what the runner wrote', async () => {
    const { code, stdout } = await dossier('logs', 'october');
    expect(code).toBe(0);
    expect(stdout).toContain('{"');
  });

  test('of a Report without a pod says why there is none', async () => {
    await billing().report('waits', { templateRef: { name: 'not-there' } });
    await billing().waiting('waits', 'TemplateNotFound');
    expect(await dossier('logs', 'waits')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/has no pod, and so no log: Pending \(TemplateNotFound\): /) as string,
    });
  });

  test('of a Report that is not there says what the apiserver says', async () => {
    expect(await dossier('logs', 'nobody')).toMatchObject({ code: 1, stderr: 'error: reports.dossier.dev "nobody" not found\n' });
  });
});

describe('run', () => {
  test('makes a suspended schedule run once, keeps its annotations and waits for the Report', async () => {
    const spec = { schedule: '0 6 1 1 *', suspend: true, report: { spec: { templateRef: { name: 'prices' } } } };
    await billing().create(REPORT_SCHEDULES, 'yearly', { spec }, { annotations: { keep: 'me' } });
    const { code, stdout, stderr } = await dossier('run', 'yearly', '--wait');
    expect(stdout).toMatch(/^report\.dossier\.dev\/yearly-run-[a-z2-7]{10}\n$/);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/Ready \(Completed\)/) as string });
    const schedule = await billing().client.get<ReportSchedule>(REPORT_SCHEDULES, billing().namespace, 'yearly', billing().signal);
    expect(schedule.metadata.annotations).toMatchObject({ keep: 'me' });
    expect((await billing().get(stdout.trim().split('/')[1] ?? '')).status.phase).toBe('Ready');
  });
});

test('every command of docs/plugin.md does what it says', async () => {
  const parameters = ['region', 'customers'].map((name) => ({ name, type: name === 'region' ? 'String' : 'Strings' }));
  await billing().priceList('invoices', { formats: ['XLSX', 'CSV'], parameters: [{ name: 'month', type: 'Period' }, ...parameters] });
  const spec = { schedule: '@yearly', report: { spec: { templateRef: { name: 'invoices' } } } };
  await billing().create(REPORT_SCHEDULES, 'monthly-invoices', { spec });
  // A person's namespace is that of the kubeconfig, and /tmp is not this test's own.
  const kubeconfig = join(folder, 'kubeconfig');
  await copyFile(controlPlane().kubeconfigFile, kubeconfig);
  const [commands = ''] = blocksRunBy('integration/cli/plugin.test.ts').get('docs/plugin.md') ?? [];
  const setUp = `kubectl config set-context --current --namespace=${billing().namespace}; kubectl delete report october --ignore-not-found`;
  const script = `${setUp}\n${commands.replaceAll('/tmp/', './')}`;
  const { stdout, stderr } = await promisify(execFile)('bash', ['-e', '-u', '-c', script], {
    cwd: folder,
    env: { ...env(), KUBECONFIG: kubeconfig },
  });
  expect(stdout).toMatch(/^report\.dossier\.dev\/monthly-invoices-run-/m);
  expect(stderr.match(/: Ready \(Completed\)/g)).toHaveLength(3);
  expect((await readFile(join(folder, 'october.xlsx'))).subarray(0, 2).toString()).toBe('PK');
});

test('the help of each command and the version are there without a cluster', async () => {
  for (const command of ['create', 'describe', 'download', 'logs', 'run']) {
    const { code, stdout } = await dossier(command, '--help', '--kubeconfig', '/nonexistent');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(new RegExp(`^kubectl dossier ${command} `)) as string });
  }
});
