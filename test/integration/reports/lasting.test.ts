/** What may still change about a Report once it exists, and what never does: its spec, its end, and who removes its file. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../../src/api/generated/report.ts';
import type { JsonPatchOperation } from '../../../src/kube/client.ts';
import { pathOf, REPORTS } from '../../../src/kube/resources.ts';
import { messageOf as refusalOf } from '../crds/apiserver.ts';
import { useBilling } from '../support/billing.ts';
import { NOTHING_LEFT, tracesOf } from '../support/traces.ts';

const { billing } = useBilling('lasting');
const FINALIZER = 'dossier.dev/file';

beforeAll(async () => {
  const of = billing();
  await of.storage();
  await of.priceList();
  const prices = { templateRef: { name: 'prices' } };
  await Promise.all([
    of.report('ready', prices),
    of.report('failed', { ...prices, parameters: [{ name: 'unknown', value: 1 }] }),
    of.report('policy', prices),
    of.report('retained', { ...prices, deletionPolicy: 'Retain' }),
  ]);
});

function policy(value: 'Delete' | 'Retain'): JsonPatchOperation {
  return { op: 'replace', path: '/spec/deletionPolicy', value };
}

function holdsFile({ metadata }: Report): boolean {
  return metadata.finalizers?.includes(FINALIZER) === true;
}

describe('deletionPolicy', () => {
  test('may be changed: the finalizer goes under Retain and comes back under Delete', async () => {
    expect(holdsFile(await billing().finished('policy'))).toBe(true);
    await billing().patch(REPORTS, 'policy', policy('Retain'));
    const retained = await billing().until('policy', (report) => !holdsFile(report) && report.status.observedGeneration === 2);
    expect(retained.status.phase).toBe('Ready');
    await billing().patch(REPORTS, 'policy', policy('Delete'));
    const again = await billing().until('policy', (report) => holdsFile(report) && report.status.observedGeneration === 3);
    expect(again.status.conditions?.map(({ observedGeneration }) => observedGeneration)).toEqual([3, 3, 3]);
    await billing().delete(REPORTS, 'policy');
    await billing().gone('policy');
    expect(await tracesOf(billing(), 'policy')).toEqual(NOTHING_LEFT);
  });

  test('Retain leaves the file, and nothing but the file', async () => {
    const { status } = await billing().finished('retained');
    await billing().until('retained', (report) => !holdsFile(report));
    await billing().delete(REPORTS, 'retained');
    await billing().gone('retained');
    // Without our finalizer it is the garbage collector who removes Job and pod.
    await expect.poll(() => tracesOf(billing(), 'retained'), { timeout: 30_000 }).toEqual({ ...NOTHING_LEFT, objects: [status.file?.key] });
  });
});

describe('everything else in a spec', () => {
  test.each<[string, JsonPatchOperation]>([
    ['the template', { op: 'replace', path: '/spec/templateRef/name', value: 'others' }],
    ['a parameter that was not there', { op: 'add', path: '/spec/parameters', value: [{ name: 'region', value: 'emea' }] }],
    ['the format', { op: 'add', path: '/spec/format', value: 'XLSX' }],
    ['the file name', { op: 'add', path: '/spec/fileName', value: 'another' }],
    ['the storage', { op: 'add', path: '/spec/storageRef', value: { name: 'another' } }],
    ['the time zone', { op: 'replace', path: '/spec/timeZone', value: 'Europe/Berlin' }],
    ['a deadline', { op: 'replace', path: '/spec/startDeadlineSeconds', value: 1 }],
  ])('is refused by the apiserver: %s', async (_, change) => {
    await billing().finished('ready');
    const message = await refusalOf(() => billing().patch(REPORTS, 'ready', change));
    expect(message).toContain("a Report's spec cannot be changed: create a new Report");
    expect(message).toContain(`spec.${change.path.split('/')[2] ?? ''}`);
  });
});

describe('the end of a Report', () => {
  async function turn(name: string, phase: string): Promise<string> {
    const path = `${pathOf(REPORTS, billing().namespace, name, 'status')}?fieldManager=somebody&force=true`;
    const { metadata } = await billing().get(name);
    const body = JSON.stringify({
      apiVersion: 'dossier.dev/v1alpha1',
      kind: 'Report',
      metadata: { name, uid: metadata.uid },
      status: { phase },
    });
    const write = { method: 'PATCH', path, body, contentType: 'application/apply-patch+yaml', signal: billing().signal } as const;
    return refusalOf(() => billing().client.transport.request(write));
  }

  test.each([
    ['ready', 'Ready', ['Pending', 'Deploying', 'Failed']],
    ['failed', 'Failed', ['Pending', 'Deploying', 'Ready']],
  ])('%s: nobody can turn %s into %j', async (name, phase, others) => {
    await billing().finished(name);
    for (const other of others) expect(await turn(name, other)).toContain(`the Report has ended as ${phase}, which is for ever`);
    const { status } = await billing().get(name);
    expect(status.phase).toBe(phase);
  });

  test('cannot be taken away either', async () => {
    await billing().finished('ready');
    const message = await refusalOf(() =>
      billing().client.patchJson(
        REPORTS,
        billing().namespace,
        'ready',
        [{ op: 'remove', path: '/status/phase' }],
        billing().signal,
        'status',
      ),
    );
    expect(message).toContain('the Report has ended as Ready, which is for ever');
  });
});
