/** An operator that was away while others changed a repository's templates, and has forgotten what they were: it reads them from the commit that they are of. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { REPORT_TEMPLATES } from '../../../src/kube/resources.ts';
import { Billing } from '../support/billing.ts';
import { showLogOnFailure, startOperator, type TestOperator } from '../support/operator.ts';
import { descriptor, entry, Repositories } from '../support/repositories.ts';
import { adminClient, newNamespace } from '../support/servers.ts';

const client = adminClient();
let billing: Billing;
let repositories: Repositories;
let operator: TestOperator;

beforeAll(async () => {
  billing = new Billing(client, await newNamespace(client, 'restart'), 'none');
  repositories = await Repositories.start(billing);
  operator = startOperator(billing.namespace);
});
afterAll(async () => {
  await operator.stop();
  await repositories.server.close();
  await client.transport.close();
});

test('templates are again those of their commit, although the branch has moved, and nothing else is done', async () => {
  const commit = await repositories.server.commit('away', descriptor(entry('kept'), entry('changed', ', title: Right'), entry('gone')));
  await repositories.create('away');
  const before = await repositories.at('away', commit);
  const kept = await repositories.template('away-kept');
  await operator.stop();

  await repositories.server.commit('away', descriptor(entry('newer')));
  await billing.patch(REPORT_TEMPLATES, 'away-changed', { op: 'replace', path: '/spec/title', value: 'Wrong' });
  await billing.delete(REPORT_TEMPLATES, 'away-gone');
  operator = startOperator(billing.namespace);
  showLogOnFailure(operator);
  await expect.poll(() => repositories.template('away-gone'), { timeout: 60_000 }).toBeDefined();
  expect((await repositories.template('away-changed'))?.spec.title).toBe('Right');
  const after = await repositories.until('away', ({ status }) => status.lastFetchTime !== before.status.lastFetchTime);
  expect(after.status).toMatchObject({ phase: 'Ready', commit, templates: 3 });
  expect(await repositories.template('away-newer')).toBeUndefined();
  expect((await repositories.template('away-kept'))?.metadata.resourceVersion).toBe(kept?.metadata.resourceVersion);
});
