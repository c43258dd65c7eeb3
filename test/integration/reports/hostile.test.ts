/**
 * Whoever may write into a namespace may write nonsense: forged pods, Jobs and results, objects at every limit and beyond all reason. Each ends for its own reason, nothing
 * crashes, and other Reports are not delayed.
 */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Job } from '../../../src/kube/objects.ts';
import { JOBS, pathOf, PODS, REPORT_TEMPLATES, REPORTS } from '../../../src/kube/resources.ts';
import { jobName } from '../../../src/operator/report/job.ts';
import { useBilling, messageOf, reasonOf } from '../support/billing.ts';
import { expectFailed } from '../support/failed.ts';
import { gatedBy, InvoiceDatabase, queryTemplate } from '../support/invoices.ts';
import { addImage, localNode } from '../support/node-control.ts';
import { uniqueName } from '../support/servers.ts';
import { jobsOf, NOTHING_LEFT, podsOf, tracesOf } from '../support/traces.ts';

const times = <T>(count: number, make: (index: number) => T): readonly T[] => Array.from({ length: count }, (_, index) => make(index));

describe.concurrent('a namespace full of nonsense', () => {
  const { billing, operator } = useBilling('hostile');
  let database: InvoiceDatabase;
  beforeAll(async () => {
    database = await InvoiceDatabase.create(billing());
    await billing().storage();
    await billing().priceList();
  });
  afterAll(async () => {
    // Whatever happened in these tests was input; a stack trace is a mistake of ours.
    const stacks = operator()
      .log()
      .split('\n')
      .filter((line) => line.includes('"stack"'));
    expect(stacks).toEqual([]);
    await database.close();
  });

  /** A result that claims the very file that the run is to make. */
  function resultFor(report: string, uid: string): object {
    const key = `${billing().namespace}/${report}/${uid}/${report}.csv`;
    return { ok: true, rows: 7, sheets: 1, bytes: 7, sha256: '0'.repeat(64), etag: 'forged', key };
  }

  /** Spec of a pod that leaves this result behind and succeeds. */
  function lying(result: object): object {
    const command = ['sh', '-c', `printf '%s' '${JSON.stringify(result)}' > "$RESULT"`];
    const env = [{ name: 'RESULT', value: '/dev/termination-log' }];
    return { restartPolicy: 'Never', containers: [{ name: 'runner', image: localNode().toolsImage, command, env }] };
  }

  /** A Report that has nothing to do with all that has its pod sooner than anything that somebody's object had held up would come back. */
  async function othersGoOn(name: string): Promise<void> {
    const { metadata } = await billing().report(name, { templateRef: { name: 'prices' } });
    const { status } = await billing().finished(name);
    expect(status.phase).toBe('Ready');
    expect(Date.parse(status.startTime ?? '') - Date.parse(metadata.creationTimestamp)).toBeLessThanOrEqual(15_000);
  }

  test('a pod with our labels and a forged result is no evidence', async () => {
    await database.closeGate(1);
    await billing().template('forged', queryTemplate(`select 1 as one from ${gatedBy(1)}`));
    await billing().report('forged', { templateRef: { name: 'forged' } });
    const { metadata } = await billing().waiting('forged', 'Rendering');
    const [real] = await podsOf(billing(), 'forged');
    // Everything but the label by which the Job controller would take the pod for one of its own.
    const labels = Object.fromEntries(Object.entries(real?.metadata.labels ?? {}).filter(([label]) => !label.endsWith('controller-uid')));
    await billing().create(PODS, 'impostor', { spec: lying(resultFor('forged', metadata.uid)) }, { labels });
    await vi.waitFor(
      async () =>
        expect((await podsOf(billing(), 'forged')).find((pod) => pod.metadata.name === 'impostor')?.status?.phase).toBe('Succeeded'),
      30_000,
    );
    await othersGoOn('beside-impostor');
    expect(reasonOf(await billing().get('forged'))).toBe('Rendering');
    await database.openGate(1);
    expect((await billing().finished('forged')).status).toMatchObject({ phase: 'Ready', file: { rows: 1 } });
  });

  test('a running Job whose labels somebody has taken away comes to its end, and goes with its Report', async () => {
    await database.closeGate(2);
    await billing().template('unlabelled', queryTemplate(`select 1 as one from ${gatedBy(2)}`));
    await billing().report('unlabelled', { templateRef: { name: 'unlabelled' } });
    await billing().waiting('unlabelled', 'Rendering');
    const [job] = await jobsOf(billing(), 'unlabelled');
    // Nobody watches it any more: it is no longer one of those that the operator asks for.
    const gone = { op: 'remove', path: '/metadata/labels/app.kubernetes.io~1managed-by' } as const;
    const { client, namespace, signal } = billing();
    await client.patchJson<Job>(JOBS, namespace, job?.metadata.name ?? '', [gone], signal);
    await database.openGate(2);
    expect((await billing().finished('unlabelled')).status).toMatchObject({ phase: 'Ready', file: { rows: 1 } });
    await client.delete(REPORTS, namespace, 'unlabelled', { propagation: 'Background' }, signal);
    await vi.waitFor(async () => expect(await tracesOf(billing(), 'unlabelled')).toEqual(NOTHING_LEFT), 30_000);
  });

  test('a foreign Job under the name of ours is left alone, and the Report says so', async () => {
    const report = await billing().report('squatted', { templateRef: { name: 'squatted' } });
    await billing().waiting('squatted', 'TemplateNotFound');
    const container = { name: 'runner', image: localNode().toolsImage, command: ['true'] };
    const spec = { suspend: true, template: { spec: { restartPolicy: 'Never', containers: [container] } } };
    const labels = {
      'app.kubernetes.io/managed-by': 'dossier',
      'dossier.dev/report': 'squatted',
      'dossier.dev/report-uid': report.metadata.uid,
    };
    const foreign = await billing().create<Job>(JOBS, jobName(report, 1), { spec }, { labels });
    await billing().priceList('squatted');
    const ended = await billing().finished('squatted');
    expect(reasonOf(ended)).toBe('PodRejected');
    expect(messageOf(ended)).toContain(`a Job named ${foreign.metadata.name} exists that this Report did not make`);
    await billing().until('squatted', ({ metadata }) => metadata.finalizers === undefined);
    const [left] = await jobsOf(billing(), 'squatted');
    expect(left?.metadata).toMatchObject({ uid: foreign.metadata.uid });
    expect(left?.metadata).not.toHaveProperty('deletionTimestamp');
  });

  test('a foreign Job that claims to be controlled by the Report, with a plan that is none, is not adopted', async () => {
    const report = await billing().report('claimed', { templateRef: { name: 'claimed' } });
    await billing().waiting('claimed', 'TemplateNotFound');
    const env = [{ name: 'DOSSIER_PLAN', value: '{"version":1,"output":null,"parameters":[{"__proto__":{}}]}' }];
    const container = { name: 'runner', image: localNode().toolsImage, command: ['true'], env };
    const owner = { apiVersion: 'dossier.dev/v1alpha1', kind: 'Report', name: 'claimed', uid: report.metadata.uid, controller: true };
    await billing().create<Job>(
      JOBS,
      jobName(report, 1),
      { spec: { suspend: true, template: { spec: { restartPolicy: 'Never', containers: [container] } } } },
      { labels: { 'app.kubernetes.io/managed-by': 'dossier' }, ownerReferences: [owner] },
    );
    await billing().priceList('claimed');
    await othersGoOn('beside-claim');
    const ended = await billing().finished('claimed');
    expect(reasonOf(ended)).toBe('PodRejected');
  });

  test('annotations of 200 KB change nothing', async () => {
    const annotations = { junk: 'x'.repeat(200_000), 'dossier.dev/abandon-file': '{"__proto__":1}', 'dossier.dev/run': 'y'.repeat(1_000) };
    await billing().create(REPORTS, 'annotated', { spec: { templateRef: { name: 'prices' } } }, { annotations });
    expect((await billing().finished('annotated')).status).toMatchObject({ phase: 'Ready', file: { rows: 2 } });
    await billing().delete(REPORTS, 'annotated');
    await billing().gone('annotated');
  });

  const names = times(64, (index) => `p${index}_`.padEnd(63, 'x'));
  const allOf = `select ${names.map((name) => `:${name}::text as ${name}`).join(', ')}`;
  const declared = names.map((name) => ({ name, type: 'String' }));

  test('a Report with every field at its bound is Ready', async () => {
    const name = 'r'.repeat(52);
    await billing().template('t'.repeat(253), queryTemplate(allOf, { parameters: declared }));
    await billing().report(name, {
      templateRef: { name: 't'.repeat(253) },
      parameters: names.map((parameter) => ({ name: parameter, value: 'v'.repeat(390) })),
      format: 'XLSX',
      timeZone: 'America/Argentina/ComodRivadavia',
      fileName: '名'.repeat(66) + 'xx',
      startDeadlineSeconds: 2_592_000,
      activeDeadlineSeconds: 604_800,
      description: '😀'.repeat(1_024),
    });
    const { status } = await billing().finished(name);
    expect(status).toMatchObject({ phase: 'Ready', file: { rows: 1, name: `${'名'.repeat(66)}xx.xlsx` } });
    expect(status.parameters).toHaveLength(64);
    expect((await tracesOf(billing(), name)).jobs[0]).toHaveLength(63);
  });

  test('64 values of 1,024 characters are more than a status holds: the message names the largest', async () => {
    await billing().template('wide', queryTemplate(allOf, { parameters: declared }));
    const parameters = names.map((name, index) => ({ name, value: (index === 5 ? '😀' : 'v').repeat(1_024) }));
    await billing().report('wide', { templateRef: { name: 'wide' }, parameters });
    await expectFailed(billing(), 'wide', 'InvalidParameters', /at most 32768 are allowed; the largest is "p5_x+" \(\d+ bytes\)$/, 'none');
  });

  test('a query of 32 KiB with every dollar and quote runs', async () => {
    const head = `select length($$`;
    const tail = `$$) as size -- `;
    const query = `${head}${'$ "\\\''.repeat(1_000)}${tail}`.padEnd(32_768, '-');
    await billing().template('long-query', queryTemplate(query));
    await billing().report('long-query', { templateRef: { name: 'long-query' } });
    expect((await billing().finished('long-query')).status).toMatchObject({ phase: 'Ready', file: { rows: 1 } });
  });

  test.each([61, 5_000, 9_900])('a value nested %i levels deep is a mistake of the template, and nothing worse', async (levels) => {
    const name = `deep-${levels}`;
    await deepTemplate(name, levels);
    await billing().report(name, { templateRef: { name } });
    const waiting = await billing().waiting(name, 'TemplateNotReady');
    expect(messageOf(waiting)).toContain('spec.source.inline.rows: a value has more than 60 levels of lists and objects within each other');
    await othersGoOn(`beside-${name}`);
  });

  test('a value nested 60 levels deep is written', async () => {
    await deepTemplate('deep', 60);
    await billing().report('deep', { templateRef: { name: 'deep' } });
    expect((await billing().finished('deep')).status).toMatchObject({ phase: 'Ready', file: { rows: 1 } });
  });

  /** Written as text: no client of ours would nest so deep. */
  async function deepTemplate(name: string, levels: number): Promise<void> {
    const manifest = JSON.stringify({
      apiVersion: 'dossier.dev/v1alpha1',
      kind: 'ReportTemplate',
      metadata: { name, namespace: billing().namespace },
      spec: { source: { inline: { rows: [{ value: 'DEEP' }] } }, columns: [{ name: 'value', type: 'JSON' }], formats: ['CSV'] },
    }).replace('"DEEP"', `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);
    const path = pathOf(REPORT_TEMPLATES, billing().namespace);
    await billing().client.transport.request({ method: 'POST', path, body: manifest, signal: billing().signal });
  }
});

describe.concurrent('a runner that lies', () => {
  const image = `dossier/${uniqueName('liar')}:1`;
  const { billing } = useBilling('liars', ['--runner-image', image]);

  /** What the "runner" of a Report writes and how it exits; `$KEY` stands for the key it was told. */
  const LIES: Readonly<Record<string, { readonly message: string; readonly exit: number }>> = {
    garbage: { message: 'not JSON at all', exit: 0 },
    'other-key': { message: JSON.stringify({ ...success(), key: 'somewhere/else.csv' }), exit: 0 },
    'no-file': { message: JSON.stringify({ ...success(), key: '$KEY' }), exit: 0 },
    'odd-reason': { message: JSON.stringify({ ok: false, reason: 'Completed', message: 'all is well', retryable: false }), exit: 1 },
    controls: {
      message: JSON.stringify({
        ok: false,
        reason: 'SourceFailed',
        message: 'red \u001b[31m, \u202eright to left\u2028, \u0000',
        retryable: false,
      }),
      exit: 64,
    },
    'too-long': { message: JSON.stringify({ ok: false, reason: 'SourceFailed', message: 'x'.repeat(4_000), retryable: false }), exit: 64 },
    'failed-but-0': { message: JSON.stringify({ ok: false, reason: 'SourceFailed', message: 'no', retryable: false }), exit: 0 },
    prototype: { message: '{"ok":true,"__proto__":{"rows":1},"constructor":{}}', exit: 0 },
  };

  function success(): object {
    return { ok: true, rows: 7, sheets: 1, bytes: 7, sha256: '0'.repeat(64), etag: 'forged' };
  }

  beforeAll(async () => {
    const cases = Object.entries(LIES).map(([name, { message, exit }]) => {
      const text = Buffer.from(message).toString('base64');
      return `*'"name":"${name}","uid"'*) echo ${text} | base64 -d | sed "s|[$]KEY|$KEY|" > "$DOSSIER_TERMINATION_LOG"; exit ${exit};;`;
    });
    const script = `KEY=$(printf '%s' "$DOSSIER_PLAN" | sed 's/.*"key":"\\([^"]*\\)".*/\\1/'); case "$DOSSIER_PLAN" in ${cases.join(' ')} esac; exit 3`;
    await addImage(image, { entrypoint: ['sh', '-c', script] });
    await billing().storage();
    await billing().priceList('prices', { job: { backoffLimit: 0 } });
    for (const name of Object.keys(LIES)) await billing().report(name, { templateRef: { name: 'prices' } });
  });

  const LOST = /^Job \S+ succeeded, but its result was lost with its pod, twice; keep nodes until their pods are finished$/;
  test.each<[string, string, RegExp]>([
    ['garbage', 'JobFailed', LOST],
    ['prototype', 'JobFailed', LOST],
    ['failed-but-0', 'JobFailed', LOST],
    ['other-key', 'FileMissing', /^the runner names another object than the one it was told to write$/],
    ['no-file', 'FileMissing', /is not as it was written: it is not there$/],
    ['odd-reason', 'JobFailed', /^the runner ended with exit code 1 and left no result; /],
    ['controls', 'SourceFailed', /^red \\u\{1b\}\[31m, \\u\{202e\}right to left\\u\{2028\}, \\u\{0\}$/],
    ['too-long', 'JobFailed', /^the runner ended with exit code 64 and left no result; /],
  ])('%s: %s', async (name, reason, says) => {
    await expectFailed(billing(), name, reason, says, 'kept');
  });
});
