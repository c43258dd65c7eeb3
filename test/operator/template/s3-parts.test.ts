import { describe, expect, test } from 'vitest';
import type { ReportStorage } from '../../../src/api/generated/reportstorage.ts';
import { s3Plan, s3Problems, sourceStorageName } from '../../../src/operator/template/s3-parts.ts';
import type { Template } from '../../../src/operator/template/template.ts';

const CSV = { delimiter: ',', null: '', formulas: 'Keep' } as const;

function template(s3: object, columns: readonly object[] = [{ name: 'id', type: 'Integer' }]): Template {
  return {
    kind: 'ReportTemplate',
    metadata: { name: 'invoices' },
    spec: { source: { s3: { storageRef: { name: 'archive' }, format: 'CSV', csv: CSV, ...s3 } }, columns },
  } as unknown as Template;
}

function storage(prefix?: string): ReportStorage {
  return {
    metadata: { name: 'archive' },
    spec: { s3: { bucket: 'reports', region: 'eu', checksums: 'Auto', credentialsSecretRef: { name: 'keys' }, prefix } },
  } as unknown as ReportStorage;
}

function planOf(of: Template, prefix?: string): ReturnType<typeof s3Plan> {
  return s3Plan(of, of.spec.source.s3!, storage(prefix));
}

describe('what a run is told', () => {
  test('has the bucket of the storage, and the key below its prefix', () => {
    expect(planOf(template({ key: 'imports/a.csv' }), 'team')).toEqual({
      kind: 's3',
      bucket: { bucket: 'reports', region: 'eu', forcePathStyle: false, checksums: 'Auto', credentials: 'Secret' },
      storage: 'archive',
      place: { kind: 'key', key: 'team/imports/a.csv' },
      format: 'CSV',
      csv: CSV,
      paths: ['id'],
    });
    expect(planOf(template({ prefix: 'daily-' })).place).toEqual({ kind: 'prefix', prefix: 'daily-' });
  });

  test('finds columns where our own files have them, unless a path says otherwise', () => {
    const columns = [
      { name: 'id', type: 'Integer' },
      { name: 'total', header: 'Total', type: 'Decimal' },
      { name: 'cost', header: '$ cost', type: 'Decimal' },
      { name: 'zone', header: 'Zone', path: 'region', type: 'String' },
    ];
    expect(planOf(template({ key: 'a' }, columns)).paths).toEqual(['id', 'Total', '$["$ cost"]', 'region']);
    expect(planOf(template({ key: 'a', format: 'NDJSON' }, columns)).paths).toEqual(['$.id', '$.total', '$.cost', 'region']);
  });
});

test('only an s3 source names a storage that is read', () => {
  expect(sourceStorageName(template({}))).toBe('archive');
  expect(sourceStorageName({ spec: { source: { inline: { rows: [] } } } } as unknown as Template)).toBeUndefined();
});

test.each<[string, Template, readonly RegExp[]]>([
  ['a key that leads out of its place', template({ key: '../a' }), [/^spec\.source\.s3\.key: must have no empty part/]],
  ['a prefix with an encoded dot', template({ prefix: '%2e%2e/' }), [/^spec\.source\.s3\.prefix: must not contain %/]],
  [
    'a path that is none',
    template({ key: 'a', format: 'NDJSON' }, [{ name: 'id', type: 'Integer', path: '$..[' }]),
    [/^spec\.columns: column "id": /],
  ],
  [
    'a path into a row of CSV',
    template({ key: 'a' }, [{ name: 'id', type: 'Integer', path: '$.a.b' }]),
    [/^spec\.columns: column "id": a row of CSV has only names/],
  ],
  ['nothing', template({ key: 'a', format: 'NDJSON' }), []],
])('the mistakes are told field by field: %s', (_, of, says) => {
  expect(s3Problems(of)).toEqual(says.map((text) => expect.stringMatching(text) as string));
});
