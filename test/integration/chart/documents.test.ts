/** A release of the chart on a cluster of its own: its life, and the commands of the documentation about it, run as they stand, by a shell. No operator looks at what they make. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { provideTools } from '../../../src/local/tools/provide.ts';
import { REPOSITORY } from '../../docs/pages.ts';
import { blocksRunBy } from '../../docs/shell-blocks.ts';
import { tools } from '../support/servers.ts';
import { outlivesUpgrades } from './lifecycle.ts';
import { RELEASE_NAMESPACE, useOwnCluster } from './own-cluster.ts';

const cluster = useOwnCluster();
const documented = blocksRunBy('integration/chart/documents.test.ts');
const ran = new Set<string>();
let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'dossier-documents-'));
});
afterAll(() => rm(home, { recursive: true }));

/** As in a terminal in the checkout: what was printed; throws what went wrong. */
async function shell(script: string): Promise<string> {
  const { helm } = await provideTools({}, ['helm']);
  const PATH = [dirname(helm), dirname(tools().kubectl), process.env['PATH']].join(':');
  const env = { PATH, HOME: home, KUBECONFIG: cluster().controlPlane.kubeconfigFile };
  return new Promise((resolve, reject) => {
    execFile('bash', ['-e', '-u', '-o', 'pipefail', '-c', script], { cwd: REPOSITORY, env }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${script}\n${stderr}`, { cause: error }));
    });
  });
}

/** Runs the block of a page that begins so. */
async function run(page: string, begins: string): Promise<string> {
  const block = documented.get(page)?.find((text) => text.startsWith(begins));
  if (block === undefined) throw new Error(`${page} has no block that begins with ${begins}`);
  ran.add(block);
  return shell(block);
}

const OBJECTS = `
for name in invoices-2026-10 price-list; do
  echo "{apiVersion: dossier.dev/v1alpha1, kind: Report, metadata: {name: $name}, spec: {templateRef: {name: any}}}"; echo ---
done
for name in monthly-invoices daily-orders; do
  echo "{apiVersion: dossier.dev/v1alpha1, kind: ReportSchedule, metadata: {name: $name}, spec: {schedule: '@daily', report: {spec: {templateRef: {name: any}}}}}"; echo ---
done
echo "{apiVersion: dossier.dev/v1alpha1, kind: ReportRepository, metadata: {name: team}, spec: {git: {url: 'https://git.example.com/a.git', ref: {branch: main}}}}"`;

test('Reports and schedules outlive upgrades and the release itself, until they are to go with it', () => outlivesUpgrades(cluster()));

test('the chart is installed, upgraded, used and uninstalled by the commands of the pages, by all of them', async () => {
  expect(await run('README.md', 'helm install')).toContain('kubectl apply -n reports');
  // The two pages say the same.
  expect(documented.get('README.md')).toEqual(
    expect.arrayContaining([expect.stringContaining(documented.get('docs/on-a-cluster.md')?.[0] ?? 'none')]),
  );
  ran.add(documented.get('docs/on-a-cluster.md')?.[0] ?? '');
  await shell(`kubectl create namespace billing; kubectl create namespace argocd; (${OBJECTS}) | kubectl apply -n billing -f -`);

  await run('docs/operations.md', 'kubectl annotate report');
  await shell(
    `kubectl patch report price-list -n billing --subresource=status --type=merge -p '{"status":{"conditions":[{"type":"Ready","status":"False","reason":"TemplateNotFound","message":"","lastTransitionTime":"2026-10-01T00:00:00Z","observedGeneration":1}]}}'`,
  );
  expect(await run('docs/reasons.md', 'kubectl get reports')).toMatch(/^price-list .*\nTemplateNotFound$/ms);
  expect(await run('docs/schedules.md', 'kubectl get rptsched')).toMatch(/^monthly-invoices .*\n$/m);
  await run('docs/schedules.md', 'kubectl annotate rptsched daily-orders');
  await run('docs/schedules.md', 'kubectl annotate rptsched monthly-invoices');
  await run('docs/repositories.md', 'kubectl annotate rptrepo');
  expect(await shell("kubectl get rptrepo team -n billing -o jsonpath='{.metadata.annotations}'")).toMatch(/"dossier.dev\/fetch":"\d+"/);
  const annotations = `jsonpath={range .items[*]}{.metadata.annotations}{"\\n"}{end}`;
  expect(await shell(`kubectl get reports,rptsched -n billing -o '${annotations}'`)).toMatch(
    /"dossier.dev\/abandon-file":"true".*"dossier.dev\/cover-from":"2026-10-01T00:00:00Z".*"dossier.dev\/run":"\d+"/s,
  );

  await shell('kubectl create configmap argocd-cm -n argocd --from-literal=url=https://argocd.example.com');
  await run('docs/gitops.md', 'helm upgrade');
  const settings = JSON.parse(await shell('kubectl get configmap argocd-cm -n argocd -o jsonpath={.data}')) as Readonly<
    Record<string, string>
  >;
  expect(settings).toMatchObject({
    url: 'https://argocd.example.com',
    'resource.customizations.health.dossier.dev_Report': expect.stringContaining('obj.status') as string,
  });
  expect(Object.keys(settings)).toHaveLength(8);
  const printed = await run('docs/gitops.md', 'helm template');
  for (const key of Object.keys(settings)) if (key !== 'url') expect(printed).toContain(`  ${key}: |\n`);

  await run('docs/system-templates.md', 'helm upgrade');
  const images = `kubectl get deployment dossier-operator -n ${RELEASE_NAMESPACE} -o 'jsonpath={.spec.template.spec.containers[0].image}'`;
  expect(await shell(images)).toBe('registry.example.com/team/dossier-operator:0.1.0');
  expect(await shell('kubectl get crpttpl -o name')).toMatch(/system-resources/);
  await run('docs/on-a-cluster.md', 'helm upgrade');
  expect(await shell(images)).toBe('registry.example.com/team/dossier-operator:0.1.0');

  await run('docs/operations.md', 'helm upgrade');

  await run('docs/on-a-cluster.md', 'helm uninstall');
  await shell('kubectl get reports -n billing price-list');
  expect(await run('docs/system-templates.md', 'kubectl apply')).toMatch(/system-resources created/);
  expect([...documented.values()].flat().filter((block) => !ran.has(block))).toEqual([]);
});
