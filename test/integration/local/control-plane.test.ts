import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { KubeClient, Manifest } from '../../../src/kube/client.ts';
import { KubeError } from '../../../src/kube/errors.ts';
import { CORE_EVENTS, JOBS, NODES, PODS, type ResourceType } from '../../../src/kube/resources.ts';
import { ControlPlane } from '../../../src/local/control-plane/control-plane.ts';
import { Workspace } from '../../../src/local/workspace.ts';
import { until } from '../../local/until.ts';
import { adminClient, controlPlane, newNamespace, tools, uniqueName } from '../support/servers.ts';

const CONFIG_MAPS: ResourceType = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const signal = AbortSignal.timeout(110_000);
let client: KubeClient;

beforeAll(() => {
  client = adminClient();
});
afterAll(() => client.transport.close());

async function kubectl(kubeconfig: string, ...args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(tools().kubectl, ['--kubeconfig', kubeconfig, ...args])).stdout;
}

const CONTAINER = { name: 'main', image: 'example.test/image:1', command: ['true'] };

function pod(namespace: string, name: string, spec: Readonly<Record<string, unknown>>): Manifest {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name }, spec };
}

function job(namespace: string, name: string): Manifest {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { namespace, name },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [CONTAINER] } } },
  };
}

async function podsOf(namespace: string): Promise<readonly string[]> {
  const { items } = await client.list(PODS, { namespace }, signal);
  return items.map(({ metadata }) => metadata.ownerReferences?.[0]?.name ?? 'nobody');
}

describe('the shared control plane', () => {
  test('answers kubectl in the pinned version on both sides', async () => {
    const versions = JSON.parse(await kubectl(controlPlane().kubeconfigFile, 'version', '--output=json')) as Record<
      'clientVersion' | 'serverVersion',
      { gitVersion: string }
    >;
    expect([versions.clientVersion.gitVersion, versions.serverVersion.gitVersion]).toEqual(['v1.37.2', 'v1.37.2']);
  });

  test('makes a pod for a Job, and removes it with the Job', async () => {
    const namespace = await newNamespace(client, 'job');
    await client.create(JOBS, job(namespace, 'one'), signal);
    await until('the Job controller makes a pod', async () => (await podsOf(namespace)).join() === 'one');
    await client.delete(JOBS, namespace, 'one', { propagation: 'Foreground', gracePeriodSeconds: 0 }, signal);
    await until('the garbage collector removes the pod', async () => (await podsOf(namespace)).length === 0, 30_000);
  });

  test('refuses a privileged pod, and in a restricted namespace every pod that is not restricted', async () => {
    const [open, restricted] = [
      await newNamespace(client, 'open'),
      await newNamespace(client, 'tight', { 'pod-security.kubernetes.io/enforce': 'restricted' }),
    ];
    const privileged = pod(open, 'root', { containers: [{ ...CONTAINER, securityContext: { privileged: true } }] });
    await expect(client.create(PODS, privileged, signal)).rejects.toThrow(/privileged/i);
    await expect(client.create(PODS, pod(restricted, 'plain', { containers: [CONTAINER] }), signal)).rejects.toThrow(
      /violates PodSecurity "restricted/,
    );
    await client.create(PODS, pod(open, 'plain', { containers: [CONTAINER] }), signal);
  });

  test('holds a namespace to its quota, and the Job says so in an Event', async () => {
    const namespace = await newNamespace(client, 'quota');
    const quota: ResourceType = { group: '', version: 'v1', kind: 'ResourceQuota', plural: 'resourcequotas', namespaced: true };
    await client.create(
      quota,
      { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { namespace, name: 'none' }, spec: { hard: { pods: '0' } } },
      signal,
    );
    await until('the quota is counted', async () => {
      const { status } = await client.get<{ status?: { hard?: unknown } } & Awaited<ReturnType<typeof client.get>>>(
        quota,
        namespace,
        'none',
        signal,
      );
      return status?.hard !== undefined;
    });
    await client.create(JOBS, job(namespace, 'waits'), signal);
    await until('an Event says FailedCreate', async () => {
      const { items } = await client.list(CORE_EVENTS, { namespace, fieldSelector: 'reason=FailedCreate,involvedObject.kind=Job' }, signal);
      return items.length > 0;
    });
    expect(await podsOf(namespace)).toEqual([]);
  });

  test('reads a log from a node on the loopback address, to which it proves who it is', async () => {
    const { kubeletServing, ca } = controlPlane();
    const asked: unknown[] = [];
    const kubelet = createServer(
      { cert: kubeletServing.certificate, key: kubeletServing.key, ca, requestCert: true, rejectUnauthorized: true },
      (request, response) => {
        asked.push([request.url, (request.socket as TLSSocket).getPeerX509Certificate()?.subject]);
        response.end('row 1\nrow 2\n');
      },
    );
    kubelet.listen(0, '127.0.0.1');
    await once(kubelet, 'listening');
    onTestFinished(() => {
      kubelet.close();
      kubelet.closeAllConnections();
    });
    const namespace = await newNamespace(client, 'log');
    const name = uniqueName('node');
    const { port } = kubelet.address() as AddressInfo;
    const node = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name },
      status: { addresses: [{ type: 'InternalIP', address: '127.0.0.1' }], daemonEndpoints: { kubeletEndpoint: { Port: port } } },
    };
    await client.create(NODES, node, signal);
    onTestFinished(() => client.delete(NODES, undefined, name, { propagation: 'Background' }, signal));
    await client.create(PODS, pod(namespace, 'writer', { nodeName: name, containers: [CONTAINER] }), signal);

    const log = await client.transport.request({
      method: 'GET',
      path: `/api/v1/namespaces/${namespace}/pods/writer/log?tailLines=2`,
      signal,
    });

    expect(log).toBe('row 1\nrow 2\n');
    expect(asked).toEqual([[`/containerLogs/${namespace}/writer/main?tailLines=2`, 'O=system:masters\nCN=kube-apiserver']]);
  });
});

describe('a control plane of its own', () => {
  let workspace: Workspace;
  let own: ControlPlane;
  let admin: KubeClient;

  beforeAll(async () => {
    workspace = await Workspace.create();
    own = await ControlPlane.start(workspace, tools());
    admin = adminClient({ url: own.url, ca: own.authority.certificate, admin: own.admin });
  });
  afterAll(async () => {
    await admin.transport.close();
    await workspace.close();
  });

  test('lets other users and service accounts in, with the rights they have', async () => {
    const alice = await own.kubeconfigForUser('alice', ['accounting']);
    const account = await own.kubeconfigForServiceAccount('default', 'default');
    const attributes = async (kubeconfig: string): Promise<unknown> => {
      const { status } = JSON.parse(await kubectl(kubeconfig, 'auth', 'whoami', '--output=json')) as {
        status: { userInfo: { username: string; groups: string[] } };
      };
      return [status.userInfo.username, status.userInfo.groups];
    };
    expect(await attributes(alice)).toEqual(['alice', ['accounting', 'system:authenticated']]);
    expect(await attributes(account)).toEqual([
      'system:serviceaccount:default:default',
      expect.arrayContaining(['system:serviceaccounts:default']),
    ]);
    await expect(kubectl(alice, 'get', 'secrets')).rejects.toThrow(/User "alice" cannot list resource "secrets"/);
  });

  test('keeps its data and its port when the apiserver is stopped and started', async () => {
    await admin.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name: 'kept' } }, signal);
    await own.stopApiserver();
    await expect(admin.get(CONFIG_MAPS, 'default', 'kept', signal)).rejects.not.toBeInstanceOf(KubeError);
    await own.startApiserver();
    expect((await admin.get(CONFIG_MAPS, 'default', 'kept', signal)).metadata.name).toBe('kept');
  });

  test('is silent while the apiserver is frozen, and answers afterwards', async () => {
    own.pauseApiserver();
    let answered = false;
    const answer = admin.get(CONFIG_MAPS, 'default', 'kube-root-ca.crt', signal).then(() => {
      answered = true;
    });
    // As long as the kernel has accepted connections of a frozen server, only time can show that nothing comes.
    await expect(fetchWithin(300)).rejects.toThrow();
    expect(answered).toBe(false);
    own.resumeApiserver();
    await answer;
    expect(answered).toBe(true);
  });

  async function fetchWithin(ms: number): Promise<unknown> {
    return admin.get(CONFIG_MAPS, 'default', 'kube-root-ca.crt', AbortSignal.timeout(ms));
  }
});

test('a control plane that cannot start says which program failed and shows its log', async () => {
  await using workspace = await Workspace.create();
  const broken = { ...tools(), 'kube-controller-manager': tools().etcd };
  const start = ControlPlane.start(workspace, broken);
  await expect(start).rejects.toThrow(
    /^kube-controller-manager ended with exit code \d+ before it was ready; the end of its log .*kube-controller-manager\.log/,
  );
});
