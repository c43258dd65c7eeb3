/**
 * The first part of `npm run generate`: writes the CRDs that are made from others, whole or in part, so that they cannot drift apart. A unit test fails when the committed
 * ones are not these.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { clusterTemplateCrd } from './cluster-template-crd.ts';
import { repositoryCrd } from './repository-crd.ts';
import { scheduleCrd } from './schedule-crd.ts';

const CRDS = join(import.meta.dirname, '../crds');

/** File name below crds -> its text, as the CRDs that it is made from are now. */
export async function generateCrds(): Promise<ReadonlyMap<string, string>> {
  const [reports, schedules, templates, repositories] = await Promise.all(
    ['reports.yaml', 'reportschedules.yaml', 'reporttemplates.yaml', 'reportrepositories.yaml'].map((name) =>
      readFile(join(CRDS, name), 'utf8'),
    ),
  );
  return new Map([
    ['clusterreporttemplates.yaml', await formatted('clusterreporttemplates.yaml', clusterTemplateCrd(templates ?? ''))],
    ['reportrepositories.yaml', await formatted('reportrepositories.yaml', repositoryCrd(repositories ?? '', templates ?? ''))],
    ['reportschedules.yaml', await formatted('reportschedules.yaml', scheduleCrd(schedules ?? '', reports ?? ''))],
  ]);
}

async function formatted(name: string, text: string): Promise<string> {
  const path = join(CRDS, name);
  return format(text, { ...(await resolveConfig(path)), filepath: path });
}

if (import.meta.main) {
  for (const [name, text] of await generateCrds()) await writeFile(join(CRDS, name), text);
}
