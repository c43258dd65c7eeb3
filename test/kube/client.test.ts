import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { KubeClient, query } from '../../src/kube/client.ts';
import {
  ConnectionError,
  isAlreadyExists,
  isConflict,
  isExpired,
  isForbidden,
  isInvalid,
  isNotFound,
  KubeError,
  toKubeError,
  UnreadableError,
} from '../../src/kube/errors.ts';
import { LEASES, NODES, pathOf, PODS, REPORTS } from '../../src/kube/resources.ts';
import { anyText } from '../support/arbitraries.ts';
import type { KubeRequest, Transport } from '../../src/kube/transport.ts';

const signal = new AbortController().signal;

/** Answers every request with the same text and keeps what was asked. */
class RecordingTransport implements Transport {
  readonly requests: KubeRequest[] = [];
  answer = '{"metadata":{"name":"a","resourceVersion":"1"}}';

  async request(request: KubeRequest): Promise<string> {
    this.requests.push(request);
    return this.answer;
  }

  async stream(): Promise<never> {
    throw new Error('no streams here');
  }

  async close(): Promise<void> {}
}

let transport: RecordingTransport;
let client: KubeClient;
beforeEach(() => {
  transport = new RecordingTransport();
  client = new KubeClient(transport, () => undefined);
});

describe('the path of', () => {
  test.each([
    ['a namespaced object', pathOf(REPORTS, 'billing', 'a'), '/apis/dossier.dev/v1alpha1/namespaces/billing/reports/a'],
    ['its status', pathOf(REPORTS, 'billing', 'a', 'status'), '/apis/dossier.dev/v1alpha1/namespaces/billing/reports/a/status'],
    ['all objects of a kind', pathOf(PODS, undefined), '/api/v1/pods'],
    ['those of one namespace', pathOf(PODS, 'n'), '/api/v1/namespaces/n/pods'],
    ['a cluster-scoped object', pathOf(NODES, undefined, 'a'), '/api/v1/nodes/a'],
    ['a cluster-scoped object, whatever namespace is given', pathOf(NODES, 'n', 'a'), '/api/v1/nodes/a'],
    [
      'names that would lead elsewhere',
      pathOf(PODS, 'n/../m', '../secrets?x=1'),
      '/api/v1/namespaces/n%2F..%2Fm/pods/..%2Fsecrets%3Fx%3D1',
    ],
  ])('%s', (_, path, expected) => {
    expect(path).toBe(expected);
  });
});

test('a query has what is set, encoded', () => {
  expect(query({ a: 'x=y&z', b: undefined, c: 0, d: false, e: '' })).toBe('?a=x%3Dy%26z&c=0&d=false&e=');
  expect(query({ a: undefined })).toBe('');
});

describe('a write', () => {
  const manifest = {
    apiVersion: 'v1',
    kind: 'X',
    metadata: { name: 'a', namespace: 'n', uid: 'u', resourceVersion: '7' },
    status: { phase: 'Ready' },
  };
  const writes: Readonly<Record<string, (on: KubeClient) => Promise<unknown>>> = {
    create: (on) => on.create(REPORTS, manifest, signal),
    replace: (on) => on.replace(LEASES, manifest, 'a', signal),
    applyStatus: (on) => on.applyStatus(REPORTS, manifest, 'a', signal),
    patchJson: (on) => on.patchJson(REPORTS, 'n', 'a', [{ op: 'test', path: '/metadata/resourceVersion', value: '7' }], signal),
    delete: (on) => on.delete(PODS, 'n', 'a', { propagation: 'Foreground', uid: 'u', gracePeriodSeconds: 0 }, signal),
  };

  test.each<[string, Partial<KubeRequest>]>([
    [
      'create',
      { method: 'POST', path: '/apis/dossier.dev/v1alpha1/namespaces/n/reports?fieldValidation=Ignore', body: JSON.stringify(manifest) },
    ],
    [
      'replace',
      { method: 'PUT', path: '/apis/coordination.k8s.io/v1/namespaces/n/leases/a?fieldValidation=Ignore', body: JSON.stringify(manifest) },
    ],
    [
      'applyStatus',
      {
        method: 'PATCH',
        path: '/apis/dossier.dev/v1alpha1/namespaces/n/reports/a/status?fieldValidation=Ignore&fieldManager=dossier-operator&force=true',
        contentType: 'application/apply-patch+yaml',
        body: JSON.stringify(manifest),
      },
    ],
    [
      'patchJson',
      {
        method: 'PATCH',
        path: '/apis/dossier.dev/v1alpha1/namespaces/n/reports/a?fieldValidation=Ignore',
        contentType: 'application/json-patch+json',
        body: '[{"op":"test","path":"/metadata/resourceVersion","value":"7"}]',
      },
    ],
    [
      'delete',
      {
        method: 'DELETE',
        path: '/api/v1/namespaces/n/pods/a',
        body: '{"apiVersion":"v1","kind":"DeleteOptions","propagationPolicy":"Foreground","preconditions":{"uid":"u"},"gracePeriodSeconds":0}',
      },
    ],
  ])('%s', async (verb, request) => {
    await writes[verb]?.(client);
    expect(transport.requests).toEqual([{ ...request, signal }]);
  });

  test.each(Object.entries(writes))('%s is not sent by who may not write any more', async (_, write) => {
    const lost = new KubeClient(transport, () => {
      throw new Error('the lease is lost');
    });
    await expect(write(lost)).rejects.toThrow('the lease is lost');
    expect(transport.requests).toEqual([]);
  });

  test('reads need no lease', async () => {
    const lost = new KubeClient(transport, () => {
      throw new Error('the lease is lost');
    });
    await expect(lost.get(PODS, 'n', 'a', signal)).resolves.toMatchObject({ metadata: { name: 'a' } });
  });
});

describe('a list', () => {
  test('tells kind and version of each item, which the apiserver leaves out', async () => {
    transport.answer = '{"metadata":{"resourceVersion":"9","continue":"next"},"items":[{"metadata":{"name":"a"},"unknown":{"kept":true}}]}';
    const list = await client.list(REPORTS, { namespace: 'n', labelSelector: 'a=b', limit: 5, continue: 'x/y' }, signal);
    expect(list).toEqual({
      items: [{ apiVersion: 'dossier.dev/v1alpha1', kind: 'Report', metadata: { name: 'a' }, unknown: { kept: true } }],
      resourceVersion: '9',
      continue: 'next',
    });
    expect(transport.requests[0]?.path).toBe('/apis/dossier.dev/v1alpha1/namespaces/n/reports?labelSelector=a%3Db&limit=5&continue=x%2Fy');
  });

  test.each([
    ['null items, as Go writes an empty list', '{"metadata":{"resourceVersion":"9"},"items":null}'],
    ['an empty token on the last page', '{"metadata":{"resourceVersion":"9","continue":""},"items":[]}'],
  ])('with %s is whole and empty', async (_, answer) => {
    transport.answer = answer;
    expect(await client.list(PODS, {}, signal)).toEqual({ items: [], resourceVersion: '9' });
  });
});

test.each(['<html>sentinel</html>', '', '{"data":{"password":"sentinel', 'null', '"sentinel"', '{"items":[]}'])(
  'an answer that is no object or list is told without what it held: %j',
  async (answer) => {
    transport.answer = answer;
    const attempts: (() => Promise<unknown>)[] = [() => client.list(PODS, {}, signal)];
    if (answer !== '{"items":[]}')
      attempts.push(
        () => client.get(PODS, 'n', 'a', signal),
        () => client.create(PODS, { apiVersion: 'v1', kind: 'Pod', metadata: {} }, signal),
      );
    for (const attempt of attempts) {
      const error = await attempt().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(UnreadableError);
      expect((error as Error).message).toMatch(/^(GET|POST) \/api\/v1\/[a-z/]+: not a readable answer of an apiserver$/);
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('sentinel');
    }
  },
);

describe('errors', () => {
  const is = { isNotFound, isAlreadyExists, isConflict, isForbidden, isInvalid, isExpired };
  test.each<[number, string, readonly (keyof typeof is)[]]>([
    [404, 'NotFound', ['isNotFound']],
    [409, 'AlreadyExists', ['isAlreadyExists']],
    [409, 'Conflict', ['isConflict']],
    [409, '', ['isConflict']],
    [403, 'Forbidden', ['isForbidden']],
    [400, 'BadRequest', ['isInvalid']],
    [422, 'Invalid', ['isInvalid']],
    [410, 'Expired', ['isExpired']],
    [410, 'Gone', ['isExpired']],
    [500, 'Expired', ['isExpired']],
    [401, 'Unauthorized', []],
    [429, 'TooManyRequests', []],
    [503, 'ServiceUnavailable', []],
  ])('%i %s is %j', (status, reason, kinds) => {
    const error = new KubeError(status, reason, 'message');
    expect(
      Object.entries(is)
        .filter(([, test]) => test(error))
        .map(([name]) => name),
    ).toEqual(kinds);
  });

  test('of other types are none of these', () => {
    for (const error of [new ConnectionError('m', undefined), new Error('404'), undefined, 'NotFound', { status: 404 }])
      expect(Object.values(is).some((test) => test(error))).toBe(false);
  });

  test('from any body there is a short, printable message', () => {
    const field = fc.oneof(anyText(3_000), fc.integer(), fc.constant(null), fc.constant({}));
    const status = fc.record({ reason: field, message: field }, { requiredKeys: [] }).map((body) => JSON.stringify(body));
    const bodies = fc.oneof(anyText(100), fc.constantFrom('null', '[]', '1', '""'), status);
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 599 }), bodies, fc.option(fc.string(), { nil: undefined }), (code, body, retryAfter) => {
        const error = toKubeError(code, body, retryAfter);
        expect(error.status).toBe(code);
        expect(error.message.length).toBeLessThanOrEqual(2_048);
        expect(error.message).not.toBe('');
        expect(`${error.reason}${error.message}`).not.toMatch(/[\u0000-\u001f\u202e\u2028]/);
        if (error.retryAfterSeconds !== undefined) expect(String(error.retryAfterSeconds)).toBe(String(Number(retryAfter)));
      }),
    );
  });

  test.each([
    ['12', 12],
    ['0', 0],
    ['9999999', undefined],
    ['1.5', undefined],
    ['Mon, 23 Nov 2026 10:00:00 GMT', undefined],
    [undefined, undefined],
  ])('Retry-After %j is %j seconds', (header, seconds) => {
    expect(toKubeError(429, '', header).retryAfterSeconds).toBe(seconds);
  });
});
