/** What becomes of a list when the apiserver forgets its moment in the middle, as every cluster does after some minutes: on a control plane of its own, told to forget. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KubeClient } from '../../../src/kube/client.ts';
import { ControlPlane } from '../../../src/local/control-plane/control-plane.ts';
import { Workspace } from '../../../src/local/workspace.ts';
import type { RunPlan } from '../../../src/runner/plan.ts';
import type { RowSource } from '../../../src/runner/rows.ts';
import { openSource } from '../../../src/runner/sources/open.ts';
import { adminClient, tools } from '../support/servers.ts';
import { podEnvironment, type PodEnvironment } from '../support/service-accounts.ts';

const NAMESPACE = 'default';
/** More than two pages. */
const CONFIG_MAPS = 1100;
const AT_ONCE = 16;
const signal = AbortSignal.timeout(110_000);

let workspace: Workspace;
let plane: ControlPlane;
let admin: KubeClient;
let pod: PodEnvironment;

beforeAll(async () => {
  workspace = await Workspace.create();
  plane = await ControlPlane.start(workspace, tools());
  const facts = { url: plane.url, ca: plane.authority.certificate, admin: plane.admin };
  admin = adminClient(facts);
  pod = await podEnvironment(admin, NAMESPACE, 'default', facts);
  const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }];
  const subjects = [{ kind: 'ServiceAccount', name: 'default', namespace: NAMESPACE }];
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}`;
  await post(`${rbac}/roles`, { metadata: { name: 'reader' }, rules });
  await post(`${rbac}/rolebindings`, {
    metadata: { name: 'reader' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
    subjects,
  });
  const waiting = Array.from({ length: CONFIG_MAPS }, (_, index) => index);
  const work = async (): Promise<void> => {
    for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) await newConfigMap(index);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
});

afterAll(async () => {
  await pod[Symbol.asyncDispose]();
  await admin.transport.close();
  await workspace.close();
});

async function post(path: string, body: object): Promise<void> {
  await admin.transport.request({ method: 'POST', path, body: JSON.stringify(body), signal });
}

async function newConfigMap(index: number): Promise<void> {
  await post(`/api/v1/namespaces/${NAMESPACE}/configmaps`, { metadata: { name: `cm-${index}`, labels: { many: 'yes' } } });
}

/** Everything before now: in etcd by a compaction, in the apiserver's cache by a restart. */
async function forget(): Promise<void> {
  const etcd = async (path: string, body: object): Promise<{ readonly header: { readonly revision: string } }> => {
    const answer = await fetch(`${plane.etcdUrl}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body), signal });
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as { readonly header: { readonly revision: string } };
  };
  const { header } = await etcd('range', { key: 'AA==' });
  await etcd('compaction', { revision: header.revision, physical: true });
  await plane.stopApiserver();
  await plane.startApiserver();
}

function open(): Promise<RowSource> {
  const plan = {
    report: { namespace: NAMESPACE, name: 'r', uid: 'u' },
    time: '2026-11-01T00:00:00Z',
    timeZone: 'UTC',
    parameters: [],
    source: {
      kind: 'kubernetes',
      apiVersion: 'v1',
      objectKind: 'ConfigMap',
      labelSelector: 'many=yes',
      allNamespaces: false,
      serviceAccountName: 'default',
      columns: [{ path: '$.metadata.name' }],
    },
    columns: [{ name: 'name', header: 'name', type: 'String' }],
  } as unknown as RunPlan;
  return openSource(plan, pod.env, signal);
}

test('objects that come while a list is read are not in it, and those that go are', async () => {
  const source = await open();
  const names: unknown[] = [];
  for await (const batch of source.batches(signal)) {
    if (names.length === 0) {
      await newConfigMap(99_999);
      await admin.transport.request({ method: 'DELETE', path: `/api/v1/namespaces/${NAMESPACE}/configmaps/cm-999`, signal });
    }
    names.push(...batch.map(([name]) => name));
  }
  await source.close();
  expect(names).toHaveLength(CONFIG_MAPS);
  expect(new Set(names).size).toBe(CONFIG_MAPS);
  expect(names).toContain('cm-999');
  expect(names).not.toContain('cm-99999');
});

test('a list whose moment is forgotten after rows were given out ends in a failure that the Job may try again, and the next run has every row', async () => {
  const source = await open();
  let rows = 0;
  const reading = (async () => {
    for await (const batch of source.batches(signal)) {
      if (rows === 0) {
        await newConfigMap(88_888);
        await forget();
      }
      rows += batch.length;
    }
  })();
  await expect(reading).rejects.toMatchObject({
    reason: 'SourceFailed',
    retryable: true,
    message: expect.stringContaining('410') as string,
  });
  await source.close();
  expect(rows).toBe(500);

  const again = await open();
  const whole = (await Array.fromAsync(again.batches(signal))).flat();
  await again.close();
  expect(whole).toHaveLength(CONFIG_MAPS + 1);
});
