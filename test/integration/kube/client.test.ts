/** The client's verbs on a real apiserver: which error is which, because controllers decide by them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubeClient, Manifest, ObjectList } from '../../../src/kube/client.ts';
import { isAlreadyExists, isConflict, isExpired, isForbidden, isInvalid, isNotFound } from '../../../src/kube/errors.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { REPORTS } from '../../../src/kube/resources.ts';
import { CONFIG_MAPS } from '../../support/observed-reflector.ts';
import { adminClient, newNamespace, uniqueName } from '../support/servers.ts';

let client: KubeClient;
let namespace: string;
const signal = AbortSignal.timeout(110_000);
const tests = { isNotFound, isAlreadyExists, isConflict, isForbidden, isInvalid, isExpired };

beforeAll(async () => {
  client = adminClient();
  namespace = await newNamespace(client, 'client');
});
afterAll(() => client.transport.close());

function configMap(name: string, more: object = {}): Manifest {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, ...more }, data: { text: 'first' } };
}

async function newConfigMap(): Promise<KubeObject> {
  return client.create<KubeObject>(CONFIG_MAPS, configMap(uniqueName('map')), signal);
}

function newReport(name = uniqueName('report')): Promise<KubeObject> {
  const metadata = { name, namespace };
  return client.create<KubeObject>(
    REPORTS,
    { apiVersion: 'dossier.dev/v1alpha1', kind: 'Report', metadata, spec: { templateRef: { name: 'none' } } },
    signal,
  );
}

function status(metadata: object): Manifest {
  const conditions: readonly object[] = [];
  return {
    apiVersion: 'dossier.dev/v1alpha1',
    kind: 'Report',
    metadata: { namespace, ...metadata },
    status: { observedGeneration: 1, conditions },
  };
}

/** Which of the questions that controllers ask is answered yes. */
async function kindOfFailure(attempt: Promise<unknown>): Promise<readonly string[]> {
  const error: unknown = await attempt.then(
    () => expect.fail('it should have failed'),
    (thrown: unknown) => thrown,
  );
  return Object.entries(tests)
    .filter(([, is]) => is(error))
    .map(([name]) => name);
}

describe('a write', () => {
  test('of a name that is taken: isAlreadyExists', async () => {
    const { metadata } = await newConfigMap();
    expect(await kindOfFailure(client.create(CONFIG_MAPS, configMap(metadata.name), signal))).toEqual(['isAlreadyExists']);
  });

  test.each<[string, (present: KubeObject) => Promise<unknown>]>([
    [
      'a PUT of an old version',
      ({ metadata: { name } }) => client.replace(CONFIG_MAPS, configMap(name, { resourceVersion: '1' }), name, signal),
    ],
    [
      'a PUT of another object of that name',
      ({ metadata: { name } }) => client.replace(CONFIG_MAPS, configMap(name, { uid: 'other' }), name, signal),
    ],
    [
      'a deletion of another object of that name',
      ({ metadata: { name } }) => client.delete(CONFIG_MAPS, namespace, name, { propagation: 'Background', uid: 'other' }, signal),
    ],
  ])('that comes too late, %s: isConflict', async (_, write) => {
    expect(await kindOfFailure(write(await newConfigMap()))).toEqual(['isConflict']);
  });

  test('a JSON patch whose test fails: isInvalid', async () => {
    const { metadata } = await newConfigMap();
    const patch = [{ op: 'test', path: '/metadata/resourceVersion', value: '1' }] as const;
    expect(await kindOfFailure(client.patchJson(CONFIG_MAPS, namespace, metadata.name, patch, signal))).toEqual(['isInvalid']);
  });

  test.each<[string, () => Promise<unknown>]>([
    ['GET', () => client.get(CONFIG_MAPS, namespace, 'none', signal)],
    ['PUT', () => client.replace(CONFIG_MAPS, configMap('none', { resourceVersion: '1' }), 'none', signal)],
    ['PATCH', () => client.patchJson(CONFIG_MAPS, namespace, 'none', [{ op: 'add', path: '/data', value: {} }], signal)],
    ['DELETE', () => client.delete(CONFIG_MAPS, namespace, 'none', { propagation: 'Background' }, signal)],
  ])('or read of what is not there, %s: isNotFound', async (_, attempt) => {
    const kinds = await kindOfFailure(attempt());
    expect(kinds).toEqual(['isNotFound']);
  });
});

describe('applying a status', () => {
  test('changes the status alone and keeps the generation', async () => {
    const { metadata } = await newReport();
    const { name, uid, resourceVersion } = metadata;
    const applied = await client.applyStatus<KubeObject>(REPORTS, status({ name, uid, resourceVersion }), name, signal);
    expect(applied.metadata.generation).toBe(metadata.generation);
    expect(applied).toMatchObject({ status: { observedGeneration: 1 } });
  });

  test('of an old version: isConflict', async () => {
    const { metadata } = await newReport();
    const { name, uid, resourceVersion } = metadata;
    await client.applyStatus(REPORTS, status({ name, uid, resourceVersion }), name, signal);
    await client.patchJson(REPORTS, namespace, name, [{ op: 'add', path: '/metadata/labels', value: { moved: 'on' } }], signal);
    expect(await kindOfFailure(client.applyStatus(REPORTS, status({ name, uid, resourceVersion }), name, signal))).toEqual(['isConflict']);
  });

  // Of a custom resource the apiserver compares the version and not the UID: without the version the other object would get this status.
  test('of an object that another has replaced: isConflict', async () => {
    const { metadata } = await newReport();
    const { name, uid, resourceVersion } = metadata;
    await client.delete(REPORTS, namespace, name, { propagation: 'Background' }, signal);
    await newReport(name);
    expect(await kindOfFailure(client.applyStatus(REPORTS, status({ name, uid, resourceVersion }), name, signal))).toEqual(['isConflict']);
  });

  test('of an object that is gone makes none', async () => {
    const name = uniqueName('gone');
    const uid = '00000000-0000-0000-0000-000000000000';
    expect((await kindOfFailure(client.applyStatus(REPORTS, status({ name, uid, resourceVersion: '1' }), name, signal))).length).toBe(1);
    expect(await kindOfFailure(client.get(REPORTS, namespace, name, signal))).toEqual(['isNotFound']);
  });
});

test('a list in pages shows each object once, with its kind', async () => {
  const own = await newNamespace(client, 'pages');
  const names = Array.from({ length: 25 }, (_, index) => `map-${String(index).padStart(2, '0')}`);
  for (const name of names)
    await client.create(CONFIG_MAPS, { ...configMap(name), metadata: { name, namespace: own, labels: { page: 'yes' } } }, signal);
  const found: KubeObject[] = [];
  let pages = 0;
  for (let next: string | undefined = ''; next !== undefined; pages += 1) {
    const page: ObjectList<KubeObject> = await client.list(
      CONFIG_MAPS,
      { namespace: own, labelSelector: 'page=yes', limit: 10, ...(next === '' ? {} : { continue: next }) },
      signal,
    );
    found.push(...page.items);
    next = page.continue;
  }
  expect(pages).toBe(3);
  expect(found.map(({ metadata }) => metadata.name)).toEqual(names);
  expect(new Set(found.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`))).toEqual(new Set(['v1 ConfigMap']));
});
