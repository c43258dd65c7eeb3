import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EventRecorder, type EventNote } from '../../src/kube/events.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import { FakeApiserver } from '../support/fake-apiserver.ts';
import { noAnswer, refuse } from '../support/weather.ts';

const COLLECTION = '/apis/events.k8s.io/v1/events';
const MINUTE = 60_000;

interface Event extends KubeObject {
  readonly note: string;
  readonly series?: { readonly count: number; readonly lastObservedTime: string };
}

let server: FakeApiserver;
let recorder: EventRecorder;
let errors: unknown[];
/** Both clocks, in ms. */
let now: number;

beforeEach(async () => {
  now = Date.parse('2026-11-23T10:00:00.123Z');
  vi.spyOn(Date, 'now').mockImplementation(() => now);
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  server = await FakeApiserver.start();
  errors = [];
  recorder = new EventRecorder(server.client(), 'operator-7d9f', (error) => errors.push(error));
});
afterEach(async () => {
  await recorder.close(0);
  await server.close();
  vi.restoreAllMocks();
});

function report(name = 'invoices', uid = 'uid-1'): KubeObject {
  const metadata = { name, uid, namespace: 'billing', resourceVersion: '1', creationTimestamp: '2026-11-23T10:00:00Z' };
  return { apiVersion: 'dossier.dev/v1alpha1', kind: 'Report', metadata };
}

function note(text = 'the file is ready'): EventNote {
  return { type: 'Normal', reason: 'Completed', action: 'CheckFile', note: text };
}

function events(): readonly Event[] {
  return server.objects.list(COLLECTION) as readonly Event[];
}

/** Resolves when everything recorded so far was sent. */
async function sent(writes: number): Promise<void> {
  await vi.waitFor(() => expect(server.received('write')).toHaveLength(writes), { interval: 2, timeout: 5_000 });
}

test('a note is an Event about its object, with times of six digits', async () => {
  recorder.record(report(), note());
  await sent(1);
  expect(events()).toMatchObject([
    {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: expect.stringMatching(/^invoices\.[0-9a-f]{16}$/) as string, namespace: 'billing' },
      eventTime: '2026-11-23T10:00:00.123000Z',
      reportingController: 'dossier.dev/operator',
      reportingInstance: 'operator-7d9f',
      regarding: { apiVersion: 'dossier.dev/v1alpha1', kind: 'Report', name: 'invoices', namespace: 'billing', uid: 'uid-1' },
      type: 'Normal',
      reason: 'Completed',
      action: 'CheckFile',
      note: 'the file is ready',
    },
  ]);
});

test('a note about a cluster-scoped object stands in the namespace default', async () => {
  const { namespace: _, ...metadata } = report('node-1').metadata;
  recorder.record({ apiVersion: 'v1', kind: 'Node', metadata }, note());
  await sent(1);
  expect(events()[0]?.metadata.namespace).toBe('default');
  expect(events()[0]).not.toHaveProperty('regarding.namespace');
});

test.each(['a'.repeat(253), `${'a'.repeat(198)}-.b`, `${'a'.repeat(199)}.${'b'.repeat(50)}`])(
  'the Event of an object with a long name has a valid one: %s',
  async (name) => {
    recorder.record(report(name), note());
    await sent(1);
    const eventName = events()[0]?.metadata.name ?? '';
    expect(eventName.length).toBeLessThanOrEqual(253);
    expect(eventName).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
  },
);

describe('a note that is repeated', () => {
  test('counts in one Event', async () => {
    for (let time = 0; time < 3; time += 1) {
      recorder.record(report(), note());
      now += MINUTE;
    }
    await sent(3);
    expect(events()).toHaveLength(1);
    expect(events()[0]?.series).toEqual({ count: 3, lastObservedTime: '2026-11-23T10:02:00.123000Z' });
  });

  test('after more than six minutes is a new Event', async () => {
    recorder.record(report(), note());
    await sent(1);
    now += 6 * MINUTE;
    recorder.record(report(), note());
    await sent(2);
    expect(events()).toHaveLength(2);
  });

  test('and whose Event somebody removed becomes a new one', async () => {
    recorder.record(report(), note());
    await sent(1);
    server.objects.remove(COLLECTION, `billing/${events()[0]?.metadata.name}`);
    recorder.record(report(), note());
    await sent(2);
    recorder.record(report(), note());
    await sent(3);
    expect(events()).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  test.each<[string, KubeObject, EventNote]>([
    ['another object', report('invoices', 'uid-2'), note()],
    ['another text', report(), note('something else')],
    ['another reason', report(), { ...note(), reason: 'Other' }],
    ['another type', report(), { ...note(), type: 'Warning' }],
    ['another action', report(), { ...note(), action: 'Other' }],
  ])('with %s is another Event', async (_, regarding, event) => {
    recorder.record(report(), note());
    recorder.record(regarding, event);
    await sent(2);
    expect(events()).toHaveLength(2);
  });
});

describe('an object has a budget', () => {
  test('of 25 at once and one more in five minutes, and no other pays for it', async () => {
    for (let index = 0; index < 100; index += 1) recorder.record(report(), note(`note ${index}`));
    recorder.record(report('other', 'uid-2'), note());
    await sent(26);
    now += 5 * MINUTE;
    for (let index = 0; index < 100; index += 1) recorder.record(report(), note(`later ${index}`));
    await sent(27);
    expect(events().filter(({ metadata }) => metadata.name.startsWith('invoices.'))).toHaveLength(26);
  });
});

describe('a long note', () => {
  test.each<[string, string]>([
    ['letters', 'x'.repeat(5_000)],
    ['of two bytes', 'é'.repeat(2_000)],
    ['of three bytes', '語'.repeat(1_000)],
    ['of four bytes', '🧾'.repeat(1_000)],
    ['shifted by one', `a${'🧾'.repeat(1_000)}`],
    ['shifted by two', `ab${'🧾'.repeat(1_000)}`],
    ['shifted by three', `abc${'🧾'.repeat(1_000)}`],
  ])('%s is cut to a kilobyte between two characters', async (_, text) => {
    recorder.record(report(), note(text));
    await sent(1);
    const written = events()[0]?.note ?? '';
    expect(Buffer.byteLength(written)).toBeLessThanOrEqual(1_000);
    expect(Buffer.byteLength(written)).toBeGreaterThan(990);
    expect(written.endsWith('…')).toBe(true);
    expect(text.startsWith(written.slice(0, -1))).toBe(true);
  });

  test('of exactly a kilobyte is whole', async () => {
    recorder.record(report(), note('é'.repeat(500)));
    await sent(1);
    expect(events()[0]?.note).toBe('é'.repeat(500));
  });
});

describe('a refusal', () => {
  test.each([
    ['by a namespace that is going away is no error', 403, 'Forbidden', 0],
    ['by a namespace that is gone is no error', 404, 'NotFound', 0],
    ['of any other kind is told', 422, 'Invalid', 1],
  ])('%s, and the next note is sent', async (_, code, reason, told) => {
    server.next('write', refuse(code, reason));
    recorder.record(report(), note('first'));
    recorder.record(report(), note('second'));
    await sent(2);
    await vi.waitFor(() => expect(events().map((event) => event.note)).toEqual(['second']));
    expect(errors).toHaveLength(told);
  });
});

describe('recording', () => {
  test('neither waits nor grows without bound while the apiserver does not answer', async () => {
    let answer: (() => void) | undefined;
    server.next('write', ({ serve }) => (answer = serve));
    const short = new EventRecorder(server.client(), 'operator-7d9f', (error) => errors.push(error), { queueLimit: 100 });
    for (let index = 0; index < 200; index += 1) short.record(report(`report-${index}`, `uid-${index}`), note());
    await vi.waitFor(() => expect(answer).toBeDefined());
    answer?.();
    await short.close(20_000);
    expect(events()).toHaveLength(101); // One was on its way, a hundred waited.
  });

  test('lets work that waits go first, for half a minute at most', async () => {
    let busy = true;
    const polite = new EventRecorder(server.client(), 'operator-7d9f', (error) => errors.push(error), { busy: () => busy });
    polite.record(report(), note('first'));
    polite.record(report(), note('second'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(server.received('write')).toEqual([]);
    now += 30_000;
    await sent(2);
    polite.record(report(), note('third'));
    busy = false;
    await sent(3);
    await polite.close(0);
  });
});

describe('closing', () => {
  test('sends what waits, and takes no more', async () => {
    for (let index = 0; index < 50; index += 1) recorder.record(report(`report-${index}`, `uid-${index}`), note());
    const closing = recorder.close(10_000);
    recorder.record(report('late', 'uid-late'), note());
    await closing;
    expect(events()).toHaveLength(50);
    recorder.record(report('later', 'uid-later'), note());
    expect(server.received('write')).toHaveLength(50);
  });

  test('waits no longer than it may, and calls no error what it cut off itself', async () => {
    server.next('write', noAnswer);
    for (let index = 0; index < 10; index += 1) recorder.record(report(`report-${index}`, `uid-${index}`), note());
    const started = process.hrtime.bigint();
    await recorder.close(50);
    expect(Number(process.hrtime.bigint() - started) / 1e6).toBeLessThan(2_000);
    expect(server.received('write').length).toBeLessThanOrEqual(1);
    expect(errors).toEqual([]);
  });

  test('without anything to send is over at once, twice too', async () => {
    await recorder.close(60_000);
    await recorder.close(60_000);
  });
});
