/** Pods for unit tests. */
import type { Pod, PodSpec, PodStatus } from '../../../src/local/node/pod.ts';

export function podOf(spec: Partial<PodSpec>, status: PodStatus = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'invoices-x7k2m',
      namespace: 'billing',
      uid: '11111111-2222-3333-4444-555555555555',
      resourceVersion: '7',
      generation: 1,
      creationTimestamp: '2026-11-23T08:00:00Z',
      labels: { app: 'dossier', 'a/b': 'x"y' },
      annotations: { note: 'two\nlines' },
    },
    spec: {
      restartPolicy: 'Never',
      nodeName: 'local',
      serviceAccountName: 'runner',
      containers: [{ name: 'runner', image: 'runner' }],
      ...spec,
    },
    status,
  };
}
