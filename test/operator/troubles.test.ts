import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ConnectionError, KubeError } from '../../src/kube/errors.ts';
import { Troubles } from '../../src/operator/troubles.ts';
import { createLogger } from '../../src/telemetry/log.ts';

const lines: string[] = [];
let troubles: Troubles;

beforeEach(() => {
  vi.useFakeTimers();
  lines.length = 0;
  const write = (line: string): void => void lines.push((JSON.parse(line) as { readonly msg: string }).msg);
  troubles = new Troubles(createLogger('info', { write }));
});
afterEach(() => {
  vi.useRealTimers();
});

const notFound = new KubeError(404, 'NotFound', 'the apiserver answered 404');
const forbidden = new KubeError(403, 'Forbidden', 'pods is forbidden');
const refused = new ConnectionError('connect ECONNREFUSED 10.96.0.1:443', undefined);

test('many kinds that are missing are one line, which says how to get them, and it comes once', () => {
  for (let round = 0; round < 5; round += 1) {
    for (const kind of ['ReportStorage', 'Report']) expect(troubles.met(kind, notFound)).toBe(true);
    vi.advanceTimersByTime(5_000);
  }
  expect(lines).toEqual([
    expect.stringMatching(/install the CRDs: .*crds\.enabled=true.* \(Report, ReportStorage\); tried again until it works$/),
  ]);
});

test('what is added to a trouble, and a trouble that comes back, are told', () => {
  troubles.met('Pod', forbidden);
  vi.advanceTimersByTime(2_000);
  troubles.met('Lease', forbidden);
  vi.advanceTimersByTime(2_000);
  expect(lines).toEqual([expect.stringContaining('rights are missing'), expect.stringContaining('(Lease, Pod)')]);
  vi.advanceTimersByTime(120_000);
  troubles.met('Lease', forbidden);
  vi.advanceTimersByTime(2_000);
  expect(lines.slice(2)).toEqual([expect.stringContaining('(Lease)')]);
});

test('an apiserver that does not answer is named with its address', () => {
  troubles.met('Pod', refused);
  troubles.met('Report', refused);
  vi.advanceTimersByTime(2_000);
  expect(lines).toEqual(['the apiserver cannot be reached (connect ECONNREFUSED 10.96.0.1:443); tried again until it works']);
});

test.each([new KubeError(500, '', 'oops'), new KubeError(410, 'Expired', 'too old'), new TypeError('ours')])(
  '%s is not one of them',
  (error) => {
    expect(troubles.met('Pod', error)).toBe(false);
    vi.advanceTimersByTime(2_000);
    expect(lines).toEqual([]);
  },
);
