/** A schedule on a real apiserver: run now, suspended, edited, broken and mended, pruned with its files, deleted. No minute has to be waited for. */
import { beforeAll, describe, expect, test } from 'vitest';
import { REPORT_SCHEDULES, REPORTS } from '../../../src/kube/resources.ts';
import { requestedRunName } from '../../../src/schedule/run-name.ts';
import { kubectl } from '../crds/apiserver.ts';
import { reasonOf, useBilling } from '../support/billing.ts';
import { bucketContent } from '../support/bucket-content.ts';
import { conditionOf, getSchedule, newSchedule, runNow, runsOf, scheduledAt, untilRuns, untilSchedule } from '../support/schedules.ts';
import { storyOf } from '../support/traces.ts';

const { billing } = useBilling('schedules');

beforeAll(async () => {
  await billing().storage();
  await billing().priceList();
});

describe('run now', () => {
  test('is one run a value, also while suspended, by the command that the documentation gives', async () => {
    await newSchedule(billing(), 'asked', { suspend: true, timeZone: 'Europe/Berlin' });
    const { spec } = await untilSchedule(billing(), 'asked', ({ status }) => status.observedGeneration === 1);
    for (const [value, count] of [
      ['2026-11-01', 1],
      ['2026-11-01', 1],
      ['1730000000', 2],
    ] as const) {
      const command = ['annotate', 'rptsched', 'asked', '-n', billing().namespace, `dossier.dev/run=${value}`, '--overwrite'];
      expect(await kubectl(command)).toMatchObject({ code: 0, stderr: '' });
      await untilRuns(billing(), 'asked', count);
    }
    for (const { metadata } of await runsOf(billing(), 'asked'))
      expect((await billing().finished(metadata.name)).status.phase).toBe('Ready');
    const done = await untilSchedule(billing(), 'asked', ({ status }) => status.activeCount === 0 && status.lastReport !== undefined);
    expect(done.spec).toEqual(spec);
    expect(done.status).toMatchObject({ lastHandledRun: '1730000000', missedRuns: 0 });
    expect(conditionOf(done, 'Ready')).toMatchObject({ status: 'True', reason: 'Suspended' });
    expect(conditionOf(done, 'LastRunSucceeded')).toMatchObject({ status: 'True', reason: 'Completed' });
    await expect.poll(() => storyOf(billing(), 'ReportSchedule', 'asked')).toEqual(['Normal ReportCreated', 'Normal ReportCreated']);
  });

  test('with a hostile value is told once and copied nowhere', async () => {
    const value = `$(rm -rf /)${'x'.repeat(5_000)}`;
    await newSchedule(billing(), 'hostile', {}, { 'dossier.dev/run': value, 'dossier.dev/cover-from': value });
    const { status } = await untilSchedule(billing(), 'hostile', (schedule) => schedule.status.observedGeneration === 1);
    await billing().patch(REPORT_SCHEDULES, 'hostile', { op: 'replace', path: '/spec/suspend', value: true });
    await untilSchedule(billing(), 'hostile', (schedule) => schedule.status.observedGeneration === 2);
    expect(JSON.stringify(status)).not.toContain('rm -rf');
    expect(await runsOf(billing(), 'hostile')).toEqual([]);
    await expect.poll(() => storyOf(billing(), 'ReportSchedule', 'hostile')).toEqual(['Warning RunRefused']);
  });

  test('keeps integers that no double holds', async () => {
    const spec = { templateRef: { name: 'prices' }, parameters: [{ name: 'big', value: 1 }] };
    const manifest = {
      apiVersion: 'dossier.dev/v1alpha1',
      kind: 'ReportSchedule',
      metadata: { name: 'exact', namespace: billing().namespace, annotations: { 'dossier.dev/run': 'now' } },
      spec: { schedule: '@yearly', report: { spec } },
    };
    const json = JSON.stringify(manifest).replace('"value":1', '"value":9007199254740993');
    expect(await kubectl(['create', '-f', '-'], json)).toMatchObject({ code: 0 });
    const [run] = await untilRuns(billing(), 'exact', 1);
    const { stdout } = await kubectl([
      'get',
      'rpt',
      run?.metadata.name ?? '',
      '-n',
      billing().namespace,
      '-o',
      'jsonpath={.spec.parameters[0].value}',
    ]);
    expect(stdout).toBe('9007199254740993');
    expect((await untilSchedule(billing(), 'exact', ({ status }) => status.lastHandledRun === 'now')).status.missedRuns).toBe(0);
  });
});

describe('an edit', () => {
  test('of times and zone shows in status at once; what is wrong with them is said, and mended by the next edit', async () => {
    await newSchedule(billing(), 'edited');
    const first = await untilSchedule(billing(), 'edited', ({ status }) => status.nextScheduleTime !== undefined);
    expect(first.status.nextScheduleTime).toMatch(/-01-01T06:00:00Z$/);
    const edit = (path: string, value: unknown): Promise<unknown> =>
      billing().patch(REPORT_SCHEDULES, 'edited', { op: 'replace', path, value });

    await edit('/spec/timeZone', 'Asia/Kolkata');
    await untilSchedule(billing(), 'edited', ({ status }) => status.nextScheduleTime?.endsWith('-01-01T00:30:00Z') === true);
    await edit('/spec/timeZone', 'Europe/Berlinn');
    const wrong = await untilSchedule(billing(), 'edited', ({ status }) => status.observedGeneration === 3);
    const message = 'spec.timeZone: "Europe/Berlinn" is not a known IANA time zone; near it: Europe/Berlin';
    expect(conditionOf(wrong, 'Ready')).toMatchObject({ status: 'False', reason: 'UnknownTimeZone' });
    expect(conditionOf(wrong, 'Ready').message.startsWith(message)).toBe(true);
    expect(conditionOf(wrong, 'Stalled').status).toBe('True');
    expect(wrong.status.nextScheduleTime).toBeUndefined();
    await edit('/spec/timeZone', 'UTC');
    await edit('/spec/schedule', '0 6 31 2 *');
    const never = await untilSchedule(billing(), 'edited', ({ status }) => status.observedGeneration === 5);
    expect(conditionOf(never, 'Ready').message).toContain('"0 6 31 2 *" never fires');
    await edit('/spec/schedule', '0 6 29 2 *');
    const mended = await untilSchedule(billing(), 'edited', ({ status }) => status.observedGeneration === 6);
    expect(conditionOf(mended, 'Ready')).toMatchObject({ status: 'True', reason: 'Scheduled' });
    expect(mended.status.nextScheduleTime).toBe('2028-02-29T06:00:00Z');
    expect(await runsOf(billing(), 'edited')).toEqual([]);
  });

  test('of the Report leaves runs as they were made', async () => {
    await newSchedule(billing(), 'kept', { suspend: true }, { 'dossier.dev/run': 'a' });
    const [first] = await untilRuns(billing(), 'kept', 1);
    await billing().patch(REPORT_SCHEDULES, 'kept', { op: 'add', path: '/spec/report/spec/format', value: 'XLSX' });
    await runNow(billing(), 'kept', 'b');
    const runs = await untilRuns(billing(), 'kept', 2);
    const formats = Object.fromEntries(runs.map(({ metadata, spec }) => [metadata.name, spec.format]));
    expect(Object.values(formats).filter((format) => format === 'XLSX')).toHaveLength(1);
    expect(formats[first?.metadata.name ?? '']).toBeUndefined();
  });
});

test('a template that is missing is the business of the Report: the schedule is ready', async () => {
  const report = { spec: { templateRef: { name: 'to-come' } } };
  await newSchedule(billing(), 'early', { report }, { 'dossier.dev/run': 'now' });
  const [run] = await untilRuns(billing(), 'early', 1);
  await billing().waiting(run?.metadata.name ?? '', 'TemplateNotFound');
  const schedule = await untilSchedule(billing(), 'early', ({ status }) => status.activeCount === 1);
  expect(conditionOf(schedule, 'Ready')).toMatchObject({ status: 'True', reason: 'Scheduled' });
});

describe('history', () => {
  test.each([
    ['Retain', 3],
    ['Delete', 1],
  ])('prunes Reports, and their files go as their deletionPolicy says: %s', async (deletionPolicy, files) => {
    const name = `pruned-${deletionPolicy.toLowerCase()}`;
    const report = { spec: { templateRef: { name: 'prices' }, deletionPolicy } };
    await newSchedule(billing(), name, { suspend: true, history: { successful: 1, failed: 0 }, report });
    await billing().report(`${name}-by-hand`, { templateRef: { name: 'prices' } });
    for (const value of ['a', 'b', 'c']) {
      await runNow(billing(), name, value);
      const { status } = await untilSchedule(
        billing(),
        name,
        (schedule) => schedule.status.lastHandledRun === value && schedule.status.activeCount === 0,
      );
      expect(status.lastReport?.phase).toBe('Ready');
    }
    const [left] = await untilRuns(billing(), name, 1);
    expect((await getSchedule(billing(), name)).status.lastReport?.name).toBe(left?.metadata.name);
    const { objects } = await bucketContent(billing().bucket, `${billing().namespace}/${name}-run-`);
    expect(objects).toHaveLength(files);
    await billing().finished(`${name}-by-hand`);
  });
});

describe('SincePreviousRun', () => {
  const name = 'since';
  const period = { name: 'since', period: { relative: 'SincePreviousRun' } };
  const parametersOf = (...parameters: readonly object[]): Promise<unknown> =>
    billing().patch(REPORT_SCHEDULES, name, { op: 'add', path: '/spec/report/spec/parameters', value: parameters });
  /** What the run covers, once it has ended as asked and the schedule has taken note of it. */
  async function run(value: string, phase: 'Ready' | 'Failed'): Promise<{ readonly from: string; readonly to: string }> {
    await runNow(billing(), name, value);
    const made = requestedRunName(name, value);
    await untilSchedule(billing(), name, ({ status }) => status.lastReport?.name === made && status.activeCount === 0);
    const report = await billing().finished(made);
    expect(report.status.phase).toBe(phase);
    const { from = '', to = '' } = report.spec.parameters?.find((parameter) => parameter.name === 'since')?.period ?? {};
    expect(to).toBe(scheduledAt(report));
    return { from, to };
  }

  test('leaves no gap and no overlap, whatever fails in between; when nobody knows what was covered it stops, says the remedy, and goes on by it', async () => {
    await billing().priceList('since', { parameters: [{ name: 'since', type: 'Period' }] });
    const report = { spec: { templateRef: { name: 'since' }, parameters: [period] } };
    await newSchedule(billing(), name, { schedule: '@yearly', concurrencyPolicy: 'Forbid', report });
    const first = await run('first', 'Ready');
    expect(first.from).toBe(`${new Date().getUTCFullYear()}-01-01T00:00:00Z`);
    await parametersOf(period, { name: 'unknown', value: 'to the template' });
    expect((await run('failing', 'Failed')).from).toBe(first.to);
    await parametersOf(period);
    const next = await run('next', 'Ready');
    expect(next.from).toBe(first.to);
    const { status } = await untilSchedule(billing(), name, (schedule) => schedule.status.coveredUntil === next.to);
    expect(status.missedRuns).toBe(0);

    await billing().patch(REPORT_SCHEDULES, name, { op: 'replace', path: '/spec/suspend', value: true });
    for (const { metadata } of await runsOf(billing(), name)) await billing().delete(REPORTS, metadata.name);
    await untilRuns(billing(), name, 0);
    const { client, namespace, signal } = billing();
    await client.patchJson(REPORT_SCHEDULES, namespace, name, [{ op: 'remove', path: '/status/coveredUntil' }], signal, 'status');
    const stopped = await untilSchedule(billing(), name, (schedule) => conditionOf(schedule, 'Ready').reason === 'CoverageUnknown');
    const remedy = `kubectl annotate reportschedule ${name} -n ${namespace} dossier.dev/cover-from=2026-10-01T00:00:00Z`;
    expect(conditionOf(stopped, 'Ready')).toMatchObject({ status: 'False', message: expect.stringContaining(remedy) as string });
    await runNow(billing(), name, 'unknown');
    await expect.poll(() => storyOf(billing(), 'ReportSchedule', name)).toContain('Warning CoverageUnknown');
    expect(await runsOf(billing(), name)).toEqual([]);

    expect(await kubectl(remedy.split(' ').slice(1))).toMatchObject({ code: 0 });
    await untilSchedule(billing(), name, (schedule) => conditionOf(schedule, 'Ready').status === 'True');
    const [made] = await untilRuns(billing(), name, 1); // The one that was asked for meanwhile.
    expect(made?.metadata.name).toBe(requestedRunName(name, 'unknown'));
    expect(made?.spec.parameters).toEqual([
      { name: 'since', period: { from: '2026-10-01T00:00:00Z', to: made === undefined ? '' : scheduledAt(made) } },
    ]);
  });
});

describe('deleting a schedule', () => {
  async function withRuns(name: string): Promise<string> {
    await newSchedule(billing(), name, { suspend: true }, { 'dossier.dev/run': 'now' });
    const [run] = await untilRuns(billing(), name, 1);
    await billing().finished(run?.metadata.name ?? '');
    return run?.metadata.name ?? '';
  }

  test('deletes its Reports; their files stay, as the default of a schedule is', async () => {
    const run = await withRuns('cascading');
    expect(await kubectl(['delete', 'rptsched', 'cascading', '-n', billing().namespace])).toMatchObject({ code: 0 });
    await billing().gone(run);
    expect((await bucketContent(billing().bucket, `${billing().namespace}/${run}/`)).objects).toHaveLength(1);
  });

  test('with --cascade=orphan keeps them, and nobody prunes them later', async () => {
    const run = await withRuns('orphaning');
    const command = ['delete', 'rptsched', 'orphaning', '-n', billing().namespace, '--cascade=orphan'];
    expect(await kubectl(command)).toMatchObject({ code: 0 });
    const report = await billing().until(run, ({ metadata }) => (metadata.ownerReferences ?? []).length === 0);
    expect(report.status.phase).toBe('Ready');
    await newSchedule(billing(), 'orphaning', { suspend: true, history: { successful: 0, failed: 0 } }, { 'dossier.dev/run': 'again' });
    await untilSchedule(billing(), 'orphaning', ({ status }) => status.lastReport !== undefined);
    expect((await runsOf(billing(), 'orphaning')).map(({ metadata }) => metadata.name)).toContain(run);
  });

  test('while its Report still runs leaves nothing behind', async () => {
    await newSchedule(
      billing(),
      'interrupted',
      { suspend: true, report: { spec: { templateRef: { name: 'none' } } } },
      { 'dossier.dev/run': 'now' },
    );
    const [run] = await untilRuns(billing(), 'interrupted', 1);
    await billing().until(run?.metadata.name ?? '', (report) => reasonOf(report) === 'TemplateNotFound');
    await billing().delete(REPORT_SCHEDULES, 'interrupted');
    await billing().gone(run?.metadata.name ?? '');
  });
});

test("a foreign Report under a run's name is left alone and told", async () => {
  const schedule = await newSchedule(billing(), 'taken', { suspend: true });
  const name = requestedRunName('taken', 'now');
  const owner = { apiVersion: 'dossier.dev/v1alpha1', kind: 'ReportSchedule', name: 'taken', uid: schedule.metadata.uid, controller: true };
  const spec = { templateRef: { name: 'prices' }, timeZone: 'UTC', deletionPolicy: 'Delete' };
  await billing().create(REPORTS, name, { spec }, { ownerReferences: [owner], annotations: { 'dossier.dev/run': 'now' } });
  await runNow(billing(), 'taken', 'now');
  const { status } = await untilSchedule(billing(), 'taken', ({ status }) => status.lastHandledRun === 'now');
  const told = status.conditions?.find(({ type }) => type === 'LastRunSucceeded');
  expect(told).toMatchObject({ status: 'False', reason: 'NameTaken' });
  expect(told?.message).toContain(`one named ${name} exists that this schedule did not make for it`);
  expect(status.missedRuns).toBe(0);
  await expect.poll(() => storyOf(billing(), 'ReportSchedule', 'taken')).toEqual(['Warning NameTaken']);
  expect((await billing().finished(name)).spec.deletionPolicy).toBe('Delete');
});
