import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { ReportStatusFile } from '../../../src/api/generated/report.ts';
import { goOnText, type GoOnFacts } from '../../../src/local/demo/go-on.ts';

const FACTS: GoOnFacts = {
  namespace: 'billing',
  kubectl: '/cache/kubectl-v1/kubectl',
  kubeconfigFile: '/tmp/dossier-1/admin.kubeconfig',
  manifests: '/tmp/dossier-1/manifests',
  file: { bucket: 'reports', key: 'billing/prices.csv' } as ReportStatusFile,
  bucket: { endpoint: 'http://127.0.0.1:7070', region: 'us-east-1', credentials: { accessKeyId: 'key', secretAccessKey: 'secret' } },
  databaseUrl: 'postgres://reader:word@127.0.0.1:5432/billing?sslmode=disable',
  operatorLog: '/tmp/dossier-1/operator.log',
};

test('a person is told where everything is', () => {
  const text = goOnText(FACTS);
  const places = [
    FACTS.kubeconfigFile,
    '/cache/kubectl-v1',
    FACTS.manifests,
    'http://127.0.0.1:7070/reports',
    'key',
    'secret',
    FACTS.databaseUrl,
    FACTS.operatorLog,
  ];
  for (const place of places) expect(text).toContain(place);
});

test('the Report to make is handed to kubectl by the shell as it was meant', async () => {
  const command = /kubectl apply -f - <<'END'\n[^]*?\nEND\n/.exec(goOnText(FACTS))?.[0] ?? '';
  const { stdout } = await promisify(execFile)('bash', ['-c', `kubectl() { cat; }\n${command}`]);
  expect(parse(stdout)).toMatchObject({
    kind: 'Report',
    metadata: { namespace: 'billing' },
    spec: { templateRef: { name: 'invoices' }, format: 'CSV' },
  });
});
