/**
 * The part of `npm run generate` that copies crds/ and config/system-templates/ into the chart: a chart can hold only what lies in its own folder, and tools that install
 * charts from git refuse links. A unit test fails when the copies are not these.
 */
import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** Folder of the repository -> its copy. */
export const CHART_COPIES = [
  ['crds', 'charts/dossier/files/crds'],
  ['config/system-templates', 'charts/dossier/files/system-templates'],
] as const;

/** Path -> text, of all manifests in a folder of the repository and below it. */
export async function manifestsIn(folder: string): Promise<ReadonlyMap<string, string>> {
  const paths = (await readdir(join(ROOT, folder), { recursive: true })).toSorted().filter((path) => path.endsWith('.yaml'));
  return new Map(await Promise.all(paths.map(async (path) => [path, await readFile(join(ROOT, folder, path), 'utf8')] as const)));
}

if (import.meta.main) {
  for (const [folder, copy] of CHART_COPIES) {
    await rm(join(ROOT, copy), { recursive: true, force: true });
    await cp(join(ROOT, folder), join(ROOT, copy), { recursive: true });
  }
}
