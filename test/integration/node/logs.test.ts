/** Logs of pods on a local node, asked of the apiserver as users and operators do. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from 'vitest';
import { Authority } from '../../../src/local/authority.ts';
import { NODES } from '../../../src/kube/resources.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import type { Pod } from '../../../src/local/node/pod.ts';
import { until } from '../../local/until.ts';
import { controlPlane, tools } from '../support/servers.ts';
import { mainStatus, script, useNode } from './cluster.ts';

const its = useNode();
let done: Pod;

beforeAll(async () => {
  done = await its.cluster.podEnds(
    await its.pod({ initContainers: [script('echo init', { name: 'first' })], containers: [script('echo one; echo two; printf three')] }),
  );
});

describe('of a container that ended', () => {
  test.each([
    ['everything', '', 'one\ntwo\nthree'],
    ['the last line', 'tailLines=1', 'three'],
    ['so many bytes', 'limitBytes=5', 'one\nt'],
    ['bytes of a tail', 'tailLines=2&limitBytes=6', 'two\nth'],
    ['an init container', 'container=first', 'init\n'],
    ['everything, followed to its end', 'follow=true', 'one\ntwo\nthree'],
    ['what came since an hour ago', 'sinceSeconds=3600', 'one\ntwo\nthree'],
    ['what came since tomorrow', `sinceTime=${new Date(Date.now() + 86_400_000).toISOString().slice(0, 19)}Z`, ''],
  ])('%s', async (_, query, expected) => expect(await its.cluster.logs(done, query)).toEqual({ status: 200, text: expected }));

  test('with times', async () =>
    expect((await its.cluster.logs(done, 'timestamps=true&tailLines=2')).text).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{9}Z two\n\d{4}-\d\d-\d\dT[\d:]{8}\.\d{9}Z three$/,
    ));

  test('but not of a run before it, if there was none', async () => {
    const answer = await its.cluster.logs(done, 'previous=true');
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(`previous terminated container "main" in pod "${done.metadata.name}" not found`);
  });
});

test('of the run before, when a container was started again', async () => {
  const volumeMounts = [{ name: 'data', mountPath: '/data' }];
  const env = [{ name: 'DATA', value: '/data' }];
  const again = 'test -e $DATA/been && { echo second; exit 0; }; touch $DATA/been; echo first; exit 3';
  const pod = await its.pod({
    restartPolicy: 'OnFailure',
    containers: [script(again, { env, volumeMounts })],
    volumes: [{ name: 'data', emptyDir: {} }],
  });
  await its.cluster.podEnds(pod);
  expect((await its.cluster.logs(pod)).text).toBe('second\n');
  expect((await its.cluster.logs(pod, 'previous=true')).text).toBe('first\n');
});

test('of a container that waits say what it waits for', async () => {
  const pod = await its.pod({ containers: [{ name: 'main', image: 'nowhere:v1' }] });
  await its.cluster.podWhen(
    'cannot be pulled',
    pod,
    (now) => mainStatus(now)?.state.waiting !== undefined && now.spec.nodeName !== undefined,
  );
  await until('the node has said so', async () =>
    (await its.cluster.logs(pod)).text.includes('is waiting to start: trying and failing to pull image'),
  );
  expect((await its.cluster.logs(pod)).status).toBe(400);
});

test('follow a container in kubectl until it ends', async () => {
  const volumeMounts = [{ name: 'data', mountPath: '/data' }];
  const env = [{ name: 'GATE', value: '/data/gate' }];
  const text_ = 'mkfifo $GATE; echo $GATE; read -r line < $GATE; echo "got $line"';
  const pod = await its.pod({ containers: [script(text_, { env, volumeMounts })], volumes: [{ name: 'data', emptyDir: {} }] });
  await its.cluster.podWhen('runs', pod, ({ status }) => status?.phase === 'Running');
  const { namespace, name } = pod.metadata;
  const kubectl = spawn(tools().kubectl, ['logs', '-f', '-n', namespace, name], {
    env: { ...process.env, KUBECONFIG: controlPlane().kubeconfigFile },
  });
  const [first] = (await once(kubectl.stdout, 'data')) as [Buffer];
  const gate = first.toString().trim();
  const rest = text(kubectl.stdout);
  const open = spawn('sh', ['-c', 'echo hello > "$1"', 'sh', gate]);
  await once(open, 'exit');
  expect(await rest).toBe('got hello\n');
});

describe('the log server itself', () => {
  async function ask(
    identity: { readonly certificate: string; readonly key: string },
    path: string,
  ): Promise<{ status: number; body: string }> {
    const node = await its.cluster.find<
      KubeObject & { readonly status: { readonly daemonEndpoints: { readonly kubeletEndpoint: { readonly Port: number } } } }
    >(NODES, undefined, its.node.name);
    const port = node?.status.daemonEndpoints.kubeletEndpoint.Port ?? 0;
    const call = request({
      host: '127.0.0.1',
      port,
      path,
      ca: controlPlane().ca,
      cert: identity.certificate,
      key: identity.key,
      agent: false,
    }).end();
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, body: await text(response) };
  }

  test.each([
    ['/containerLogs/nowhere/none/main', 404, 'pod "none" does not exist'],
    ['/pods', 404, '404 page not found'],
    ['/containerLogs/a/b/c/d', 404, '404 page not found'],
  ])('answers %s with %d', async (path, status, body) => expect(await ask(controlPlane().admin, path)).toEqual({ status, body }));

  test('answers a container that the pod has not with 404', async () =>
    expect(await ask(controlPlane().admin, `/containerLogs/${done.metadata.namespace}/${done.metadata.name}/none`)).toMatchObject({
      status: 404,
    }));

  test('refuses who is not certified by the authority of the cluster', async () => {
    const stranger = await (await Authority.create('elsewhere')).issueClient('kube-apiserver', ['system:masters']);
    await expect(ask(stranger, '/pods')).rejects.toThrow();
  });
});
