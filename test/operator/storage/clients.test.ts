/** Who may be inside calls to object stores, when some of these do not answer. */
import { expect, test } from 'vitest';
import type { ReportStorage } from '../../../src/api/generated/reportstorage.ts';
import type { SecretReader } from '../../../src/operator/secrets.ts';
import type { OperatorSettings } from '../../../src/operator/settings.ts';
import { StorageBusy, type StorageAccess } from '../../../src/operator/storage/access.ts';
import { StorageClients } from '../../../src/operator/storage/clients.ts';
import { serve } from '../../support/http-server.ts';

const data = { AWS_ACCESS_KEY_ID: btoa('id'), AWS_SECRET_ACCESS_KEY: btoa('key') };
const secrets = { read: async () => ({ metadata: { name: 'keys', resourceVersion: '7' }, data }) } as unknown as SecretReader;
const settings = {
  allowLoopback: true,
  storageEndpoints: { private: 'allow', allowed: [] },
  identityStorages: new Map(),
  requireAllowedHosts: false,
} as unknown as OperatorSettings;

function storage(namespace: string, name: string, endpoint: string): ReportStorage {
  const s3 = {
    bucket: 'reports',
    region: 'us-east-1',
    checksums: 'Auto',
    allowCustomCode: false,
    endpoint,
    credentialsSecretRef: { name: 'keys' },
  } as const;
  return { metadata: { name, namespace, uid: `${namespace}/${name}`, generation: 1 }, spec: { s3 } } as ReportStorage;
}

test('the object stores of one namespace, however many do not answer, leave room for those of others', async () => {
  const stop = new AbortController();
  const silent = await serve(() => undefined);
  const answering = await serve((_request, response) => response.writeHead(200, { 'content-length': 7, etag: '"e"' }).end());
  const clients = new StorageClients(secrets, settings, []);
  const open = (namespace: string, name: string, endpoint: string): Promise<StorageAccess> =>
    clients.open(storage(namespace, name, endpoint));
  const hostile = await Promise.all(Array.from({ length: 12 }, (_, index) => open('hostile', `hole-${index}`, silent)));
  const refused: unknown[] = [];
  const asked = hostile.flatMap((access) =>
    Array.from({ length: 8 }, () => access.head('key', stop.signal).catch((error: unknown) => refused.push(error))),
  );
  const billing = await open('billing', 'archive', answering);
  expect(await billing.head('key', stop.signal)).toMatchObject({ kind: 'object', facts: { bytes: 7, etag: 'e' } });
  // They wait where they wait; those for whom there is no room were told so at once.
  expect(refused.filter((error) => error instanceof StorageBusy)).toHaveLength(64);
  stop.abort();
  await Promise.all(asked);
});
