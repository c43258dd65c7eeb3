/** An object store that is gone for 30 s in the middle of an upload: the one test that takes so long, because the runner's patience is real time. */
import { expect, onTestFailed, test, vi } from 'vitest';
import { useBilling } from '../integration/support/billing.ts';
import { InvoiceDatabase } from '../integration/support/invoices.ts';
import { s3 } from '../integration/support/servers.ts';
import { untilStorage } from '../integration/support/storages.ts';
import { podsOf } from '../integration/support/traces.ts';
import { S3Proxy, type SeenRequest, type Weather } from '../support/s3-proxy.ts';
import { BATCH, createTemplates } from './batch.ts';
import { wrongEnds } from './invariants.ts';

const OUTAGE_MS = 30_000;
const { billing, operator } = useBilling('gone');

/** From the second part of an upload on nobody is there, for 30 s; the third part hangs instead, as behind a line that was cut. */
function outage(): { readonly weather: (request: SeenRequest) => Weather; readonly met: readonly string[]; lastedMs(): number } {
  let since: number | undefined;
  let until = 0;
  const met: string[] = [];
  return {
    met,
    lastedMs: () => until - (since ?? until),
    weather: ({ operation, partNumber }) => {
      const now = performance.now();
      if (since === undefined && partNumber !== 2) return 'pass';
      since ??= now;
      if (now - since >= OUTAGE_MS) return 'pass';
      until = now;
      met.push(operation);
      return partNumber === 3 ? { hangMs: OUTAGE_MS - (now - since) } : 'cut';
    },
  };
}

test(
  'a file whose store is gone for 30 s in the middle of its upload is Ready in the end, whole, by the same pod',
  { timeout: 240_000 },
  async () => {
    const database = await InvoiceDatabase.create(billing());
    const proxy = await S3Proxy.start(s3().endpoint);
    onTestFailed(() => console.log(operator().log()));
    await billing().storage('archive', { endpoint: proxy.endpoint });
    await createTemplates(billing());
    await untilStorage(billing(), 'archive', 'Available');
    const gone = outage();
    proxy.weather = gone.weather;
    const large = BATCH.filter(({ name }) => name === 'large-csv');
    for (const { name, spec } of large) await billing().report(name, spec);
    await vi.waitFor(async () => expect((await billing().get('large-csv')).status.phase).toBe('Ready'), {
      timeout: 200_000,
      interval: 250,
    });
    expect(gone.lastedMs()).toBeGreaterThan(OUTAGE_MS / 2);
    expect(gone.met).toContain('UploadPart');
    expect(await wrongEnds(billing(), large, billing().bucket)).toEqual([]);
    expect(await podsOf(billing(), 'large-csv')).toHaveLength(1);
    await proxy.close();
    await database.close();
  },
);
