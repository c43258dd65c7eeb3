/**
 * The first part of `npm run generate`: writes the CRDs that are made from others, so that they cannot drift apart. A unit test fails when the committed ones are not these.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { clusterTemplateCrd } from './cluster-template-crd.ts';

const CRDS = join(import.meta.dirname, '../crds');

/** File name below crds -> its text, as the CRDs that it is made from are now. */
export async function generateCrds(): Promise<ReadonlyMap<string, string>> {
  const name = 'clusterreporttemplates.yaml';
  const path = join(CRDS, name);
  const text = clusterTemplateCrd(await readFile(join(CRDS, 'reporttemplates.yaml'), 'utf8'));
  return new Map([[name, await format(text, { ...(await resolveConfig(path)), filepath: path })]]);
}

if (import.meta.main) {
  for (const [name, text] of await generateCrds()) await writeFile(join(CRDS, name), text);
}
