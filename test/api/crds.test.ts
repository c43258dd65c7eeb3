/** What every field of every CRD owes its users and the apiserver: a description, bounds, and rules with a message. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const CRDS = join(import.meta.dirname, '../../crds');
/** `kubectl apply` keeps a copy of the manifest in an annotation, and annotations have this limit in all. */
const ANNOTATIONS_LIMIT_BYTES = 256 * 1024;

interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-validations'?: readonly {
    readonly rule: string;
    readonly message?: string;
    readonly messageExpression?: string;
  }[];
}

interface Crd {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly names: Readonly<Record<string, unknown>>;
    readonly versions: readonly {
      readonly name: string;
      readonly subresources: unknown;
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

type Field = readonly [path: string, schema: Schema];

/** Every field below the root, metadata left out: Kubernetes describes that itself. */
function fields(path: string, schema: Schema): readonly Field[] {
  const inner = [
    ...Object.entries(schema.properties ?? {}).map(([name, property]): Field => [`${path}.${name}`, property]),
    ...(schema.items === undefined ? [] : [[`${path}[]`, schema.items] as const]),
    ...(schema.additionalProperties === undefined ? [] : [[`${path}.*`, schema.additionalProperties] as const]),
  ].filter(([field]) => !field.endsWith('.metadata'));
  return inner.flatMap(([field, value]) => [[field, value] as const, ...fields(field, value)]);
}

const failing = (all: readonly Field[], rule: (schema: Schema) => boolean): readonly string[] =>
  all.filter(([, schema]) => !rule(schema)).map(([path]) => path);

describe.each(readdirSync(CRDS))('crds/%s', (file) => {
  const text = readFileSync(join(CRDS, file), 'utf8');
  const crd = parse(text) as Crd;
  const [version] = crd.spec.versions;
  const root = version!.schema.openAPIV3Schema;
  const all: readonly Field[] = [[crd.spec.names['kind'] as string, root], ...fields('', root)];

  test('is small enough for a client-side apply', () =>
    expect(Buffer.byteLength(JSON.stringify(crd))).toBeLessThan(ANNOTATIONS_LIMIT_BYTES));

  test('is a v1alpha1 of dossier.dev with a status subresource, in the category dossier', () => {
    expect(crd).toMatchObject({
      metadata: { name: file.replace('.yaml', '.dossier.dev') },
      spec: { group: 'dossier.dev', scope: file.startsWith('cluster') ? 'Cluster' : 'Namespaced' },
    });
    expect(crd.spec.names).toMatchObject({ categories: ['dossier'] });
    expect(version).toMatchObject({ name: 'v1alpha1', subresources: { status: {} } });
  });

  test('describes every field in sentences', () => {
    expect(failing(all, ({ description }) => /^[A-Z].*\.$/s.test(description ?? ''))).toEqual([]);
  });

  test('names the default of every scalar that has one', () => {
    const scalars = all.filter(([, { default: value }]) => value !== undefined && typeof value !== 'object');
    expect(failing(scalars, ({ description }) => /default/i.test(description ?? ''))).toEqual([]);
  });

  test('bounds every string, list and map', () => {
    const strings = all.filter(
      ([path, schema]) =>
        (schema.type === 'string' || schema['x-kubernetes-int-or-string'] === true) && !/^\.(apiVersion|kind)$/.test(path),
    );
    expect(
      failing(strings, (schema) => schema.maxLength !== undefined || schema.enum !== undefined || schema.format === 'date-time'),
    ).toEqual([]);
    expect(
      failing(
        all.filter(([, { type }]) => type === 'array'),
        ({ maxItems }) => maxItems !== undefined,
      ),
    ).toEqual([]);
    const maps = all.filter(
      ([, schema]) => schema.additionalProperties !== undefined || schema['x-kubernetes-preserve-unknown-fields'] === true,
    );
    expect(failing(maps, ({ maxProperties }) => maxProperties !== undefined)).toEqual([]);
  });

  test('says of every list how it is merged', () => {
    expect(
      failing(
        all.filter(([, { type }]) => type === 'array'),
        (schema) => schema['x-kubernetes-list-type'] !== undefined,
      ),
    ).toEqual([]);
  });

  test('gives every rule a message of its own', () => {
    const rules = all.flatMap(([, schema]) => schema['x-kubernetes-validations'] ?? []);
    expect(rules.filter(({ message, messageExpression }) => (message ?? messageExpression) === undefined).map(({ rule }) => rule)).toEqual(
      [],
    );
  });
});
