/** The reflector on a real apiserver: under churn, and when the apiserver goes and comes back. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { KubeClient, ObjectList } from '../../../src/kube/client.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { ControlPlane } from '../../../src/local/control-plane/control-plane.ts';
import { Workspace } from '../../../src/local/workspace.ts';
import { CONFIG_MAPS, ObservedReflector } from '../../support/observed-reflector.ts';
import { adminClient, newNamespace, tools } from '../support/servers.ts';

const signal = AbortSignal.timeout(110_000);

function put(client: KubeClient, namespace: string, name: string, text: string): Promise<KubeObject> {
  return client.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { text } }, signal);
}

async function change(client: KubeClient, namespace: string, name: string, text: string): Promise<void> {
  await client.replace(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { text } }, name, signal);
}

async function remove(client: KubeClient, namespace: string, name: string): Promise<void> {
  await client.delete(CONFIG_MAPS, namespace, name, { propagation: 'Background' }, signal);
}

/** What the apiserver says now, in pages of a size of its own. */
async function truth(client: KubeClient, namespace: string): Promise<readonly KubeObject[]> {
  const found: KubeObject[] = [];
  for (let next: string | undefined = ''; next !== undefined;) {
    const page: ObjectList<KubeObject> = await client.list(
      CONFIG_MAPS,
      { namespace, limit: 333, ...(next === '' ? {} : { continue: next }) },
      signal,
    );
    found.push(...page.items);
    next = page.continue;
  }
  return found;
}

async function untilItKnows(observed: ObservedReflector, client: KubeClient, namespace: string): Promise<void> {
  await vi.waitFor(async () => observed.expectToKnow(await truth(client, namespace)), { timeout: 60_000, interval: 50 });
}

test('two thousand objects that change while they are listed and watched are known as they are in the end', async () => {
  const client = adminClient();
  try {
    const namespace = await newNamespace(client, 'reflector');
    const names = Array.from({ length: 2_000 }, (_, index) => `object-${index}`);
    await Promise.all(names.map((name) => put(client, namespace, name, 'first')));

    // Each object lives its own life, in an order that does not change from run to run: changed, removed, made anew, changed again.
    const churn = Promise.all(
      names
        .filter((_, index) => index % 2 === 0)
        .map(async (name, index) => {
          await change(client, namespace, name, 'second');
          if (index % 3 === 0) await remove(client, namespace, name);
          if (index % 6 === 0) await put(client, namespace, name, 'anew');
          if (index % 12 === 0) await change(client, namespace, name, 'last');
        }),
    );
    await using observed = new ObservedReflector(client, { namespace });
    await churn;
    await untilItKnows(observed, client, namespace);
    expect(observed.store.size).toBe(2_000 - 334 + 167 + 1); // One is every namespace's own: kube-root-ca.crt.
    expect(observed.errors).toEqual([]);
    expect(observed.reflector.relists).toBe(1);
    // What was not touched was told once.
    const told = new Map<string, number>();
    for (const { key } of observed.told) told.set(key, (told.get(key) ?? 0) + 1);
    expect(names.filter((_, index) => index % 2 === 1).every((name) => told.get(`${namespace}/${name}`) === 1)).toBe(true);
  } finally {
    await client.transport.close();
  }
});

describe('an apiserver of its own', () => {
  let workspace: Workspace;
  let plane: ControlPlane;
  let client: KubeClient;

  beforeAll(async () => {
    workspace = await Workspace.create();
    plane = await ControlPlane.start(workspace, tools());
    client = adminClient({ url: plane.url, ca: plane.authority.certificate, admin: plane.admin });
  });
  afterAll(async () => {
    await client.transport.close();
    await workspace.close();
  });

  /** Real backoff, shortened. */
  const wait = async (ms: number, stop: AbortSignal): Promise<void> =>
    sleep(Math.min(ms, 100), undefined, { signal: stop }).catch(() => undefined);

  test('that is stopped and started again is followed on', async () => {
    await put(client, 'default', 'before', 'first');
    await using observed = new ObservedReflector(client, { namespace: 'default', sleep: wait });
    await untilItKnows(observed, client, 'default');
    await plane.stopApiserver();
    await vi.waitFor(() => expect(observed.errors.length).toBeGreaterThan(3), { timeout: 20_000 });
    await plane.startApiserver();
    await put(client, 'default', 'after', 'first');
    await remove(client, 'default', 'before');
    await untilItKnows(observed, client, 'default');
    expect([...observed.view.keys()]).toContain('default/after');
    expect([...observed.view.keys()]).not.toContain('default/before');
  });

  test('that falls silent without closing anything is noticed and followed on', async () => {
    await using observed = new ObservedReflector(client, { namespace: 'default', sleep: wait, idleMs: 500 });
    await untilItKnows(observed, client, 'default');
    plane.pauseApiserver();
    try {
      await vi.waitFor(() => expect(observed.errors.map(String)).toContain('ConnectionError: watch of configmaps: silent for 500 ms'), {
        timeout: 20_000,
      });
    } finally {
      plane.resumeApiserver();
    }
    await put(client, 'default', 'awake', 'first');
    await untilItKnows(observed, client, 'default');
    expect([...observed.view.keys()]).toContain('default/awake');
  });
});
