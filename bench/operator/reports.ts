/** Reports as they lie in a cluster that has been in use: Ready, with parameters, a file and conditions as the operator writes them. */
import { randomUUID } from 'node:crypto';
import type { KubeClient } from '../../src/kube/client.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import { apiVersionOf, REPORTS } from '../../src/kube/resources.ts';

const AT_ONCE = 32;
const TIME = '2026-11-01T06:00:12Z';

/** Creates `count` of them, numbered from `from`. */
export async function fillReports(client: KubeClient, namespace: string, from: number, count: number, signal: AbortSignal): Promise<void> {
  let next = from;
  const work = async (): Promise<void> => {
    for (let index = next++; index < from + count; index = next++) await readyReport(client, namespace, `invoices-${index}`, signal);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function readyReport(client: KubeClient, namespace: string, name: string, signal: AbortSignal): Promise<void> {
  const manifest = {
    apiVersion: apiVersionOf(REPORTS),
    kind: REPORTS.kind,
    metadata: { name, namespace, labels: { team: 'billing' } },
    spec: {
      templateRef: { name: 'invoices' },
      parameters: [
        { name: 'region', value: 'emea' },
        { name: 'month', period: { from: '2026-10-01', to: '2026-11-01' } },
      ],
      format: 'XLSX',
      timeZone: 'Europe/Berlin',
      // What is settled needs no write when the operator starts.
      deletionPolicy: 'Retain',
    },
  };
  const { metadata } = await client.create<KubeObject>(REPORTS, manifest, signal);
  const key = `${namespace}/${name}/${metadata.uid}/${name}.xlsx`;
  const storage = { name: 'archive', uid: randomUUID() };
  const condition = (type: string, status: string): object => ({
    type,
    status,
    observedGeneration: 1,
    lastTransitionTime: TIME,
    reason: 'Completed',
    message: `184220 rows, 9.3MB: ${name}.xlsx`,
  });
  const status = {
    observedGeneration: 1,
    phase: 'Ready',
    startTime: '2026-11-01T06:00:02Z',
    completionTime: TIME,
    reasonTime: TIME,
    duration: '10s',
    attempt: 1,
    parameters: [
      { name: 'region', value: 'emea' },
      { name: 'month', period: { from: '2026-09-30T22:00:00Z', to: '2026-10-31T23:00:00Z' } },
    ],
    template: { kind: 'ReportTemplate', name: 'invoices', uid: randomUUID(), generation: 3 },
    job: { name: `${name}-x7k2mq4abc`, uid: randomUUID() },
    storage,
    file: {
      name: `${name}.xlsx`,
      format: 'XLSX',
      contentType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      rows: 184_220,
      sheets: 1,
      sizeBytes: 9_312_211,
      size: '9.3MB',
      sha256: 'a'.repeat(64),
      bucket: 'reports',
      key,
      uri: `s3://reports/${key}`,
      etag: '9b2cf535f27731c974343645a3985328',
      storage,
    },
    conditions: [condition('Ready', 'True'), condition('Finished', 'True'), condition('Stalled', 'False')],
  };
  const patch = [{ op: 'add', path: '/status', value: status }] as const;
  await client.patchJson(REPORTS, namespace, name, patch, signal, 'status');
}
