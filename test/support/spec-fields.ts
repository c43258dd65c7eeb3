/**
 * Every field of a spec, read from its CRD, and the values that its schema forbids: the table of bad input that cannot be forgotten when a field is added.
 *
 * Only what the schema itself says is derived here; rules across fields (CEL) have tables of their own in test/integration/crds/.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const CRDS = join(import.meta.dirname, '../../crds');

export interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-list-type'?: 'map' | 'set' | 'atomic';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
}

/** A step is a property's name, `[]` (items of a list) or `{}` (values of a map). */
export interface Field {
  readonly steps: readonly string[];
  /** As people write it: `spec.parameters[].name`. */
  readonly path: string;
  readonly schema: Schema;
  /** Whether the object around it is refused without it. */
  readonly required: boolean;
}

/** The kinds, each with the fields of its spec; the spec itself comes first. */
export function specFields(): ReadonlyMap<string, readonly Field[]> {
  return new Map(
    readdirSync(CRDS).map((file) => {
      const { names, versions } = (parse(readFileSync(join(CRDS, file), 'utf8')) as Crd).spec;
      const spec = versions[0]?.schema.openAPIV3Schema.properties?.['spec'];
      if (spec === undefined) throw new Error(`${file} has no spec`);
      return [names.kind, fieldsBelow({ steps: ['spec'], path: 'spec', schema: spec, required: true })];
    }),
  );
}

interface Crd {
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

function fieldsBelow(field: Field): readonly Field[] {
  const { schema } = field;
  const inner = [
    ...Object.entries(schema.properties ?? {}).map(([name, of]) => below(field, name, of, schema.required?.includes(name) ?? false)),
    ...(schema.items === undefined ? [] : [below(field, '[]', schema.items)]),
    ...(schema.additionalProperties === undefined ? [] : [below(field, '{}', schema.additionalProperties)]),
  ];
  return [field, ...inner.flatMap(fieldsBelow)];
}

function below({ steps, path }: Field, step: string, schema: Schema, required = false): Field {
  return { steps: [...steps, step], path: /^\W/.test(step) ? `${path}${step}` : `${path}.${step}`, schema, required };
}

type Key = string | number;

/** Where an object has a value for the field, as keys from its root; undefined when it has none. */
export function placeIn(object: unknown, steps: readonly string[]): readonly Key[] | undefined {
  const [step, ...rest] = steps;
  if (step === undefined) return [];
  if (typeof object !== 'object' || object === null) return undefined;
  const keys: readonly Key[] = step === '[]' ? [...(object as readonly unknown[]).keys()] : step === '{}' ? Object.keys(object) : [step];
  for (const key of keys) {
    const value = (object as Readonly<Record<Key, unknown>>)[key];
    const place = value === undefined ? undefined : placeIn(value, rest);
    if (place !== undefined) return [key, ...place];
  }
  return undefined;
}

/** A copy with another value there; undefined takes the key away. */
export function withValue(object: unknown, [key, ...rest]: readonly Key[], value: unknown): unknown {
  if (key === undefined) return value;
  const inner = withValue((object as Readonly<Record<Key, unknown>>)[key], rest, value);
  if (Array.isArray(object)) return (object as readonly unknown[]).map((item, index) => (index === key ? inner : item));
  return { ...(object as object), [key]: inner };
}

export function valueAt(object: unknown, place: readonly Key[]): unknown {
  return place.reduce((value, key) => (value as Readonly<Record<Key, unknown>>)[key], object);
}

/** As the apiserver writes it: `spec.parameters[0].name`. */
export function pathOf(place: readonly Key[]): string {
  return place.reduce<string>((path, key) => (typeof key === 'number' ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`), '');
}

export interface WrongValue {
  readonly story: string;
  /** Undefined = the field is not there. */
  readonly value: unknown;
  /** What the refusal says beside the field's path. */
  readonly says: string;
}

/** Every way in which a value of this field can break its schema; `good` is one that does not. */
export function wrongValues({ schema, required }: Field, good: unknown): readonly WrongValue[] {
  return [
    ...(required ? [{ story: 'nothing at all', value: undefined, says: 'Required value' }] : []),
    ...(required && schema.default === undefined ? [{ story: 'null', value: null, says: 'Required value' }] : []),
    ...wrongTypes(schema),
    ...wrongTexts(schema),
    ...wrongNumbers(schema),
    ...wrongLists(schema, good),
    ...wrongObjects(schema, good),
  ];
}

const OF_EACH_TYPE = { string: 'text', integer: 7, number: 0.5, boolean: true, array: [], object: {} } as const;

function wrongTypes(schema: Schema): readonly WrongValue[] {
  const right: readonly (string | undefined)[] = schema['x-kubernetes-int-or-string'] === true ? ['integer', 'string'] : [schema.type];
  return Object.entries(OF_EACH_TYPE)
    .filter(([type]) => !right.includes(type))
    .map(([type, value]) => ({ story: `a value of type ${type}`, value, says: 'must be of type' }));
}

function wrongTexts({ type, enum: choices, pattern, minLength, maxLength, ...more }: Schema): readonly WrongValue[] {
  if (type !== 'string' && more['x-kubernetes-int-or-string'] !== true) return [];
  const wrong: WrongValue[] = [];
  if (choices !== undefined) {
    const near = String(choices[0]);
    for (const value of [near.toLowerCase() === near ? near.toUpperCase() : near.toLowerCase(), `${near} `, 'Nonsense'])
      if (!choices.includes(value)) wrong.push({ story: JSON.stringify(value), value, says: 'Unsupported value' });
  }
  if (maxLength !== undefined) wrong.push({ story: `${maxLength + 1} characters`, value: 'x'.repeat(maxLength + 1), says: 'Too long' });
  if ((minLength ?? 0) > 0) wrong.push({ story: 'an empty text', value: '', says: `at least ${minLength}` });
  if (pattern !== undefined)
    for (const value of [' ', 'a b', 'a\n', '\u0000', 'ä', '😀', '\u202ea', '-', '../a', 'a/b/c'])
      if (!new RegExp(pattern, 'u').test(value)) wrong.push({ story: JSON.stringify(value), value, says: 'should match' });
  return wrong;
}

function wrongNumbers({ type, minimum, maximum }: Schema): readonly WrongValue[] {
  if (type !== 'integer') return [];
  return [
    ...(minimum === undefined ? [] : [{ story: `${minimum - 1}`, value: minimum - 1, says: `greater than or equal to ${minimum}` }]),
    ...(maximum === undefined ? [] : [{ story: `${maximum + 1}`, value: maximum + 1, says: `less than or equal to ${maximum}` }]),
    { story: '2^63', value: 2n ** 63n, says: 'Invalid value' },
    { story: 'digits in quotes', value: '7', says: 'must be of type' },
  ];
}

function wrongLists(schema: Schema, good: unknown): readonly WrongValue[] {
  if (schema.type !== 'array') return [];
  const first = (good as readonly unknown[])[0];
  const { minItems = 0, maxItems, 'x-kubernetes-list-type': kind } = schema;
  return [
    ...(minItems > 0 ? [{ story: 'an empty list', value: [], says: `at least ${minItems}` }] : []),
    ...(maxItems === undefined
      ? []
      : [{ story: `${maxItems + 1} items`, value: Array<unknown>(maxItems + 1).fill(first), says: 'Too many' }]),
    ...(kind === 'set' || kind === 'map' ? [{ story: 'an item given twice', value: [first, first], says: 'Duplicate value' }] : []),
    { story: 'a list with null in it', value: [null], says: 'must be of type' },
  ];
}

function wrongObjects(schema: Schema, good: unknown): readonly WrongValue[] {
  if (schema.type !== 'object') return [];
  const { maxProperties, additionalProperties } = schema;
  return [
    ...(schema.properties === undefined || schema['x-kubernetes-preserve-unknown-fields'] === true
      ? []
      : [{ story: 'a field that does not exist', value: { ...(good as object), nonsense: 1 }, says: 'nonsense' }]),
    ...(maxProperties === undefined || additionalProperties === undefined
      ? []
      : [
          {
            story: `${maxProperties + 1} keys`,
            value: Object.fromEntries(Array.from({ length: maxProperties + 1 }, (_, index) => [`k${index}`, 'v'])),
            says: 'Too many',
          },
        ]),
  ];
}
