/** A repository's descriptor, whichever of the two it has. */
import type { Described } from './descriptor.ts';
import { describeDossierYaml, DOSSIER_YAML, FILE_LIMIT_BYTES } from './dossier-yaml.ts';
import { describeReportsJson, readReportsJson, REPORTS_JSON, type ConnectReport } from './reports-json.ts';
import type { Tree } from './tree.ts';

/** `dossier.yaml` counts where both are there; it may take over reports of the other. */
export async function describe(tree: Tree): Promise<Described> {
  const own = await tree.read(DOSSIER_YAML, FILE_LIMIT_BYTES);
  if (own.kind === 'bytes') return describeDossierYaml(own.bytes, tree, () => connectReports(tree));
  if (own.kind === 'tooLarge') return tooLarge(DOSSIER_YAML);
  const connect = await tree.read(REPORTS_JSON, FILE_LIMIT_BYTES);
  if (connect.kind === 'bytes') return describeReportsJson(connect.bytes, tree);
  if (connect.kind === 'tooLarge') return tooLarge(REPORTS_JSON);
  const mistake = `${DOSSIER_YAML}: there is none in this folder, and no ${REPORTS_JSON}; put one there, or correct spec.path of the ReportRepository`;
  return { kind: 'mistakes', mistakes: [mistake] };
}

async function connectReports(tree: Tree): Promise<ReadonlyMap<string, ConnectReport> | readonly string[]> {
  const found = await tree.read(REPORTS_JSON, FILE_LIMIT_BYTES);
  if (found.kind !== 'bytes')
    return [found.kind === 'missing' ? `there is no ${REPORTS_JSON} beside ${DOSSIER_YAML}` : `${REPORTS_JSON} is too large`];
  const { reports, mistakes } = await readReportsJson(found.bytes, tree);
  return mistakes.length > 0 ? mistakes : reports;
}

function tooLarge(file: string): Described {
  return { kind: 'mistakes', mistakes: [`${file}: has more than ${FILE_LIMIT_BYTES / 1024} KiB`] };
}
