/** Reports whose rows code from a git repository makes: which commit it was, what the code gets, and what becomes of code and repositories that do not play along. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ExcelJS from 'exceljs';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, test, vi } from 'vitest';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CONFIG_MAPS, NAMESPACES, REPORTS } from '../../../src/kube/resources.ts';
import { jobName } from '../../../src/operator/report/job.ts';
import { GitServer } from '../../support/git-server.ts';
import { bucketContent } from '../support/bucket-content.ts';
import { messageOf, useBilling } from '../support/billing.ts';
import { expectFailed } from '../support/failed.ts';
import { localNode } from '../support/node-control.ts';
import { podsOf } from '../support/traces.ts';

const USAGE = `
import { tier } from './tier.ts';
interface Context { readonly parameters: { readonly customers: readonly string[] }; log(message: string): void }
export default async function* (context: Context) {
  context.log('SENTINEL in the log');
  for (const [index, customer] of context.parameters.customers.entries()) yield { id: customer, total: tier(index) };
  yield ['sum', 9007199254740993n];
}
`;
const TIER = 'export const tier = (index: number): string => `${index + 1}.50`;\n';

interface GitPod {
  readonly spec: {
    readonly initContainers: readonly {
      readonly name: string;
      readonly env: readonly { readonly name: string; readonly valueFrom?: unknown }[];
    }[];
    readonly containers: readonly { readonly env: readonly { readonly name: string }[] }[];
  };
}

describe.concurrent('code from a repository', () => {
  const { billing } = useBilling('git');
  let server: GitServer;
  let commit = '';

  beforeAll(async () => {
    const path = '/metadata/labels/pod-security.kubernetes.io~1enforce';
    const { client, namespace, signal } = billing();
    await client.patchJson(NAMESPACES, undefined, namespace, [{ op: 'add', path, value: 'restricted' }], signal);
    await billing().storage();
    server = await GitServer.start();
    commit = await server.commit('reports', { 'reports/usage.ts': USAGE, 'reports/tier.ts': TIER });
    server.accounts.set('reports', { username: 'git', password: 'SENTINEL-token' });
    await billing().secret('git', { token: 'SENTINEL-token' });
    await billing().secret('git-ssh', { 'ssh-privatekey': server.key, known_hosts: server.knownHosts });
    await billing().secret('git-ca', { 'ca.crt': server.ca });
  });
  afterAll(() => server.close());

  async function run(name: string, git: object, report: object = {}, job: object = {}, more: object = {}): Promise<void> {
    const caSecretRef = { name: 'git-ca', key: 'ca.crt' };
    await billing().template(name, {
      parameters: [{ name: 'customers', type: 'Strings', defaultValues: ['acme', 'initech'] }],
      source: { git: { url: server.url('reports'), ref: { branch: 'main' }, credentialsSecretRef: { name: 'git' }, caSecretRef, ...git } },
      columns: [
        { name: 'id', type: 'String' },
        { name: 'total', type: 'Decimal' },
      ],
      formats: ['CSV'],
      job: { backoffLimit: 0, ...job },
      ...more,
    });
    await billing().report(name, { templateRef: { name }, ...report });
  }

  /** A Report of a module in a repository of its own. */
  async function runModule(name: string, module: string, job: object = {}): Promise<void> {
    await server.commit(name, { 'usage.ts': module });
    await run(name, { url: server.url(name), entrypoint: 'usage.ts' }, {}, job);
  }

  async function fileOf(name: string): Promise<string> {
    const { objects } = await bucketContent(billing().bucket, `${billing().namespace}/${name}/`);
    return objects[0]?.bytes.toString() ?? '';
  }

  test('in TypeScript makes the rows, and the Report names its commit', async ({ expect }) => {
    await run('module', { path: 'reports', entrypoint: 'usage.ts' });
    const report = await billing().finished('module');
    expect(report.status.phase, messageOf(report)).toBe('Ready');
    expect(report.status).toMatchObject({ template: { revision: commit }, file: { rows: 3 } });
    expect(await fileOf('module')).toBe('id,total\nacme,1.50\ninitech,2.50\nsum,9007199254740993\n');
    expect(JSON.stringify(report.status)).not.toContain('SENTINEL');
    const [pod] = (await podsOf(billing(), 'module')) as unknown as readonly GitPod[];
    const [fetch, code] = pod?.spec.initContainers ?? [];
    expect([fetch?.name, code?.name]).toEqual(['fetch', 'code']);
    // Of all the run's Secrets, the code has none, the fetch has the repository's only, and the runner has none of the repository's.
    expect(code?.env.map(({ name }) => name)).toEqual(['DOSSIER_PARAMETERS', 'DOSSIER_ROWS', 'DOSSIER_ENTRYPOINT', 'TMPDIR']);
    expect(fetch?.env.some(({ name }) => name.startsWith('DOSSIER_STORAGE_'))).toBe(false);
    expect(pod?.spec.containers[0]?.env.some(({ name }) => name.startsWith('DOSSIER_STORAGE_'))).toBe(true);
    expect(pod?.spec.containers[0]?.env.some(({ name }) => name.startsWith('DOSSIER_GIT'))).toBe(false);
    expect(JSON.stringify(pod)).not.toContain('SENTINEL');
  });

  test('fills a workbook from the repository, which must be there', async ({ expect }) => {
    const form = await readFile(join(import.meta.dirname, '../../runner/formats/workbook/form.xlsx'));
    await server.commit('forms', { 'reports/usage.ts': USAGE, 'reports/tier.ts': TIER, 'reports/forms/usage.xlsx': form });
    server.accounts.set('forms', { username: 'git', password: 'SENTINEL-token' });
    const git = { url: server.url('forms'), path: 'reports', entrypoint: 'usage.ts' };
    const workbook = { path: 'forms/usage.xlsx', sheet: 'Table', startRow: 3, startColumn: 2 };
    await run('form', git, {}, {}, { formats: ['XLSX'], xlsx: { workbook } });
    await run('no-form', git, {}, {}, { formats: ['XLSX'], xlsx: { workbook: { ...workbook, path: 'forms/none.xlsx' } } });
    const report = await billing().finished('form');
    expect(report.status, messageOf(report)).toMatchObject({ phase: 'Ready', file: { rows: 3 } });
    const { objects } = await bucketContent(billing().bucket, `${billing().namespace}/form/`);
    const book = new ExcelJS.Workbook();
    await book.xlsx.load(objects[0]?.bytes as unknown as ExcelJS.Buffer);
    expect([3, 4, 5].map((row) => book.getWorksheet('Table')?.getCell(`B${row}`).value)).toEqual(['acme', 'initech', 'sum']);
    expect(messageOf(await billing().finished('no-form'))).toContain(
      'xlsx.workbook: the repository has no file "forms/none.xlsx" that can be read below the source\'s path',
    );
  });

  test('is the example, as it stands there', async ({ expect }) => {
    const example = join(import.meta.dirname, '../../../examples/custom-template');
    const read = (path: string): Promise<string> => readFile(join(example, path), 'utf8');
    const { spec } = parse(await read('template.yaml')) as { readonly spec: { readonly source: { readonly git: object } } };
    const tagged = await server.commit('example', { 'reports/working-days.ts': await read('reports/working-days.ts') });
    await server.tag('example', 'v1.0.0', tagged);
    server.accounts.set('example', { username: 'git', password: 'SENTINEL-token' });
    await billing().secret('reports-git', { token: 'SENTINEL-token' });
    const git = { ...spec.source.git, url: server.url('example'), caSecretRef: { name: 'git-ca', key: 'ca.crt' } };
    await billing().template('working-days', { ...spec, source: { git } });
    const period = { from: '2026-12-21', to: '2027-01-01' };
    await billing().report('working-days', {
      templateRef: { name: 'working-days' },
      parameters: [
        { name: 'period', period },
        { name: 'holidays', values: ['2026-12-25'] },
      ],
      format: 'CSV',
      timeZone: 'America/New_York',
    });
    const report = await billing().finished('working-days');
    expect(report.status, messageOf(report)).toMatchObject({ phase: 'Ready', template: { revision: tagged }, file: { rows: 11 } });
    expect(await fileOf('working-days')).toMatch(/^Day,Weekday,Worked,Hours\n2026-12-21,Monday,true,7.50\n/);
  });

  test('over ssh, in any language by an image, runs where the path says', async ({ expect }) => {
    await server.commit('shell', { 'deep/er/rows.sh': 'pwd >&2; cat data.txt > "$DOSSIER_ROWS"', 'deep/er/data.txt': '["a",1]' });
    await run('shell', {
      url: server.sshUrl('shell'),
      credentialsSecretRef: { name: 'git-ssh' },
      caSecretRef: undefined,
      path: 'deep/er',
      image: localNode().toolsImage,
      command: ['sh', './rows.sh'],
    });
    const report = await billing().finished('shell');
    expect(report.status.phase, messageOf(report)).toBe('Ready');
    expect(await fileOf('shell')).toBe('id,total\na,1\n');
  });

  test('sees no environment but its own, and is nobody to the apiserver', async ({ expect }) => {
    await runModule(
      'environment',
      `import { request } from 'node:https';
      const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
      const status = (path) => new Promise((resolve, reject) => {
        request({ host, port, path, rejectUnauthorized: false }, ({ statusCode }) => resolve(statusCode)).on('error', reject).end();
      });
      export default async function* () {
        for (const name of Object.keys(process.env).sort()) yield [name, null];
        yield ['apiserver', await status('/api/v1/namespaces/${billing().namespace}/secrets')];
      }`,
    );
    const report = await billing().finished('environment');
    expect(report.status.phase, messageOf(report)).toBe('Ready');
    const names = (await fileOf('environment'))
      .split('\n')
      .slice(1, -1)
      .map((line) => line.split(',')[0] ?? '');
    expect(await fileOf('environment')).toMatch(/\napiserver,40[13]\n$/);
    expect(names.filter((name) => !/^(KUBERNETES_.*|PATH|HOME|HOSTNAME|NODE_COMPILE_CACHE|apiserver)$/.test(name))).toEqual([
      'DOSSIER_ENTRYPOINT',
      'DOSSIER_PARAMETERS',
      'DOSSIER_ROWS',
      'TMPDIR',
    ]);
  });

  test('that names a mistake of the user fails the Report with it', async () => {
    await runModule('says-so', `export default function* (context) { context.fail('no customer\\nof that name'); }`);
    await expectFailed(billing(), 'says-so', 'TemplateFailed', /^the template's code says: no customer of that name$/, 'kept');
  });

  test('that is not there fails the Report, which says so', async () => {
    await run('no-branch', { entrypoint: 'reports/usage.ts', ref: { branch: 'nothing' } });
    await expectFailed(billing(), 'no-branch', 'TemplateFailed', /^git: .*reports\.git has no branch nothing$/, 'kept');
  });

  test('waits for a Secret that opens the repository, and goes on by itself', async ({ expect }) => {
    await run('secret', { path: 'reports', entrypoint: 'usage.ts', credentialsSecretRef: { name: 'late' } });
    await billing().secret('late', { user: 'x' });
    const report = await billing().waiting('secret', 'SecretNotFound');
    expect(messageOf(report)).toMatch(/^spec\.source\.git\.credentialsSecretRef of ReportTemplate "secret": Secret "late"/);
    await vi.waitFor(
      async () => expect(messageOf(await billing().get('secret'))).toContain('has no key "token", and not "username" and "password"'),
      { timeout: 20_000 },
    );
  });

  test('is of the first commit in every try, wherever the branch is by then', async ({ expect }) => {
    let tries = 0;
    const counter = createServer((_, response) => response.end(String((tries += 1))));
    counter.listen(0, '127.0.0.1');
    await once(counter, 'listening');
    const { port } = counter.address() as AddressInfo;
    const module = (name: string): string => `export default async function* () {
      if ((await (await fetch('http://127.0.0.1:${port}')).text()) === '1') process.exit(3);
      yield ['${name}', 1];
    }`;
    try {
      const first = await server.commit('moving', { 'usage.ts': module('first') });
      await run('moving', { url: server.url('moving'), entrypoint: 'usage.ts' }, {}, { backoffLimit: 1 });
      await billing().until('moving', ({ status }) => status.template?.revision === first);
      await server.commit('moving', { 'usage.ts': module('second') });
      const report = await billing().finished('moving');
      expect(report.status, messageOf(report)).toMatchObject({ phase: 'Ready', template: { revision: first } });
      expect(await fileOf('moving')).toBe('id,total\nfirst,1\n');
      expect(tries).toBe(2);
      const pins = async (): Promise<readonly string[]> => {
        const { items } = await billing().client.list(CONFIG_MAPS, { namespace: billing().namespace }, billing().signal);
        return items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith('moving-'));
      };
      expect(await pins()).toEqual([report.status.job?.name]);
      await billing().delete(REPORTS, 'moving');
      await billing().gone('moving');
      await vi.waitFor(async () => expect(await pins()).toEqual([]), { timeout: 20_000 });
    } finally {
      counter.close();
    }
  });

  test('whose commit somebody else has told the first try is not taken', async ({ expect }) => {
    const older = await server.commit('forged', { 'usage.ts': `export default function* () { yield ['older', 1]; }` });
    await server.commit('forged', { 'usage.ts': `export default function* () { yield ['newer', 1]; }` });
    // Whoever may make ConfigMaps and Reports learns the Job's name from the UID; a missing Secret keeps the pod away until the forgery is there.
    await run('forged', { url: server.url('forged'), entrypoint: 'usage.ts', credentialsSecretRef: { name: 'not-yet' } });
    const report = await billing().waiting('forged', 'SecretNotFound');
    await billing().create(CONFIG_MAPS, jobName(report, 1), { data: { commit: older } });
    await billing().secret('not-yet', { token: 'x' });
    await expectFailed(
      billing(),
      'forged',
      'TemplateFailed',
      /^git: the file was made from commit [0-9a-f]{40}, and the first try of the run got none that is known; create a new Report$/,
      'kept',
    );
    expect((await bucketContent(billing().bucket, `${billing().namespace}/forged/`)).objects).toEqual([]);
  });
});
