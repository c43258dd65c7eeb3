/** With which keys a storage is opened: what is wrong before anything is asked is told in its condition. */
import { expect, test } from 'vitest';
import type { ReportStorage } from '../../../src/api/generated/reportstorage.ts';
import type { SecretReader } from '../../../src/operator/secrets.ts';
import { findCredentials } from '../../../src/operator/storage/credentials.ts';

const data = { AWS_ACCESS_KEY_ID: btoa('id'), AWS_SECRET_ACCESS_KEY: btoa('key') };
const secrets = { read: async () => ({ metadata: { name: 'keys', resourceVersion: '7' }, data }) } as unknown as SecretReader;

function storage(s3: Partial<ReportStorage['spec']['s3']>): ReportStorage {
  const common = { bucket: 'reports', region: 'us-east-1', checksums: 'Auto', allowCustomCode: false } as const;
  return {
    metadata: { name: 'archive', namespace: 'billing' },
    spec: { s3: { ...common, credentialsSecretRef: { name: 'keys' }, ...s3 } },
  } as ReportStorage;
}

// All of these pass the schema, to which a host is letters, digits, dots and dashes.
test.each([
  ['endpoint', 'http://10.0.0.256:9000', '; an endpoint cannot be changed, so make a new ReportStorage'],
  ['endpoint', 'https://minio.1', '; an endpoint cannot be changed, so make a new ReportStorage'],
  ['publicEndpoint', 'https://files.999', ''],
])('s3.%s %s is told to be no address', async (field, address, remedy) => {
  const found = await findCredentials(secrets, storage({ [field]: address }), { identityStorages: new Map(), requireAllowedHosts: false });
  expect(found).toEqual({
    kind: 'problem',
    reason: 'Unreachable',
    message: `spec.s3.${field}: "${address}" is no address that can be asked; correct its host${remedy}`,
  });
});

test('one that can be asked has its keys', async () => {
  const found = await findCredentials(secrets, storage({ endpoint: 'http://[fd00::1]:9000' }), {
    identityStorages: new Map(),
    requireAllowedHosts: false,
  });
  expect(found).toMatchObject({ kind: 'found', credentials: { accessKeyId: 'id' } });
});
