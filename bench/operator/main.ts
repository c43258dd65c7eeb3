/**
 * How quickly the operator starts, and how much memory it takes with how many Reports: prints each figure and writes docs/benchmarks/operator.md.
 *
 * `npm run bench:operator [-- COUNT...]`, some five minutes. It ends with exit code 1 when a figure is over its goal. Other work on the machine makes starts slower; processor time tells by how much.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { KubeClient } from '../../src/kube/client.ts';
import { apiVersionOf, NAMESPACES, REPORTS } from '../../src/kube/resources.ts';
import { HttpTransport } from '../../src/kube/transport.ts';
import { ControlPlane } from '../../src/local/control-plane/control-plane.ts';
import { installCrds } from '../../src/local/crds.ts';
import { provideTools } from '../../src/local/tools/provide.ts';
import { Workspace } from '../../src/local/workspace.ts';
import { median, misses, page, type Measured } from './page.ts';
import { bundledOperator } from './program.ts';
import { fillReports } from './reports.ts';
import { measureStart } from './start.ts';

/** Growing. */
const COUNTS = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [0, 1_000, 10_000];
const STARTS = 3;
const NAMESPACE = 'bench';
const TARGET = join(import.meta.dirname, '../../docs/benchmarks/operator.md');

const signal = new AbortController().signal;
const tools = await provideTools();
await using workspace = await Workspace.create();
const controlPlane = await ControlPlane.start(workspace, tools, signal);
await installCrds(tools.kubectl, controlPlane.kubeconfigFile);
const { admin, authority, url } = controlPlane;
const tls = { ca: authority.certificate, cert: admin.certificate, key: admin.key, rejectUnauthorized: true };
const transport = new HttpTransport({ server: new URL(url), tls, authorization: async () => undefined }, 'dossier-bench');
const client = new KubeClient(transport, () => undefined);
await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }, signal);

/** As if nobody had looked at it yet. */
async function makeNew(name: string): Promise<void> {
  await client.patchJson(
    REPORTS,
    NAMESPACE,
    name,
    [{ op: 'replace', path: '/status', value: { observedGeneration: -1 } }],
    signal,
    'status',
  );
}

const { hostname: host, port } = new URL(url);
const program = await bundledOperator(client, NAMESPACE, authority.certificate, await workspace.makeFolder('bundle'), signal);
const place = { program, host, port, namespace: NAMESPACE };
const oldest = { apiVersion: apiVersionOf(REPORTS), kind: REPORTS.kind, metadata: { name: 'oldest', namespace: NAMESPACE } };
await client.create(REPORTS, { ...oldest, spec: { templateRef: { name: 'not-there' }, startDeadlineSeconds: 0 } }, signal);

const measured: Measured[] = [];
let made = 0;
for (const reports of COUNTS) {
  await fillReports(client, NAMESPACE, made, reports - made, signal);
  made = reports;
  const starts = [];
  for (let index = 0; index < STARTS; index += 1) {
    await makeNew('oldest');
    const start = await measureStart(place);
    starts.push(start);
    const { firstReconcileMs, processorMs, settledBytes, peakBytes } = start;
    console.log(
      `${reports} Reports: first reconcile ${firstReconcileMs.toFixed(0)} ms (${processorMs} ms of processor), ${(settledBytes / 1e6).toFixed(1)} MB settled, ${(peakBytes / 1e6).toFixed(1)} MB at most`,
    );
  }
  measured.push({ reports, starts });
}
await transport.close();
const machine = `On ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, load average ${loadavg()[0]?.toFixed(1) ?? '?'}, Node ${process.version}.`;
await mkdir(join(TARGET, '..'), { recursive: true });
await writeFile(TARGET, page(measured, machine));
const over = misses(measured);
for (const miss of over) console.log(`over its goal: ${miss}`);
console.log(`median first reconcile: ${median(measured[0]?.starts.map(({ firstReconcileMs }) => firstReconcileMs) ?? []).toFixed(0)} ms`);
process.exitCode = over.length === 0 ? 0 : 1;
