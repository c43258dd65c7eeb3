/** What the demo says to somebody who wants to go on: commands that a shell takes as they stand, and where everything is. Text only. */
import { dirname } from 'node:path';
import type { ReportStatusFile } from '../../api/generated/report.ts';
import type { S3Credentials } from '../s3-admin.ts';

export interface GoOnFacts {
  readonly namespace: string;
  readonly kubectl: string;
  readonly kubeconfigFile: string;
  /** Folder with the manifests as they were applied. */
  readonly manifests: string;
  /** A finished file. */
  readonly file: ReportStatusFile;
  readonly bucket: { readonly endpoint: string; readonly region: string; readonly credentials: S3Credentials };
  readonly databaseUrl: string;
  readonly operatorLog: string;
}

export function goOnText(facts: GoOnFacts): string {
  const { namespace, file, bucket, manifests, databaseUrl, operatorLog } = facts;
  const { accessKeyId, secretAccessKey } = bucket.credentials;
  return [
    'Go on with kubectl, in a terminal that knows where:',
    '',
    ...setUpCommands(facts),
    '',
    'Look around:',
    '',
    `kubectl get reports -n ${namespace} -o wide`,
    `kubectl describe report wrong-parameter -n ${namespace}`,
    `kubectl get report invoices-2026-10 -n ${namespace} -o yaml`,
    'kubectl get clusterreporttemplates',
    'kubectl explain report.spec.parameters',
    '',
    'Make a Report of your own:',
    '',
    ...ownReportCommands(namespace),
    '',
    'Have a schedule make a Report now, and see those that it has made:',
    '',
    `kubectl annotate reportschedule containers-each-minute -n ${namespace} dossier.dev/run=$(date +%s) --overwrite`,
    `kubectl get reports -n ${namespace} -l dossier.dev/schedule=containers-each-minute`,
    '',
    'Delete a Report, and its file goes from the bucket too:',
    '',
    `kubectl delete report usage-2026-10 -n ${namespace}`,
    '',
    'Fetch a file from the bucket:',
    '',
    fetchCommand(facts),
    '',
    `Bucket     ${bucket.endpoint}/${file.bucket} (S3, region ${bucket.region}), access key ${accessKeyId}, secret key ${secretAccessKey}`,
    `Database   ${databaseUrl}`,
    `Manifests  ${manifests} (examples/ for this run; change them and: kubectl apply --server-side -f FILE)`,
    `Operator   its log is ${operatorLog}`,
  ].join('\n');
}

/** So that `kubectl` speaks to the demo, whether it was installed before or not. */
function setUpCommands({ kubectl, kubeconfigFile }: GoOnFacts): readonly string[] {
  return [`export KUBECONFIG=${kubeconfigFile}`, `export PATH=${dirname(kubectl)}:$PATH`];
}

function ownReportCommands(namespace: string): readonly string[] {
  const name = 'invoices-apac-2026-09';
  return [
    "kubectl apply -f - <<'END'",
    'apiVersion: dossier.dev/v1alpha1',
    'kind: Report',
    `metadata: { name: ${name}, namespace: ${namespace} }`,
    'spec:',
    '  templateRef: { name: invoices }',
    '  format: CSV',
    '  parameters:',
    '    - { name: month, period: { from: "2026-09-01", to: "2026-10-01" } }',
    '    - { name: region, value: apac }',
    'END',
    `kubectl wait --for=condition=Finished report/${name} -n ${namespace} --timeout=2m`,
  ];
}

/** curl signs requests by itself from 7.75 on. */
function fetchCommand({ file, bucket: { endpoint, region, credentials } }: GoOnFacts): string {
  const keys = `${credentials.accessKeyId}:${credentials.secretAccessKey}`;
  const signing = `--aws-sigv4 aws:amz:${region}:s3 --user ${keys} -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD'`;
  return `curl --fail ${signing} -O ${endpoint}/${file.bucket}/${file.key}`;
}
