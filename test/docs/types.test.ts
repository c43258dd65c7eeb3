/** Types of parameters and columns, as the pages and as the CRD have them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { DocumentedCrd, FieldSchema } from '../../scripts/reference-page.ts';
import { page, REPOSITORY, section, tableRows } from './pages.ts';

const crd = parse(readFileSync(join(REPOSITORY, 'crds/reporttemplates.yaml'), 'utf8')) as DocumentedCrd;
const spec = crd.spec.versions[0]?.schema.openAPIV3Schema.properties?.['spec'];

function typesOf(list: FieldSchema | undefined): readonly unknown[] {
  return list?.items?.properties?.['type']?.enum ?? [];
}

function firstCells(path: string, heading: string): readonly (string | undefined)[] {
  const [, ...rows] = tableRows(section(page(path), heading));
  return rows.map(([first]) => first);
}

test('docs/parameters.md explains every type of parameter', () => {
  expect(firstCells('docs/parameters.md', 'Types')).toEqual(typesOf(spec?.properties?.['parameters']));
});

test('docs/formats.md explains every type of column', () => {
  expect(firstCells('docs/formats.md', 'Column types')).toEqual(typesOf(spec?.properties?.['columns']));
});

test('docs/parameters.md names every relative period', () => {
  const parameters = spec?.properties?.['parameters']?.items?.properties;
  const names = parameters?.['defaultPeriod']?.properties?.['relative']?.enum ?? [];
  expect(names.length).toBeGreaterThan(5);
  const text = page('docs/parameters.md').text;
  expect(names.filter((name) => !text.includes(String(name)))).toEqual([]);
});
