/** Making a repository's templates against an apiserver that does not take them. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ReportRepository } from '../../../src/api/generated/reportrepository.ts';
import { applyTemplates } from '../../../src/operator/repository/apply.ts';
import type { Applied } from '../../../src/operator/repository/decide.ts';
import type { RepositoryParts } from '../../../src/operator/repository/parts.ts';
import { createLogger } from '../../../src/telemetry/log.ts';
import { FakeApiserver } from '../../support/fake-apiserver.ts';
import { serveStatus } from '../../support/object-verbs.ts';

const COMMIT = 'a'.repeat(40);
const REPOSITORY = { metadata: { name: 'team', namespace: 'billing', uid: 'repository-uid' }, status: {} } as ReportRepository;
const MANIFEST = {
  apiVersion: 'dossier.dev/v1alpha1',
  kind: 'ReportTemplate',
  metadata: { name: 'team-usage', namespace: 'billing' },
  spec: {},
} as const;

let server: FakeApiserver;
beforeEach(async () => {
  server = await FakeApiserver.start();
});
afterEach(() => server.close());

function applied(message: string): Promise<Applied> {
  server.next('write', ({ response }) => serveStatus(response, 403, 'Forbidden', {}, message));
  const desired = [{ name: 'team-usage', place: 'dossier.yaml: templates "usage"', manifest: MANIFEST, hash: 'hash' }];
  const known = { generation: 1, commit: COMMIT, templates: [], warnings: [] };
  const step = { kind: 'apply', known, desired, how: { fetched: true, restores: false } } as const;
  const context = { signal: AbortSignal.timeout(5_000), log: createLogger('error') };
  return applyTemplates({ client: server.client() } as unknown as RepositoryParts, REPOSITORY, step, context);
}

const refusal = 'reporttemplates.dossier.dev "team-usage" is forbidden';

test('a full quota is no mistake of the descriptor, and is tried again', async () => {
  const message = `${refusal}: exceeded quota: small, requested: count/reporttemplates.dossier.dev=1`;
  expect(await applied(message)).toMatchObject({ kind: 'stopped', message: expect.stringContaining('exceeded quota') as string });
});

test('what a policy denies is told as a mistake of its entry', async () => {
  const outcome = await applied(`${refusal}: ValidatingAdmissionPolicy 'dossier' denied request: no such right`);
  expect(outcome).toMatchObject({ kind: 'refused', mistakes: [expect.stringContaining('templates "usage"') as string] });
});
