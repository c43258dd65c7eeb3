/** Code that somebody else wrote, on a real kubelet: from a repository in three steps, and one that takes all it can get. */
import exceljs from 'exceljs';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import type { ReportRepository } from '../../src/api/generated/reportrepository.ts';
import { REPORT_REPOSITORIES } from '../../src/kube/resources.ts';
import { bucketContent } from '../integration/support/bucket-content.ts';
import { messageOf, reasonOf } from '../integration/support/billing.ts';
import { s3 } from '../integration/support/servers.ts';
import { GitServer } from '../support/git-server.ts';
import { imageValue, kubectl, until, useWorkplace } from './cluster.ts';

const workplace = useWorkplace('code', () => ({ python: { image: imageValue(inject('e2e').pythonImage) } }));
let git: GitServer;
/** The git server, as pods reach it. */
let address: string;

/** What a curious program finds: everybody's environment, every volume, every file in them. */
const LOOK_ABOUT =
  "cat /proc/[0-9]*/environ /proc/self/mountinfo | tr '\\0' '\\n'; find /in /out /tmp /run /dev/shm -type f -exec cat {} +";
const USAGE = `
import { execSync } from 'node:child_process';
import { tier } from './tier.ts';
export default async function* (context: { readonly parameters: { readonly customers: readonly string[] }; log(message: string): void }) {
  context.log('a line that stays in the pod');
  process.stderr.write(execSync(${JSON.stringify(LOOK_ABOUT)}));
  for (const [index, customer] of context.parameters.customers.entries()) yield { id: customer, total: tier(index) };
}
`;
const GENERATE = `
async def generate(client, parameters, progress_callback, renderer_type, extra_context_callback):
    for number, product in enumerate(parameters['product']['choices']):
        yield (product, number)
`;
const CONNECT = {
  name: 'Reports',
  readme_file: 'README.md',
  version: '1.0.0',
  language: 'python',
  reports: [
    {
      name: 'usage',
      readme_file: 'README.md',
      entrypoint: 'reports.usage.entrypoint.generate',
      audience: ['vendor'],
      report_spec: '2',
      parameters: [{ id: 'product', type: 'product', name: 'Products', description: 'Which', required: true }],
      renderers: [
        {
          id: 'xlsx',
          type: 'xlsx',
          description: 'Excel',
          template: 'reports/form.xlsx',
          args: { start_row: 2, start_col: 1 },
          default: true,
        },
      ],
    },
  ],
};
/**
 * Finite, so that a machine without limits lives: two thousand processes, of which the container's memory takes some hundreds at most.
 *
 * The container's first process is by far its largest, so it is the one that the kernel kills, and the others end with it. Of hundreds of equal shells, a kernel with
 * cgroup v1 may kill one every two seconds. Its search for memory counts as processor time, and what is beyond the limit is waited out, even by processes that were
 * killed: then the pod is gone after up to three minutes.
 */
const BOMB = `const { spawn } = require('node:child_process'); for (let n = 0; n < 2000; n++) spawn('sleep', ['60']).on('error', () => undefined);`;

beforeAll(async () => {
  const { billing, forward } = workplace();
  git = await GitServer.start(inject('e2e').host);
  address = await forward(git.httpsPort);
  await billing.secret('git', { token: 'token-1' });
  await billing.secret('git-ca', { 'ca.crt': git.ca });
  return () => git.close();
});

interface Ran {
  readonly name: string;
  readonly state: { readonly terminated?: { readonly exitCode: number; readonly startedAt: string; readonly finishedAt: string } };
}

// What takes the most time is mostly waited for.
describe.concurrent('code of somebody else', () => {
  test('code from a git repository is fetched, then runs without a token, and only then the runner writes its rows', async () => {
    const { billing } = workplace();
    const commit = await git.commit('reports', {
      'reports/usage.ts': USAGE,
      'reports/tier.ts': 'export const tier = (index: number): string => `${index + 1}.50`;\n',
    });
    git.accounts.set('reports', { username: 'git', password: 'token-1' });
    await billing.template('usage', {
      parameters: [{ name: 'customers', type: 'Strings', defaultValues: ['acme', 'initech'] }],
      source: {
        git: {
          url: `https://${address}/reports.git`,
          ref: { branch: 'main' },
          path: 'reports',
          entrypoint: 'usage.ts',
          credentialsSecretRef: { name: 'git' },
          caSecretRef: { name: 'git-ca', key: 'ca.crt' },
        },
      },
      columns: [
        { name: 'id', type: 'String' },
        { name: 'total', type: 'Decimal' },
      ],
      formats: ['CSV'],
    });
    await billing.report('usage', { templateRef: { name: 'usage' } });
    const report = await billing.finished('usage');
    expect([messageOf(report), report.status.phase]).toEqual([expect.any(String), 'Ready']);
    expect(report.status.template?.revision).toBe(commit);
    const { objects } = await bucketContent(billing.bucket, `${billing.namespace}/usage/`);
    expect(objects.map(({ bytes }) => bytes.toString())).toEqual(['id,total\nacme,1.50\ninitech,2.50\n']);

    const { items } = JSON.parse(await kubectl('get', 'pods', '-n', billing.namespace, '-l', 'dossier.dev/report=usage', '-o', 'json')) as {
      readonly items: readonly {
        readonly metadata: { readonly name: string };
        readonly spec: { readonly automountServiceAccountToken?: boolean };
        readonly status: { readonly initContainerStatuses: readonly Ran[]; readonly containerStatuses: readonly Ran[] };
      }[];
    };
    const [pod] = items;
    const steps = [...(pod?.status.initContainerStatuses ?? []), ...(pod?.status.containerStatuses ?? [])];
    expect(steps.map(({ name, state }) => [name, state.terminated?.exitCode])).toEqual([
      ['fetch', 0],
      ['code', 0],
      ['runner', 0],
    ]);
    const times = steps.flatMap(({ state }) => [state.terminated?.startedAt ?? '', state.terminated?.finishedAt ?? '']);
    expect(times).toEqual(times.toSorted());
    expect(pod?.spec.automountServiceAccountToken).toBe(false);
    const log = await kubectl('logs', pod?.metadata.name ?? '', '-c', 'code', '-n', billing.namespace);
    expect(log).toContain('a line that stays in the pod');
    expect(JSON.stringify(report)).not.toContain('a line that stays in the pod');
    // It has looked about, and neither the repository's token nor the bucket's key nor a service account is there.
    for (const seen of ['DOSSIER_ROWS=/out/', ' /in/checkout ro', 'export const tier']) expect(log).toContain(seen);
    for (const secret of ['token-1', s3().root.secretAccessKey, 'serviceaccount']) expect(log).not.toContain(secret);
  });

  test('code that starts processes without end is stopped by the limits of its container, leaves no file, and disturbs nobody', async () => {
    const { billing } = workplace();
    await billing.template('bomb', {
      source: { container: { image: inject('e2e').runnerImage, command: ['node', '-e'], args: [BOMB] } },
      columns: [{ name: 'a', type: 'String' }],
      formats: ['CSV'],
      job: {
        resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { cpu: '500m', memory: '96Mi' } },
        activeDeadlineSeconds: 60,
        backoffLimit: 0,
      },
    });
    await billing.report('bomb', { templateRef: { name: 'bomb' } });
    await billing.until('bomb', ({ status }) => status.phase === 'Deploying' || status.phase === 'Failed');
    await billing.priceList();
    await billing.report('beside', { templateRef: { name: 'prices' } });
    expect((await billing.finished('beside')).status.phase).toBe('Ready');
    const report = await billing.finished('bomb');
    expect([report.status.phase, reasonOf(report), messageOf(report)]).toEqual([
      'Failed',
      'TemplateFailed',
      expect.stringContaining('needed more memory than its limit of 96Mi'),
    ]);
    expect(await bucketContent(billing.bucket, `${billing.namespace}/bomb/`)).toEqual({ objects: [], uploads: [] });
  });

  test('a repository of Connect becomes templates, whose Python functions fill a workbook in the Python image', async () => {
    const { billing } = workplace();
    const book = new exceljs.Workbook();
    book.addWorksheet('Data').addRow(['Product', 'Number']);
    const commit = await git.commit('connect', {
      'reports.json': JSON.stringify(CONNECT),
      'README.md': '# Usage of products',
      'reports/__init__.py': '',
      'reports/usage/__init__.py': '',
      'reports/usage/entrypoint.py': GENERATE,
      'reports/form.xlsx': Buffer.from(await book.xlsx.writeBuffer()),
    });
    git.accounts.set('connect', { username: 'git', password: 'token-1' });
    await billing.create(REPORT_REPOSITORIES, 'connect', {
      spec: {
        git: {
          url: `https://${address}/connect.git`,
          ref: { branch: 'main' },
          credentialsSecretRef: { name: 'git' },
          caSecretRef: { name: 'git-ca', key: 'ca.crt' },
        },
      },
    });
    const { client, namespace, signal } = billing;
    const status = async (): Promise<ReportRepository['status']> =>
      (await client.get<ReportRepository>(REPORT_REPOSITORIES, namespace, 'connect', signal)).status;
    await until('the lookup', async () => ['Ready', 'Failed'].includes((await status()).phase ?? ''));
    expect(await status()).toMatchObject({ phase: 'Ready', commit, templates: 1 });
    const parameters = [{ name: 'product', values: ['PRD-1', 'PRD-2'] }];
    await billing.report('connect', { templateRef: { name: 'connect-usage' }, parameters });
    const report = await billing.finished('connect');
    expect([messageOf(report), report.status.phase]).toEqual([expect.any(String), 'Ready']);
    expect(report.status.template?.revision).toBe(commit);
    const { objects } = await bucketContent(billing.bucket, `${billing.namespace}/connect/`);
    const filled = new exceljs.Workbook();
    await filled.xlsx.load(Uint8Array.from(objects[0]?.bytes ?? []).buffer);
    const rows = filled.getWorksheet('Data')?.getSheetValues() ?? [];
    expect(rows.slice(1).map((row) => (Array.isArray(row) ? row.slice(1) : row))).toEqual([
      ['Product', 'Number'],
      ['PRD-1', '0'],
      ['PRD-2', '1'],
    ]);
  });
});
