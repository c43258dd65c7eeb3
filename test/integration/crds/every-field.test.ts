/** For every field of every kind, every value that its schema forbids: the real apiserver refuses it and names the field. Rows come from the CRDs themselves. */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../../src/kube/client.ts';
import {
  CLUSTER_REPORT_TEMPLATES,
  REPORT_DOWNLOADS,
  REPORT_REPOSITORIES,
  REPORT_SCHEDULES,
  REPORT_STORAGES,
  REPORT_TEMPLATES,
  REPORTS,
  type ResourceType,
} from '../../../src/kube/resources.ts';
import { pathOf, placeIn, specFields, valueAt, withValue, wrongValues, type Field } from '../../support/spec-fields.ts';
import { SPEC_SAMPLES } from '../../support/spec-samples.ts';
import { useApiserver } from './apiserver.ts';

const TYPES = [
  REPORTS,
  REPORT_SCHEDULES,
  REPORT_TEMPLATES,
  CLUSTER_REPORT_TEMPLATES,
  REPORT_STORAGES,
  REPORT_DOWNLOADS,
  REPORT_REPOSITORIES,
];
const apiserver = useApiserver();
const fields = specFields();

/** Where a part of a kind has the fields of a part of a ReportTemplate: those that are the same have their rows there. */
const SHARED: Readonly<Record<string, readonly (readonly [own: string, template: string])[]>> = {
  [CLUSTER_REPORT_TEMPLATES.kind]: [['spec', 'spec']],
  [REPORT_REPOSITORIES.kind]: [
    ['spec.git', 'spec.source.git'],
    ['spec.templates.job', 'spec.job'],
    ['spec.templates.env', 'spec.source.git.env'],
  ],
};

function ownFields(kind: string): readonly Field[] {
  const of = new Map((fields.get(REPORT_TEMPLATES.kind) ?? []).map(({ path, schema }) => [path, schema]));
  const isShared = ({ path, schema }: Field): boolean =>
    (SHARED[kind] ?? []).some(
      ([own, template]) => path.startsWith(own) && isDeepStrictEqual(of.get(template + path.slice(own.length)), schema),
    );
  return (fields.get(kind) ?? []).filter((field) => !isShared(field));
}

function manifest(type: ResourceType, content: object): Manifest {
  const metadata = { name: 'sample', ...(type.namespaced ? { namespace: apiserver.namespace } : {}) };
  return { apiVersion: 'dossier.dev/v1alpha1', kind: type.kind, metadata, ...content };
}

test('there is no other kind', () => {
  expect(TYPES.map(({ kind }) => kind).toSorted()).toEqual([...fields.keys()].toSorted());
});

describe.each(TYPES.map((type) => [type.kind, type] as const))('a %s', (kind, type) => {
  const samples = (SPEC_SAMPLES[kind] ?? []).map((spec) => ({ spec }));

  test.each(samples.map((sample, index) => [index + 1, sample] as const))('is accepted as sample %i', async (_, sample) => {
    expect(await apiserver.verdict(type, manifest(type, sample))).toBe('');
  });

  // One test a field, some at once: the apiserver answers faster than one sender asks.
  test.concurrent.each(ownFields(kind).map((field) => [field.path, field] as const))('%s takes nothing else', async (_, field) => {
    expect(await acceptedOrUnnamed(type, field, samples)).toEqual([]);
  });
});

/** Stories of wrong values that the apiserver accepted, or refused without saying where or why, with what it said. */
async function acceptedOrUnnamed(type: ResourceType, field: Field, samples: readonly object[]): Promise<readonly string[]> {
  const problems: string[] = [];
  const sample = samples.find((one) => placeIn(one, field.steps) !== undefined);
  const place = placeIn(sample, field.steps) ?? [];
  for (const { story, value, says } of wrongValues(field, valueAt(sample, place))) {
    const message = await apiserver.verdict(type, manifest(type, withValue(sample, place, value) as object));
    if (!message.includes(pathOf(place)) || !message.includes(says)) problems.push(`${story}: ${message.slice(0, 300)}`);
  }
  return problems;
}
