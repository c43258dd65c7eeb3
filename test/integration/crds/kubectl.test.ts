/** The API as kubectl shows it: registered without a warning, explained field by field, listed in the columns that people look for. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Report } from '../../../src/api/generated/report.ts';
import { REPORTS, REPORT_STORAGES, REPORT_TEMPLATES, type ResourceType } from '../../../src/kube/resources.ts';
import { kubectl, REPOSITORY, useApiserver } from './apiserver.ts';

const apiserver = useApiserver();

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

interface Crd {
  readonly spec: {
    readonly names: { readonly singular: string; readonly kind: string };
    readonly versions: readonly [{ readonly schema: { readonly openAPIV3Schema: Schema } }];
  };
}

/** Paths of all objects of a schema, as kubectl explain takes them, with the names of their fields. */
function objects(path: string, schema: Schema): readonly (readonly [path: string, fields: readonly string[]])[] {
  const { properties, items } = schema;
  if (items !== undefined) return objects(path, items);
  if (properties === undefined) return [];
  const inner = Object.entries(properties).filter(([name]) => name !== 'metadata');
  return [[path, inner.map(([name]) => name)], ...inner.flatMap(([name, property]) => objects(`${path}.${name}`, property))];
}

const CRDS = readdirSync(join(REPOSITORY, 'crds')).map((file) => {
  const { names, versions } = (parse(readFileSync(join(REPOSITORY, 'crds', file), 'utf8')) as Crd).spec;
  return { kind: names.kind, objects: objects(names.singular, versions[0].schema.openAPIV3Schema) };
});

/** Of each kind its whole, its spec, and what lies deepest. */
const EXPLAINED = CRDS.flatMap((crd) => {
  const deepest = crd.objects.reduce((one, other) => (other[0].split('.').length > one[0].split('.').length ? other : one));
  return [...new Set([...crd.objects.slice(0, 2), deepest])];
});

test('the CRDs are accepted without a warning, are structural, and are served', async () => {
  const applied = await kubectl(['apply', '--server-side', '--force-conflicts', '-f', join(REPOSITORY, 'crds')]);
  expect(applied).toMatchObject({ code: 0, stderr: '' });
  for (const name of ['reports', 'reporttemplates', 'reportstorages']) {
    const { stdout } = await kubectl(['get', 'crd', `${name}.dossier.dev`, '-o', 'json']);
    const { status } = JSON.parse(stdout) as { status: { conditions: readonly { type: string; status: string; message: string }[] } };
    const conditions = Object.fromEntries(status.conditions.map(({ type, status }) => [type, status]));
    expect(conditions).toEqual({ NamesAccepted: 'True', Established: 'True' });
  }
});

/** What kubectl explain reads: the schemas as the apiserver serves them. */
test('each object and each of its fields is described where kubectl explain looks', async () => {
  const path = '/openapi/v3/apis/dossier.dev/v1alpha1';
  const text = await apiserver.client().transport.request({ method: 'GET', path, signal: apiserver.signal });
  const { schemas } = (JSON.parse(text) as { readonly components: { readonly schemas: Readonly<Record<string, Schema>> } }).components;
  const inner = (schema: Schema | undefined): Schema | undefined => (schema?.items === undefined ? schema : inner(schema.items));
  const undescribed = CRDS.flatMap((crd) =>
    crd.objects.flatMap(([place, fields]) => {
      const whole: Schema | undefined = schemas[`dev.dossier.v1alpha1.${crd.kind}`];
      const object = place
        .split('.')
        .slice(1)
        .reduce((schema, step) => inner(schema)?.properties?.[step], whole);
      const isWrong = (schema: Schema | undefined, begins: RegExp): boolean => !begins.test(schema?.description ?? '');
      return [
        ...(isWrong(object, /^[A-Z]/) ? [place] : []),
        ...fields.filter((field) => isWrong(inner(object)?.properties?.[field], /^[A-Z"]/)).map((field) => `${place}.${field}`),
      ];
    }),
  );
  expect(undescribed).toEqual([]);
  expect(CRDS.flatMap((crd) => crd.objects).length).toBeGreaterThan(100);
});

test.each(EXPLAINED)('kubectl explain %s describes it and each of its fields', async (path, fields) => {
  const { stdout, stderr, code } = await kubectl(['explain', path]);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  const [head = '', list = ''] = stdout.split('\nFIELDS:\n');
  expect(head).toMatch(/DESCRIPTION:\n {4}[A-Z]/);
  for (const field of fields) {
    // The name and type of a field, the values of its enum, then its description, indented further.
    expect(list).toMatch(new RegExp(`^  ${field}\\t<.*\\n(?:  enum: [^\\n]*\\n)?    [A-Z"]`, 'm'));
  }
});

async function create(type: ResourceType, kind: string, name: string, spec: object): Promise<Report> {
  const manifest = { apiVersion: 'dossier.dev/v1alpha1', kind, metadata: { name, namespace: apiserver.namespace }, spec };
  return apiserver.client().create<Report>(type, manifest, apiserver.signal);
}

/** Header and first row of a table, by runs of two spaces and more. */
async function table(...args: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const { stdout, stderr } = await kubectl(['get', '-n', apiserver.namespace, ...args]);
  expect(stderr).toBe('');
  const [header = '', row = ''] = stdout.split('\n');
  const starts = [...header.matchAll(/\S+(?: \S+)*/g)].map(({ 0: name, index }) => ({ name, index }));
  return Object.fromEntries(starts.map(({ name, index }, at) => [name, row.slice(index, starts[at + 1]?.index).trim()]));
}

describe('kubectl get', () => {
  const conditions = (reason: string, message: string): readonly object[] => [
    { type: 'Stalled', status: 'False', reason: 'Other', message: 'other', lastTransitionTime: '2026-11-01T00:00:00Z' },
    { type: 'Ready', status: 'True', reason, message, lastTransitionTime: '2026-11-01T00:00:00Z' },
  ];

  test('lists a Report with phase, template, format, rows, size and age; wide adds reason, duration, key and message', async () => {
    const { metadata } = await create(REPORTS, 'Report', 'columns', { templateRef: { name: 'invoices' } });
    const storage = { name: 'archive', uid: 'u' };
    const file = {
      name: 'f.csv',
      format: 'CSV',
      contentType: 'text/csv',
      rows: 184220,
      sheets: 1,
      sizeBytes: 9312211,
      size: '9.3MB',
      etag: 'e',
      storage,
    };
    const place = { sha256: '0'.repeat(64), bucket: 'reports', key: 'a/b.csv', uri: 's3://reports/a/b.csv' };
    const status = {
      phase: 'Ready',
      duration: '2m10s',
      file: { ...file, ...place },
      conditions: conditions('Completed', 'the file is there'),
    };
    const manifest = {
      apiVersion: 'dossier.dev/v1alpha1',
      kind: 'Report',
      metadata: { name: metadata.name, namespace: apiserver.namespace },
      status,
    };
    await apiserver.client().applyStatus(REPORTS, manifest, metadata.name, apiserver.signal);
    const narrow = {
      NAME: 'columns',
      PHASE: 'Ready',
      TEMPLATE: 'invoices',
      FORMAT: 'CSV',
      ROWS: '184220',
      SIZE: '9.3MB',
      AGE: expect.stringMatching(/^\d+s$/) as string,
    };
    expect(await table('reports')).toEqual(narrow);
    expect(await table('reports', '-o', 'wide')).toEqual({
      ...narrow,
      REASON: 'Completed',
      DURATION: '2m10s',
      KEY: 'a/b.csv',
      MESSAGE: 'the file is there',
    });
  });

  test('lists a ReportTemplate with title, formats, ready and age; wide adds reason and message', async () => {
    await create(REPORT_TEMPLATES, 'ReportTemplate', 'columns', {
      title: 'Invoices',
      source: { inline: { rows: [] } },
      columns: [{ name: 'a', type: 'String' }],
      formats: ['XLSX', 'CSV'],
    });
    const narrow = ['NAME', 'TITLE', 'FORMATS', 'READY', 'AGE'];
    expect(Object.keys(await table('reporttemplates'))).toEqual(narrow);
    expect(await table('reporttemplates', '-o', 'wide')).toMatchObject({
      TITLE: 'Invoices',
      FORMATS: '["XLSX","CSV"]',
      REASON: '',
      MESSAGE: '',
    });
  });

  test('lists a ReportStorage with bucket, prefix, default, ready, reason and age; wide adds endpoint and message', async () => {
    await create(REPORT_STORAGES, 'ReportStorage', 'columns', {
      default: true,
      s3: { bucket: 'reports', prefix: 'billing', endpoint: 'https://s3.example.com' },
    });
    const narrow = ['NAME', 'BUCKET', 'PREFIX', 'DEFAULT', 'READY', 'REASON', 'AGE'];
    expect(Object.keys(await table('reportstorages'))).toEqual(narrow);
    expect(await table('reportstorages', '-o', 'wide')).toMatchObject({
      BUCKET: 'reports',
      PREFIX: 'billing',
      DEFAULT: 'true',
      ENDPOINT: 'https://s3.example.com',
    });
  });

  test.each([
    ['report', 'rpt'],
    ['reporttemplate', 'rpttpl'],
    ['reportstorage', 'rptstore'],
  ])('knows %s by its singular and as %s', async (singular, short) => {
    for (const name of [singular, short])
      expect(await kubectl(['get', name, '-n', apiserver.namespace, '-o', 'name'])).toMatchObject({ code: 0, stderr: '' });
  });

  test('dossier lists the kinds together', async () => {
    await create(REPORTS, 'Report', 'together', { templateRef: { name: 'invoices' } });
    const { stdout } = await kubectl(['get', 'dossier', '-n', apiserver.namespace, '-o', 'name']);
    expect(stdout).toContain('report.dossier.dev/together\n');
  });
});
