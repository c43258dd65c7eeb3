/** Code that somebody else wrote, on a real kubelet: from a repository in three steps, and one that takes all it can get. */
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { bucketContent } from '../integration/support/bucket-content.ts';
import { messageOf, reasonOf } from '../integration/support/billing.ts';
import { GitServer } from '../support/git-server.ts';
import { kubectl, useWorkplace } from './cluster.ts';

const workplace = useWorkplace('code');
let git: GitServer;

const USAGE = `
import { tier } from './tier.ts';
export default async function* (context: { readonly parameters: { readonly customers: readonly string[] }; log(message: string): void }) {
  context.log('a line that stays in the pod');
  for (const [index, customer] of context.parameters.customers.entries()) yield { id: customer, total: tier(index) };
}
`;
/** Finite, so that a machine without limits lives: two thousand shells, of which the container's memory takes some hundreds at most. */
const BOMB = 'b() { [ "$1" -gt 0 ] && { b $(($1 - 1)) & b $(($1 - 1)) & }; sleep 120; }; b 10; wait';

beforeAll(async () => {
  git = await GitServer.start(inject('e2e').host);
});

afterAll(() => git.close());

interface Ran {
  readonly name: string;
  readonly state: { readonly terminated?: { readonly exitCode: number; readonly startedAt: string; readonly finishedAt: string } };
}

test('code from a git repository is fetched, then runs without a token, and only then the runner writes its rows', async () => {
  const { billing, forward } = workplace();
  const commit = await git.commit('reports', {
    'reports/usage.ts': USAGE,
    'reports/tier.ts': 'export const tier = (index: number): string => `${index + 1}.50`;\n',
  });
  git.accounts.set('reports', { username: 'git', password: 'token-1' });
  await billing.secret('git', { token: 'token-1' });
  await billing.secret('git-ca', { 'ca.crt': git.ca });
  await billing.template('usage', {
    parameters: [{ name: 'customers', type: 'Strings', defaultValues: ['acme', 'initech'] }],
    source: {
      git: {
        url: `https://${await forward(git.httpsPort)}/reports.git`,
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
  expect(await kubectl('logs', pod?.metadata.name ?? '', '-c', 'code', '-n', billing.namespace)).toContain('a line that stays in the pod');
  expect(JSON.stringify(report)).not.toContain('a line that stays in the pod');
});

test('code that starts processes without end is stopped by the limits of its container, leaves no file, and disturbs nobody', async () => {
  const { billing } = workplace();
  await billing.template('bomb', {
    source: { container: { image: inject('e2e').runnerImage, command: ['sh', '-c'], args: [BOMB] } },
    columns: [{ name: 'a', type: 'String' }],
    formats: ['CSV'],
    job: {
      resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { cpu: '500m', memory: '48Mi' } },
      activeDeadlineSeconds: 20,
      backoffLimit: 0,
    },
  });
  await billing.report('bomb', { templateRef: { name: 'bomb' } });
  await billing.until('bomb', ({ status }) => status.phase === 'Deploying' || status.phase === 'Failed');
  await billing.priceList();
  await billing.report('beside', { templateRef: { name: 'prices' } });
  expect((await billing.finished('beside')).status.phase).toBe('Ready');
  const report = await billing.finished('bomb');
  expect(report.status.phase).toBe('Failed');
  // Where the kernel kills a container as a whole it is the memory, elsewhere the time.
  expect(['TemplateFailed', 'OutOfMemory', 'DeadlineExceeded']).toContain(reasonOf(report));
  expect(await bucketContent(billing.bucket, `${billing.namespace}/bomb/`)).toEqual({ objects: [], uploads: [] });
});
