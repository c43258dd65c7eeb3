/** What a ReportStorage says of itself, waited for. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReportStorage } from '../../../src/api/generated/reportstorage.ts';
import { REPORT_STORAGES } from '../../../src/kube/resources.ts';
import type { Billing } from './billing.ts';

const DEADLINE_MS = 60_000;
const POLL_MS = 50;

/** Waits until the condition Ready has that reason, and resolves to its message. */
export async function untilStorage(billing: Billing, name: string, reason: string): Promise<string> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const storage = await billing.client.get<ReportStorage>(REPORT_STORAGES, billing.namespace, name, billing.signal);
    const ready = storage.status.conditions?.find(({ type }) => type === 'Ready');
    if (ready?.reason === reason) {
      if ((ready.status === 'True') !== (reason === 'Available')) throw new Error(`${reason} is Ready=${ready.status}`);
      return ready.message;
    }
    if (performance.now() > deadline) throw new Error(`ReportStorage ${name} never was ${reason}: ${JSON.stringify(storage.status)}`);
    await sleep(POLL_MS);
  }
}
