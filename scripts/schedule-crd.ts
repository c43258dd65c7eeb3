/**
 * `spec.report.spec` of ReportSchedule, made from the Report's own spec: pure, YAML in and out, not yet formatted.
 *
 * The two differ in four things (api.md): the embedded spec has no default for timeZone (the schedule's own zone is meant), keeps files by default, may say SincePreviousRun,
 * and may be edited. A difference that no longer finds its place is an error, so that an edit of the one file cannot quietly leave the other behind.
 */
import { isMap, parse, parseDocument } from 'yaml';

type Json = Record<string, unknown>;

/** Where the embedded spec stands in crds/reportschedules.yaml. */
const PLACE = ['spec', 'versions', 0, 'schema', 'openAPIV3Schema', 'properties', 'spec', 'properties', 'report', 'properties', 'spec'];

/** The text of crds/reportschedules.yaml with its embedded spec made anew; `reports` is the text of crds/reports.yaml. Comments stay. */
export function scheduleCrd(schedules: string, reports: string): string {
  const document = parseDocument(schedules);
  if (!isMap(document.getIn(PLACE))) throw new Error(`crds/reportschedules.yaml has no ${PLACE.join('.')}`);
  document.setIn(PLACE, document.createNode(embeddedSpec(reports)));
  return document.toString({ lineWidth: 160 });
}

function embeddedSpec(reports: string): Json {
  const crd = parse(reports) as Json;
  const spec = at(crd, 'spec', 'versions', '0', 'schema', 'openAPIV3Schema', 'properties', 'spec');
  const fields = at(spec, 'properties');
  spec['description'] =
    "The spec of each Report. Relative periods are resolved at the scheduled time, in report.spec.timeZone or else the schedule's zone, into absolute ones: the Report " +
    'says exactly what it covers.';
  withoutTransitions(spec);
  change(at(fields, 'timeZone'), 'default', 'UTC', undefined);
  at(fields, 'timeZone')['description'] = "IANA time zone of the Reports, e.g. Europe/Berlin. Default: the schedule's.";
  change(at(fields, 'deletionPolicy'), 'default', 'Delete', 'Retain');
  at(fields, 'deletionPolicy')['description'] =
    'What happens to the file when its Report goes, for instance because history prunes it. Retain (default of a schedule): it stays. Delete: it goes.';
  const period = at(fields, 'parameters', 'items', 'properties', 'period');
  namedFromItsTime(period);
  namedFromItsTime(at(period, 'properties', 'lastDays'));
  allowSincePreviousRun(at(period, 'properties', 'relative'));
  return spec;
}

/** Drops the rules that compare with what was there before. */
function withoutTransitions(spec: Json): void {
  const rules = spec['x-kubernetes-validations'] as readonly { readonly rule: string }[];
  const kept = rules.filter(({ rule }) => !rule.includes('oldSelf'));
  if (kept.length === rules.length) throw new Error('crds/reports.yaml: spec has no transition rules');
  if (kept.length > 0) spec['x-kubernetes-validations'] = kept;
  else delete spec['x-kubernetes-validations'];
}

/** A Report's periods are named from its creation, a run's from its time. */
function namedFromItsTime(field: Json): void {
  const description = String(field['description']);
  const changed = description
    .replace('the day on which the Report was created', 'the day of the scheduled time')
    .replace('the day of creation', 'the scheduled time');
  if (changed === description)
    throw new Error(`crds/reports.yaml: a description says no more from when its period is named: ${description}`);
  field['description'] = changed;
}

function allowSincePreviousRun(relative: Json): void {
  if (!(relative['enum'] as readonly string[]).includes('SincePreviousRun'))
    throw new Error('crds/reports.yaml: relative knows no SincePreviousRun');
  if (relative['x-kubernetes-validations'] === undefined)
    throw new Error('crds/reports.yaml: relative has no rule against SincePreviousRun');
  delete relative['x-kubernetes-validations'];
  relative['description'] =
    'A period named from the scheduled time, e.g. LastMonth. Weeks begin on Monday, and This... runs to its full end. SincePreviousRun begins where the period of the ' +
    'last successful run ended: no gap and no overlap, whatever was missed or failed; it needs concurrencyPolicy Forbid.';
}

function at(object: Json, ...path: readonly string[]): Json {
  let found = object;
  for (const key of path) {
    const next = found[key];
    if (typeof next !== 'object' || next === null) throw new Error(`crds/reports.yaml has no ${path.join('.')}`);
    found = next as Json;
  }
  return found;
}

function change(object: Json, key: string, before: unknown, after: unknown): void {
  if (object[key] !== before) throw new Error(`crds/reports.yaml: ${key} is not ${String(before)}`);
  if (after === undefined) delete object[key];
  else object[key] = after;
}
