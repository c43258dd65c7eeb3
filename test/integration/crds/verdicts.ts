/** Tables of what a manifest may say: each row a value, and whether the real apiserver accepts it or which field its refusal names. */
import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../../src/kube/client.ts';
import type { ResourceType } from '../../../src/kube/resources.ts';
import type { Apiserver } from './apiserver.ts';

/** What a row expects: accepted, or refused with a message that holds all of these, the field first. */
export type Expected = 'accepted' | readonly [field: string, ...says: readonly string[]];

export function expectVerdict(message: string, expected: Expected): void {
  if (expected === 'accepted') expect(message).toBe('');
  else for (const part of expected) expect(message).toContain(part);
}

export type Row = readonly [story: string, given: unknown, expected: Expected];

export interface Verdicts {
  /** An object of the kind: `base` and these fields of its spec. */
  readonly manifest: (spec: object, name?: string) => Manifest;
  /** Runs each row with its value made into fields of the spec. */
  readonly rows: (subject: string, spec: (given: unknown) => object, table: readonly Row[]) => void;
  /** Runs each row with its value as this field of the spec. */
  readonly field: (name: string, table: readonly Row[]) => void;
}

/** `base`: the fields of a spec that is accepted. */
export function verdictsOn(apiserver: Apiserver, type: ResourceType, base: object): Verdicts {
  const manifest = (spec: object, name = 'sample'): Manifest => ({
    apiVersion: 'dossier.dev/v1alpha1',
    kind: type.kind,
    metadata: { name, ...(type.namespaced ? { namespace: apiserver.namespace } : {}) },
    spec: { ...base, ...spec },
  });
  const rows = (subject: string, spec: (given: unknown) => object, table: readonly Row[]): void => {
    describe(subject, () => {
      test.each(table)('%s', async (_, given, expected) => expectVerdict(await apiserver.verdict(type, manifest(spec(given))), expected));
    });
  };
  return { manifest, rows, field: (name, table) => rows(`spec.${name}`, (given) => ({ [name]: given }), table) };
}

/** Bounds of an integer: the smallest and largest accepted, and their refused neighbours. */
export function bounds(path: string, minimum: number, maximum: number): readonly Row[] {
  return [
    [`${minimum} is accepted`, minimum, 'accepted'],
    [`${maximum} is accepted`, maximum, 'accepted'],
    [`${minimum - 1} is refused`, minimum - 1, [`${path}: `, `greater than or equal to ${minimum}`]],
    [`${maximum + 1} is refused`, maximum + 1, [`${path}: `, `less than or equal to ${maximum}`]],
    ['a fraction is refused', minimum + 0.5, [`${path}: `, 'integer']],
  ];
}

/** Bounds of a text: the longest accepted and one character more. */
export function lengths(path: string, maximum: number): readonly Row[] {
  return [
    [`${maximum} characters are accepted`, 'x'.repeat(maximum), 'accepted'],
    [`${maximum + 1} characters are refused`, 'x'.repeat(maximum + 1), [`${path}: Too long`, String(maximum)]],
  ];
}

/** The name of another object. */
export function objectName(path: string): readonly Row[] {
  return [
    ...lengths(path, 253),
    ['an empty name is refused', '', [`${path}: `]],
    ['capital letters are refused', 'Archive', [`${path}: `, '"Archive"']],
    ['a name with a slash is refused', 'other/archive', [`${path}: `, '"other/archive"']],
  ];
}

/** A key in a Secret. */
export function secretKey(path: string): readonly Row[] {
  return [
    ...lengths(path, 253),
    ['dots, dashes and underscores are accepted', 'tls.ca-bundle_1', 'accepted'],
    ['an empty key is refused', '', [`${path}: `]],
    ['a slash is refused', 'a/b', [`${path}: `, '"a/b"']],
  ];
}
