/** ReportRepositories on a live control plane: templates that follow a git repository, mistakes that are told, and Reports from what was made. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { findCondition } from '../../../src/api/conditions.ts';
import type { ReportRepository } from '../../../src/api/generated/reportrepository.ts';
import type { ReportTemplate } from '../../../src/api/generated/reporttemplate.ts';
import { isNotFound } from '../../../src/kube/errors.ts';
import { NAMESPACES, PODS, REPORT_REPOSITORIES, REPORT_TEMPLATES } from '../../../src/kube/resources.ts';
import { FETCH_ANNOTATION } from '../../../src/operator/repository/fetching.ts';
import { GitServer, type Files } from '../../support/git-server.ts';
import { bucketContent } from '../support/bucket-content.ts';
import { messageOf, useBilling } from '../support/billing.ts';
import { storyOf } from '../support/traces.ts';

const POLL_MS = 50;
const DEADLINE_MS = 60_000;
const MODULE = 'export default function* () { yield { id: "a", total: "1.50" }; }\n';
const COLUMNS = '[{ name: id, type: String }, { name: total, type: Decimal }]';

describe.concurrent('a ReportRepository', () => {
  const { billing } = useBilling('repository');
  let server: GitServer;

  beforeAll(async () => {
    const path = '/metadata/labels/pod-security.kubernetes.io~1enforce';
    const { client, namespace, signal } = billing();
    await client.patchJson(NAMESPACES, undefined, namespace, [{ op: 'add', path, value: 'restricted' }], signal);
    await billing().storage();
    server = await GitServer.start();
    await billing().secret('git', { token: 'SENTINEL-token' });
    await billing().secret('git-ca', { 'ca.crt': server.ca });
  });
  afterAll(() => server.close());

  async function repository(name: string, spec: Readonly<Record<string, unknown>> = {}, git: object = {}): Promise<void> {
    server.accounts.set(name, { username: 'git', password: 'SENTINEL-token' });
    await billing().create(REPORT_REPOSITORIES, name, {
      spec: {
        git: {
          url: server.url(name),
          ref: { branch: 'main' },
          credentialsSecretRef: { name: 'git' },
          caSecretRef: { name: 'git-ca', key: 'ca.crt' },
          ...git,
        },
        ...spec,
      },
    });
  }

  const descriptor = (...entries: readonly string[]): Files => ({
    'dossier.yaml': `templates:\n${entries.map((entry) => `  - { ${entry} }\n`).join('')}`,
    'usage.ts': MODULE,
  });
  const entry = (name: string, more = ''): string => `name: ${name}, entrypoint: usage.ts, columns: ${COLUMNS}${more}`;

  async function until(name: string, is: (repository: ReportRepository) => boolean): Promise<ReportRepository> {
    const deadline = performance.now() + DEADLINE_MS;
    for (;;) {
      const found = await billing().client.get<ReportRepository>(REPORT_REPOSITORIES, billing().namespace, name, billing().signal);
      if (is(found)) return found;
      if (performance.now() > deadline) throw new Error(`${name} never was as asked; it is: ${JSON.stringify(found.status, undefined, 2)}`);
      await sleep(POLL_MS);
    }
  }

  const at = (name: string, commit: string): Promise<ReportRepository> =>
    until(name, ({ status }) => status.phase === 'Ready' && status.commit === commit);
  const reasoned = (name: string, reason: string): Promise<ReportRepository> =>
    until(name, ({ status }) => findCondition(status.conditions, 'Ready')?.reason === reason);
  const says = ({ status }: ReportRepository): string => findCondition(status.conditions, 'Ready')?.message ?? '';

  async function template(name: string): Promise<ReportTemplate | undefined> {
    try {
      return await billing().client.get<ReportTemplate>(REPORT_TEMPLATES, billing().namespace, name, billing().signal);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  const lookAgain = (name: string, value: string): Promise<unknown> =>
    billing().patch(REPORT_REPOSITORIES, name, { op: 'add', path: '/metadata/annotations', value: { [FETCH_ANNOTATION]: value } });

  test('makes the templates of the example, and a Report of one has the right rows', async ({ expect }) => {
    const example = join(import.meta.dirname, '../../../examples/custom-template/reports');
    const files: Record<string, string> = {};
    for (const file of ['dossier.yaml', 'working-days.ts']) files[`reports/${file}`] = await readFile(join(example, file), 'utf8');
    const commit = await server.commit('team', files);
    await repository('team', { path: 'reports', templates: { job: { backoffLimit: 0 } } });
    const ready = await at('team', commit);
    expect(ready.status).toMatchObject({ templates: 1, phase: 'Ready' });
    expect(says(ready)).toBe(`1 template is of commit ${commit}`);
    expect(ready.status.conditions?.map(({ type, status }) => `${type} ${status}`)).toEqual([
      'Ready True',
      'Reconciling False',
      'Stalled False',
    ]);
    expect((await template('team-working-days'))?.spec.source.git).toMatchObject({
      ref: { commit },
      path: 'reports',
      entrypoint: 'working-days.ts',
    });
    await billing().report('days', {
      templateRef: { name: 'team-working-days' },
      parameters: [{ name: 'period', period: { from: '2026-12-24', to: '2026-12-26' } }],
      format: 'CSV',
    });
    const report = await billing().finished('days');
    expect(report.status, messageOf(report)).toMatchObject({ phase: 'Ready', template: { revision: commit }, file: { rows: 2 } });
    const { objects } = await bucketContent(billing().bucket, `${billing().namespace}/days/`);
    expect(objects[0]?.bytes.toString()).toBe('Day,Weekday,Worked,Hours\n2026-12-24,Thursday,true,7.50\n2026-12-25,Friday,true,7.50\n');
    // The pod that looked it up has no token, and only its first step has what opens the repository.
    const { items } = await billing().client.list(
      PODS,
      { namespace: billing().namespace, labelSelector: 'dossier.dev/repository=team' },
      billing().signal,
    );
    const { spec } = items[0] as unknown as {
      readonly spec: Record<string, unknown> & { readonly containers: readonly unknown[]; readonly volumes: readonly object[] };
    };
    expect(spec['automountServiceAccountToken']).toBe(false);
    expect(JSON.stringify(spec.containers)).not.toContain('DOSSIER_GIT');
    expect(JSON.stringify(items[0])).not.toMatch(/SENTINEL|AWS_|serviceAccountToken/);
  });

  test('changes, removes and adds templates with a new commit, and keeps those of the last good one when the new one is not', async ({
    expect,
  }) => {
    const first = await server.commit('moving', descriptor(entry('one'), entry('two')));
    await repository('moving', { templates: { storageRef: { name: 'archive' } } });
    await at('moving', first);
    const second = await server.commit('moving', descriptor(entry('one', ', title: One'), entry('three')));
    await lookAgain('moving', 'second');
    expect((await at('moving', second)).status).toMatchObject({ templates: 2, lastHandledFetch: 'second' });
    expect((await template('moving-one'))?.spec).toMatchObject({ title: 'One', storageRef: { name: 'archive' } });
    await expect.poll(() => template('moving-two')).toBeUndefined();
    expect(await template('moving-three')).toBeDefined();
    // Neither what only the step can see, nor what only the apiserver can.
    await server.commit('moving', descriptor('name: one, entrypoint: gone.ts, job: {}', 'name: two'));
    await lookAgain('moving', 'third');
    const failed = await reasoned('moving', 'InvalidDescriptor');
    expect(failed.status).toMatchObject({ phase: 'Failed', commit: second, templates: 2 });
    for (const mistake of [
      'dossier.yaml: templates "one": job: is for the namespace\'s owner to decide',
      'dossier.yaml: templates "one": entrypoint: there is no file "gone.ts"',
      'dossier.yaml: templates "two": must have exactly one of entrypoint',
    ])
      expect(says(failed)).toContain(mistake);
    expect(findCondition(failed.status.conditions, 'Stalled')?.status).toBe('True');
    await server.commit(
      'moving',
      descriptor(
        'name: four, entrypoint: usage.ts, columns: [{ name: id, type: Text }]',
        entry('five', ', parameters: [{ name: a, type: String, pattern: "(" }]'),
        'name: six, entrypoint: usage.ts, columns: [{ name: id, type: String, heder: Id }]',
      ),
    );
    await lookAgain('moving', 'fourth');
    const refused = await until('moving', ({ status }) => status.lastHandledFetch === 'fourth');
    expect(says(refused)).toMatch(/dossier\.yaml: templates "four": columns\[0\]\.type: Unsupported value: "Text"/);
    expect(says(refused)).toMatch(/dossier\.yaml: templates "five": parameters "a": /);
    expect(says(refused)).toMatch(/dossier\.yaml: templates "six": unknown field "columns\[0\]\.heder"/);
    expect((await template('moving-one'))?.spec.title).toBe('One');
    expect(await template('moving-five')).toBeUndefined();
  });

  test('takes back what others change, and gives an Event', async ({ expect }) => {
    const commit = await server.commit('owned', descriptor(entry('usage')));
    await repository('owned');
    await at('owned', commit);
    await billing().patch(
      REPORT_TEMPLATES,
      'owned-usage',
      { op: 'add', path: '/spec/title', value: 'Mine' },
      { op: 'add', path: '/spec/maxRunning', value: 1 },
    );
    await expect.poll(async () => (await template('owned-usage'))?.spec).not.toMatchObject({ maxRunning: 1 });
    expect((await template('owned-usage'))?.spec).not.toHaveProperty('title');
    await expect.poll(() => storyOf(billing(), 'ReportRepository', 'owned')).toContainEqual(expect.stringContaining('TemplateReverted'));
    await billing().delete(REPORT_TEMPLATES, 'owned-usage');
    await expect.poll(() => template('owned-usage')).toBeDefined();
  });

  test('does not take a template that is not its own, until its name is free', async ({ expect }) => {
    await billing().priceList('taken-usage');
    const commit = await server.commit('taken', descriptor(entry('usage'), entry('other')));
    await repository('taken');
    const refused = await reasoned('taken', 'NameTaken');
    expect(says(refused)).toMatch(/^ReportTemplate "taken-usage" exists and is not this repository's;/);
    expect(await template('taken-other')).toBeUndefined();
    expect((await template('taken-usage'))?.spec.source.inline).toBeDefined();
    await billing().delete(REPORT_TEMPLATES, 'taken-usage');
    await at('taken', commit);
  });

  test('that cannot be had says why, waits for its Secret, and leaves nothing behind when it goes', async ({ expect }) => {
    const commit = await server.commit('late', descriptor(entry('usage')));
    await repository('late', {}, { ref: { tag: 'v1' }, credentialsSecretRef: { name: 'late' } });
    expect(says(await reasoned('late', 'SecretNotFound'))).toMatch(/^spec\.git\.credentialsSecretRef: Secret "late" does not exist/);
    await billing().secret('late', { token: 'SENTINEL-token' });
    const failed = await reasoned('late', 'TemplateFailed');
    expect(says(failed)).toMatch(/^git: https:\/\/127\.0\.0\.1:\d+\/late\.git has no tag v1/);
    expect(failed.status.phase).toBe('Failed');
    await server.tag('late', 'v1', commit);
    await billing().patch(REPORT_REPOSITORIES, 'late', { op: 'add', path: '/spec/templates/formats', value: ['CSV'] });
    await at('late', commit);
    expect((await template('late-usage'))?.spec.formats).toEqual(['CSV']);
    await billing().delete(REPORT_REPOSITORIES, 'late');
    await expect.poll(() => template('late-usage')).toBeUndefined();
  });
});
