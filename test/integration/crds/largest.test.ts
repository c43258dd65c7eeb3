/** Objects at every bound at once: the apiserver gives all rules of an object one budget of computing, and no object that keeps to the bounds may exceed it. */
import { expect, test } from 'vitest';
import type { Manifest } from '../../../src/kube/client.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { REPORTS, REPORT_TEMPLATES, type ResourceType } from '../../../src/kube/resources.ts';
import { useApiserver } from './apiserver.ts';

const apiserver = useApiserver();

function manifest({ kind }: ResourceType, spec: object): Manifest {
  return { apiVersion: 'dossier.dev/v1alpha1', kind, metadata: { name: 'a'.repeat(52), namespace: apiserver.namespace }, spec };
}

/** Creates it, then writes it again with a change that is allowed: rules about changes run only then. */
async function expectAccepted(type: ResourceType, spec: object, change: object): Promise<void> {
  const created = await apiserver.client().create<KubeObject>(type, manifest(type, spec), apiserver.signal);
  expect(await apiserver.replaced(type, created, manifest(type, { ...spec, ...change }))).toBe('');
}

const times = <T>(count: number, make: (index: number) => T): readonly T[] => Array.from({ length: count }, (_, index) => make(index));
const name63 = (index: number): string => `n${index}_`.padEnd(63, 'x');
const longPeriod = { from: '2026-10-01T00:00:00.000000001+00:00', to: '2026-11-01T00:00:00.000000001+00:00' };

test('a Report with 64 values of 1,024 characters of four bytes, with 64 lists of 1,000 values, with 64 periods', async () => {
  const parameters = times(64, (index) => ({ name: name63(index), value: '😀'.repeat(1024) }));
  const spec = {
    templateRef: { name: 'a'.repeat(253) },
    parameters,
    timeZone: 'A'.repeat(64),
    fileName: 'x'.repeat(200),
    description: 'x'.repeat(1024),
  };
  await expectAccepted(REPORTS, spec, { deletionPolicy: 'Retain' });
  await apiserver.client().delete(REPORTS, apiserver.namespace, 'a'.repeat(52), { propagation: 'Background' }, apiserver.signal);
  const lists = times(64, (index) => ({ name: name63(index), values: times(1000, () => 'x'.repeat(12)) }));
  await expectAccepted(REPORTS, { ...spec, parameters: lists }, { deletionPolicy: 'Retain' });
  await apiserver.client().delete(REPORTS, apiserver.namespace, 'a'.repeat(52), { propagation: 'Background' }, apiserver.signal);
  const periods = times(64, (index) => ({ name: name63(index), period: longPeriod }));
  await expectAccepted(REPORTS, { ...spec, parameters: periods }, { deletionPolicy: 'Retain' });
});

test('a ReportTemplate with 64 parameters, 1,000 columns, the longest query and every setting of its Job', async () => {
  const text = { type: 'String', pattern: 'x'.repeat(256), minLength: 1, maxLength: 1024, default: '😀'.repeat(1024) };
  const instant = { type: 'Timestamp', default: '2024-02-29T00:00:00.000001+00:00' };
  const list = { type: 'Choices', choices: times(200, (index) => ({ value: name63(index) })), defaultValues: times(10, name63) };
  const parameters = times(64, (index) => ({
    name: name63(index),
    description: 'x'.repeat(1024),
    ...[text, { type: 'Period', maxDays: 36_600, defaultPeriod: longPeriod }, instant, list][index % 4],
  }));
  const column = { header: 'x'.repeat(256), type: 'Decimal', numberFormat: '0'.repeat(255), width: 255 };
  const labels = Object.fromEntries(times(16, (index) => [`${'p'.repeat(60)}.${'q'.repeat(60)}/${name63(index)}`, 'v'.repeat(63)]));
  const quantities = { cpu: '1'.repeat(32), memory: '1'.repeat(32), 'ephemeral-storage': '1'.repeat(32) };
  const spec = {
    parameters,
    columns: times(1000, (index) => ({ ...column, name: name63(index) })),
    source: {
      postgres: {
        urlFrom: { secretKeyRef: { name: 'a'.repeat(253), key: 'k'.repeat(253) } },
        query: 'ü'.repeat(16_384),
        caSecretRef: { name: 'a'.repeat(253), key: 'k'.repeat(253) },
      },
    },
    formats: ['CSV', 'JSON', 'NDJSON', 'XLSX'],
    xlsx: { sheetName: '😀'.repeat(15) },
    allowedStorageRefs: times(32, (index) => ({ name: `s${index}`.padEnd(253, 'x') })),
    job: {
      resources: { requests: quantities, limits: quantities },
      nodeSelector: labels,
      labels,
      tolerations: times(16, () => ({
        key: name63(0),
        operator: 'Equal',
        value: 'v'.repeat(63),
        effect: 'NoExecute',
        tolerationSeconds: 1,
      })),
      imagePullSecrets: times(8, (index) => ({ name: `s${index}`.padEnd(253, 'x') })),
    },
  };
  await expectAccepted(REPORT_TEMPLATES, spec, { title: 'x'.repeat(200), description: 'x'.repeat(4096) });
});
