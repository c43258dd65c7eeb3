/** The kubernetes source against an apiserver that answers as real ones do, and as they do on bad days. */
import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { PLAN_ENV } from '../../../../src/runner/plan.ts';
import { PAGE_LIMIT_BYTES } from '../../../../src/runner/sources/kubernetes/pages.ts';
import {
  batchesOf,
  failureOf,
  json,
  openCluster,
  read,
  refuse,
  servePage,
  startCluster,
  type Cluster,
  type Column,
  type Reading,
} from './cluster.ts';

const NAME: Readonly<Record<string, Column>> = { name: { path: '$.metadata.name' } };

function pods(count: number): readonly object[] {
  return Array.from({ length: count }, (_, index) => ({ metadata: { name: `pod-${String(index).padStart(6, '0')}` } }));
}

/** A cluster whose only list is this one. */
async function clusterOf(...objects: readonly object[]): Promise<Cluster> {
  return startCluster((_request, response, url) => {
    servePage(response, url, objects);
  });
}

describe('rows', () => {
  const web = {
    metadata: { name: 'web', labels: { app: 'web' }, creationTimestamp: '2026-10-01T08:00:00Z' },
    spec: {
      hostNetwork: false,
      priority: 9007199254740993n,
      containers: [
        { name: 'app', image: 'app:1', resources: { requests: { cpu: '500m', memory: '1Gi' } }, ports: [{ containerPort: 80 }] },
        { name: 'proxy', image: 'proxy:2', resources: { requests: { cpu: '0.25' } }, ports: [{ containerPort: 'https' }] },
      ],
    },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  };
  const plain = JSON.parse(JSON.stringify({ ...web, spec: { ...web.spec, priority: 'BIG' } })) as object;
  const exact = (response: Parameters<typeof json>[0]): void => {
    const text = JSON.stringify({ metadata: {}, items: [plain, { metadata: { name: 'bare', labels: null } }] });
    response.writeHead(200).end(text.replace('"BIG"', '9007199254740993').replace('"0.25"', '0.25'));
  };

  test('have the values at their paths, exactly, and null where a path leads nowhere', async () => {
    const cluster = await startCluster((_request, response) => {
      exact(response);
    });
    const rows = await read(cluster, {
      kind: { path: '$.kind' },
      version: { path: '$.apiVersion' },
      name: { path: '$.metadata.name' },
      labels: { type: 'JSON', path: '$.metadata.labels' },
      created: { type: 'Timestamp', path: '$.metadata.creationTimestamp' },
      host: { type: 'Boolean', path: '$.spec.hostNetwork' },
      priority: { type: 'Integer', path: '$.spec.priority' },
      ready: { path: '$.status.conditions[?(@.type=="Ready")].status' },
      memory: { type: 'Quantity', path: '$..memory' },
      images: { type: 'JSON', path: '$.spec.containers[*].image' },
      all: { type: 'JSON', path: '$.spec.containers[?@.name == "proxy"]..ports' },
    });
    const created = BigInt(Date.UTC(2026, 9, 1, 8)) * 1_000_000n;
    expect(rows).toEqual([
      [
        'Pod',
        'v1',
        'web',
        '{"app":"web"}',
        created,
        false,
        9007199254740993n,
        'True',
        '1073741824',
        '["app:1","proxy:2"]',
        '[[{"containerPort":"https"}]]',
      ],
      ['Pod', 'v1', 'bare', null, null, null, null, null, null, null, null],
    ]);
  });

  test('are one for each element of forEach, which see their object too', async () => {
    const cluster = await startCluster((_request, response) => {
      exact(response);
    });
    const columns: Readonly<Record<string, Column>> = {
      pod: { path: '$.metadata.name' },
      container: { path: '@.name' },
      cpu: { type: 'Quantity', path: '@.resources.requests.cpu' },
      port: { path: '@.ports[0].containerPort' },
    };
    expect(await read(cluster, columns, { forEach: '$.spec.containers[*]' })).toEqual([
      ['web', 'app', '0.5', '80'],
      ['web', 'proxy', '0.25', 'https'],
    ]);
  });

  test('become groups, of which aggregates take every value that a path finds', async () => {
    const cluster = await startCluster((_request, response) => {
      exact(response);
    });
    const columns: Readonly<Record<string, Column>> = {
      app: { path: '$.metadata.labels.app' },
      pods: { type: 'Integer', aggregate: 'Count' },
      containers: { type: 'Integer', path: '$.spec.containers[*]', aggregate: 'Count' },
      cpu: { type: 'Quantity', path: '$.spec.containers[*].resources.requests.cpu', aggregate: 'Sum' },
      largest: { type: 'Quantity', path: '$..cpu', aggregate: 'Max' },
      oldest: { type: 'Timestamp', path: '$.metadata.creationTimestamp', aggregate: 'Min' },
    };
    const created = BigInt(Date.UTC(2026, 9, 1, 8)) * 1_000_000n;
    expect(await read(cluster, columns, { groupBy: ['app'] })).toEqual([
      ['web', 1, 2, '0.75', '0.5', created],
      [null, 1, 0, null, null, null],
    ]);
  });

  test.each<readonly [story: string, columns: Readonly<Record<string, Column>>, reading: Reading, says: readonly string[]]>([
    ['several values for one cell', { image: { path: '$.spec.containers[*].image' } }, {}, ['row 1', 'column "image"', '2 values', 'JSON']],
    [
      'a value of another type',
      { cpu: { type: 'Integer', path: '$.spec.containers[0].resources.requests.cpu' } },
      {},
      ['row 1', 'column "cpu"', 'a String of 4 characters', 'an Integer'],
    ],
    ['a boolean as text', { host: { path: '$.spec.hostNetwork' } }, {}, ['column "host"', 'a Boolean']],
    ['an object as text', { spec: { path: '$.spec' } }, {}, ['column "spec"', 'an object']],
    [
      'forEach that leads to the list',
      { c: { path: '@.name' } },
      { forEach: '$.spec.containers' },
      ['row 1', 'forEach $.spec.containers', '$.spec.containers[*]'],
    ],
    [
      'a sum of what is no number',
      { g: { path: '$.kind' }, sum: { type: 'Quantity', path: '$.spec.containers[*].name', aggregate: 'Sum' } },
      { groupBy: ['g'] },
      ['row 1', 'column "sum"', 'a String of 3 characters', 'a Quantity'],
    ],
  ])('fail for %s, and tell no value', async (_, columns, reading, says) => {
    const cluster = await startCluster((_request, response) => {
      exact(response);
    });
    const failure = await failureOf(read(cluster, columns, reading));
    expect(failure).toMatchObject({ reason: 'SourceFailed', retryable: false });
    for (const said of says) expect(failure.message).toContain(said);
    expect(failure.message).not.toMatch(/app:1|500m|web/);
  });

  test('fail for a sum that has no end', async () => {
    const cluster = await clusterOf({ metadata: { name: 'a', labels: { cost: 'NaN' } } });
    const columns: Readonly<Record<string, Column>> = {
      ...NAME,
      sum: { type: 'Decimal', path: '$.metadata.labels.cost', aggregate: 'Sum' },
    };
    expect((await failureOf(read(cluster, columns, { groupBy: ['name'] }))).message).toContain('not a finite number');
  });

  test('fail when a path would look at too much of one', async () => {
    const cluster = await clusterOf({
      metadata: { name: 'a' },
      data: Array.from({ length: 400 }, () => Array.from({ length: 400 }, () => 0)),
    });
    const failure = await failureOf(read(cluster, { ...NAME, all: { type: 'JSON', path: '$..*' } }));
    expect(failure.message).toMatch(/row 1: the path \$\.\.\* .*100,000/);
  });
});

describe('a list', () => {
  test('is read in pages of 500, in its order and to its end', async () => {
    const objects = pods(1234);
    const cluster = await clusterOf(...objects);
    const batches = await batchesOf(
      await openCluster(cluster, NAME, { labelSelector: 'app in (a, b)', fieldSelector: 'status.phase=Running' }),
    );
    expect(batches.flat()).toEqual(objects.map((object) => [(object as { metadata: { name: string } }).metadata.name]));
    expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(250);
    const query = 'limit=500&labelSelector=app+in+(a,+b)&fieldSelector=status.phase=Running';
    expect(cluster.requests).toEqual([
      '/api/v1',
      `/api/v1/namespaces/billing/pods?${query}`,
      `/api/v1/namespaces/billing/pods?${query}&continue=500`,
      `/api/v1/namespaces/billing/pods?${query}&continue=1000`,
    ]);
  });

  test('of all namespaces, or of what has none, is asked for without one', async () => {
    const cluster = await clusterOf();
    await read(cluster, NAME, { allNamespaces: true });
    await read(cluster, NAME, { allNamespaces: true, objectKind: 'Node' });
    expect(cluster.requests.filter((path) => path !== '/api/v1')).toEqual(['/api/v1/pods?limit=500', '/api/v1/nodes?limit=500']);
  });

  test('of large objects is read with fewer of them at a time', async () => {
    const objects = Array.from({ length: 40 }, (_, index) => ({
      metadata: { name: `n${index}` },
      data: 'x'.repeat(PAGE_LIMIT_BYTES / 16),
    }));
    const cluster = await clusterOf(...objects);
    expect(await read(cluster, NAME)).toHaveLength(40);
    expect(cluster.requests.slice(1)).toEqual(
      [500, 63, 8, 8, 8, 8, 8].map(
        (limit, index) => `/api/v1/namespaces/billing/pods?limit=${limit}${index > 2 ? `&continue=${8 * (index - 2)}` : ''}`,
      ),
    );
  });

  test('with an object larger than a page fails', async () => {
    const cluster = await clusterOf({ metadata: { name: 'n' }, data: 'x'.repeat(PAGE_LIMIT_BYTES) });
    expect(await failureOf(read(cluster, NAME))).toMatchObject({ retryable: false, message: expect.stringContaining('16 MiB') as string });
  });

  test('whose moment is forgotten begins again while no row was given out', async () => {
    const objects = pods(600);
    let forgotten = 0;
    const cluster = await startCluster((_request, response, url) => {
      if (url.searchParams.has('continue') && forgotten < 2) {
        forgotten += 1;
        refuse(response, 410);
      } else servePage(response, url, objects, String(forgotten));
    });
    const columns: Readonly<Record<string, Column>> = { kind: { path: '$.kind' }, n: { type: 'Integer', aggregate: 'Count' } };
    expect(await read(cluster, columns, { groupBy: ['kind'] })).toEqual([['Pod', 600]]);
    expect(cluster.requests.filter((path) => !path.includes('continue'))).toHaveLength(1 + 3);
  });

  test('whose moment is forgotten for ever fails, and the Job may try again', async () => {
    const cluster = await startCluster((_request, response) => {
      refuse(response, 410);
    });
    expect(await failureOf(read(cluster, NAME))).toMatchObject({ retryable: true, message: expect.stringContaining('410') as string });
    expect(cluster.requests).toHaveLength(1 + 3);
  });

  test('whose moment is forgotten after rows were given out is never mended by another one', async () => {
    const objects = pods(600);
    const cluster = await startCluster((_request, response, url) => {
      if (url.searchParams.has('continue')) refuse(response, 410);
      else servePage(response, url, objects);
    });
    const source = await openCluster(cluster, NAME);
    const rows: unknown[] = [];
    const failure = await failureOf(
      (async () => {
        for await (const batch of source.batches(AbortSignal.timeout(20_000))) rows.push(...batch);
      })(),
    );
    await source.close();
    expect(rows).toHaveLength(500);
    expect(failure).toMatchObject({ reason: 'SourceFailed', retryable: true, message: expect.stringContaining('410') as string });
    expect(cluster.requests.filter((path) => !path.includes('continue'))).toHaveLength(1 + 1);
  });

  test.each<readonly [story: string, second: object, retryable: boolean, says: string]>([
    ['of two moments', { metadata: { resourceVersion: '101' }, items: [] }, true, 'one moment'],
    ['that leads to itself', { metadata: { resourceVersion: '100', continue: '500' }, items: [] }, false, 'leads to itself'],
    ['that is no list', { metadata: { resourceVersion: '100' } }, false, 'is no list'],
    ['that nests too deep', { metadata: {}, items: [JSON.parse('[{"a":'.repeat(40) + '1' + '}]'.repeat(40)) as object] }, false, 'deep'],
  ])('with a second page %s fails', async (_, second, retryable, says) => {
    const cluster = await startCluster((_request, response, url) => {
      if (url.searchParams.has('continue')) json(response, second);
      else servePage(response, url, pods(501));
    });
    expect(await failureOf(read(cluster, NAME))).toMatchObject({ retryable, message: expect.stringContaining(says) as string });
  });

  test('goes on page by page while rows are taken, and asks for nothing ahead', async () => {
    const cluster = await clusterOf(...pods(2000));
    const source = await openCluster(cluster, NAME);
    let taken = 0;
    for await (const batch of source.batches(AbortSignal.timeout(20_000))) {
      taken += batch.length;
      expect(cluster.requests.length - 1).toBe(Math.ceil(taken / 500));
    }
    await source.close();
    expect(taken).toBe(2000);
  });
});

describe('the apiserver', () => {
  test.each<readonly [story: string, status: number, reading: Reading, retryable: boolean, says: readonly string[]]>([
    [
      'refuses the list',
      403,
      {},
      false,
      ['billing/reporter', 'may not list pods in namespace billing', 'Role', 'verb list', 'apiGroup ""'],
    ],
    ['refuses the list of all namespaces', 403, { allNamespaces: true }, false, ['may not list pods in all namespaces', 'ClusterRole']],
    ['does not know the token', 401, {}, false, ['token', 'billing/reporter']],
    ['does not serve the kind', 404, {}, false, ['does not serve pods']],
    ['does not understand a selector', 400, {}, false, ['labelSelector', 'fieldSelector', 'field label not supported: spec.x\\u{1b}']],
    ['has another form only', 406, {}, false, ['form']],
    ['redirects', 307, {}, false, ['status 307']],
  ])('%s', async (_, status, reading, retryable, says) => {
    const cluster = await startCluster((_request, response) => {
      refuse(response, status, 'field label not supported: spec.x\u001b', { location: 'https://elsewhere/' });
    });
    const failure = await failureOf(read(cluster, NAME, reading));
    expect(failure).toMatchObject({ reason: 'SourceFailed', retryable });
    for (const said of says) expect(failure.message).toContain(said);
    expect(cluster.requests).toHaveLength(2);
  });

  test.each([429, 500, 503, 504])('is asked again after status %i, and rows come once', async (status) => {
    const objects = pods(700);
    let troubles = 0;
    const cluster = await startCluster((_request, response, url) => {
      troubles += 1;
      if (troubles % 3 === 0) servePage(response, url, objects);
      else refuse(response, status, 'busy', { 'retry-after': '0' });
    });
    expect(await read(cluster, NAME)).toHaveLength(700);
  });

  test('is asked again when it closes the connection in the middle of an answer', async () => {
    const objects = pods(700);
    let cuts = 0;
    const cluster = await startCluster((_request, response, url) => {
      if (cuts < 3) {
        cuts += 1;
        response
          .writeHead(200, { 'content-length': '5000' })
          .write('{"metadata":{"resourceVersion":"9"},"items":[{"metadata":{"name":"twice"}}', () => {
            response.destroy();
          });
      } else servePage(response, url, objects);
    });
    expect(await read(cluster, NAME)).toHaveLength(700);
  });

  test.each([429, 502])('that stays at status %i fails the run, which the Job may try again', async (status) => {
    const cluster = await startCluster((_request, response) => {
      refuse(response, status);
    });
    expect(await failureOf(read(cluster, NAME))).toMatchObject({
      retryable: true,
      message: expect.stringContaining(String(status)) as string,
    });
    expect(cluster.requests).toHaveLength(1 + 6);
  });

  test('that wants to be left alone for long is, and the Job may try again', async () => {
    const cluster = await startCluster((_request, response) => {
      refuse(response, 429, 'busy', { 'retry-after': '121' });
    });
    expect(await failureOf(read(cluster, NAME))).toMatchObject({ retryable: true });
    expect(cluster.requests).toHaveLength(1 + 1);
  });

  test('gets the token as it is at each request', async () => {
    const objects = pods(600);
    const cluster: Cluster = await startCluster((_request, response, url) => {
      void writeFile(cluster.tokenPath, 'second-token').then(() => {
        servePage(response, url, objects);
      });
    });
    await read(cluster, NAME);
    expect(cluster.headers.map(({ authorization }) => authorization)).toEqual([
      'Bearer first-token',
      'Bearer first-token',
      'Bearer second-token',
    ]);
  });

  test('must have a certificate of the cluster', async () => {
    const cluster = await clusterOf();
    const failure = await failureOf(read({ ...cluster, env: { ...cluster.env, KUBERNETES_SERVICE_HOST: '127.0.0.2' } }, NAME));
    expect(failure.message).toMatch(/certificate|refused the connection/);
    expect(cluster.requests).toEqual([]);
  });

  test.each(['KUBERNETES_SERVICE_HOST', PLAN_ENV.kubeToken, PLAN_ENV.kubeCa])('is not looked for without %s', async (name) => {
    const cluster = await clusterOf();
    const failure = await failureOf(read({ ...cluster, env: { ...cluster.env, [name]: '' } }, NAME));
    expect(failure).toMatchObject({ reason: 'SourceFailed', retryable: false, message: expect.stringContaining(name) as string });
  });
});

describe('a kind', () => {
  test.each<readonly [story: string, reading: Reading, says: readonly string[]]>([
    ['that is misspelt', { objectKind: 'Pods' }, ['no kind Pods', 'did you mean Pod?']],
    ['that the cluster has not', { objectKind: 'Workflow' }, ['no kind Workflow', 'kubectl api-resources']],
    ['that cannot be listed', { objectKind: 'Binding' }, ['Binding', 'cannot be listed']],
    ['with a name that is no name', { objectKind: 'Crooked' }, ['no kind Crooked']],
    ['of a group that the cluster has not', { apiVersion: 'example.com/v1' }, ['does not serve apiVersion example.com/v1']],
  ])('%s fails', async (_, reading, says) => {
    const cluster = await startCluster((_request, response) => {
      refuse(response, 404);
    });
    const failure = await failureOf(read(cluster, NAME, reading));
    expect(failure).toMatchObject({ reason: 'SourceFailed', retryable: false });
    for (const said of says) expect(failure.message).toContain(said);
  });

  test('whose objects belong to no namespace is for ClusterReportTemplates', async () => {
    const cluster = await clusterOf();
    const failure = await failureOf(read(cluster, NAME, { objectKind: 'Node' }));
    expect(failure).toMatchObject({
      reason: 'TemplateFailed',
      retryable: false,
      message: expect.stringContaining('ClusterReportTemplate') as string,
    });
    expect(cluster.requests).toEqual(['/api/v1']);
  });
});

describe('Secrets', () => {
  const sentinel = 'sentinel-password';
  const secret = {
    kind: 'Secret',
    metadata: {
      name: 'keys',
      namespace: 'billing',
      uid: 'u1',
      labels: { app: 'web' },
      creationTimestamp: '2026-10-01T08:00:00Z',
      ownerReferences: [{ kind: 'Certificate', name: 'tls' }],
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': sentinel },
      managedFields: [{ manager: sentinel }],
      finalizers: [sentinel],
      generateName: sentinel,
    },
    data: { password: sentinel },
  };

  test('are asked for as metadata only', async () => {
    const cluster = await clusterOf(secret);
    await read(cluster, NAME, { objectKind: 'Secret' });
    expect(cluster.headers.at(-1)?.accept).toBe('application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1');
  });

  test('show nothing else even when an apiserver sends all of them', async () => {
    const cluster = await clusterOf(secret);
    const columns: Readonly<Record<string, Column>> = {
      ...NAME,
      labels: { type: 'JSON', path: '$.metadata.labels' },
      owners: { type: 'JSON', path: '$.metadata.ownerReferences' },
      every: { type: 'JSON', path: '$.metadata["name","labels","uid"]' },
      below: { type: 'JSON', path: '$.metadata.labels..*' },
    };
    expect(await read(cluster, columns, { objectKind: 'Secret' })).toEqual([
      ['keys', '{"app":"web"}', '[{"kind":"Certificate","name":"tls"}]', '["keys",{"app":"web"},"u1"]', '["web"]'],
    ]);
  });

  test.each([
    '$',
    '$..*',
    '$.data',
    '$.metadata',
    '$.metadata.annotations',
    '$.metadata.managedFields',
    '$.metadata.labels[?$.data.password > "s"]',
  ])('are not even asked for by the path %s', async (path) => {
    const cluster = await clusterOf(secret);
    const failure = await failureOf(read(cluster, { c: { type: 'JSON', path } }, { objectKind: 'Secret' }));
    expect(failure).toMatchObject({ reason: 'TemplateFailed', retryable: false });
    expect(cluster.requests).toEqual([]);
  });
});

describe('a run that is told to stop', () => {
  test('stops while the apiserver is silent', async () => {
    const stop = new AbortController();
    const cluster = await startCluster(() => {
      stop.abort(new Error('SIGTERM'));
    });
    const source = await openCluster(cluster, NAME, {}, stop.signal);
    await expect(Array.fromAsync(source.batches(stop.signal))).rejects.toThrow('SIGTERM');
    await source.close();
  });

  test('stops while it waits to ask again', async () => {
    const stop = new AbortController();
    const cluster = await startCluster((_request, response) => {
      refuse(response, 503, 'busy', { 'retry-after': '100' });
      setImmediate(() => {
        stop.abort(new Error('SIGTERM'));
      });
    });
    const source = await openCluster(cluster, NAME, {}, stop.signal);
    await expect(Array.fromAsync(source.batches(stop.signal))).rejects.toThrow('SIGTERM');
    await source.close();
  });

  test('holds no connection once it is closed', async () => {
    const cluster = await clusterOf(...pods(600));
    const source = await openCluster(cluster, NAME);
    for await (const batch of source.batches(AbortSignal.timeout(20_000))) if (batch.length > 0) break;
    await source.close();
    await source.close();
    expect(cluster.requests).toHaveLength(2);
  });
});
