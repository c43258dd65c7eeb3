import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { KubeClient } from '../../src/kube/client.ts';
import { KubeError } from '../../src/kube/errors.ts';
import type { Secret } from '../../src/kube/objects.ts';
import { SecretReader } from '../../src/operator/secrets.ts';

let found: Secret | undefined;
let asked: number;
let stop: AbortController;
let secrets: SecretReader;
beforeEach(() => {
  vi.useFakeTimers();
  [found, asked, stop] = [undefined, 0, new AbortController()];
  const get = async (): Promise<Secret> => {
    asked += 1;
    if (found === undefined) throw new KubeError(404, 'NotFound', 'no such Secret');
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
