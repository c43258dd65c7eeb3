/** Every field of a CRD that has the kubelet hand out a Secret or rights must be one that the admission policy looks at. What the policy does is shown by test/integration/chart/. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const REPOSITORY = join(import.meta.dirname, '../..');
const POLICY = readFileSync(join(REPOSITORY, 'charts/dossier/templates/admissionpolicy.yaml'), 'utf8');

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

/** Paths below spec whose last field names a Secret, a service account or an image. */
function sensitivePaths(crd: string): readonly string[] {
  const { spec } = parse(readFileSync(join(REPOSITORY, 'crds', crd), 'utf8')) as {
    readonly spec: { readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[] };
  };
  const found: string[] = [];
  const walk = (schema: Schema | undefined, path: readonly string[]): void => {
    for (const [name, inner] of Object.entries(schema?.properties ?? {})) {
      if (/secret|image$|^serviceAccountName$/i.test(name)) found.push([...path, name].join('.'));
      else walk(inner.items ?? inner, [...path, name]);
    }
  };
  walk(spec.versions[0]?.schema.openAPIV3Schema.properties?.['spec'], []);
  return found;
}

/** Path -> what of the policy looks at it. A new path gets its place in the policy first, then here. */
const LOOKED_AT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'reporttemplates.yaml': {
    'source.postgres.urlFrom.secretKeyRef': 'object.spec.source.?postgres.urlFrom.secretKeyRef.name',
    'source.postgres.caSecretRef': 'object.spec.source.?postgres.?caSecretRef.name',
    'source.mysql.urlFrom.secretKeyRef': 'object.spec.source.?mysql.urlFrom.secretKeyRef.name',
    'source.mysql.caSecretRef': 'object.spec.source.?mysql.?caSecretRef.name',
    'source.http.headers.valueFrom.secretKeyRef': 'object.spec.source.?http.?headers',
    'source.http.caSecretRef': 'object.spec.source.?http.?caSecretRef.name',
    'source.container.image': '!object.spec.source.?container.hasValue()',
    'source.container.env.valueFrom.secretKeyRef': 'object.spec.source.?container.?env',
    'source.git.credentialsSecretRef': 'object.spec.source.?git.?credentialsSecretRef.name',
    'source.git.caSecretRef': 'object.spec.source.?git.?caSecretRef.name',
    'source.git.image': '!object.spec.source.?git.hasValue()',
    'source.git.env.valueFrom.secretKeyRef': 'object.spec.source.?git.?env',
    'job.serviceAccountName': '!object.spec.?job.?serviceAccountName.hasValue()',
    'job.imagePullSecrets': 'object.spec.?job.?imagePullSecrets',
  },
  'reportrepositories.yaml': {
    'git.credentialsSecretRef': 'object.spec.git.?credentialsSecretRef.name',
    'git.caSecretRef': 'object.spec.git.?caSecretRef.name',
    'templates.job.imagePullSecrets': 'object.spec.?templates.?job.?imagePullSecrets',
    'templates.env.valueFrom.secretKeyRef': 'object.spec.?templates.?env',
    'templates.pythonImage': 'spec.templates.pythonImage',
  },
  'reportstorages.yaml': {
    's3.credentialsSecretRef': 'object.spec.s3.?credentialsSecretRef.name',
    's3.caSecretRef': 'object.spec.s3.?caSecretRef.name',
  },
};

test.each(Object.entries(LOOKED_AT))('the admission policy looks at every Secret, service account and image in %s', (crd, places) => {
  expect(sensitivePaths(crd)).toEqual(Object.keys(places));
  for (const place of Object.values(places)) expect(POLICY).toContain(place);
});
