/**
 * Part of `npm run generate`: writes docs/reference/ from crds/, so that the documentation and the API cannot drift apart. A unit test fails when the committed pages are
 * not these.
 */
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { referencePage, type DocumentedCrd } from './reference-page.ts';

const ROOT = join(import.meta.dirname, '..');
const TARGET = join(ROOT, 'docs/reference');

/** File name below docs/reference -> its text, as the CRDs are now. */
export async function generateDocs(): Promise<ReadonlyMap<string, string>> {
  const pages = new Map<string, string>();
  for (const source of (await readdir(join(ROOT, 'crds'))).filter((name) => name.endsWith('.yaml')).sort()) {
    const crd = parse(await readFile(join(ROOT, 'crds', source), 'utf8')) as DocumentedCrd;
    pages.set(`${crd.spec.names.kind.toLowerCase()}.md`, referencePage(crd, source));
  }
  return pages;
}

if (import.meta.main) {
  const pages = await generateDocs();
  await rm(TARGET, { recursive: true, force: true });
  await mkdir(TARGET, { recursive: true });
  for (const [name, text] of pages) await writeFile(join(TARGET, name), text);
}
