/** Upgrades and ends of a release, with objects of users in the cluster. What it leaves are the CRDs. */
import { expect, vi } from 'vitest';
import { whileCrdsGo } from '../../support/crd-removal.ts';
import { printed } from './helm.ts';
import { RELEASE_NAMESPACE, type OwnCluster } from './own-cluster.ts';
import { installWithWaitingJob, waitingJobIsLikeTheOperator } from './waiting-job.ts';

const CRDS = 'clusterreporttemplates reportdownloads reportrepositories reports reportschedules reportstorages reporttemplates'
  .split(' ')
  .map((kind) => `${kind}.dossier.dev`);

export async function outlivesUpgrades(cluster: OwnCluster): Promise<void> {
  const run = (line: string, stdin?: string): Promise<string> => printed(cluster.kubectl(line.split(' '), stdin));
  async function uninstall(): Promise<string> {
    return whileCrdsGo(
      (args) => printed(cluster.kubectl(args)),
      () => printed(cluster.helm('uninstall', 'dossier', '-n', RELEASE_NAMESPACE, '--wait')),
    );
  }

  async function crds(): Promise<readonly string[]> {
    return (await run('get crds -o name')).split('\n').flatMap((name) => /^\S+\/(\S+\.dossier\.dev)$/.exec(name)?.[1] ?? []);
  }

  /** A Report and a schedule, which no operator looks at here. */
  async function makeObjects(): Promise<void> {
    await run('wait --for=condition=Established --timeout=20s crd reports.dossier.dev reportschedules.dossier.dev');
    const metadata = { namespace: 'default', name: 'one' };
    const spec = { templateRef: { name: 'any' } };
    const report = { apiVersion: 'dossier.dev/v1alpha1', kind: 'Report', metadata, spec };
    const schedule = {
      apiVersion: 'dossier.dev/v1alpha1',
      kind: 'ReportSchedule',
      metadata,
      spec: { schedule: '@daily', report: { spec } },
    };
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [report, schedule] });
    // Discovery lags behind the CRDs.
    await vi.waitFor(() => run('apply -f -', list), { timeout: 20_000, interval: 200 });
  }

  /** The system templates that there are. */
  async function systemTemplates(): Promise<string> {
    return run('get clusterreporttemplates -o jsonpath={.items[*].metadata.name}');
  }

  async function uids(): Promise<string> {
    return run('get reports,reportschedules -n default -o jsonpath={.items[*].metadata.uid}');
  }

  await waitingJobIsLikeTheOperator(cluster);
  await installWithWaitingJob(cluster, '--set', 'systemTemplates.enabled=true,systemTemplates.templates={access,reports}');
  expect(await systemTemplates()).toBe('system-access system-reports');
  await makeObjects();
  const before = await uids();
  expect(before.split(' ')).toHaveLength(2);

  await cluster.release(
    'upgrade',
    ...['--set', 'replicaCount=2,log.level=debug,admissionPolicy.enabled=false,progress.enabled=false'],
    ...['--set', 'systemTemplates.enabled=true,systemTemplates.templates={access,nodes}'],
  );
  expect(await systemTemplates()).toBe('system-access system-nodes');
  const path = 'jsonpath={.spec.replicas} {.spec.strategy.type} {.spec.template.spec.containers[0].args}';
  expect(await printed(cluster.kubectl(['get', 'deployment', 'dossier-operator', '-n', RELEASE_NAMESPACE, '-o', path]))).toMatch(
    /^2 RollingUpdate .*"--log-level=debug".*"--progress=false"/,
  );
  expect(await run('get validatingadmissionpolicies -o name')).toBe('');
  expect(await uids()).toBe(before);

  await uninstall();
  expect(await systemTemplates()).toBe('');
  expect(await crds()).toEqual(CRDS);
  expect(await uids()).toBe(before);

  await cluster.release('install', '--set', 'crds.keep=false');
  expect(await uids()).toBe(before);
  await uninstall();
  expect(await crds()).toEqual([]);
  const kinds = 'clusterroles,clusterrolebindings,validatingadmissionpolicies,validatingadmissionpolicybindings';
  expect((await run(`get ${kinds} -o name`)).split('\n').filter((name) => name.includes('dossier'))).toEqual([]);
  expect(await run(`get deployments,services,serviceaccounts,roles,rolebindings -n ${RELEASE_NAMESPACE} -o name`)).toBe(
    'serviceaccount/default\n',
  );

  await installWithWaitingJob(cluster, '--set', 'systemTemplates.enabled=true,systemTemplates.templates={reports}');
  await uninstall();
  expect(await systemTemplates()).toBe('');
}
