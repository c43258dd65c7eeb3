import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { generateDocs } from '../../scripts/generate-docs.ts';
import { referencePage, type DocumentedCrd, type FieldSchema } from '../../scripts/reference-page.ts';

const REFERENCE = join(import.meta.dirname, '../../docs/reference');

test('the pages in docs/reference are those of the CRDs as they are now (npm run generate)', async () => {
  const committed = await Promise.all(
    (await readdir(REFERENCE)).map(async (name) => [name, await readFile(join(REFERENCE, name), 'utf8')] as const),
  );
  expect(Object.fromEntries(committed)).toEqual(Object.fromEntries(await generateDocs()));
});

/** The page of a CRD `Thing` whose spec is this schema. */
function pageOf(spec: FieldSchema): string {
  const openAPIV3Schema: FieldSchema = { type: 'object', description: 'A thing.', properties: { spec } };
  const crd: DocumentedCrd = {
    spec: {
      group: 'example.org',
      scope: 'Namespaced',
      names: { kind: 'Thing', plural: 'things', shortNames: ['th'] },
      versions: [{ name: 'v1', storage: true, schema: { openAPIV3Schema } }],
    },
  };
  return referencePage(crd, 'things.yaml');
}

/** The row of the table for a spec with this one field. */
function rowOf(field: FieldSchema, required: readonly string[] = []): string | undefined {
  return pageOf({ properties: { field }, required })
    .split('\n')
    .find((line) => line.startsWith('| `field` |'));
}

describe('a field', () => {
  test.each<[string, FieldSchema, string]>([
    ['shows its type and its description', { type: 'string', description: 'Why.' }, '| `field` | string | Why. |'],
    ['shows what it may be', { type: 'string', enum: ['a', '\t'] }, '| `field` | string<br>one of `a`, `"\\t"` |  |'],
    ['shows its default, also an empty one', { type: 'string', default: '' }, '| `field` | string<br>default `""` |  |'],
    ['shows bounds', { type: 'integer', minimum: 0, maximum: 1000 }, '| `field` | integer<br>0 to 1,000 |  |'],
    [
      'hides a bound that only programs have',
      { type: 'integer', minimum: 1, maximum: 2 ** 53 - 1 },
      '| `field` | integer<br>at least 1 |  |',
    ],
    [
      'that is a list says of what',
      { type: 'array', items: { type: 'string' }, maxItems: 2 },
      '| `field` | list of strings<br>at most 2 entries |  |',
    ],
    ['that is a map says of what', { type: 'object', additionalProperties: { type: 'string' } }, '| `field` | map of strings |  |'],
    ['keeps its table whole and its text plain', { type: 'string', description: 'a|b <c> *' }, '| `field` | string | a\\|b &lt;c> \\* |'],
  ])('%s', (_, field, expected) => expect(rowOf(field)).toBe(expected));

  test('that must be given says so', () => {
    expect(rowOf({ type: 'boolean' }, ['field'])).toBe('| `field` | boolean<br>**required** |  |');
  });
});

test('objects inside objects and lists have sections of their own, named by their path', () => {
  const leaf: FieldSchema = { type: 'object', properties: { name: { type: 'string' } } };
  const page = pageOf({ properties: { one: leaf, many: { type: 'array', items: leaf } } });
  expect(page.match(/^## .*/gm)).toEqual(['## spec', '## spec.one', '## spec.many[]', '## status']);
});

test('the head says how the kind is addressed', () => {
  expect(pageOf({})).toContain(
    '`apiVersion: example.org/v1`, `kind: Thing`; belongs to a namespace. For kubectl it is `things` (short: `th`)',
  );
});
