/** A cluster of one's own for a soak: control plane, local node, S3 server, the bundled operator, and schedules of every format that are due each minute. */
import { join } from 'node:path';
import { availableParallelism, totalmem } from 'node:os';
import { execPath } from 'node:process';
import { pino } from 'pino';
import { KubeClient, type Manifest } from '../../src/kube/client.ts';
import {
  apiVersionOf,
  NAMESPACES,
  REPORT_SCHEDULES,
  REPORT_STORAGES,
  REPORT_TEMPLATES,
  SECRETS,
  type ResourceType,
} from '../../src/kube/resources.ts';
import { HttpTransport } from '../../src/kube/transport.ts';
import { ControlPlane } from '../../src/local/control-plane/control-plane.ts';
import { installCrds } from '../../src/local/crds.ts';
import { startLocalNode } from '../../src/local/node/node.ts';
import { RUNNER_IMAGE } from '../../src/local/node/runner-image.ts';
import { onFreePorts } from '../../src/local/process/ports.ts';
import type { ServerProcess } from '../../src/local/process/server-process.ts';
import { createBucket } from '../../src/local/s3-admin.ts';
import { S3Server } from '../../src/local/s3-server.ts';
import { provideTools } from '../../src/local/tools/provide.ts';
import { Workspace } from '../../src/local/workspace.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { bundledOperator, imageEnv, imageFlags } from '../operator/program.ts';

export const NAMESPACE = 'soak';
export const BUCKET = 'reports';
export const FORMATS = ['CSV', 'JSON', 'NDJSON', 'XLSX'] as const;
/** Of each schedule: so few that pruning and the removal of files begin after minutes. */
export const KEPT = 2;

export interface Stage {
  readonly client: KubeClient;
  readonly s3: S3Server;
  readonly operator: ServerProcess;
  /** Where its metrics are. */
  readonly metricsUrl: string;
}

/** Some 8 s. What was started is added to `resources`, also when this throws: the caller disposes of them. */
export async function startStage(resources: AsyncDisposableStack, signal: AbortSignal): Promise<Stage> {
  const tools = await provideTools({ signal });
  const workspace = resources.use(await Workspace.create());
  const controlPlane = await ControlPlane.start(workspace, tools, signal);
  const s3 = await S3Server.start(workspace, tools, { signal });
  await createBucket(s3.admin, BUCKET);
  await installCrds(tools.kubectl, controlPlane.kubeconfigFile, signal);
  const { admin, authority, kubeletServing, url } = controlPlane;
  const tls = { ca: authority.certificate, cert: admin.certificate, key: admin.key, rejectUnauthorized: true };
  const cluster = { server: new URL(url), tls, authorization: () => Promise.resolve(undefined) };
  const transport = new HttpTransport(cluster, 'dossier-bench');
  resources.defer(() => transport.close());
  const client = new KubeClient(transport, () => undefined);
  await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }, signal);
  const folder = await workspace.makeFolder('bundle');
  const program = await bundledOperator(client, NAMESPACE, authority.certificate, folder, signal);
  const node = await startLocalNode({
    name: 'local',
    cluster,
    serving: kubeletServing,
    clientCa: authority.certificate,
    images: { [RUNNER_IMAGE]: { entrypoint: [execPath, ...(await imageFlags('runner')), join(folder, 'runner/runner.mjs')] } },
    capacity: { cpu: String(availableParallelism()), memory: String(totalmem()), 'ephemeral-storage': '64Gi', pods: '110' },
    folder: join(workspace.folder, 'node'),
    log: createLogger('info', pino.destination({ dest: join(workspace.folder, 'node.log'), sync: true })),
  });
  resources.defer(() => node.stop());
  const flags = await imageFlags('operator');
  const imageSettings = await imageEnv('operator');
  const stage = await onFreePorts(1, async ([port = 0]): Promise<Stage> => {
    const operator = await workspace.start({
      name: 'operator',
      logFile: join(workspace.folder, 'operator.log'),
      command: execPath,
      args: [...flags, program, ...operatorFlags(port)],
      env: { ...imageSettings, KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: new URL(url).port },
    });
    return { client, s3, operator, metricsUrl: `http://127.0.0.1:${port}/metrics` };
  });
  await makeSchedules(stage, signal);
  return stage;
}

function operatorFlags(metricsPort: number): readonly string[] {
  return Object.entries({
    'runner-image': RUNNER_IMAGE,
    'leader-namespace': NAMESPACE,
    'health-port': '0',
    'metrics-port': String(metricsPort),
    'allow-loopback': 'true',
  }).flatMap(([flag, value]) => [`--${flag}`, value]);
}

async function makeSchedules({ client, s3 }: Stage, signal: AbortSignal): Promise<void> {
  const make = (type: ResourceType, name: string, body: object): Promise<unknown> =>
    client.create(
      type,
      { apiVersion: apiVersionOf(type), kind: type.kind, metadata: { name, namespace: NAMESPACE }, ...body } satisfies Manifest,
      signal,
    );
  const { accessKeyId, secretAccessKey } = s3.root;
  await make(SECRETS, 'keys', { stringData: { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } });
  await make(REPORT_STORAGES, 'archive', {
    spec: { default: true, s3: { bucket: BUCKET, endpoint: s3.endpoint, credentialsSecretRef: { name: 'keys' } } },
  });
  await make(REPORT_TEMPLATES, 'prices', {
    spec: {
      parameters: [{ name: 'day', type: 'Period' }],
      source: { inline: { rows: Array.from({ length: 200 }, (_, n) => ({ sku: `sku-${n}`, price: '12.50' })) } },
      columns: [
        { name: 'sku', type: 'String' },
        { name: 'price', type: 'Decimal' },
      ],
      formats: FORMATS,
    },
  });
  for (const format of FORMATS) {
    await make(REPORT_SCHEDULES, format.toLowerCase(), {
      spec: {
        schedule: '* * * * *',
        history: { successful: KEPT, failed: KEPT },
        report: {
          spec: {
            templateRef: { name: 'prices' },
            parameters: [{ name: 'day', period: { relative: 'Yesterday' } }],
            format,
            deletionPolicy: 'Delete',
          },
        },
      },
    });
  }
}
