import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ReportStorage } from '../../src/api/generated/reportstorage.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { KubeError } from '../../src/kube/errors.ts';
import type { Secret } from '../../src/kube/objects.ts';
import { firstLack } from '../../src/operator/report/source-secrets.ts';
import { SecretReader } from '../../src/operator/secrets.ts';
import { findCredentials } from '../../src/operator/storage/credentials.ts';

let found: Secret | KubeError | undefined;
let asked: number;
let stop: AbortController;
let secrets: SecretReader;
beforeEach(() => {
  vi.useFakeTimers();
  [found, asked, stop] = [undefined, 0, new AbortController()];
  const get = async (): Promise<Secret> => {
    asked += 1;
    if (found === undefined) throw new KubeError(404, 'NotFound', 'no such Secret');
    if (found instanceof KubeError) throw found;
    return found;
  };
  secrets = new SecretReader({ get } as unknown as KubeClient, stop.signal);
});
afterEach(() => {
  stop.abort();
  vi.useRealTimers();
});

test('many who wait for one Secret cost one request at a time, and are all woken when it comes', async () => {
  const woken: number[] = [];
  for (let waiter = 0; waiter < 100; waiter += 1)
    secrets.wakeOnChange('billing', 'missing', undefined, `report-${waiter % 50}`, () => void woken.push(waiter));
  await vi.advanceTimersByTimeAsync(35_000);
  expect(asked).toBe(3); // after 5, 10 and 20 s
  found = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'missing', uid: 'u', resourceVersion: '1', creationTimestamp: '' } };
  await vi.advanceTimersByTimeAsync(60_000);
  expect(woken).toHaveLength(50);
});

test('a Secret that nobody waits for any more is not asked about for ever', async () => {
  const wake = vi.fn();
  secrets.wakeOnChange('deleted', 'missing', undefined, 'report', wake);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(wake).toHaveBeenCalledOnce();
  asked = 0;
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(asked).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

describe('a Secret that the operator may not read', () => {
  const refused = new KubeError(403, 'Forbidden', 'secrets "keys" is forbidden: User "operator" cannot get resource "secrets"');
  const told = /^.*the operator may not read .*secrets "keys" is forbidden/;

  test('of a storage is told of, and is not taken for one that is gone', async () => {
    found = refused;
    const spec = { s3: { bucket: 'reports', credentialsSecretRef: { name: 'keys' } } };
    const storage = { metadata: { name: 'archive', namespace: 'billing' }, spec } as unknown as ReportStorage;
    const outcome = await findCredentials(secrets, storage, { identityStorages: new Map(), requireAllowedHosts: false });
    expect(outcome).toEqual({ kind: 'problem', reason: 'InvalidCredentials', message: expect.stringMatching(told) as string });
  });

  test('of a template is told of, and woken for when it may be read', async () => {
    found = refused;
    const wake = vi.fn();
    const need = { field: 'spec.source.postgres.urlFrom.secretKeyRef', name: 'keys', key: 'url' };
    const parts = { secrets, requireAllowedHosts: false };
    const lack = await firstLack(parts, 'billing', [need], { id: 'report', wake });
    expect(lack).toEqual({ kind: 'missing', message: expect.stringMatching(told) as string });
    await vi.advanceTimersByTimeAsync(30_000);
    expect(wake).not.toHaveBeenCalled();
    found = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys', uid: 'u', resourceVersion: '1', creationTimestamp: '' } };
    await vi.advanceTimersByTimeAsync(60_000);
    expect(wake).toHaveBeenCalledOnce();
  });
});
