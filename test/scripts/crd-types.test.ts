import { describe, expect, test } from 'vitest';
import { typesOf, type CustomResourceDefinition, type Schema } from '../../scripts/crd-types.ts';

/** A CRD `Thing` whose spec has one field of this schema. */
function thing(field: Schema, extra: Partial<Schema> = {}): CustomResourceDefinition {
  const spec: Schema = { type: 'object', properties: { field }, ...extra };
  const status: Schema = { type: 'object', properties: { phase: { type: 'string' } } };
  const openAPIV3Schema: Schema = { type: 'object', required: ['spec'], properties: { metadata: { type: 'object' }, spec, status } };
  return {
    spec: { group: 'example.org', names: { kind: 'Thing' }, versions: [{ name: 'v1', storage: true, schema: { openAPIV3Schema } }] },
  };
}

const text: Schema = { type: 'string' };

describe('a field', () => {
  test.each<readonly [story: string, schema: Schema, line: string]>([
    ['is optional when nothing says otherwise', text, 'readonly field?: string;'],
    ['is there when it has a default, even an empty one', { ...text, default: '' }, 'readonly field: string;'],
    ['is there when its default is false', { type: 'boolean', default: false }, 'readonly field: boolean;'],
    ['may be null when it says so', { ...text, nullable: true }, 'readonly field?: string | null;'],
    ['of integers and of numbers is a number', { type: 'integer' }, 'readonly field?: number;'],
    [
      'with an enum is a union, with its quotes and tabs kept',
      { ...text, enum: ['a', '"', '\t'] },
      'readonly field?: "a" | "\\"" | "\\t";',
    ],
    [
      'of integers or strings keeps integers that are beyond 2^53',
      { 'x-kubernetes-int-or-string': true },
      'readonly field?: number | string | bigint;',
    ],
    ['that holds anything is unknown', { 'x-kubernetes-preserve-unknown-fields': true }, 'readonly field?: unknown;'],
    [
      'that is a list of enums is a list of unions',
      { type: 'array', items: { ...text, enum: ['a', 'b'] } },
      'readonly field?: readonly ("a" | "b")[];',
    ],
    [
      'that is a map has values of one type',
      { type: 'object', additionalProperties: text },
      'readonly field?: Readonly<Record<string, string>>;',
    ],
    [
      'that is a free object has values of any type',
      { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      'readonly field?: Readonly<Record<string, unknown>>;',
    ],
    [
      'that is a map of lists of objects names them',
      { type: 'object', additionalProperties: { type: 'array', items: { type: 'object', properties: { name: text } } } },
      'readonly field?: Readonly<Record<string, readonly (ThingSpecFieldValue)[]>>;',
    ],
  ])('%s', (_, schema, line) => expect(typesOf(thing(schema))).toContain(line));

  test('is there when it is required', () => {
    expect(typesOf(thing(text, { required: ['field'] }))).toContain('readonly field: string;');
  });

  test('has a quoted name when it is no identifier', () => {
    expect(typesOf(thing(text, { properties: { 'ephemeral-storage': text } }))).toContain('readonly "ephemeral-storage"?: string;');
  });
});

describe('the module', () => {
  test('names the kind, its version, and every object by its path', () => {
    const names = [
      ...typesOf(thing({ type: 'object', properties: { secretRef: { type: 'object', properties: { name: text } } } })).matchAll(
        /interface (\w+)/g,
      ),
    ];
    expect(names.map(([, name]) => name)).toEqual(['Thing', 'ThingSpec', 'ThingSpecField', 'ThingSpecFieldSecretRef', 'ThingStatus']);
    expect(typesOf(thing(text))).toContain("readonly apiVersion: 'example.org/v1';\nreadonly kind: 'Thing';");
  });

  test('names the objects of a list in the singular', () => {
    const crd = thing(text, { properties: { columns: { type: 'array', items: { type: 'object', properties: { name: text } } } } });
    expect(typesOf(crd)).toContain('readonly columns?: readonly (ThingSpecColumn)[];');
  });

  test('takes the one Condition type of the project for conditions of a status, and imports it only then', () => {
    const crd = thing(text);
    const conditions: Schema = { type: 'array', items: { type: 'object', properties: { type: text } } };
    const root = crd.spec.versions[0]!.schema.openAPIV3Schema;
    const withConditions: Schema = { ...root, properties: { ...root.properties, status: { type: 'object', properties: { conditions } } } };
    const versions = [{ name: 'v1', storage: true, schema: { openAPIV3Schema: withConditions } }];
    expect(typesOf({ spec: { ...crd.spec, versions } })).toContain('readonly conditions?: readonly Condition[];');
    expect(typesOf({ spec: { ...crd.spec, versions } })).toContain('import type { Condition, ObjectMeta }');
    expect(typesOf(crd)).toContain('import type { ObjectMeta }');
  });

  test('is made from the version that is stored', () => {
    const old = { name: 'v1alpha1', storage: false, schema: { openAPIV3Schema: {} } };
    const crd = thing(text);
    expect(typesOf({ spec: { ...crd.spec, versions: [old, ...crd.spec.versions] } })).toContain("'example.org/v1'");
  });
});

describe('a description', () => {
  test('cannot end its own comment', () => {
    expect(typesOf(thing({ ...text, description: 'A glob such as **/x.' }))).toContain('/** A glob such as **\\/x. */');
  });

  test('is wrapped without losing a word', () => {
    const description = Array.from({ length: 100 }, (_, index) => `word${index}`).join(' ');
    const generated = typesOf(thing({ ...text, description }));
    expect(generated.replace(/\n\s+\* /g, ' ')).toContain(description);
    expect(Math.max(...generated.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(140);
  });
});

describe('a schema that is not understood is an error that names it', () => {
  test.each<readonly [story: string, schema: Schema, message: string]>([
    ['no type', {}, 'ThingSpecField: a schema of type none'],
    ['a type that does not exist', { type: 'text' }, 'ThingSpecField: a schema of type text'],
    ['a list of nothing', { type: 'array' }, 'ThingSpecField: an array without items'],
    ['an object of nothing', { type: 'object' }, 'ThingSpecField: an object without fields'],
    [
      'named and free fields in one object',
      { type: 'object', properties: { a: text }, additionalProperties: text },
      'ThingSpecField: named and free fields',
    ],
  ])('%s', (_, schema, message) => expect(() => typesOf(thing(schema))).toThrow(message));

  test('two objects that would have one name', () => {
    const object: Schema = { type: 'object', properties: { name: text } };
    const crd = thing(text, { properties: { item: object, items: { type: 'array', items: object } } });
    expect(() => typesOf(crd)).toThrow('ThingSpecItem: two objects would have this name');
  });

  test('no stored version', () => {
    expect(() => typesOf({ spec: { ...thing(text).spec, versions: [] } })).toThrow('Thing: no version is stored');
  });

  test('no status', () => {
    const versions = [{ name: 'v1', storage: true, schema: { openAPIV3Schema: { type: 'object' } } }];
    expect(() => typesOf({ spec: { ...thing(text).spec, versions } })).toThrow('Thing: spec and status are expected');
  });
});
