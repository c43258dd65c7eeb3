import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isConflict } from '../../../src/kube/errors.ts';
import { act } from '../../../src/operator/report/act.ts';
import type { ReportParts } from '../../../src/operator/report/parts.ts';
import { createLogger } from '../../../src/telemetry/log.ts';
import { FakeApiserver } from '../../support/fake-apiserver.ts';
import { refuse } from '../../support/weather.ts';
import { aReport } from './given.ts';

const JOBS = '/apis/batch/v1/jobs';

describe('deleting a Job', () => {
  let server: FakeApiserver;
  beforeEach(async () => {
    server = await FakeApiserver.start();
  });
  afterEach(() => server.close());

  async function deleteJob(): Promise<void> {
    const context = { signal: new AbortController().signal, log: createLogger('error') };
    const steps = [{ kind: 'deleteJob', name: 'invoices-abc', uid: 'uid-1' }] as const;
    await act({ client: server.client() } as unknown as ReportParts, aReport(), { steps, events: [] }, context);
  }

  test('that is gone already is no failure', async () => {
    await deleteJob();
    expect(server.received('write')).toHaveLength(1);
  });

  test('is not done when the apiserver says that somebody was faster: whoever wants it gone must look again', async () => {
    server.objects.put(JOBS, { metadata: { name: 'invoices-abc', namespace: 'billing' } });
    server.next('write', refuse(409, 'Conflict'));
    await expect(deleteJob()).rejects.toSatisfy(isConflict);
    expect(server.objects.list(JOBS)).toHaveLength(1);
    await deleteJob();
    expect(server.objects.list(JOBS)).toEqual([]);
  });
});
