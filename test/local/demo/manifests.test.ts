import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { localManifest, type LocalFacts } from '../../../src/local/demo/manifests.ts';

const EXAMPLES = join(import.meta.dirname, '../../../examples');
const FACTS: LocalFacts = {
  namespace: 'billing',
  bucket: 'reports',
  endpoint: 'http://127.0.0.1:7070',
  region: 'us-east-1',
  api: 'http://127.0.0.1:8080',
  secrets: new Map([
    ['billing-db', { url: 'postgres://reader:word@127.0.0.1:5432/billing?sslmode=disable' }],
    ['archive-credentials', { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' }],
    ['crm-api', { authorization: 'Bearer token' }],
  ]),
};

function documentsOf(text: string): readonly unknown[] {
  return parseAllDocuments(text).map((document) => document.toJS() as unknown);
}

describe('each example', () => {
  test.each(readdirSync(EXAMPLES).filter((name) => name.endsWith('.yaml')))('%s is applied without a placeholder', (name) => {
    const local = localManifest(readFileSync(join(EXAMPLES, name), 'utf8'), FACTS);
    expect(local).not.toMatch(/replace-me|\.svc|example\.com/);
  });
});

test('a storage gets the address of the local server and keeps the rest', () => {
  const [storage, secret] = documentsOf(localManifest(readFileSync(join(EXAMPLES, 'storage.yaml'), 'utf8'), FACTS));
  expect(storage).toMatchObject({
    spec: { default: true, s3: { endpoint: FACTS.endpoint, prefix: 'billing', credentialsSecretRef: { name: 'archive-credentials' } } },
  });
  expect(secret).toMatchObject({ kind: 'Secret', stringData: { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' } });
});

test('a template with an HTTP source asks the local API for the same path', () => {
  const [template] = documentsOf(localManifest(readFileSync(join(EXAMPLES, 'template-subscriptions.yaml'), 'utf8'), FACTS));
  expect(template).toMatchObject({ spec: { source: { http: { url: 'http://127.0.0.1:8080/v1/subscriptions', rows: '$.data' } } } });
});

test('what belongs to an installation belongs to the namespace of the demo', () => {
  const folder = join(EXAMPLES, '../config/system-templates');
  const [template] = documentsOf(localManifest(readFileSync(join(folder, 'access.yaml'), 'utf8'), FACTS));
  expect(template).toMatchObject({
    metadata: { name: 'system-access' },
    spec: {
      allowedNamespaces: { matchLabels: { 'kubernetes.io/metadata.name': 'billing' } },
      job: { serviceAccountName: 'dossier-system-reports' },
    },
  });
  const rights = localManifest(readFileSync(join(folder, 'rbac/rbac.yaml'), 'utf8'), FACTS);
  expect(documentsOf(rights)[0]).toMatchObject({ metadata: { name: 'dossier-system-reports', namespace: 'billing' } });
  expect(rights).not.toMatch(/namespace: dossier-system/);
});

test('anything else is applied as it stands, comments included', () => {
  const text = readFileSync(join(EXAMPLES, 'template-invoices.yaml'), 'utf8');
  const local = localManifest(text, FACTS);
  expect(documentsOf(local)).toEqual(documentsOf(text));
  expect(local).toContain(text.split('\n')[0]);
});

test('a Secret that nobody has a value for is refused by name', () => {
  expect(() => localManifest('kind: Secret\nmetadata: { name: other }\nstringData: { token: replace-me }\n', FACTS)).toThrow(/other/);
});
