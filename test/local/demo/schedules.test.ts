import { describe, expect, test } from 'vitest';
import type { Report } from '../../../src/api/generated/report.ts';
import type { KubeRequest, Transport } from '../../../src/kube/transport.ts';
import { arrivalText, firstOfSchedule, scheduleLines } from '../../../src/local/demo/schedules.ts';

const signal = AbortSignal.timeout(10_000);

/** Answers with these bodies, one a request, and with the last one for ever. */
function transport(...bodies: readonly unknown[]): Transport & { readonly asked: readonly KubeRequest[] } {
  const asked: KubeRequest[] = [];
  return {
    asked,
    request: (request) => {
      asked.push(request);
      return Promise.resolve(JSON.stringify(bodies[Math.min(asked.length, bodies.length) - 1]));
    },
    stream: () => Promise.reject(new Error('nothing streams here')),
    close: () => Promise.resolve(),
  };
}

function report(phase: string, more: object = {}): Report {
  return { metadata: { name: 'each-minute-29384720' }, status: { phase, ...more } } as unknown as Report;
}

test('schedules are shown as kubectl shows them', async () => {
  const columnDefinitions = [
    { name: 'Name', priority: 0 },
    { name: 'Next', priority: 0 },
    { name: 'Message', priority: 1 },
  ];
  const server = transport({ columnDefinitions, rows: [{ cells: ['each-minute', '2026-11-15T10:01:00Z', 'm'] }] });
  expect(await scheduleLines(server, 'billing', signal)).toEqual(['NAME          NEXT', 'each-minute   2026-11-15T10:01:00Z']);
});

test('the first Report of a schedule is waited for until it has ended', async () => {
  const server = transport({ items: [] }, { items: [report('Deploying')] }, { items: [report('Deploying'), report('Ready')] });
  expect(await firstOfSchedule(server, 'billing', 'each-minute', signal)).toMatchObject({ status: { phase: 'Ready' } });
  expect(server.asked.map(({ path }) => path)).toEqual(
    Array(3).fill('/apis/dossier.dev/v1alpha1/namespaces/billing/reports?labelSelector=dossier.dev%2Fschedule%3Deach-minute'),
  );
});

test('nobody waits longer than wanted', async () => {
  const stop = new AbortController();
  const waiting = firstOfSchedule(transport({ items: [] }), 'billing', 'each-minute', stop.signal);
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow();
});

describe('a person is told', () => {
  test('of a file, how much is in it and where it is', () => {
    const file = { rows: 12, size: '1.4kB', uri: 's3://reports/key' };
    expect(arrivalText('each-minute', report('Ready', { file }))).toBe(
      'The schedule each-minute has made each-minute-29384720: 12 rows, 1.4kB, s3://reports/key',
    );
  });

  test('of a failure, why', () => {
    const conditions = [{ type: 'Ready', status: 'False', reason: 'SourceFailed', message: 'no rights' }];
    expect(arrivalText('each-minute', report('Failed', { conditions }))).toMatch(/each-minute-29384720, which failed: no rights$/);
  });
});
