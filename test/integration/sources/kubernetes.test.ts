/** The kubernetes source on a real apiserver, as a service account with few rights: the same numbers as kubectl prints, and no more than it may see. */
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DossierError } from '../../../src/errors.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { PLAN_ENV, type RunPlan } from '../../../src/runner/plan.ts';
import type { Cell, ColumnType } from '../../../src/runner/rows.ts';
import type { Aggregate, KubernetesPlan } from '../../../src/runner/sources/kubernetes/plan.ts';
import { openSource } from '../../../src/runner/sources/open.ts';
import { kubectl } from '../crds/apiserver.ts';
import { adminClient, newNamespace } from '../support/servers.ts';
import { newServiceAccount, podEnvironment, type PodEnvironment } from '../support/service-accounts.ts';

const SENTINEL = 'sentinel-of-a-secret';
const CONFIG_MAPS = 3000;
/** Of requests that fill the namespace at once. */
const AT_ONCE = 16;
const signal = AbortSignal.timeout(110_000);

interface Column {
  readonly type?: ColumnType;
  readonly path?: string;
  readonly aggregate?: Aggregate;
}

let client: KubeClient;
let namespace: string;
let other: string;
let reader: PodEnvironment;
let stranger: PodEnvironment;

beforeAll(async () => {
  client = adminClient();
  namespace = await newNamespace(client, 'kube');
  other = await newNamespace(client, 'kube');
  const readable = ['pods', 'configmaps', 'secrets', 'events', 'reporttemplates.dossier.dev'];
  await newServiceAccount(namespace, 'reader', readable);
  await newServiceAccount(namespace, 'stranger');
  reader = await podEnvironment(client, namespace, 'reader');
  stranger = await podEnvironment(client, namespace, 'stranger');
  for (const [index, of] of [namespace, namespace, namespace, other].entries()) await create(of, 'pods', pod(index));
  await create(namespace, 'secrets', secret());
});

afterAll(async () => {
  await reader[Symbol.asyncDispose]();
  await stranger[Symbol.asyncDispose]();
  await kubectl(['delete', 'namespace', namespace, other, '--wait=false']);
  await client.transport.close();
});

/** Never scheduled: what it asks for is what counts. */
function pod(index: number): object {
  const container = (name: string, cpu: string, memory: string): object => ({
    name,
    image: `image:${index}`,
    resources: { requests: { cpu, memory } },
  });
  return {
    kind: 'Pod',
    metadata: { name: `web-${index}`, labels: { app: index === 2 ? 'batch' : 'web' } },
    spec: {
      schedulerName: 'nobody',
      containers: [
        container('app', ['500m', '0.1', '2', '9'][index] ?? '', '1Gi'),
        container('proxy', '33m', ['64Mi', '1e6', '0.5M', '1'][index] ?? ''),
      ],
    },
  };
}

function secret(): object {
  return {
    kind: 'Secret',
    metadata: {
      name: 'database',
      labels: { app: 'web' },
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ data: SENTINEL }), 'example.com/note': SENTINEL },
    },
    stringData: { [SENTINEL]: SENTINEL, url: SENTINEL },
  };
}

async function create(of: string, plural: string, body: object): Promise<void> {
  const path = `/api/v1/namespaces/${of}/${plural}`;
  await client.transport.request({ method: 'POST', path, body: JSON.stringify({ apiVersion: 'v1', ...body }), signal });
}

async function read(
  columns: Readonly<Record<string, Column>>,
  source: Partial<KubernetesPlan> = {},
  { env }: PodEnvironment = reader,
): Promise<readonly (readonly Cell[])[]> {
  const declared = Object.entries(columns);
  const kubernetes: KubernetesPlan = {
    kind: 'kubernetes',
    apiVersion: 'v1',
    objectKind: 'Pod',
    allNamespaces: false,
    serviceAccountName: env === stranger.env ? 'stranger' : 'reader',
    ...source,
    columns: declared.map(([, { path, aggregate }]) => ({
      ...(path === undefined ? {} : { path }),
      ...(aggregate === undefined ? {} : { aggregate }),
    })),
  };
  const plan = {
    report: { namespace, name: 'r', uid: 'u' },
    time: '2026-11-01T00:00:00Z',
    timeZone: 'UTC',
    parameters: [],
    source: kubernetes,
    columns: declared.map(([name, { type = 'String' }]) => ({ name, header: name, type })),
  } as unknown as RunPlan;
  const opened = await openSource(plan, env, signal);
  try {
    return (await Array.fromAsync(opened.batches(signal))).flat();
  } finally {
    await opened.close();
  }
}

async function failureOf(reading: Promise<unknown>): Promise<DossierError> {
  const failure = await reading.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof DossierError)) throw new Error('it did not fail as it should', { cause: failure });
  return failure;
}

/** What kubectl prints for a JSONPath of its own, a line each. */
async function printed(resource: string, jsonpath: string): Promise<readonly string[]> {
  const { stdout, code } = await kubectl(['get', resource, '-n', namespace, '-o', `jsonpath=${jsonpath}`]);
  expect(code).toBe(0);
  return stdout.split('\n').slice(0, -1);
}

describe('objects', () => {
  test('are what kubectl prints of them', async () => {
    const rows = await read({
      kind: { path: '$.kind' },
      name: { path: '$.metadata.name' },
      uid: { path: '$.metadata.uid' },
      created: { path: '$.metadata.creationTimestamp' },
      image: { path: '$.spec.containers[?(@.name=="proxy")].image' },
      missing: { path: '$.spec.nodeName' },
    });
    const lines = await printed(
      'pods',
      '{range .items[*]}{.kind},{.metadata.name},{.metadata.uid},{.metadata.creationTimestamp},{.spec.containers[?(@.name=="proxy")].image},{.spec.nodeName}{"\\n"}{end}',
    );
    expect(rows.map((row) => row.join())).toEqual(lines);
    expect(lines).toHaveLength(3);
  });

  test('are selected as kubectl selects them', async () => {
    expect(await read({ name: { path: '$.metadata.name' } }, { labelSelector: 'app in (batch, other)' })).toEqual([['web-2']]);
    expect(await read({ name: { path: '$.metadata.name' } }, { fieldSelector: 'metadata.name!=web-1' })).toEqual([['web-0'], ['web-2']]);
    expect(await read({ name: { path: '$.metadata.name' } }, { labelSelector: 'app=nothing' })).toEqual([]);
  });

  test('have a row for each of their parts', async () => {
    const columns = {
      pod: { path: '$.metadata.name' },
      container: { path: '@.name' },
      cpu: { type: 'Quantity', path: '@.resources.requests.cpu' },
    } as const;
    expect(await read(columns, { forEach: '$.spec.containers[*]' })).toEqual([
      ['web-0', 'app', '0.5'],
      ['web-0', 'proxy', '0.033'],
      ['web-1', 'app', '0.1'],
      ['web-1', 'proxy', '0.033'],
      ['web-2', 'app', '2'],
      ['web-2', 'proxy', '0.033'],
    ]);
  });

  test('are summed to the last digit', async () => {
    const columns: Readonly<Record<string, Column>> = {
      app: { path: '$.metadata.labels.app' },
      pods: { type: 'Integer', aggregate: 'Count' },
      cpu: { type: 'Quantity', path: '$.spec.containers[*].resources.requests.cpu', aggregate: 'Sum' },
      memory: { type: 'Quantity', path: '$.spec.containers[*].resources.requests.memory', aggregate: 'Sum' },
      least: { type: 'Quantity', path: '$.spec.containers[*].resources.requests.memory', aggregate: 'Min' },
    };
    const gibibyte = 1024 ** 3;
    expect(await read(columns, { groupBy: ['app'] })).toEqual([
      ['batch', 1, '2.033', String(gibibyte + 500_000), '500000'],
      ['web', 2, '0.666', String(2 * gibibyte + 64 * 1024 ** 2 + 1_000_000), '1000000'],
    ]);
  });

  test('of custom resources are read by their apiVersion', async () => {
    const spec = { source: { inline: { rows: [] } }, columns: [{ name: 'a', type: 'String' }], formats: ['CSV'] };
    const path = `/apis/dossier.dev/v1alpha1/namespaces/${namespace}/reporttemplates`;
    const body = JSON.stringify({ apiVersion: 'dossier.dev/v1alpha1', kind: 'ReportTemplate', metadata: { name: 'own' }, spec });
    await client.transport.request({ method: 'POST', path, body, signal });
    const columns: Readonly<Record<string, Column>> = {
      name: { path: '$.metadata.name' },
      formats: { type: 'JSON', path: '$.spec.formats' },
      ttl: { type: 'Integer', path: '$.spec.job.ttlSecondsAfterFinished' },
    };
    expect(await read(columns, { apiVersion: 'dossier.dev/v1alpha1', objectKind: 'ReportTemplate' })).toEqual([['own', '["CSV"]', 3600]]);
  });

  test('come whole and in order when there are thousands, and ConfigMaps with their data', async () => {
    const waiting = Array.from({ length: CONFIG_MAPS }, (_, index) => index);
    const work = async (): Promise<void> => {
      for (let index = waiting.pop(); index !== undefined; index = waiting.pop())
        await create(namespace, 'configmaps', {
          kind: 'ConfigMap',
          metadata: { name: `cm-${index}`, labels: { many: 'yes' } },
          data: { index: String(index) },
        });
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const rows = await read(
      { name: { path: '$.metadata.name' }, index: { type: 'Integer', path: '$.data.index' } },
      { objectKind: 'ConfigMap', labelSelector: 'many=yes' },
    );
    const names = (
      await kubectl([
        'get',
        'configmaps',
        '-n',
        namespace,
        '-l',
        'many=yes',
        '-o',
        'jsonpath={range .items[*]}{.metadata.name}{"\\n"}{end}',
      ])
    ).stdout.split('\n');
    expect(rows.map(([name]) => name)).toEqual(names.slice(0, -1));
    expect(rows).toHaveLength(CONFIG_MAPS);
    expect(rows.every(([name, index]) => name === `cm-${String(index)}`)).toBe(true);
  });
});

describe('rights', () => {
  const columns = { name: { path: '$.metadata.name' } };

  test('that are missing are named, with whom and where', async () => {
    const failure = await failureOf(read(columns, {}, stranger));
    expect(failure).toMatchObject({ reason: 'SourceFailed', retryable: false });
    for (const said of [`${namespace}/stranger`, 'may not list pods', `in namespace ${namespace}`, 'Role', 'verb list', 'apiGroup ""'])
      expect(failure.message).toContain(said);
  });

  test('in one namespace are none in the others', async () => {
    const failure = await failureOf(read(columns, { allNamespaces: true }));
    expect(failure.message).toContain('may not list pods in all namespaces');
    expect(failure.message).toContain('ClusterRole');
  });

  test("are nobody's with a token that is none", async () => {
    await using impostor = await podEnvironment(client, namespace, 'reader');
    await writeFile(impostor.env[PLAN_ENV.kubeToken] ?? '', 'no-token');
    const failure = await failureOf(read(columns, {}, impostor));
    expect(failure).toMatchObject({
      retryable: false,
      message: expect.stringContaining('does not accept the token of service account') as string,
    });
  });
});

describe('mistakes', () => {
  const columns = { name: { path: '$.metadata.name' } };

  test.each<readonly [story: string, source: Partial<KubernetesPlan>, says: readonly string[]]>([
    ['a kind that is misspelt', { objectKind: 'Podd' }, ['no kind Podd', 'did you mean Pod?']],
    ['a group that is not there', { apiVersion: 'apps/v9' }, ['does not serve apiVersion apps/v9']],
    ['a kind that cannot be listed', { apiVersion: 'authorization.k8s.io/v1', objectKind: 'SubjectAccessReview' }, ['cannot be listed']],
    ['a label selector that is none', { labelSelector: 'app in web' }, ['labelSelector: ', 'not "web"']],
    ['a field that the kind cannot be selected by', { fieldSelector: 'spec.image=x' }, ['fieldSelector', 'field label not supported']],
    ['objects of no namespace', { objectKind: 'Node' }, ['belong to no namespace', 'ClusterReportTemplate']],
  ])('%s is told', async (_, source, says) => {
    const failure = await failureOf(read(columns, source));
    expect(failure.retryable).toBe(false);
    for (const said of says) expect(failure.message).toContain(said);
  });
});

describe('Secrets', () => {
  test('show their metadata', async () => {
    const columns: Readonly<Record<string, Column>> = {
      name: { path: '$.metadata.name' },
      labels: { type: 'JSON', path: '$.metadata.labels' },
      created: { path: '$.metadata.creationTimestamp' },
    };
    const [row] = await read(columns, { objectKind: 'Secret', labelSelector: 'app=web' });
    expect(row?.slice(0, 2)).toEqual(['database', '{"app":"web"}']);
    expect((await printed('secrets', '{range .items[?(@.metadata.name=="database")]}{.metadata.creationTimestamp}{"\\n"}{end}'))[0]).toBe(
      row?.[2],
    );
  });

  const wide: Readonly<Record<string, Column>> = {
    all: { type: 'JSON', path: '$.metadata.labels..*' },
    names: { type: 'JSON', path: "$.metadata['labels', 'name', 'uid', 'ownerReferences']" },
  };
  const one = (path: string): Readonly<Record<string, Column>> => ({ c: { type: 'JSON', path } });

  test.each<readonly [trick: string, columns: Readonly<Record<string, Column>>, source: Partial<KubernetesPlan>]>([
    ...[
      '$',
      '$..*',
      '$.*',
      '$.data',
      '$.stringData',
      '$.metadata',
      '$.metadata.*',
      '$.metadata.annotations',
      '$.metadata.managedFields',
    ].map((path) => [path, one(path), {}] as const),
    ['forEach', one('@'), { forEach: '$..*' }],
    ['a filter that guesses', one('$.metadata.labels[?$.data.url > "s"]'), {}],
    ['a field selector on data', wide, { fieldSelector: 'data.url=guess' }],
    ['another spelling of the apiVersion', wide, { apiVersion: 'core/v1' }],
    ['another spelling of the kind', wide, { objectKind: 'Secrets' }],
    ['the kind of a list', wide, { objectKind: 'SecretList' }],
  ])('are refused to %s', async (_, columns, source) => {
    const failure = await failureOf(read(columns, { objectKind: 'Secret', ...source }));
    expect(failure.retryable).toBe(false);
    expectNoSecret(failure.message);
  });

  test('hold nothing that their readable part would show', async () => {
    expectNoSecret(JSON.stringify(await read(wide, { objectKind: 'Secret' })));
    const counted = { ...wide, n: { type: 'Integer', aggregate: 'Count' } } as const;
    const groups = await read(counted, { objectKind: 'Secret', groupBy: ['all', 'names'] });
    expect(groups.length).toBeGreaterThan(0);
    expectNoSecret(JSON.stringify(groups));
  });
});

function expectNoSecret(text: string): void {
  expect(text).not.toContain(SENTINEL);
  expect(text).not.toContain(Buffer.from(SENTINEL).toString('base64').slice(0, 20));
}
