/** What the apiserver makes of a manifest: defaults that stand in the object, and nothing new when the same manifest is applied again. */
import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../../src/kube/client.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { pathOf, REPORTS, REPORT_STORAGES, REPORT_TEMPLATES, type ResourceType } from '../../../src/kube/resources.ts';
import { useApiserver } from './apiserver.ts';

const apiserver = useApiserver();

function manifest({ kind }: ResourceType, spec: object): Manifest {
  return { apiVersion: 'dossier.dev/v1alpha1', kind, metadata: { name: `o-${crypto.randomUUID()}`, namespace: apiserver.namespace }, spec };
}

async function created(type: ResourceType, spec: object): Promise<KubeObject> {
  return apiserver.client().create<KubeObject>(type, manifest(type, spec), apiserver.signal);
}

/** Server-side apply, as a GitOps tool does it. */
async function applied(type: ResourceType, object: Manifest): Promise<KubeObject> {
  const path = `${pathOf(type, apiserver.namespace, object.metadata.name)}?fieldManager=tests`;
  const request = { method: 'PATCH', path, body: JSON.stringify(object), contentType: 'application/apply-patch+yaml' } as const;
  return JSON.parse(await apiserver.client().transport.request({ ...request, signal: apiserver.signal })) as KubeObject;
}

const source = { inline: { rows: [{ id: 1, note: null, price: '12.50' }] } };

describe('defaults stand in the object', () => {
  test('of a Report', async () => {
    expect(await created(REPORTS, { templateRef: { name: 'invoices' } })).toMatchObject({
      spec: {
        templateRef: { kind: 'ReportTemplate', name: 'invoices' },
        timeZone: 'UTC',
        startDeadlineSeconds: 3600,
        deletionPolicy: 'Delete',
      },
      status: { observedGeneration: -1 },
    });
  });

  test('of a ReportTemplate', async () => {
    const given = { source, columns: [{ name: 'id', type: 'Integer' }], formats: ['CSV'] };
    expect(await created(REPORT_TEMPLATES, { ...given, parameters: [{ name: 'a', type: 'Date' }] })).toMatchObject({
      spec: {
        ...given,
        parameters: [{ name: 'a', type: 'Date', required: false }],
        csv: { delimiter: ',', header: true, bom: false, quote: 'Minimal', lineEnding: 'LF', null: '', formulas: 'Escape' },
        compression: 'None',
        json: { decimals: 'String', integers: 'Number' },
        xlsx: { sheetName: 'Report', freezeHeader: true, autoFilter: true },
        job: { scratchSize: '10Gi', activeDeadlineSeconds: 3600, backoffLimit: 2, ttlSecondsAfterFinished: 3600 },
      },
      status: { observedGeneration: -1 },
    });
  });

  test('of a ReportStorage', async () => {
    expect(await created(REPORT_STORAGES, { s3: { bucket: 'reports' } })).toMatchObject({
      spec: { default: false, s3: { bucket: 'reports', region: 'us-east-1', checksums: 'Auto' } },
      status: { observedGeneration: -1 },
    });
  });

  test('beside what is given inside the same object', async () => {
    const given = {
      source,
      columns: [{ name: 'id', type: 'Integer' }],
      formats: ['CSV'],
      csv: { delimiter: '\t' },
      job: { backoffLimit: 0 },
    };
    expect(await created(REPORT_TEMPLATES, given)).toMatchObject({
      spec: { csv: { delimiter: '\t', header: true, formulas: 'Escape' }, job: { backoffLimit: 0, activeDeadlineSeconds: 3600 } },
    });
  });
});

describe('applying the same manifest again changes nothing', () => {
  const month = { name: 'month', period: { from: '2026-10-01', to: '2026-11-01' } };
  test.each<[kind: string, type: ResourceType, spec: object]>([
    ['Report', REPORTS, { templateRef: { name: 'invoices' }, parameters: [{ name: 'limit', value: 5 }, month] }],
    [
      'ReportTemplate',
      REPORT_TEMPLATES,
      { source, columns: [{ name: 'id', type: 'Integer' }], formats: ['XLSX', 'CSV'], job: { resources: { limits: { cpu: 1 } } } },
    ],
    ['ReportStorage', REPORT_STORAGES, { default: true, s3: { bucket: 'reports', prefix: 'a/b' } }],
  ])('%s', async (_, type, spec) => {
    const object = manifest(type, spec);
    expect((await applied(type, object)).metadata.generation).toBe(1);
    // The apiserver drops the status of a create and adds its default when it reads: the first write after it stores that once.
    const settled = await applied(type, object);
    expect(settled.metadata.generation).toBe(1);
    expect((await applied(type, object)).metadata).toEqual(settled.metadata);
  });
});

test('columns and formats take the order in which they were applied last', async () => {
  const template = (columns: readonly string[], formats: readonly string[]): object => ({
    source,
    formats,
    columns: columns.map((name) => ({ name, type: 'Integer' })),
  });
  const first = manifest(REPORT_TEMPLATES, template(['a', 'b', 'c'], ['CSV', 'XLSX']));
  await applied(REPORT_TEMPLATES, first);
  const second = await applied(REPORT_TEMPLATES, { ...first, spec: template(['c', 'a', 'new', 'b'], ['XLSX', 'CSV']) });
  expect(second).toMatchObject({ spec: template(['c', 'a', 'new', 'b'], ['XLSX', 'CSV']) });
});
