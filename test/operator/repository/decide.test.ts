/** What becomes of a ReportRepository, story by story. */
import { describe, expect, test } from 'vitest';
import { findCondition, toCondition } from '../../../src/api/conditions.ts';
import type { ReportRepository, ReportRepositoryStatus } from '../../../src/api/generated/reportrepository.ts';
import type { ReportTemplate } from '../../../src/api/generated/reporttemplate.ts';
import type { DescribedTemplate } from '../../../src/descriptor/descriptor.ts';
import { concluded, decide, jobRefused, type Applied } from '../../../src/operator/repository/decide.ts';
import { desiredTemplates } from '../../../src/operator/repository/desired.ts';
import { COMMIT_ANNOTATION, FETCH_ANNOTATION } from '../../../src/operator/repository/fetching.ts';
import type { Plan } from '../../../src/operator/repository/plan.ts';
import type { JobView, Known, RepositoryView } from '../../../src/operator/repository/view.ts';

const START = Date.parse('2026-11-01T00:00:00Z');
const at = (seconds: number): number => START + seconds * 1000;
const OLD = 'a'.repeat(40);
const NEW = 'b'.repeat(40);

const USAGE: DescribedTemplate = {
  name: 'usage',
  place: 'dossier.yaml: templates "usage"',
  code: { kind: 'module', entrypoint: 'usage.ts' },
  spec: { title: 'Usage', columns: [{ name: 'id', type: 'String' }] },
};
const PYTHON: DescribedTemplate = {
  ...USAGE,
  name: 'python',
  place: 'reports.json: reports "a.b"',
  code: { kind: 'python', args: ['a.b', 'xlsx', 'id=S'] },
};

function known(commit: string, templates: readonly DescribedTemplate[] = [USAGE]): Known {
  return { generation: 1, commit, templates, warnings: [] };
}

const done = (commit: string, templates: readonly DescribedTemplate[] = [USAGE]): JobView => ({
  kind: 'done',
  commit,
  described: { kind: 'templates', templates, warnings: [] },
});

interface Given {
  readonly spec?: Partial<ReportRepository['spec']>;
  readonly generation?: number;
  readonly annotation?: string;
  readonly status?: Partial<ReportRepositoryStatus>;
}

function aRepository({ spec = {}, generation = 1, annotation, status = {} }: Given = {}): ReportRepository {
  return {
    apiVersion: 'dossier.dev/v1alpha1',
    kind: 'ReportRepository',
    metadata: {
      name: 'team',
      namespace: 'billing',
      uid: 'repository-uid',
      resourceVersion: '1',
      generation,
      creationTimestamp: '2026-11-01T00:00:00Z',
      ...(annotation === undefined ? {} : { annotations: { [FETCH_ANNOTATION]: annotation } }),
    },
    spec: { git: { url: 'https://git.example.com/a.git', ref: { branch: 'main' } }, intervalSeconds: 0, templates: {}, ...spec },
    status: { observedGeneration: -1, ...status },
  };
}

/** As it is once its templates were made. */
const READY: Partial<ReportRepositoryStatus> = {
  observedGeneration: 1,
  phase: 'Ready',
  commit: OLD,
  templates: 1,
  fetchedGeneration: 1,
  lastFetchTime: '2026-11-01T00:00:00Z',
  entries: [{ template: 'team-usage', uid: 'template-uid', generation: 1, hash: 'h' }],
  conditions: [
    toCondition(
      undefined,
      { type: 'Ready', status: 'True', reason: 'Fetched', message: `1 template is of commit ${OLD}` },
      1,
      '2026-11-01T00:00:00Z',
    ),
  ],
};

function failing(reason: string, more: Partial<ReportRepositoryStatus> = {}): Partial<ReportRepositoryStatus> {
  const condition = toCondition(undefined, { type: 'Ready', status: 'False', reason, message: 'x' }, 1, '2026-11-01T00:00:00Z');
  return { ...READY, phase: 'Failed', conditions: [condition], ...more };
}

function aTemplate(more: Partial<ReportTemplate['metadata']> = {}): ReportTemplate {
  const metadata = {
    name: 'team-usage',
    namespace: 'billing',
    uid: 'template-uid',
    resourceVersion: '5',
    generation: 1,
    creationTimestamp: '2026-11-01T00:00:00Z',
  };
  return {
    kind: 'ReportTemplate',
    metadata: { ...metadata, annotations: { [COMMIT_ANNOTATION]: OLD }, ...more },
  } as unknown as ReportTemplate;
}

function aView(repository: ReportRepository, more: Partial<RepositoryView> = {}): RepositoryView {
  const templates = repository.status.commit === undefined ? [] : [aTemplate()];
  return {
    repository,
    templates,
    known: undefined,
    areSecretsNew: false,
    job: { kind: 'none' },
    secrets: '',
    settingsProblems: [],
    pythonImage: undefined,
    ...more,
  };
}

/** Of a repository that a Secret opens. */
const OPENED = { url: 'https://git.example.com/a.git', ref: { branch: 'main' }, credentialsSecretRef: { name: 'git' } };

/** What a person would say of a plan. */
function story({ steps, events, lookAgainAt }: Plan): object {
  const status = steps.flatMap((step) => (step.kind === 'writeStatus' ? [step.status] : []))[0];
  const ready = findCondition(status?.conditions, 'Ready');
  return {
    steps: steps.map((step) =>
      step.kind === 'createJob'
        ? `createJob${step.target.commit === undefined ? '' : ` of ${step.target.commit.slice(0, 1)}`}`
        : step.kind === 'apply'
          ? `apply ${step.known.commit.slice(0, 1)}${step.how.restores ? ' again' : ''}`
          : step.kind,
    ),
    phase: status?.phase,
    reason: ready?.reason,
    message: ready?.message,
    stalled: findCondition(status?.conditions, 'Stalled')?.status,
    reconciling: findCondition(status?.conditions, 'Reconciling')?.status,
    next: findCondition(status?.conditions, 'Reconciling')?.message,
    failures: status?.failures,
    events: events.map(({ reason }) => reason),
    lookAgainAfter: lookAgainAt === undefined ? undefined : (lookAgainAt - START) / 1000,
  };
}

describe('a ReportRepository', () => {
  const nothing = { steps: [], lookAgainAfter: undefined };
  const drifted = { templates: [aTemplate({ generation: 2 })] };
  test.each<readonly [story: string, view: RepositoryView, now: number, expected: object]>([
    [
      'that is new is looked up',
      aView(aRepository()),
      1,
      {
        steps: ['writeStatus', 'createJob'],
        phase: 'Configuring',
        reason: 'Fetching',
        message: 'looking up branch main',
        reconciling: 'True',
        stalled: 'False',
      },
    ],
    ['whose Job is on its way waits', aView(aRepository(), { job: { kind: 'expected' } }), 1, { ...nothing, lookAgainAfter: 3 }],
    [
      'says what its Job is at',
      aView(aRepository(), { job: { kind: 'running', message: 'm' } }),
      1,
      { steps: ['writeStatus'], phase: 'Configuring', message: 'm' },
    ],
    [
      'whose Secret is missing waits for it',
      aView(aRepository(), { blocker: { reason: 'SecretNotFound', message: 'm' } }),
      1,
      { steps: ['writeStatus'], phase: 'Configuring', reason: 'SecretNotFound', events: ['SecretNotFound'] },
    ],
    [
      'waits while others are being looked up',
      aView(aRepository(), { waits: 'waiting: 20 of 20 repositories are being looked up' }),
      1,
      {
        steps: ['writeStatus'],
        phase: 'Configuring',
        reason: 'Fetching',
        message: 'waiting: 20 of 20 repositories are being looked up',
        events: [],
      },
    ],
    ['that was read has its templates made', aView(aRepository(), { job: done(NEW) }), 1, { steps: ['apply b'] }],
    [
      'with mistakes in its descriptor fails with all of them, and only somebody can help',
      aView(aRepository(), { job: { kind: 'done', commit: NEW, described: { kind: 'mistakes', mistakes: ['x: 1', 'y: 2'] } } }),
      1,
      {
        phase: 'Failed',
        reason: 'InvalidDescriptor',
        message: `commit ${NEW}: x: 1; y: 2`,
        stalled: 'True',
        reconciling: 'False',
        events: ['InvalidDescriptor'],
        lookAgainAfter: undefined,
      },
    ],
    [
      'that cannot be had for good fails',
      aView(aRepository(), { job: { kind: 'failed', message: 'git: m', final: true } }),
      1,
      {
        phase: 'Failed',
        reason: 'TemplateFailed',
        message: 'git: m',
        stalled: 'True',
        failures: undefined,
        next: 'it is looked up again when its spec changes or when the annotation dossier.dev/fetch gets a new value',
        lookAgainAfter: undefined,
      },
    ],
    [
      'but is looked up again when its interval is over',
      aView(aRepository({ spec: { intervalSeconds: 300 } }), { job: { kind: 'failed', message: 'git: m', final: true } }),
      1,
      {
        reason: 'TemplateFailed',
        stalled: 'True',
        next: 'it is looked up again at 2026-11-01T00:05:01Z, and before that when the annotation dossier.dev/fetch gets a new value',
        lookAgainAfter: 301,
      },
    ],
    [
      'or when a Secret that opens it has changed',
      aView(aRepository({ spec: { git: OPENED }, status: failing('TemplateFailed') }), { areSecretsNew: true, known: known(OLD) }),
      1,
      { steps: ['createJob'] },
    ],
    ['and not before', aView(aRepository({ spec: { git: OPENED }, status: failing('TemplateFailed') })), 1, nothing],
    [
      'which it says',
      aView(aRepository({ spec: { git: OPENED } }), { job: { kind: 'failed', message: 'git: m', final: true } }),
      1,
      {
        next: 'it is looked up again when its spec changes, when a Secret that it names does, or when the annotation dossier.dev/fetch gets a new value',
      },
    ],
    [
      'whose Secret was missing at an interval is looked up when it is there',
      aView(aRepository({ status: failing('SecretNotFound') }), { known: known(OLD) }),
      1,
      { steps: ['createJob'] },
    ],
    [
      'that cannot be had now is tried again after a minute',
      aView(aRepository(), { job: { kind: 'failed', message: 'm', final: false } }),
      1,
      {
        phase: 'Failed',
        reason: 'FetchFailed',
        stalled: 'False',
        reconciling: 'True',
        next: 'm; it is looked up again at 2026-11-01T00:01:01Z',
        failures: 1,
        lookAgainAfter: 61,
      },
    ],
    [
      'and later each time',
      aView(aRepository({ status: failing('FetchFailed', { failures: 3, lastFetchTime: '2026-11-01T00:00:00Z' }) }), {
        job: { kind: 'failed', message: 'm', final: false },
      }),
      240,
      { failures: 4, lookAgainAfter: 240 + 480 },
    ],
    [
      'but within an hour',
      aView(aRepository({ status: failing('FetchFailed', { failures: 20 }) })),
      1,
      { steps: [], lookAgainAfter: 3600 },
    ],
    [
      'that asks for settings nobody allows is told, and is not looked up',
      aView(aRepository(), { settingsProblems: ['spec.templates.job.labels "x": no'] }),
      1,
      {
        steps: ['writeStatus'],
        phase: 'Failed',
        reason: 'InvalidSpec',
        stalled: 'True',
        next: "it is tried again when its spec changes, or the operator's flags do",
      },
    ],
    [
      'and does not think of it again and again once its interval is over',
      aView(aRepository({ spec: { intervalSeconds: 300 }, status: READY }), { settingsProblems: ['no'] }),
      900,
      { steps: ['writeStatus'], reason: 'InvalidSpec', lookAgainAfter: undefined },
    ],
    [
      'with a Python function and no image for it is told',
      aView(aRepository(), { job: done(NEW, [PYTHON]) }),
      1,
      {
        steps: ['writeStatus', 'remember'],
        phase: 'Failed',
        reason: 'InvalidSpec',
        message: `commit ${NEW}: reports.json: reports "a.b": is a Python function, and this operator has no image for them (--python-image); set spec.templates.pythonImage`,
      },
    ],
    ['that is Ready is left alone', aView(aRepository({ status: READY })), 1_000_000, nothing],
    [
      'that is Ready is looked up when its spec has changed',
      aView(aRepository({ generation: 2, status: READY })),
      1,
      { steps: ['writeStatus', 'createJob'], phase: 'Configuring' },
    ],
    [
      'or when somebody asks for it, without a word before there is one',
      aView(aRepository({ annotation: 'now', status: READY })),
      1,
      { steps: ['createJob'] },
    ],
    ['but not twice', aView(aRepository({ annotation: 'now', status: { ...READY, lastHandledFetch: 'now' } })), 1, nothing],
    ['and not for a value that is none', aView(aRepository({ annotation: 'a b', status: READY })), 1, nothing],
    [
      'with an interval is looked up when it is over',
      aView(aRepository({ spec: { intervalSeconds: 300 }, status: READY })),
      300,
      { steps: ['createJob'] },
    ],
    ['and not before', aView(aRepository({ spec: { intervalSeconds: 300 }, status: READY })), 299, { steps: [], lookAgainAfter: 300 }],
    [
      'whose template was changed has it made again',
      aView(aRepository({ status: READY }), { ...drifted, known: known(OLD) }),
      1,
      { steps: ['apply a again'] },
    ],
    [
      'whose template is gone has it made again',
      aView(aRepository({ status: READY }), { templates: [], known: known(OLD) }),
      1,
      { steps: ['apply a again'] },
    ],
    [
      'whose template lost its commit has it made again',
      aView(aRepository({ status: READY }), { templates: [aTemplate({ annotations: {} })], known: known(OLD) }),
      1,
      { steps: ['apply a again'] },
    ],
    [
      'has what was changed read from that very commit, after a restart',
      aView(aRepository({ status: READY }), drifted),
      1,
      { steps: ['createJob of a'] },
    ],
    ['once, when that commit cannot be had', aView(aRepository({ status: failing('TemplateFailed') }), drifted), 1, nothing],
    [
      'whose name is taken tries again when something changes',
      aView(aRepository({ status: failing('NameTaken') }), { known: known(NEW) }),
      1,
      { steps: ['apply b'] },
    ],
    ['whose name is taken is read anew after a restart', aView(aRepository({ status: failing('NameTaken') })), 1, { steps: ['createJob'] }],
    [
      'whose spec was not allowed is read anew after a restart, which may allow it',
      aView(aRepository({ status: failing('InvalidSpec') })),
      1,
      { steps: ['createJob'] },
    ],
    [
      'and is tried with what is known',
      aView(aRepository({ status: failing('InvalidSpec') }), { known: known(NEW) }),
      1,
      { steps: ['apply b'] },
    ],
    [
      'that is being deleted is left alone',
      aView({ ...aRepository(), metadata: { ...aRepository().metadata, deletionTimestamp: 'x' } }),
      1,
      nothing,
    ],
  ])('%s', (_, view, now, expected) => expect(story(decide(view, at(now)))).toMatchObject(expected));

  test('has the name of a Job from what it looks up, the same after a crash', () => {
    const job = (given: Given, more: Partial<RepositoryView> = {}): string | undefined =>
      decide(aView(aRepository(given), more), at(400)).steps.flatMap((step) => (step.kind === 'createJob' ? [step.target.jobName] : []))[0];
    const names = [
      job({}),
      job({ generation: 2 }),
      job({ annotation: 'now', status: READY }),
      job({ annotation: 'again', status: READY }),
      job({ spec: { intervalSeconds: 300 }, status: READY }),
      job({ spec: { intervalSeconds: 300 }, status: { ...READY, lastFetchTime: '2026-11-01T00:01:00Z' } }),
      job({ status: READY }, drifted),
    ];
    expect(new Set(names).size).toBe(names.length);
    expect(job({})).toBe(names[0]);
    expect(names.every((name) => /^team-[a-z2-7]{10}$/.test(name ?? ''))).toBe(true);
  });
});

test('a Job that the apiserver does not take is tried again later', () => {
  const plan = jobRefused(aRepository(), 'exceeded quota: jobs', at(1));
  expect(story(plan)).toMatchObject({
    phase: 'Failed',
    reason: 'FetchFailed',
    message: 'its Job cannot be made: exceeded quota: jobs',
    failures: 1,
    lookAgainAfter: 61,
  });
});

describe('after its templates were tried', () => {
  const entries = [{ template: 'team-usage', uid: 'u', generation: 1, hash: 'h' }];
  const applied: Applied = { kind: 'applied', entries, made: 1, changed: 0, removed: 0, reverted: [] };
  const fetched = { fetched: true, restores: false };
  const restored = { fetched: false, restores: true };
  test.each<
    readonly [story: string, status: Partial<ReportRepositoryStatus>, found: Known, applied: Applied, how: typeof fetched, expected: object]
  >([
    [
      'it is Ready at that commit',
      {},
      known(NEW),
      applied,
      fetched,
      {
        phase: 'Ready',
        reason: 'Fetched',
        message: `1 template is of commit ${NEW}`,
        stalled: 'False',
        reconciling: 'False',
        events: ['Fetched'],
      },
    ],
    [
      'it tells what could not be made',
      {},
      { ...known(NEW), warnings: ['reports.json: x'] },
      applied,
      fetched,
      { message: `1 template is of commit ${NEW}; not made: reports.json: x` },
    ],
    ['a poll that found nothing new is no news', READY, known(OLD), { ...applied, made: 0 }, fetched, { phase: 'Ready', events: [] }],
    [
      'mistakes that only the apiserver sees are told',
      READY,
      known(NEW),
      { kind: 'refused', mistakes: ['m'] },
      fetched,
      { phase: 'Failed', reason: 'InvalidDescriptor', message: `commit ${NEW}: m` },
    ],
    [
      'a taken name is told',
      READY,
      known(NEW),
      { kind: 'taken', names: ['team-usage'] },
      fetched,
      { phase: 'Failed', reason: 'NameTaken', stalled: 'True' },
    ],
    [
      'a full quota is tried again',
      READY,
      known(NEW),
      { kind: 'stopped', message: 'exceeded quota' },
      fetched,
      { phase: 'Failed', reason: 'FetchFailed', stalled: 'False', failures: 1 },
    ],
    [
      'what is wrong with a later commit stays wrong',
      failing('InvalidDescriptor'),
      known(OLD),
      { ...applied, reverted: ['team-usage'] },
      restored,
      { phase: 'Failed', reason: 'InvalidDescriptor', events: [] },
    ],
  ])('%s', (_, status, found, outcome, how, expected) =>
    expect(story(concluded(aRepository({ status }), found, outcome, how, at(5)))).toMatchObject(expected),
  );

  test('the status keeps the last good commit through a failure, and forgets failures and warnings after it', () => {
    const bad = concluded(
      aRepository({ status: { ...READY, warnings: ['w'] } }),
      known(NEW),
      { kind: 'refused', mistakes: ['m'] },
      fetched,
      at(5),
    );
    const [failed] = bad.steps.flatMap((step) => (step.kind === 'writeStatus' ? [step.status] : []));
    expect(failed).toMatchObject({
      commit: OLD,
      templates: 1,
      entries: READY.entries,
      warnings: ['w'],
      lastFetchTime: '2026-11-01T00:00:05Z',
    });
    const good = concluded(aRepository({ status: { ...failed, failures: 3 } }), known(NEW), applied, fetched, at(9));
    const [ready] = good.steps.flatMap((step) => (step.kind === 'writeStatus' ? [step.status] : []));
    expect(ready).toMatchObject({ commit: NEW, entries });
    expect(ready).not.toHaveProperty('failures');
    expect(ready).not.toHaveProperty('warnings');
  });
});

describe('a template of a repository', () => {
  const templates = {
    job: { scratchSize: '1Gi', activeDeadlineSeconds: 60, backoffLimit: 0, ttlSecondsAfterFinished: 60 },
    storageRef: { name: 'archive' },
    env: [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
  } as const;

  test('has its code pinned to the commit, and everything else from the namespace’s owner', () => {
    const git = { url: 'https://git.example.com/a.git', ref: { branch: 'main' }, credentialsSecretRef: { name: 'git' } };
    const desired = desiredTemplates(aRepository({ spec: { git, path: 'reports', templates } }), known(NEW, [USAGE, PYTHON]), 'python:1');
    expect(desired).toMatchObject({
      kind: 'templates',
      templates: [
        {
          name: 'team-usage',
          manifest: {
            metadata: {
              name: 'team-usage',
              annotations: { 'dossier.dev/commit': NEW },
              ownerReferences: [{ kind: 'ReportRepository', name: 'team', uid: 'repository-uid', controller: true }],
            },
            spec: {
              title: 'Usage',
              formats: ['XLSX', 'CSV', 'JSON', 'NDJSON'],
              source: {
                git: {
                  url: git.url,
                  ref: { commit: NEW },
                  path: 'reports',
                  entrypoint: 'usage.ts',
                  credentialsSecretRef: { name: 'git' },
                  env: templates.env,
                },
              },
              storageRef: { name: 'archive' },
              job: templates.job,
            },
          },
        },
        { name: 'team-python', manifest: { spec: { source: { git: { image: 'python:1', args: ['a.b', 'xlsx', 'id=S'] } } } } },
      ],
    });
    expect(JSON.stringify(desired)).not.toContain('trusted');
  });
});
