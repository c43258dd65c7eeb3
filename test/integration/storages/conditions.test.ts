/**
 * Each way in which a bucket cannot be used: the storage's condition says which and what to do, a Report that needs it waits with that message, and both go on by
 * themselves once it is mended.
 */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { REPORT_STORAGES, SECRETS } from '../../../src/kube/resources.ts';
import { Authority } from '../../../src/local/authority.ts';
import { onFreePorts } from '../../../src/local/process/ports.ts';
import { createBucket } from '../../../src/local/s3-admin.ts';
import { S3Server } from '../../../src/local/s3-server.ts';
import { Workspace } from '../../../src/local/workspace.ts';
import { S3Proxy } from '../../support/s3-proxy.ts';
import { messageOf, useBilling } from '../support/billing.ts';
import { bucketContent } from '../support/bucket-content.ts';
import { controlPlane, newS3User, s3, tools, uniqueName } from '../support/servers.ts';
import { storyOf } from '../support/traces.ts';
import { untilStorage } from '../support/storages.ts';

const { billing } = useBilling('storages');

let workspace: Workspace;
let authority: Authority;
beforeAll(async () => {
  [workspace, authority] = await Promise.all([Workspace.create(), Authority.create('stores')]);
  await billing().priceList();
});
afterAll(() => workspace.close());

type Keys = Readonly<Record<string, string>>;
const base64 = (text: string): string => Buffer.from(text).toString('base64');

function rootKeys(): Keys {
  const { accessKeyId, secretAccessKey } = s3().root;
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
}

/** A storage whose Secret, if it is made at all, has the storage's name. */
async function storage(name: string, spec: Readonly<Record<string, unknown>>, keys?: Keys, annotations: Keys = {}): Promise<void> {
  if (keys !== undefined) await billing().secret(name, keys, annotations);
  const bucket = { bucket: billing().bucket, endpoint: s3().endpoint, credentialsSecretRef: { name } };
  await billing().create(REPORT_STORAGES, name, { spec: { s3: { ...bucket, ...spec } } });
}

async function setKey(secret: string, key: string, value: string): Promise<void> {
  await billing().patch(SECRETS, secret, { op: 'add', path: `/data/${key}`, value: base64(value) });
}

interface Story {
  readonly name: string;
  readonly reason: string;
  /** In the storage's message. */
  readonly says: RegExp;
  readonly prepare: (name: string) => Promise<unknown>;
  readonly mend: (name: string) => Promise<unknown>;
}

const unstarted = new Map<string, S3Server>();

const STORIES: readonly Story[] = [
  {
    name: 'no-such-bucket',
    reason: 'BucketNotFound',
    says: /the bucket does not exist: create it/,
    prepare: (name) => storage(name, { bucket: `${billing().bucket}-later` }, rootKeys()),
    mend: () => createBucket(s3(), `${billing().bucket}-later`),
  },
  {
    name: 'wrong-secret-key',
    reason: 'InvalidCredentials',
    says: /AWS_SECRET_ACCESS_KEY/,
    prepare: (name) => storage(name, {}, { ...rootKeys(), AWS_SECRET_ACCESS_KEY: 'not-it' }),
    mend: (name) => setKey(name, 'AWS_SECRET_ACCESS_KEY', s3().root.secretAccessKey),
  },
  {
    name: 'unknown-access-key',
    reason: 'InvalidCredentials',
    says: /AWS_ACCESS_KEY_ID/,
    prepare: (name) => storage(name, {}, { ...rootKeys(), AWS_ACCESS_KEY_ID: 'nobody' }),
    mend: (name) => setKey(name, 'AWS_ACCESS_KEY_ID', s3().root.accessKeyId),
  },
  {
    name: 'no-rights',
    reason: 'AccessDenied',
    says: /s3:PutObject/,
    prepare: async (name) => {
      const user = await newS3User();
      await storage(name, {}, { AWS_ACCESS_KEY_ID: user.accessKeyId, AWS_SECRET_ACCESS_KEY: user.secretAccessKey });
    },
    mend: async (name) => {
      await setKey(name, 'AWS_ACCESS_KEY_ID', s3().root.accessKeyId);
      await setKey(name, 'AWS_SECRET_ACCESS_KEY', s3().root.secretAccessKey);
    },
  },
  {
    name: 'store-is-down',
    reason: 'Unreachable',
    says: /refuses connections/,
    prepare: async (name) => {
      const server = await S3Server.start(workspace, tools());
      await createBucket(server.admin, 'reports');
      await server.stop();
      unstarted.set(name, server);
      const { accessKeyId, secretAccessKey } = server.root;
      await storage(
        name,
        { endpoint: server.endpoint, bucket: 'reports' },
        { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
      );
    },
    mend: async (name) => unstarted.get(name)?.start(),
  },
  {
    name: 'unknown-authority',
    reason: 'Unreachable',
    says: /authority that is not trusted: give its certificate by caSecretRef/,
    prepare: async (name) => {
      const tls = { identity: await authority.issueServer('store'), ca: authority.certificate };
      const server = await S3Server.start(workspace, tools(), { tls });
      await createBucket(server.admin, 'reports');
      const { accessKeyId, secretAccessKey } = server.root;
      const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, 'ca.crt': authority.certificate };
      await storage(name, { endpoint: server.endpoint, bucket: 'reports' }, keys);
    },
    mend: (name) => billing().patch(REPORT_STORAGES, name, { op: 'add', path: '/spec/s3/caSecretRef', value: { name, key: 'ca.crt' } }),
  },
  {
    name: 'no-secret',
    reason: 'InvalidCredentials',
    says: /^spec\.s3\.credentialsSecretRef: Secret "no-secret" does not exist in namespace storages-/,
    prepare: (name) => storage(name, {}),
    mend: (name) => billing().secret(name, rootKeys()),
  },
  {
    name: 'half-a-secret',
    reason: 'InvalidCredentials',
    says: /^spec\.s3\.credentialsSecretRef: Secret "half-a-secret" has no AWS_SECRET_ACCESS_KEY$/,
    prepare: (name) => storage(name, {}, { AWS_ACCESS_KEY_ID: s3().root.accessKeyId }),
    mend: (name) => setKey(name, 'AWS_SECRET_ACCESS_KEY', s3().root.secretAccessKey),
  },
  {
    name: 'no-authority',
    reason: 'InvalidCredentials',
    says: /^spec\.s3\.caSecretRef: Secret "no-authority" has no key "ca\.crt"$/,
    prepare: (name) => storage(name, { caSecretRef: { name, key: 'ca.crt' } }, rootKeys()),
    mend: (name) => setKey(name, 'ca.crt', authority.certificate),
  },
  {
    name: 'other-host-only',
    reason: 'EndpointNotAllowed',
    says: /Secret "other-host-only" may not be used towards "127\.0\.0\.1:\d+": its annotation dossier\.dev\/allowed-hosts does not list it/,
    prepare: (name) => storage(name, {}, rootKeys(), { 'dossier.dev/allowed-hosts': 's3.example.com' }),
    mend: (name) =>
      billing().patch(SECRETS, name, { op: 'replace', path: '/metadata/annotations/dossier.dev~1allowed-hosts', value: '127.0.0.1' }),
  },
];

describe.concurrent('a storage says what is wrong, and works once it is mended:', () => {
  test.each(STORIES)('$name', { timeout: 180_000 }, async ({ name, reason, says, prepare, mend }) => {
    await prepare(name);
    await billing().report(name, { templateRef: { name: 'prices' }, storageRef: { name } });
    const message = await untilStorage(billing(), name, reason);
    if (!says.test(message)) throw new Error(`the message is: ${message}`);
    const waiting = await billing().waiting(name, 'StorageUnavailable');
    const said = messageOf(waiting);
    if (said !== `ReportStorage "${name}" is not ready (${reason}): ${message}`) throw new Error(`the Report says: ${said}`);
    await mend(name);
    await untilStorage(billing(), name, 'Available');
    const { status } = await billing().finished(name);
    if (status.phase !== 'Ready') throw new Error(messageOf({ ...waiting, status }));
  });
});

describe.concurrent('a storage that can never be used says why:', () => {
  let servers: Server[] = [];
  let proxy: S3Proxy;
  beforeAll(async () => {
    proxy = await S3Proxy.start(s3().endpoint);
  });
  afterAll(async () => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
    servers = [];
    await proxy.close();
  });

  async function pages(): Promise<string> {
    const server = createServer((_, response) => response.end('<html>hello</html>'));
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  test.each<[string, string, RegExp, () => Promise<{ readonly endpoint: string }>]>([
    ['metadata', 'EndpointNotAllowed', /the address of the endpoint is not allowed/, async () => ({ endpoint: 'http://169.254.169.254' })],
    ['apiserver', 'EndpointNotAllowed', /the address of the endpoint is not allowed/, async () => ({ endpoint: controlPlane().url })],
    ['web-server', 'Unreachable', /is not an S3 object store/, async () => ({ endpoint: await pages() })],
    [
      'nobody',
      'Unreachable',
      /refuses connections/,
      () => onFreePorts(1, async ([port = 0]) => ({ endpoint: `http://127.0.0.1:${port}` })),
    ],
    ['no-name', 'Unreachable', /has no address/, async () => ({ endpoint: 'http://store.invalid' })],
    ['not-tls', 'Unreachable', /does not speak TLS/, async () => ({ endpoint: s3().endpoint.replace('http:', 'https:') })],
    [
      'silent',
      'Unreachable',
      /did not answer in time/,
      async () => {
        proxy.weather = () => 'hang';
        return { endpoint: proxy.endpoint };
      },
    ],
  ])('%s', async (name, reason, says, spec) => {
    await storage(name, await spec(), rootKeys());
    const message = await untilStorage(billing(), name, reason);
    if (!says.test(message)) throw new Error(`the message is: ${message}`);
  });

  test('without a Secret nothing is sent: the identity of the operator is not lent', async ({ expect }) => {
    await billing().create(REPORT_STORAGES, 'identity', { spec: { s3: { bucket: uniqueName('bucket') } } });
    const message = await untilStorage(billing(), 'identity', 'IdentityNotAllowed');
    expect(message).toContain('spec.s3.credentialsSecretRef is not set');
    expect(message).toContain('--identity-storages');
  });
});

test('storages of one bucket that are looked at in the same moment do not disturb each other', async () => {
  const names = Array.from({ length: 8 }, (_, index) => `crowd-${index}`);
  await billing().secret('crowd', rootKeys());
  await Promise.all(names.map((name) => storage(name, { prefix: 'crowd', credentialsSecretRef: { name: 'crowd' } })));
  for (const name of names) {
    await untilStorage(billing(), name, 'Available');
    expect(await storyOf(billing(), 'ReportStorage', name)).not.toContain('Warning Unreachable');
  }
});

test('looking at storages leaves nothing in a bucket', async () => {
  await storage('clean', { prefix: 'clean' }, rootKeys());
  await untilStorage(billing(), 'clean', 'Available');
  expect(await bucketContent(billing().bucket, 'clean')).toEqual({ objects: [], uploads: [] });
});
