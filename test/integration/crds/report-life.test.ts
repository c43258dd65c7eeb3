/** What may change in a Report once it exists: of its spec only deletionPolicy, and nothing of its end. */
import { describe, expect, test } from 'vitest';
import type { Report } from '../../../src/api/generated/report.ts';
import type { Manifest } from '../../../src/kube/client.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { REPORTS } from '../../../src/kube/resources.ts';
import { messageOf, useApiserver } from './apiserver.ts';
import { expectVerdict, type Expected } from './verdicts.ts';

const apiserver = useApiserver();

/** Every field of a spec, so that each can be changed, and those that may be absent taken away. */
const FULL = {
  templateRef: { name: 'invoices' },
  parameters: [
    { name: 'region', value: 'emea' },
    { name: 'month', period: { from: '2026-10-01', to: '2026-11-01' } },
  ],
  format: 'CSV',
  compression: 'Gzip',
  timeZone: 'Europe/Berlin',
  fileName: 'invoices-october',
  storageRef: { name: 'archive' },
  startDeadlineSeconds: 60,
  activeDeadlineSeconds: 60,
  description: 'October',
};
const BARE = { templateRef: { name: 'invoices' } };

function manifest(name: string, spec: object): Manifest {
  return { apiVersion: 'dossier.dev/v1alpha1', kind: 'Report', metadata: { name, namespace: apiserver.namespace }, spec };
}

async function created(spec: object): Promise<Report> {
  return apiserver.client().create<Report>(REPORTS, manifest(`r-${crypto.randomUUID()}`, spec), apiserver.signal);
}

/** What the apiserver says to the status of a Report becoming this one; undefined = going. */
async function statusTo({ metadata: { name } }: KubeObject, status: object | undefined): Promise<string> {
  const change =
    status === undefined ? ({ op: 'remove', path: '/status' } as const) : ({ op: 'add', path: '/status', value: status } as const);
  return messageOf(() => apiserver.client().patchJson(REPORTS, apiserver.namespace, name, [change], apiserver.signal, 'status'));
}

describe('a spec that exists', () => {
  const { parameters } = FULL;
  test.each<[story: string, before: object, after: object, field: string | undefined]>([
    ['keeps its template', FULL, { ...FULL, templateRef: { name: 'usage' } }, 'templateRef'],
    ['keeps its format', FULL, { ...FULL, format: 'JSON' }, 'format'],
    ['keeps its compression', FULL, { ...FULL, compression: 'None' }, 'compression'],
    ['keeps its zone', FULL, { ...FULL, timeZone: 'UTC' }, 'timeZone'],
    ['keeps its zone when the field goes and the default comes', FULL, { ...FULL, timeZone: undefined }, 'timeZone'],
    ['keeps its file name', FULL, { ...FULL, fileName: 'other' }, 'fileName'],
    ['keeps its storage', FULL, { ...FULL, storageRef: { name: 'other' } }, 'storageRef'],
    ['keeps its startDeadlineSeconds', FULL, { ...FULL, startDeadlineSeconds: 61 }, 'startDeadlineSeconds'],
    ['keeps its activeDeadlineSeconds', FULL, { ...FULL, activeDeadlineSeconds: 61 }, 'activeDeadlineSeconds'],
    ['keeps its description', FULL, { ...FULL, description: 'November' }, 'description'],
    ['keeps the value of a parameter', FULL, { ...FULL, parameters: [{ name: 'region', value: 'amer' }, parameters[1]] }, 'parameters'],
    [
      'keeps the type of a value',
      { ...BARE, parameters: [{ name: 'a', value: '1' }] },
      { ...BARE, parameters: [{ name: 'a', value: 1 }] },
      'parameters',
    ],
    ['keeps the number of parameters', FULL, { ...FULL, parameters: [parameters[0]] }, 'parameters'],
    ['does not gain a parameter', { ...FULL, parameters: [parameters[0]] }, FULL, 'parameters'],
    ['may be applied with its parameters in another order', FULL, { ...FULL, parameters: parameters.toReversed() }, undefined],
    ['may write out its defaults', BARE, { ...BARE, timeZone: 'UTC', startDeadlineSeconds: 3600, deletionPolicy: 'Delete' }, undefined],
    ['may change its deletionPolicy', FULL, { ...FULL, deletionPolicy: 'Retain' }, undefined],
  ])('%s', async (_, before, after, field) => {
    const report = await created(before);
    const message = await apiserver.replaced(REPORTS, report, manifest(report.metadata.name, after));
    const refusal: Expected = [`spec.${field}: Forbidden: `, "a Report's spec cannot be changed: create a new Report"];
    expectVerdict(message, field === undefined ? 'accepted' : refusal);
  });

  const optional = ['parameters', 'format', 'compression', 'fileName', 'storageRef', 'activeDeadlineSeconds', 'description'] as const;
  test.each(optional)('does not lose its %s', async (field) => {
    const report = await created(FULL);
    const { [field]: _, ...rest } = FULL;
    expectVerdict(await apiserver.replaced(REPORTS, report, manifest(report.metadata.name, rest)), [
      `spec.${field}: Forbidden: `,
      'create a new Report',
    ]);
  });
  test.each(optional)('does not gain a %s', async (field) => {
    const report = await created(BARE);
    const more = { ...BARE, [field]: FULL[field] };
    expectVerdict(await apiserver.replaced(REPORTS, report, manifest(report.metadata.name, more)), [
      `spec.${field}: Forbidden: `,
      'create a new Report',
    ]);
  });
});

describe('a status', () => {
  const phases = ['Pending', 'Deploying', 'Ready', 'Failed'] as const;
  const moves = phases.flatMap((from) => phases.map((to) => ({ from, to })));
  test.each(moves)('from $from to $to is refused only when it has ended', async ({ from, to }) => {
    const report = await created(BARE);
    expect(await statusTo(report, { phase: from })).toBe('');
    const terminal = from === 'Ready' || from === 'Failed';
    expectVerdict(
      await statusTo(report, { phase: to }),
      terminal && from !== to ? ['status.phase: Forbidden: ', `ended as ${from}`, 'new Report'] : 'accepted',
    );
  });

  test.each(['Ready', 'Failed'])('that says %s cannot lose its phase, nor go', async (phase) => {
    const report = await created(BARE);
    expect(await statusTo(report, { phase })).toBe('');
    expectVerdict(await statusTo(report, { observedGeneration: 1 }), ['status.phase: Forbidden: ']);
    expectVerdict(await statusTo(report, {}), ['status.phase: Forbidden: ']);
    expectVerdict(await statusTo(report, undefined), ['status.phase: Forbidden: ']);
  });

  test('that has ended may still say more', async () => {
    const report = await created(BARE);
    expect(await statusTo(report, { phase: 'Ready' })).toBe('');
    expect(await statusTo(report, { phase: 'Ready', observedGeneration: 2, duration: '10s' })).toBe('');
  });

  test('cannot be set by whoever writes the spec', async () => {
    const forged = { ...manifest('forged', BARE), status: { phase: 'Ready' } };
    const report = await apiserver.client().create<Report>(REPORTS, forged, apiserver.signal);
    expect(report.status).toEqual({ observedGeneration: -1 });
  });

  test.each<[story: string, status: object, expected: Expected]>([
    ['a phase that the API does not name', { phase: 'Running' }, ['status.phase: Unsupported value: "Running"']],
    [
      'an activity that the API does not name',
      { progress: { phase: 'Sleeping' } },
      ['status.progress.phase: Unsupported value: "Sleeping"'],
    ],
    ['a checksum that is none', { file: { sha256: 'A'.repeat(64) } }, ['status.file.sha256: Invalid value']],
    ['a file without its place', { file: { name: 'a.csv' } }, ['status.file.key: Required value', 'status.file.storage: Required value']],
    [
      'a condition whose type and reason programs cannot compare',
      {
        conditions: [{ type: 'is ready', status: 'True', reason: 'all is well', message: '', lastTransitionTime: '2026-11-01T00:00:00Z' }],
      },
      ['status.conditions[0].type: Invalid value', 'status.conditions[0].reason: Invalid value'],
    ],
  ])('does not hold %s', async (_, status, expected) => expectVerdict(await statusTo(await created(BARE), status), expected));
});
