/** In a file of its own: the first client of a process takes its time, because it loads what speaks to object stores. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import type { ReportStorage } from '../../../src/api/generated/reportstorage.ts';
import type { SecretReader } from '../../../src/operator/secrets.ts';
import type { OperatorSettings } from '../../../src/operator/settings.ts';
import { StorageClients } from '../../../src/operator/storage/clients.ts';

test('an authority that cannot be read is told to who asks, and ends no process while the client before is still being made', async () => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  try {
    const settings = { allowLoopback: true, storageEndpoints: { private: 'allow', allowed: [] } } as unknown as OperatorSettings;
    const clients = new StorageClients({} as SecretReader, settings, []);
    const s3 = { bucket: 'reports', region: 'us-east-1', checksums: 'Auto', allowCustomCode: false };
    const storage = { metadata: { uid: 'u', generation: 1 }, spec: { s3 } } as unknown as ReportStorage;
    const credentials = { kind: 'keys', accessKeyId: 'a', secretAccessKey: 'b' } as const;
    const first = clients.store(storage, { kind: 'found', credentials, caBundle: undefined, version: '1' });
    const second = clients.store(storage, { kind: 'found', credentials, caBundle: 'no certificate', version: '2' });
    await expect(second).rejects.toMatchObject({ kind: 'UnknownAuthority' });
    (await first).close();
    await nextTurn();
    expect(unhandled).not.toHaveBeenCalled();
  } finally {
    process.off('unhandledRejection', unhandled);
  }
});
