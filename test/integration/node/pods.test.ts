/** What a pod on a local node comes to: its environment and volumes, refusals, limits, deletion, restarts. */
import { describe, expect, test } from 'vitest';
import { PODS, SECRETS } from '../../../src/kube/resources.ts';
import type { Pod, Volume } from '../../../src/local/node/pod.ts';
import { until } from '../../local/until.ts';
import { condition, end, mainStatus, script, TOOLS, useNode } from './cluster.ts';

const its = useNode();
const HOLD = ['its.dossier.dev/hold'];
const FOREVER = 'sleep 600 & wait';

async function waits(pod: Pod, reason: string): Promise<string | undefined> {
  const waiting = await its.cluster.podWhen(reason, pod, (now) => mainStatus(now)?.state.waiting?.reason === reason);
  expect(waiting.status?.phase).toBe('Pending');
  return mainStatus(waiting)?.state.waiting?.message;
}

async function runs(pod: Pod): Promise<Pod> {
  return its.cluster.podWhen('runs', pod, ({ status }) => status?.phase === 'Running');
}

/** The last status of a deleted pod that a finalizer of ours kept. */
async function lastWords(pod: Pod): Promise<Pod> {
  const last = await its.cluster.podEnds(pod);
  const { namespace, name } = pod.metadata;
  await its.cluster.client.patchJson(PODS, namespace, name, [{ op: 'remove', path: '/metadata/finalizers' }], its.cluster.signal);
  await its.cluster.gone(PODS, pod);
  return last;
}

async function newSecret(name: string, stringData: Readonly<Record<string, string>>): Promise<void> {
  await its.cluster.create(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: its.namespace }, stringData });
}

describe.concurrent('a container', () => {
  test('gets its variables from values, Secrets and fields, and nothing of ours', async () => {
    await newSecret('given', { url: 'postgres://db' });
    const env = [
      { name: 'PLAN', value: '{"version":1}' },
      { name: 'URL', valueFrom: { secretKeyRef: { name: 'given', key: 'url' } } },
      { name: 'NONE', valueFrom: { secretKeyRef: { name: 'given', key: 'other', optional: true } } },
      { name: 'UID_OF_POD', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } },
    ];
    const pod = await its.pod({ containers: [script('env | cut -d= -f1 > $RESULT; echo "$PLAN $URL $UID_OF_POD" >> $RESULT', { env })] });
    const lines = (end(await its.cluster.podEnds(pod)).message ?? '').trim().split('\n');
    expect(lines.pop()).toBe(`{"version":1} postgres://db ${pod.metadata.uid}`);
    expect(lines.filter((name) => !['PWD', 'SHLVL', '_', 'OLDPWD'].includes(name)).toSorted()).toEqual(
      ['HOME', 'HOSTNAME', 'KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT', 'PATH', 'PLAN', 'RESULT', 'UID_OF_POD', 'URL'].toSorted(),
    );
  });

  test('finds Secrets, the token of its service account and fields of its pod in volumes', async () => {
    await newSecret('files', { 'ca.crt': 'PEM' });
    const pod = await its.pod({
      containers: [
        script('cat $FILES/bundle.pem $INFO/name $INFO/where > $RESULT; cut -d. -f2 $INFO/token >> $RESULT', {
          volumeMounts: [
            { name: 'files', mountPath: '/etc/files' },
            { name: 'info', mountPath: '/info' },
          ],
          env: [
            { name: 'FILES', value: '/etc/files' },
            { name: 'INFO', value: '/info' },
          ],
        }),
      ],
      volumes: [
        { name: 'files', secret: { secretName: 'files', items: [{ key: 'ca.crt', path: 'bundle.pem' }] } },
        {
          name: 'info',
          projected: {
            sources: [
              { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
              { configMap: { name: 'kube-root-ca.crt', optional: true, items: [{ key: 'none', path: 'none' }] } },
              { serviceAccountToken: { path: 'token', audience: 'reports', expirationSeconds: 600 } },
              { downwardAPI: { items: [{ path: 'where', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
            ],
          },
        },
      ],
    });
    const { name, namespace, uid } = pod.metadata;
    const message = end(await its.cluster.podEnds(pod)).message ?? '';
    expect(message.startsWith(`PEM${name}${namespace}`)).toBe(true);
    const claims = JSON.parse(Buffer.from(message.slice(`PEM${name}${namespace}`.length), 'base64url').toString()) as object;
    expect(claims).toMatchObject({
      aud: ['reports'],
      sub: `system:serviceaccount:${namespace}:default`,
      'kubernetes.io': { pod: { uid } },
    });
  });

  test('waits for a Secret, then for its key, and goes on when they come', async () => {
    const env = [{ name: 'URL', valueFrom: { secretKeyRef: { name: 'late', key: 'url' } } }];
    const pod = await its.pod({ containers: [script('printf "$URL" > $RESULT', { env })] });
    expect(await waits(pod, 'CreateContainerConfigError')).toBe('secret "late" not found');
    await newSecret('late', { other: 'x' });
    const missing = `couldn't find key url in Secret ${its.namespace}/late`;
    await its.cluster.podWhen('misses the key', pod, (now) => mainStatus(now)?.state.waiting?.message === missing);
    await its.cluster.client.patchJson(
      SECRETS,
      its.namespace,
      'late',
      [{ op: 'add', path: '/data/url', value: Buffer.from('db').toString('base64') }],
      its.cluster.signal,
    );
    expect(end(await its.cluster.podEnds(pod)).message).toBe('db');
  });

  test('waits without a status of its own for a volume that cannot be made yet', async () => {
    const pod = await its.pod({ containers: [script('true')], volumes: [{ name: 'v', secret: { secretName: 'late-volume' } }] });
    await waits(pod, 'ContainerCreating');
    await newSecret('late-volume', { x: '1' });
    expect((await its.cluster.podEnds(pod)).status?.phase).toBe('Succeeded');
  });

  test.each([
    ['Invalid Name', 'IfNotPresent', 'InvalidImageName', 'invalid reference format'],
    ['never:here', 'Never', 'ErrImageNeverPull', 'is not present with pull policy of Never'],
  ] as const)('whose image is "%s" with policy %s waits with %s', async (image, imagePullPolicy, reason, message) => {
    const pod = await its.pod({ containers: [{ name: 'main', image, imagePullPolicy }] });
    expect(await waits(pod, reason)).toContain(message);
    await its.cluster.delete(PODS, pod);
    await its.cluster.gone(PODS, pod);
  });

  test('whose program does not exist has a StartError', async () => {
    const pod = await its.pod({ containers: [{ name: 'main', image: TOOLS, command: ['/no/such/program'] }] });
    expect(end(await its.cluster.podEnds(pod))).toMatchObject({ exitCode: 128, reason: 'StartError', startedAt: '1970-01-01T00:00:00Z' });
  });

  test('that failed starts again under OnFailure, and tells how it ended before', async () => {
    const env = [{ name: 'DATA', value: '/data' }];
    const text = 'test -e $DATA/been && exit 0; touch $DATA/been; echo first; exit 3';
    const volumeMounts = [{ name: 'data', mountPath: '/data' }];
    const pod = await its.pod({
      restartPolicy: 'OnFailure',
      containers: [script(text, { env, volumeMounts })],
      volumes: [{ name: 'data', emptyDir: {} }],
    });
    const over = await its.cluster.podEnds(pod);
    expect(over.status?.phase).toBe('Succeeded');
    expect(mainStatus(over)).toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 3, reason: 'Error' } } });
  });

  test('that fails for ever backs off', async () => {
    const pod = await its.pod({ restartPolicy: 'Always', containers: [script('exit 3')] });
    const waiting = await its.cluster.podWhen('backs off', pod, (now) => mainStatus(now)?.state.waiting?.reason === 'CrashLoopBackOff');
    expect(waiting.status?.phase).toBe('Running');
    expect(mainStatus(waiting)?.state.waiting?.message).toMatch(/^back-off 0\.\ds restarting failed container=main pod=/);
    await its.cluster.delete(PODS, pod, 0);
    await its.cluster.gone(PODS, pod);
  });
});

describe.concurrent('limits', () => {
  test('of memory kill the container', async () => {
    const hog = {
      ...script(''),
      command: [process.execPath, '-e', 'const held = []; setInterval(() => held.push(Buffer.alloc(8e6, 1)), 5)'],
    };
    const pod = await its.pod({ containers: [{ ...hog, resources: { limits: { memory: '150Mi' } } }] });
    const killed = await its.cluster.podEnds(pod);
    expect(end(killed)).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
    expect(killed.status).toMatchObject({ phase: 'Failed' });
    expect(killed.status).not.toHaveProperty('reason');
  });

  test('of an emptyDir evict the pod, without a disruption', async () => {
    const write = script(`head -c 3000000 /dev/zero > $DATA/x; ${FOREVER}`, {
      env: [{ name: 'DATA', value: '/data' }],
      volumeMounts: [{ name: 'data', mountPath: '/data' }],
    });
    const pod = await its.pod({ containers: [write], volumes: [{ name: 'data', emptyDir: { sizeLimit: '2Mi' } }] });
    const evicted = await its.cluster.podEnds(pod);
    expect(evicted.status).toMatchObject({
      phase: 'Failed',
      reason: 'Evicted',
      message: 'Usage of EmptyDir volume "data" exceeds the limit "2Mi". ',
    });
    expect(condition(evicted, 'DisruptionTarget')).toBe('none');
  });

  test('of ephemeral storage count the log and the working directory', async () => {
    const write = script(`head -c 3000000 /dev/zero > here; ${FOREVER}`, { resources: { limits: { 'ephemeral-storage': '2Mi' } } });
    const evicted = await its.cluster.podEnds(await its.pod({ containers: [write] }));
    expect(evicted.status).toMatchObject({
      reason: 'Evicted',
      message: 'Pod ephemeral local storage usage exceeds the total limit of containers 2Mi. ',
    });
  });

  test('of time end the pod', async () => {
    const pod = await its.pod({ activeDeadlineSeconds: 3, containers: [script(`trap "exit 75" TERM; ${FOREVER}`)] });
    const over = await its.cluster.podEnds(pod);
    expect(over.status).toMatchObject({
      phase: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    });
    expect(end(over).exitCode).toBe(75);
  });
});

describe.concurrent('deletion', () => {
  test('asks the program to end and keeps its last words until the object goes', async () => {
    const text = `trap "printf aborted > $RESULT; exit 75" TERM; echo up; ${FOREVER}`;
    const pod = await its.pod({ containers: [script(text)] }, { finalizers: HOLD });
    await runs(pod);
    await until('it is up', async () => (await its.cluster.logs(pod)).text === 'up\n');
    await its.cluster.delete(PODS, pod);
    const last = await lastWords(pod);
    expect(last.status?.phase).toBe('Failed');
    expect(end(last)).toMatchObject({ exitCode: 75, message: 'aborted' });
  });

  test('kills what does not end within its grace', async () => {
    const pod = await its.pod({ containers: [script('trap "" TERM; while :; do sleep 0.1; done')] }, { finalizers: HOLD });
    await runs(pod);
    await its.cluster.delete(PODS, pod, 1);
    expect(end(await lastWords(pod)).exitCode).toBe(137);
  });

  test('of a pod whose image never came', async () => {
    const pod = await its.pod({ containers: [{ name: 'main', image: 'nowhere:v1' }] }, { finalizers: HOLD });
    await waits(pod, 'ErrImagePull');
    await its.cluster.delete(PODS, pod);
    const last = await lastWords(pod);
    expect(last.status?.phase).toBe('Failed');
    expect(end(last)).toMatchObject({ exitCode: 137, reason: 'ContainerStatusUnknown' });
  });

  test('of a pod that no node took', async () => {
    const pod = await its.pod({ containers: [script('true')], nodeSelector: { no: 'such-node' } });
    await its.cluster.podWhen('is unschedulable', pod, (now) => condition(now, 'PodScheduled') === 'False Unschedulable');
    await its.cluster.delete(PODS, pod);
    await its.cluster.gone(PODS, pod);
  });

  test('by force ends the program too', async () => {
    const pod = await its.pod({ containers: [script(`trap "" TERM; ${FOREVER}`, { resources: { requests: { cpu: '3500m' } } })] });
    await runs(pod);
    await its.cluster.delete(PODS, pod, 0);
    // Its room is free only when nothing of it runs any more.
    const next = await its.pod({ containers: [script('true', { resources: { requests: { cpu: '3500m' } } })] });
    expect((await its.cluster.podEnds(next)).status?.phase).toBe('Succeeded');
  });
});

describe('a pod bound by hand', () => {
  test.each([
    ['cpu', { cpu: '5' }, 'OutOfcpu', "Pod was rejected: Node didn't have enough resource: cpu, requested: 5000, used: "],
    [
      'memory',
      { memory: '5Gi' },
      'OutOfmemory',
      `Pod was rejected: Node didn't have enough resource: memory, requested: ${5 * 2 ** 30}, used: `,
    ],
  ] as const)('that needs more %s than there is, is refused', async (_, requests, reason, message) => {
    const pod = await its.pod({ nodeName: its.node.name, containers: [script('true', { resources: { requests } })] });
    const refused = await its.cluster.podEnds(pod);
    expect(refused.status).toMatchObject({ phase: 'Failed', reason, message: expect.stringContaining(message) as string });
    expect(mainStatus(refused)).toBeUndefined();
    await its.cluster.delete(PODS, pod);
    await its.cluster.gone(PODS, pod);
  });

  test('that needs what a local node has not, is refused and told so', async () => {
    const pod = await its.pod({ containers: [script('true')], volumes: [{ name: 'host', hostPath: { path: '/' } } as Volume] });
    expect((await its.cluster.podEnds(pod)).status).toMatchObject({
      reason: 'UnexpectedAdmissionError',
      message: 'Pod was rejected: a local node has no volumes of the kind hostPath',
    });
  });

  test('that fits runs', async () => {
    const pod = await its.pod({ nodeName: its.node.name, containers: [script('true')] });
    expect((await its.cluster.podEnds(pod)).status?.phase).toBe('Succeeded');
  });
});

test('a pod that waits for room gets it when another ends', async () => {
  const take = (text: string) => its.pod({ containers: [script(text, { resources: { requests: { memory: '3Gi' } } })] });
  const first = await take(`trap "exit 0" TERM; ${FOREVER}`);
  await runs(first);
  const second = await take('true');
  const waiting = await its.cluster.podWhen('waits', second, (now) => condition(now, 'PodScheduled') === 'False Unschedulable');
  expect(waiting.status?.conditions?.[0]?.message).toBe('0/1 nodes are available: 1 Insufficient memory.');
  await its.cluster.delete(PODS, first);
  expect((await its.cluster.podEnds(second)).status?.phase).toBe('Succeeded');
});

test('a pod that is settled is not written again', async () => {
  const pod = await its.cluster.podEnds(await its.pod({ containers: [script('true')] }));
  const { namespace, name } = pod.metadata;
  const touched = await its.cluster.client.patchJson<Pod>(
    PODS,
    namespace,
    name,
    [{ op: 'add', path: '/metadata/labels', value: { seen: 'again' } }],
    its.cluster.signal,
  );
  // A later pod has gone all the way through the same agent.
  await its.cluster.podEnds(await its.pod({ containers: [script('true')] }));
  expect((await its.cluster.find(PODS, namespace, name))?.metadata.resourceVersion).toBe(touched.metadata.resourceVersion);
});
