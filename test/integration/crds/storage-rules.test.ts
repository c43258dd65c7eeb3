/** What a ReportStorage may say: each rule and bound of crds/reportstorages.yaml with what it accepts and what it refuses, and what can never be changed. */
import { describe, expect, test } from 'vitest';
import { REPORT_STORAGES } from '../../../src/kube/resources.ts';
import { useApiserver } from './apiserver.ts';
import { expectVerdict, objectName, secretKey, verdictsOn, type Expected, type Row } from './verdicts.ts';

const apiserver = useApiserver();
const { manifest, rows } = verdictsOn(apiserver, REPORT_STORAGES, { s3: { bucket: 'reports' } });

function field(name: string, table: readonly Row[]): void {
  rows(`spec.s3.${name}`, (given) => ({ s3: { bucket: 'reports', [name]: given } }), table);
}

const accepted = (...values: readonly string[]): readonly Row[] => values.map((value) => [`${value} is accepted`, value, 'accepted']);
const refused = (path: string, says: string, ...values: readonly string[]): readonly Row[] =>
  values.map((value) => [`${JSON.stringify(value)} is refused`, value, [`${path}: `, says]]);

field('bucket', [
  ...accepted('abc', 'reports.example.com', '0-reports-9', 'a'.repeat(63), '1.2.3', '1.2.3.4.5'),
  ...refused('spec.s3.bucket', '3', '', 'ab'),
  ...refused('spec.s3.bucket', '63', 'a'.repeat(64)),
  ...refused('spec.s3.bucket', 'lower-case', 'Reports', 'a_b', '-abc', 'abc-', '.abc', 'abc.', 'a..b', 'a/b', 'bücher', 'a b'),
  ...refused('spec.s3.bucket', 'IP address', '192.168.5.4'),
  ...refused('spec.s3.bucket', 'keeps for itself', 'xn--abc', 'sthree-abc', 'abc-s3alias', 'abc--ol-s3'),
  ['a storage without a bucket is refused', undefined, ['spec.s3.bucket: Required value']],
]);

field('prefix', [
  ...accepted('reports', 'reports/billing', 'a.b_c-d/E.9', '...', 'x'.repeat(180)),
  ...refused('spec.s3.prefix', '180', 'x'.repeat(181)),
  ...refused('spec.s3.prefix', 'single slashes', '/a', 'a/', 'a//b', 'a b', 'a%2fb', 'a\\b', 'ä', 'a\nb', 'a?b', 'a#b'),
  ...refused('spec.s3.prefix', '. or ..', '.', '..', '../a', 'a/../b', 'a/.'),
  ['an empty prefix is refused', '', ['spec.s3.prefix: ']],
]);

describe.each(['endpoint', 'publicEndpoint'])('an address', (name) => {
  field(name, [
    ...accepted(
      'https://s3.example.com',
      'http://minio.storage.svc:9000',
      'https://10.0.0.8',
      'http://127.0.0.1:1',
      'https://[2001:db8::1]:65535',
      'https://localhost',
    ),
    ...refused(
      `spec.s3.${name}`,
      'http or https',
      's3.example.com',
      'ftp://s3.example.com',
      'https://',
      'https://s3.example.com/',
      'https://s3.example.com/bucket',
      'https://s3.example.com?x=1',
      'https://s3.example.com#x',
      'https://user@s3.example.com',
      'https://user:hunter2@s3.example.com',
      'https://s3.example.com:',
      'https://s3.example.com:123456',
      'https://-a',
      'https://a b',
      'https://a\nb',
      'HTTPS://s3.example.com',
    ),
    ...refused(`spec.s3.${name}`, '65535', 'https://s3.example.com:0', 'https://s3.example.com:65536', 'https://s3.example.com:99999'),
    ['256 characters are refused', `https://${'a'.repeat(248)}`, [`spec.s3.${name}: Too long`, '255']],
    ['255 characters are accepted', `https://${'a'.repeat(247)}`, 'accepted'],
  ]);
});

test.each(['endpoint', 'publicEndpoint'])('a password in %s is not printed', async (name) => {
  const given = { s3: { bucket: 'reports', [name]: 'https://user:hunter2@s3.example.com' } };
  expect(await apiserver.verdict(REPORT_STORAGES, manifest(given))).not.toContain('hunter2');
});

field('region', [
  ...accepted('eu-central-1', 'us-gov-west-1', 'auto', 'a'.repeat(63)),
  ...refused('spec.s3.region', '63', 'a'.repeat(64)),
  ...refused('spec.s3.region', 'letters, digits and dashes', '', 'eu central', '-eu', 'eu/central'),
]);
field('serverSideEncryption', [
  ...accepted('AES256', 'aws:kms'),
  ...refused('spec.s3.serverSideEncryption', 'Unsupported value', 'aes256', 'aws:kms:dsse', ''),
]);
field('checksums', [...accepted('Auto', 'MD5', 'SHA256'), ...refused('spec.s3.checksums', 'Unsupported value', 'CRC32', 'None', '')]);
field('forcePathStyle', [
  ['true is accepted', true, 'accepted'],
  ['a word is refused', 'yes', ['spec.s3.forcePathStyle: ', 'boolean']],
]);
field('credentialsSecretRef', [['no name is refused', {}, ['spec.s3.credentialsSecretRef.name: Required value']]]);
rows(
  'spec.s3.credentialsSecretRef.name',
  (name) => ({ s3: { bucket: 'reports', credentialsSecretRef: { name } } }),
  objectName('spec.s3.credentialsSecretRef.name'),
);
field('caSecretRef', [['a reference without a key is refused', { name: 'minio-ca' }, ['spec.s3.caSecretRef.key: Required value']]]);
rows(
  'spec.s3.caSecretRef.name',
  (name) => ({ s3: { bucket: 'reports', caSecretRef: { name, key: 'ca.crt' } } }),
  objectName('spec.s3.caSecretRef.name'),
);
rows(
  'spec.s3.caSecretRef.key',
  (key) => ({ s3: { bucket: 'reports', caSecretRef: { name: 'minio-ca', key } } }),
  secretKey('spec.s3.caSecretRef.key'),
);

describe('what files are found by cannot be changed', () => {
  const full = { bucket: 'reports', prefix: 'billing', endpoint: 'https://s3.example.com', region: 'eu-central-1' };
  const bare = { bucket: 'reports' };
  const forbidden = (name: string): Expected => [`spec.s3.${name}: Forbidden: `, 'create a new ReportStorage'];
  test.each<[story: string, before: object, after: object, expected: Expected]>([
    ['another bucket is refused', full, { ...full, bucket: 'other' }, forbidden('bucket')],
    ['another prefix is refused', full, { ...full, prefix: 'other' }, forbidden('prefix')],
    ['a prefix that goes is refused', full, { ...full, prefix: undefined }, forbidden('prefix')],
    ['a prefix that comes is refused', bare, { ...bare, prefix: 'billing' }, forbidden('prefix')],
    ['another endpoint is refused', full, { ...full, endpoint: 'https://other.example.com' }, forbidden('endpoint')],
    ['an endpoint that goes is refused', full, { ...full, endpoint: undefined }, forbidden('endpoint')],
    ['an endpoint that comes is refused', bare, { ...bare, endpoint: 'https://s3.example.com' }, forbidden('endpoint')],
    ['another region is refused', full, { ...full, region: 'eu-west-1' }, forbidden('region')],
    ['a region that goes is refused, because the default takes its place', full, { ...full, region: undefined }, forbidden('region')],
    ['the default region written out is no change', bare, { ...bare, region: 'us-east-1' }, 'accepted'],
    ['another public address is accepted', full, { ...full, publicEndpoint: 'https://files.example.com' }, 'accepted'],
    ['other credentials are accepted', full, { ...full, credentialsSecretRef: { name: 'rotated' } }, 'accepted'],
  ])('%s', async (_, before, after, expected) => {
    const name = `immutable-${crypto.randomUUID()}`;
    const created = await apiserver.client().create(REPORT_STORAGES, manifest({ s3: before }, name), apiserver.signal);
    expectVerdict(await apiserver.replaced(REPORT_STORAGES, created, manifest({ s3: after }, name)), expected);
  });
});
