/** The health checks for Argo CD, run as Lua on objects as the operator leaves them. That the chart has one for each kind is tested in test/integration/chart/. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Report } from '../../src/api/generated/report.ts';
import { FAILURE_REASONS } from '../../src/api/reasons.ts';
import { nextStatus, type Standing } from '../../src/operator/report/status.ts';
import { luaText, runLua } from './lua.ts';

const FOLDER = join(import.meta.dirname, '../../charts/dossier/files/argocd');
const NOW = Date.UTC(2026, 9, 1);

function health(check: string, object: object): unknown {
  return runLua(`local obj = ${luaText(object)}\n${readFileSync(join(FOLDER, `${check}.lua`), 'utf8')}`, ['status', 'message']);
}

const FRESH = { metadata: { name: 'one', generation: 1 }, status: { observedGeneration: -1 } };

function condition(type: string, status: string, reason: string, message: string): object {
  return { type, status, reason, message, observedGeneration: 1, lastTransitionTime: '2026-10-01T00:00:00Z' };
}

function judged(observedGeneration: number, ...conditions: readonly object[]): object {
  return { metadata: { name: 'one', generation: 1 }, status: { observedGeneration, conditions } };
}

describe('a Report', () => {
  const at = (standing: Standing): object => {
    const report = { ...FRESH, spec: { templateRef: { name: 'any' } } } as unknown as Report;
    return { ...report, status: nextStatus(report, standing, {}, NOW) };
  };

  test.each<[Standing, string]>([
    [{ phase: 'Pending', reason: 'TemplateNotFound', message: 'there is no "any"' }, 'Progressing'],
    [{ phase: 'Deploying', reason: 'Rendering', message: '7 rows' }, 'Progressing'],
    [{ phase: 'Ready', reason: 'Completed', message: '7 rows' }, 'Healthy'],
    ...FAILURE_REASONS.map((reason): [Standing, string] => [
      { phase: 'Failed', reason, message: 'it says "why"\nin two lines' },
      'Degraded',
    ]),
  ])('%j is %s', (standing, status) => {
    expect(health('Report', at(standing))).toEqual({ status, message: `${standing.reason}: ${standing.message}` });
  });

  test('stays healthy when its deletionPolicy was changed and nobody has looked yet', () => {
    const ended = at({ phase: 'Ready', reason: 'Completed', message: '7 rows' });
    expect(health('Report', { ...ended, metadata: { name: 'one', generation: 2 } })).toMatchObject({ status: 'Healthy' });
  });
});

test.each([
  [
    'has run',
    [condition('Ready', 'True', 'Scheduled', 'a'), condition('LastRunSucceeded', 'True', 'Completed', 'b')],
    'Healthy',
    'Scheduled: a',
  ],
  [
    'had a run that failed',
    [condition('Ready', 'True', 'Scheduled', 'a'), condition('LastRunSucceeded', 'False', 'SourceFailed', 'b')],
    'Healthy',
    'Scheduled: a; last run: SourceFailed: b',
  ],
  ['is suspended', [condition('Ready', 'True', 'Suspended', 'a')], 'Suspended', 'Suspended: a'],
  [
    'cannot be right',
    [condition('Ready', 'False', 'InvalidSchedule', 'a'), condition('Stalled', 'True', 'InvalidSchedule', 'a')],
    'Degraded',
    'InvalidSchedule: a',
  ],
])('a ReportSchedule that %s', (_, conditions, status, message) => {
  expect(health('ReportSchedule', judged(1, ...conditions))).toEqual({ status, message });
});

test.each([
  [{ phase: 'Ready', conditions: [condition('Ready', 'True', 'Fetched', 'a')] }, 'Healthy', 'Fetched: a'],
  [{ phase: 'Configuring', conditions: [condition('Ready', 'False', 'Fetching', 'a')] }, 'Progressing', 'Fetching: a'],
  [{ phase: 'Failed', conditions: [condition('Ready', 'False', 'InvalidDescriptor', 'a')] }, 'Degraded', 'InvalidDescriptor: a'],
])('a ReportRepository with %j is %s', (status, expected, message) => {
  const object = { metadata: { name: 'one', generation: 1 }, status: { observedGeneration: 1, ...status } };
  expect(health('ReportRepository', object)).toEqual({ status: expected, message });
});

test.each([
  [{ phase: 'Ready', conditions: [condition('Ready', 'True', 'Signed', 'a')] }, 'Healthy', 'Signed: a'],
  [{ phase: 'Expired', conditions: [condition('Ready', 'False', 'Expired', 'a')] }, 'Healthy', 'Expired: a'],
  [{ phase: 'Failed', conditions: [condition('Ready', 'False', 'FileMissing', 'a')] }, 'Degraded', 'FileMissing: a'],
  [{ conditions: [condition('Ready', 'False', 'StorageUnavailable', 'a')] }, 'Progressing', 'StorageUnavailable: a'],
])('a ReportDownload with %j is %s', (status, expected, message) => {
  expect(health('ReportDownload', { metadata: { generation: 1 }, status: { observedGeneration: 1, ...status } })).toEqual({
    status: expected,
    message,
  });
});

test.each([
  ['True', 'Healthy', 'Available'],
  ['False', 'Degraded', 'Unreachable'],
])('a template or storage with Ready=%s is %s', (ready, status, reason) => {
  expect(health('ready', judged(1, condition('Ready', ready, reason, 'a')))).toEqual({ status, message: `${reason}: a` });
});

describe.each(['Report', 'ReportDownload', 'ReportRepository', 'ReportSchedule', 'ready'])('%s', (check) => {
  test.each([
    ['that nobody has looked at yet', FRESH],
    ['without any status', { metadata: { generation: 1 } }],
    ['with an empty status', { metadata: { generation: 1 }, status: { observedGeneration: 1, conditions: [] } }],
  ])('%s is on its way', (_, object) => {
    expect(health(check, object)).toEqual({ status: 'Progressing', message: 'waits for the operator' });
  });
});

test.each(['ReportRepository', 'ReportSchedule', 'ready'])('%s: what was said of an earlier generation does not count', (check) => {
  expect(health(check, judged(0, condition('Ready', 'True', 'Valid', 'a')))).toMatchObject({ status: 'Progressing' });
});
