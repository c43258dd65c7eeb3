/** The examples tell one story: every Report finds its template and parameters, and the one that fails does so for the reasons it says. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { ReportSpecParameter } from '../src/api/generated/report.ts';
import type { ReportSchedule } from '../src/api/generated/reportschedule.ts';
import type { ReportTemplate } from '../src/api/generated/reporttemplate.ts';
import { checkDeclarations } from '../src/api/parameters/check-declarations.ts';
import { resolveParameters } from '../src/api/parameters/resolve.ts';
import { timingOf } from '../src/operator/schedule/timing.ts';
import { templateProblems } from '../src/operator/template/validate.ts';
import { checkPlaceholders } from '../src/sql/placeholders.ts';
import { timeZoneProblem } from '../src/time/zones.ts';

const EXAMPLES = join(import.meta.dirname, '../examples');

interface Example {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
}

const examples = readdirSync(EXAMPLES)
  .filter((name) => name.endsWith('.yaml'))
  .flatMap((name) => parseAllDocuments(readFileSync(join(EXAMPLES, name), 'utf8')).map((document) => document.toJS() as Example));

/** Everything that a template may ask of its pods. */
const ALLOW = { labelPrefixes: [], priorityClassNames: undefined, nodeSelectorKeys: undefined, tolerationKeys: undefined };

/** As a user writes it, without defaults. */
interface GivenReport {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly templateRef: { readonly name: string };
    readonly parameters?: readonly ReportSpecParameter[];
    readonly timeZone?: string;
  };
}

function ofKind<T>(kind: string): readonly T[] {
  return examples.filter((example) => example.kind === kind) as unknown as readonly T[];
}

const templates = new Map(ofKind<ReportTemplate>('ReportTemplate').map((template) => [template.metadata.name, withDefaults(template)]));
const reports = ofKind<GivenReport>('Report');
const schedules = ofKind<ReportSchedule>('ReportSchedule');

/** Those of the CRD that the code relies on. */
function withDefaults(template: ReportTemplate): ReportTemplate {
  const { source, job } = template.spec;
  const { kubernetes } = source;
  const own = kubernetes === undefined ? source : { ...source, kubernetes: { ...kubernetes, allNamespaces: false } };
  return { ...template, spec: { ...template.spec, source: own, job: { ...job } } };
}

function resolution({ spec }: GivenReport): ReturnType<typeof resolveParameters> {
  const template = templates.get(spec.templateRef.name);
  if (template === undefined) throw new Error(`no example is the template ${spec.templateRef.name}`);
  return resolveParameters(template.spec.parameters ?? [], spec.parameters ?? [], { zone: spec.timeZone ?? 'UTC', createdAt: 0 });
}

test('all of them live in one namespace and no two of a kind have one name', () => {
  expect(new Set(examples.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['billing']));
  expect(new Set(examples.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).size).toBe(examples.length);
});

describe('a template', () => {
  test.each([...templates])('%s declares parameters that hold together', (_, { spec }) => {
    expect(checkDeclarations(spec.parameters ?? [])).toEqual([]);
  });

  test.each([...templates].filter(([, { spec }]) => spec.source.postgres !== undefined))(
    '%s uses each of them in its query',
    (_, { spec }) => {
      expect(checkPlaceholders(spec.source.postgres?.query ?? '', spec.parameters ?? [])).toEqual([]);
    },
  );

  test.each([...templates])('%s is one that the operator finds ready', (_, template) => {
    expect(templateProblems(template, ALLOW)).toEqual([]);
  });

  test.each([...templates])('%s reads Secrets and storages, and as a service account, that the examples hold', (_, { spec }) => {
    const headers = spec.source.http?.headers?.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef.name ?? []) ?? [];
    const sql = spec.source.postgres ?? spec.source.mysql;
    const named = [sql?.urlFrom.secretKeyRef.name, ...headers, spec.storageRef?.name, spec.job.serviceAccountName];
    expect(examples.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(named.filter((name) => name !== undefined)));
  });
});

describe('a schedule', () => {
  test('of each frequency is there', () => {
    expect(schedules.map(({ spec: { schedule, calendar } }) => schedule ?? calendar?.frequency).toSorted()).toEqual([
      '* * * * *',
      '0 6 1 * *',
      'Daily',
      'Weekly',
    ]);
  });

  test.each(schedules.map((schedule) => [schedule.metadata.name, schedule] as const))(
    '%s has times, and gives its template what it needs',
    (_, schedule) => {
      const { timeZone = 'UTC', report } = schedule.spec as Partial<ReportSchedule['spec']> & Pick<ReportSchedule['spec'], 'report'>;
      expect(timingOf({ ...schedule, spec: { ...schedule.spec, timeZone } })).toMatchObject({ kind: 'valid' });
      const { templateRef, parameters = [] } = report.spec;
      expect(resolution({ metadata: schedule.metadata, spec: { templateRef, parameters, timeZone } })).toMatchObject({ ok: true });
    },
  );
});

describe('a report', () => {
  const sound = reports.filter(({ metadata }) => metadata.name !== 'wrong-parameter');

  test.each(sound.map((report) => [report.metadata.name, report] as const))('%s gives its template what it needs', (_, report) => {
    expect(resolution(report)).toMatchObject({ ok: true });
    expect(timeZoneProblem(report.spec.timeZone ?? 'UTC')).toBeUndefined();
  });

  test('wrong-parameter fails for exactly the three mistakes that its comment names', () => {
    const report = reports.find(({ metadata }) => metadata.name === 'wrong-parameter')!;
    expect(resolution(report)).toEqual({
      ok: false,
      problems: [
        expect.stringMatching(/"unpaidonly".*did you mean "unpaidOnly"/),
        expect.stringMatching(/"month".*31/),
        expect.stringMatching(/"region".*"europe"/),
      ],
    });
  });
});
