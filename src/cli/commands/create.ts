/** `kubectl dossier create`: a Report without writing YAML. */
import type { Report } from '../../api/generated/report.ts';
import { apiVersionOf, REPORTS } from '../../kube/resources.ts';
import { numberOf, UsageError, type Command } from '../command.ts';
import { findTemplate } from '../find-template.ts';
import { followReport } from '../follow.ts';
import { parametersOf } from '../parameters.ts';

/** Names of Reports have at most 52 characters, and the apiserver adds five to a generated one. */
const GENERATED_STEM_LENGTH = 46;
/** Options that go into the spec as they are. */
const FIELDS = { format: 'format', compression: 'compression', 'time-zone': 'timeZone', 'file-name': 'fileName' } as const;

export const create: Command = {
  name: 'create',
  synopsis: '[NAME] --from TEMPLATE [--param NAME=VALUE]... [--wait]',
  summary: 'Creates a Report from a template.',
  help: `
Values are written as they are; a list by giving the parameter several times; a period as FROM..TO (TO is no part of it), by its name
(LastMonth, ThisWeek, Yesterday ...) or as whole days before today (7d). Without NAME the Report is named after its template. With --wait
the exit code is 0 when it is Ready and 1 when it has Failed.

  kubectl dossier create --from invoices --param month=LastMonth --param region=emea --format XLSX --wait
  kubectl dossier create october --from invoices --param month=2026-10-01..2026-11-01 --param customers=acme --param customers=initech
`,
  options: [
    { name: 'from', value: 'TEMPLATE', help: 'the ReportTemplate (required)' },
    { name: 'cluster', help: 'it is a ClusterReportTemplate' },
    { name: 'param', short: 'p', value: 'NAME=VALUE', multiple: true, help: 'a parameter' },
    { name: 'format', value: 'FORMAT', help: 'CSV, JSON, NDJSON or XLSX; default: the template’s first' },
    { name: 'compression', value: 'None|Gzip', help: 'default: the template’s' },
    { name: 'time-zone', value: 'ZONE', help: 'e.g. Europe/Berlin; default UTC' },
    { name: 'file-name', value: 'NAME', help: 'of the file, without extension; default: the Report’s name' },
    { name: 'storage', value: 'NAME', help: 'the ReportStorage; default: the template’s, then the namespace’s' },
    { name: 'retain', help: 'the file stays when the Report is deleted' },
    { name: 'wait', help: 'wait for its end' },
    { name: 'timeout', value: 'SECONDS', help: 'how long to wait at most; default 3600' },
  ],
  words: [0, 1],
  run: async (given, world) => {
    const from = given.text('from');
    if (from === undefined) throw new UsageError('--from TEMPLATE is missing (kubectl dossier create --help)');
    const seconds = numberOf(given, 'timeout', 3_600, 1, 604_800);
    const kind = given.has('cluster') ? 'ClusterReportTemplate' : 'ReportTemplate';
    const template = await findTemplate(world, kind, from);
    const parameters = parametersOf(given.list('param'), template.spec.parameters ?? []);
    const storage = given.text('storage');
    const fields = Object.entries(FIELDS).flatMap(([option, field]) => {
      const text = given.text(option);
      return text === undefined ? [] : [[field, text] as const];
    });
    const [name] = given.words;
    const report = await world.client.create<Report>(
      REPORTS,
      {
        apiVersion: apiVersionOf(REPORTS),
        kind: REPORTS.kind,
        metadata: { namespace: world.namespace, ...(name === undefined ? { generateName: stemOf(from) } : { name }) },
        spec: {
          templateRef: { kind, name: from },
          ...(parameters.length === 0 ? {} : { parameters }),
          ...Object.fromEntries(fields),
          ...(storage === undefined ? {} : { storageRef: { name: storage } }),
          ...(given.has('retain') ? { deletionPolicy: 'Retain' } : {}),
        },
      },
      world.signal,
    );
    world.out.write(`report.dossier.dev/${report.metadata.name}\n`);
    return given.has('wait') ? followReport(world, report.metadata.name, seconds) : 0;
  },
};

function stemOf(template: string): string {
  return `${template.slice(0, GENERATED_STEM_LENGTH).replace(/[^a-z0-9]+$/, '')}-`;
}
