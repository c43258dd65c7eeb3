/** Upgrades, and the end of the release. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { REPORT_SCHEDULES } from '../../src/kube/resources.ts';
import { whileCrdsGo } from '../support/crd-removal.ts';
import { helm, install, kubectl, SYSTEM, until, useWorkplace } from './cluster.ts';

const run = promisify(execFile);
const REPOSITORY = join(import.meta.dirname, '../..');
const workplace = useWorkplace('gone');

/** The chart as it was before the last commit that changed it; in a clone without that history, as it was one commit ago, or as it is. */
async function previousChart(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dossier-chart-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const { stdout: changed } = await run('git', ['log', '-1', '--format=%H', '--', 'charts/dossier'], { cwd: REPOSITORY });
  for (const commit of [`${changed.trim()}^`, 'HEAD^', 'HEAD']) {
    const found = await run('git', ['rev-parse', '--verify', `${commit}:charts/dossier`], { cwd: REPOSITORY }).then(
      () => true,
      () => false,
    );
    if (!found) continue;
    await run('sh', ['-c', `git archive ${commit} charts/dossier | tar -x -C "$1"`, 'sh', folder], { cwd: REPOSITORY });
    return join(folder, 'charts/dossier');
  }
  throw new Error('this is no clone of the repository');
}

test('an upgrade from the chart as it was before keeps every Report and schedule, and both work on', async () => {
  const { billing } = workplace();
  await install({}, await previousChart());
  await billing.priceList();
  await billing.report('before', { templateRef: { name: 'prices' } });
  await billing.finished('before');
  const schedule = { schedule: '0 0 1 1 *', report: { spec: { templateRef: { name: 'prices' } } } };
  await billing.create(REPORT_SCHEDULES, 'yearly', { spec: schedule });
  const uids = (): Promise<string> =>
    kubectl('get', 'report/before', 'reportschedule/yearly', '-n', billing.namespace, '-o', 'jsonpath={.items[*].metadata.uid}');
  const before = await uids();

  await install();
  expect(await uids()).toBe(before);
  expect((await billing.get('before')).status.phase).toBe('Ready');
  await kubectl('annotate', 'reportschedule', 'yearly', '-n', billing.namespace, 'dossier.dev/run=after-the-upgrade');
  await until('a run of the schedule after the upgrade', async () => {
    const list = await kubectl(
      'get',
      'reports',
      '-n',
      billing.namespace,
      '-l',
      'dossier.dev/schedule=yearly',
      '-o',
      'jsonpath={.items[*].status.phase}',
    );
    return list.includes('Ready');
  });
});

test('uninstalling leaves the CRDs and what is in them, or takes them along when it was told to, and then system templates wait for them', async () => {
  await helm('uninstall', 'dossier', '-n', SYSTEM, '--wait');
  expect(await kubectl('get', 'crds', '-o', 'name')).toContain('reports.dossier.dev');
  await install({ crds: { keep: false } });
  await kubectl('delete', 'reportschedules,reports,reportstorages', '--all', '-A', '--timeout=120s');
  await whileCrdsGo(
    (args) => kubectl(...args),
    () => helm('uninstall', 'dossier', '-n', SYSTEM, '--wait'),
  );
  expect(await kubectl('get', 'crds', '-o', 'name')).not.toContain('dossier.dev');
  await install({ systemTemplates: { enabled: true, templates: ['nodes'] } });
  expect(await kubectl('get', 'clusterreporttemplates', '-o', 'name')).toBe('clusterreporttemplate.dossier.dev/system-nodes\n');
  const waited = 'involvedObject.kind=Job,involvedObject.name=dossier-operator-wait,reason=Completed';
  await until('the Job that waited for the kinds has completed', async () => {
    return (await kubectl('get', 'events', '-n', SYSTEM, '--field-selector', waited, '-o', 'name')) !== '';
  });
  expect(await kubectl('get', 'jobs', '-n', SYSTEM, '-o', 'name')).toBe('');
});
