/** Events as a real apiserver takes them. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { KubeClient } from '../../../src/kube/client.ts';
import { EventRecorder, type EventNote } from '../../../src/kube/events.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { EVENTS, NAMESPACES } from '../../../src/kube/resources.ts';
import { CONFIG_MAPS } from '../../support/observed-reflector.ts';
import { adminClient, newNamespace, uniqueName } from '../support/servers.ts';

interface Event extends KubeObject {
  readonly note: string;
  readonly eventTime: string;
  readonly reportingController: string;
  readonly regarding: { readonly name: string; readonly uid: string };
  readonly series?: { readonly count: number; readonly lastObservedTime: string };
}

let client: KubeClient;
let recorder: EventRecorder;
let errors: unknown[];
const signal = AbortSignal.timeout(110_000);

beforeAll(() => {
  client = adminClient();
});
afterAll(() => client.transport.close());
beforeEach(() => {
  errors = [];
  recorder = new EventRecorder(client, uniqueName('operator'), (error) => errors.push(error));
});
afterEach(() => recorder.close(1_000));

function makeObject(namespace: string, name = 'invoices'): Promise<KubeObject> {
  return client.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } }, signal);
}

function note(text: string): EventNote {
  return { type: 'Warning', reason: 'SourceFailed', action: 'CreateJob', note: text };
}

async function eventsOf({ metadata: { uid } }: KubeObject, namespace: string): Promise<readonly Event[]> {
  const { items } = await client.list<Event>(EVENTS, { namespace }, signal);
  return items.filter(({ regarding }) => regarding.uid === uid);
}

test('a note is an Event, and its repetitions are its series', async () => {
  const namespace = await newNamespace(client, 'events');
  const object = await makeObject(namespace);
  for (let time = 0; time < 4; time += 1) recorder.record(object, note('postgres: no connection'));
  recorder.record(object, note('something else'));
  await recorder.close(30_000);
  expect(errors).toEqual([]);
  const events = await eventsOf(object, namespace);
  expect(events.map((event) => event.note).sort()).toEqual(['postgres: no connection', 'something else']);
  const repeated = events.find((event) => event.note === 'postgres: no connection');
  expect(repeated?.series?.count).toBe(4);
  expect(repeated).toMatchObject({ type: 'Warning', reason: 'SourceFailed', reportingController: 'dossier.dev/operator' });
  expect(Math.abs(Date.parse(repeated?.eventTime ?? '') - Date.now())).toBeLessThan(120_000);
});

describe('the apiserver takes', () => {
  test.each<[string, string]>([
    ['a long note', 'x'.repeat(5_000)],
    ['a long note of characters of four bytes', '🧾'.repeat(1_000)],
    ['a note of odd characters', 'a\u0000b\u202e\u2028\ud800 "quoted" \\'],
    ['an empty note', ''],
  ])('%s', async (_, text) => {
    const namespace = await newNamespace(client, 'events');
    const object = await makeObject(namespace);
    recorder.record(object, note(text));
    await recorder.close(30_000);
    expect(errors).toEqual([]);
    expect(await eventsOf(object, namespace)).toHaveLength(1);
  });

  test.each(['a'.repeat(253), `${'a'.repeat(199)}-${'b'.repeat(50)}`, `${'a'.repeat(199)}.${'b'.repeat(50)}`])(
    'a note about an object of a long name',
    async (name) => {
      const namespace = await newNamespace(client, 'events');
      const object = await makeObject(namespace, name);
      recorder.record(object, note('text'));
      await recorder.close(30_000);
      expect(errors).toEqual([]);
      expect(await eventsOf(object, namespace)).toHaveLength(1);
    },
  );

  test('a note about an object without a namespace', async () => {
    const namespace = await newNamespace(client, 'events');
    const object = await client.get<KubeObject>(NAMESPACES, undefined, namespace, signal);
    recorder.record(object, note('text'));
    await recorder.close(30_000);
    expect(errors).toEqual([]);
    expect(await eventsOf(object, 'default')).toHaveLength(1);
  });
});

test('a namespace that is going away takes none, and that is no error', async () => {
  const namespace = await newNamespace(client, 'events');
  const metadata = { name: 'kept', namespace, finalizers: ['dossier.dev/test'] };
  const object = await client.create<KubeObject>(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata }, signal);
  await client.delete(NAMESPACES, undefined, namespace, { propagation: 'Background' }, signal);
  try {
    await vi.waitFor(
      async () => expect((await client.get<KubeObject>(NAMESPACES, undefined, namespace, signal)).metadata.deletionTimestamp).toBeDefined(),
      { timeout: 30_000 },
    );
    recorder.record(object, note('too late'));
    await recorder.close(30_000);
    expect(errors).toEqual([]);
    expect(await eventsOf(object, namespace)).toEqual([]);
  } finally {
    await client.patchJson(CONFIG_MAPS, namespace, 'kept', [{ op: 'remove', path: '/metadata/finalizers' }], signal);
  }
});
