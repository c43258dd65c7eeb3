/** ReportRepositories on a live control plane: templates that follow a git repository, mistakes that are told, and Reports from what was made. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { findCondition } from '../../../src/api/conditions.ts';
import { NAMESPACES, PODS, REPORT_REPOSITORIES, REPORT_TEMPLATES, SECRETS } from '../../../src/kube/resources.ts';
import { bucketContent } from '../support/bucket-content.ts';
import { messageOf, useBilling } from '../support/billing.ts';
import { descriptor, entry, Repositories, says } from '../support/repositories.ts';
import { storyOf } from '../support/traces.ts';

describe.concurrent('a ReportRepository', () => {
  const { billing } = useBilling('repository');
  let repositories: Repositories;

  beforeAll(async () => {
    const path = '/metadata/labels/pod-security.kubernetes.io~1enforce';
    const { client, namespace, signal } = billing();
    await client.patchJson(NAMESPACES, undefined, namespace, [{ op: 'add', path, value: 'restricted' }], signal);
    await billing().storage();
    repositories = await Repositories.start(billing());
  });
  afterAll(() => repositories.server.close());

  test('makes the templates of the example, and a Report of one has the right rows', async ({ expect }) => {
    const example = join(import.meta.dirname, '../../../examples/custom-template/reports');
    const files: Record<string, string> = {};
    for (const file of ['dossier.yaml', 'working-days.ts']) files[`reports/${file}`] = await readFile(join(example, file), 'utf8');
    const commit = await repositories.server.commit('team', files);
    await repositories.create('team', { path: 'reports', templates: { job: { backoffLimit: 0 } } });
    const ready = await repositories.at('team', commit);
    expect(ready.status).toMatchObject({ templates: 1, phase: 'Ready' });
    expect(says(ready)).toBe(`1 template is of commit ${commit}`);
    const truths = ready.status.conditions?.map(({ type, status }) => `${type} ${status}`);
    expect(truths).toEqual(['Ready True', 'Reconciling False', 'Stalled False']);
    const made = await repositories.template('team-working-days');
    expect(made?.spec.source.git).toMatchObject({ ref: { commit }, path: 'reports', entrypoint: 'working-days.ts' });
    await billing().report('days', {
      templateRef: { name: 'team-working-days' },
      parameters: [{ name: 'period', period: { from: '2026-12-24', to: '2026-12-26' } }],
      format: 'CSV',
    });
    const report = await billing().finished('days');
    expect(report.status, messageOf(report)).toMatchObject({ phase: 'Ready', template: { revision: commit }, file: { rows: 2 } });
    const { objects } = await bucketContent(billing().bucket, `${billing().namespace}/days/`);
    expect(objects[0]?.bytes.toString()).toBe('Day,Weekday,Worked,Hours\n2026-12-24,Thursday,true,7.50\n2026-12-25,Friday,true,7.50\n');
    // Nothing has been written since.
    expect((await repositories.at('team', commit)).metadata.resourceVersion).toBe(ready.metadata.resourceVersion);
    expect((await repositories.template('team-working-days'))?.metadata.generation).toBe(made?.metadata.generation);
    // The pod that looked it up has no token, and only its first step has what opens the repository.
    const selector = { namespace: billing().namespace, labelSelector: 'dossier.dev/repository=team' };
    const { items } = await billing().client.list(PODS, selector, billing().signal);
    expect(items).toHaveLength(1);
    const { spec } = items[0] as unknown as {
      readonly spec: { readonly automountServiceAccountToken: boolean; readonly containers: readonly unknown[] };
    };
    expect(spec.automountServiceAccountToken).toBe(false);
    expect(JSON.stringify(spec.containers)).not.toContain('DOSSIER_GIT');
    expect(JSON.stringify(items[0])).not.toMatch(/SENTINEL|AWS_|serviceAccountToken/);
  });

  test('changes, removes and adds templates with a new commit, and keeps those of the last good one when the new one is not', async ({
    expect,
  }) => {
    const first = await repositories.server.commit('moving', descriptor(entry('one'), entry('two')));
    await repositories.create('moving', { templates: { storageRef: { name: 'archive' } } });
    await repositories.at('moving', first);
    const second = await repositories.server.commit('moving', descriptor(entry('one', ', title: One'), entry('three')));
    await repositories.lookAgain('moving', 'second');
    expect((await repositories.at('moving', second)).status).toMatchObject({ templates: 2, lastHandledFetch: 'second' });
    expect((await repositories.template('moving-one'))?.spec).toMatchObject({ title: 'One', storageRef: { name: 'archive' } });
    await expect.poll(() => repositories.template('moving-two')).toBeUndefined();
    expect(await repositories.template('moving-three')).toBeDefined();
    // What only the step can see ...
    await repositories.server.commit('moving', descriptor('name: one, entrypoint: gone.ts, job: {}', 'name: two'));
    await repositories.lookAgain('moving', 'third');
    const failed = await repositories.reasoned('moving', 'InvalidDescriptor');
    expect(failed.status).toMatchObject({ phase: 'Failed', commit: second, templates: 2 });
    for (const mistake of [
      'dossier.yaml: templates "one": job: is for the namespace\'s owner to decide',
      'dossier.yaml: templates "one": entrypoint: there is no file "gone.ts"',
      'dossier.yaml: templates "two": must have exactly one of entrypoint',
    ])
      expect(says(failed)).toContain(mistake);
    expect(findCondition(failed.status.conditions, 'Stalled')?.status).toBe('True');
    // ... and what only the apiserver and the operator can.
    await repositories.server.commit(
      'moving',
      descriptor(
        'name: four, entrypoint: usage.ts, columns: [{ name: id, type: Text }]',
        entry('five', ', parameters: [{ name: a, type: String, pattern: "(" }]'),
        'name: six, entrypoint: usage.ts, columns: [{ name: id, type: String, heder: Id }]',
      ),
    );
    await repositories.lookAgain('moving', 'fourth');
    const refused = await repositories.until('moving', ({ status }) => status.lastHandledFetch === 'fourth');
    expect(says(refused)).toMatch(/dossier\.yaml: templates "four": columns\[0\]\.type: Unsupported value: "Text"/);
    expect(says(refused)).toMatch(/dossier\.yaml: templates "five": parameters "a": /);
    expect(says(refused)).toMatch(/dossier\.yaml: templates "six": unknown field "columns\[0\]\.heder"/);
    expect((await repositories.template('moving-one'))?.spec.title).toBe('One');
    expect(await repositories.template('moving-five')).toBeUndefined();
  });

  test('takes back what others change, and gives an Event', async ({ expect }) => {
    const commit = await repositories.server.commit('owned', descriptor(entry('usage')));
    await repositories.create('owned');
    await repositories.at('owned', commit);
    await billing().patch(
      REPORT_TEMPLATES,
      'owned-usage',
      { op: 'add', path: '/spec/title', value: 'Mine' },
      { op: 'add', path: '/spec/maxRunning', value: 1 },
    );
    await expect.poll(async () => (await repositories.template('owned-usage'))?.spec).not.toMatchObject({ maxRunning: 1 });
    expect((await repositories.template('owned-usage'))?.spec).not.toHaveProperty('title');
    await expect
      .poll(() => storyOf(billing(), 'ReportRepository', 'owned'))
      .toContainEqual(expect.stringContaining('TemplateReverted') as string);
    await billing().delete(REPORT_TEMPLATES, 'owned-usage');
    await expect.poll(() => repositories.template('owned-usage')).toBeDefined();
  });

  test('does not take a template that is not its own, until its name is free', async ({ expect }) => {
    await billing().priceList('taken-usage');
    const commit = await repositories.server.commit('taken', descriptor(entry('usage'), entry('other')));
    await repositories.create('taken');
    const refused = await repositories.reasoned('taken', 'NameTaken');
    expect(says(refused)).toMatch(/^ReportTemplate "taken-usage" exists and is not this repository's;/);
    expect(await repositories.template('taken-other')).toBeUndefined();
    expect((await repositories.template('taken-usage'))?.spec.source.inline).toBeDefined();
    await billing().delete(REPORT_TEMPLATES, 'taken-usage');
    await repositories.at('taken', commit);
  });

  test('whose credentials are refused goes on by itself when they are corrected', async ({ expect }) => {
    const commit = await repositories.server.commit('refused', descriptor(entry('usage')));
    await billing().secret('wrong', { token: 'SENTINEL-wrong' });
    await repositories.create('refused', {}, { credentialsSecretRef: { name: 'wrong' } });
    const failed = await repositories.reasoned('refused', 'TemplateFailed');
    expect(says(failed)).toMatch(/refuses the credentials; correct the Secret of credentialsSecretRef$/);
    expect(findCondition(failed.status.conditions, 'Reconciling')?.message).toContain('when a Secret that it names does');
    const right = Buffer.from('SENTINEL-token').toString('base64');
    await billing().patch(SECRETS, 'wrong', { op: 'replace', path: '/data/token', value: right });
    await repositories.at('refused', commit);
  });

  test('that cannot be had says why, and leaves nothing behind when it goes', async ({ expect }) => {
    const commit = await repositories.server.commit('late', descriptor(entry('usage')));
    await repositories.create('late', {}, { ref: { tag: 'v1' }, credentialsSecretRef: { name: 'none' } });
    expect(says(await repositories.reasoned('late', 'SecretNotFound'))).toMatch(
      /^spec\.git\.credentialsSecretRef: Secret "none" does not exist/,
    );
    await billing().patch(REPORT_REPOSITORIES, 'late', { op: 'replace', path: '/spec/git/credentialsSecretRef/name', value: 'git' });
    const failed = await repositories.reasoned('late', 'TemplateFailed');
    expect(says(failed)).toMatch(/^git: https:\/\/127\.0\.0\.1:\d+\/late\.git has no tag v1/);
    expect(failed.status.phase).toBe('Failed');
    await repositories.server.tag('late', 'v1', commit);
    await billing().patch(REPORT_REPOSITORIES, 'late', { op: 'add', path: '/spec/templates/formats', value: ['CSV'] });
    await repositories.at('late', commit);
    expect((await repositories.template('late-usage'))?.spec.formats).toEqual(['CSV']);
    await billing().delete(REPORT_REPOSITORIES, 'late');
    // Kubernetes' garbage collector looks for new kinds every 30 s; when this file runs alone, it may not know these yet.
    await expect.poll(() => repositories.template('late-usage'), { timeout: 60_000 }).toBeUndefined();
  });
});
