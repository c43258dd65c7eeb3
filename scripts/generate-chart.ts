/**
 * The part of `npm run generate` that copies crds/ into the chart: a chart can hold only what lies in its own folder, and tools that install charts from git refuse links. A
 * unit test fails when the copies are not these.
 */
import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

const CRDS = join(import.meta.dirname, '../crds');
export const CHART_CRDS = join(import.meta.dirname, '../charts/dossier/files/crds');

/** File name -> text, of a folder of manifests. */
export async function manifestsIn(folder: string): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(folder)).toSorted();
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)));
}

/** What the chart's copies must be. */
export async function generateChart(): Promise<ReadonlyMap<string, string>> {
  return manifestsIn(CRDS);
}

if (import.meta.main) {
  await rm(CHART_CRDS, { recursive: true, force: true });
  await cp(CRDS, CHART_CRDS, { recursive: true });
}
