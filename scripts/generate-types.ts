/**
 * `npm run generate`: writes src/api/generated/ from crds/, so that the code and the API cannot drift apart. A unit test fails when the committed files are not these.
 */
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { parse } from 'yaml';
import { typesOf, type CustomResourceDefinition } from './crd-types.ts';

const ROOT = join(import.meta.dirname, '..');
const TARGET = join(ROOT, 'src/api/generated');

/** File name below src/api/generated -> its text, as the CRDs are now. */
export async function generate(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const source of (await readdir(join(ROOT, 'crds'))).filter((name) => name.endsWith('.yaml')).sort()) {
    const crd = parse(await readFile(join(ROOT, 'crds', source), 'utf8')) as CustomResourceDefinition;
    const name = `${crd.spec.names.kind.toLowerCase()}.ts`;
    const path = join(TARGET, name);
    const text = `/** Made from crds/${source} by \`npm run generate\`; not edited by hand. */\n${typesOf(crd)}`;
    files.set(name, await format(text, { ...(await resolveConfig(path)), filepath: path }));
  }
  return files;
}

if (import.meta.main) {
  const files = await generate();
  await rm(TARGET, { recursive: true, force: true });
  await mkdir(TARGET, { recursive: true });
  for (const [name, text] of files) await writeFile(join(TARGET, name), text);
}
