/** What a template says that the schema cannot judge: SQL against parameters, rows against columns, defaults against their own rules, wishes against the allow-list. */
import { checkDeclarations } from '../../api/parameters/check-declarations.ts';
import { JSON_DEPTH_LIMIT, nestsDeeperThan, stringifyExact } from '../../exact-json.ts';
import { checkInlineRows } from '../../runner/sources/inline-rows.ts';
import { PLAN_LIMIT_BYTES } from '../../runner/plan.ts';
import { checkPlaceholders, MYSQL_SQL } from '../../sql/placeholders.ts';
import { planJsonOf } from '../plan-json.ts';
import type { JobAllowList } from '../settings.ts';
import { codeProblems } from './code-parts.ts';
import { httpProblems } from './http-parts.ts';
import { kubernetesProblems } from './kubernetes-parts.ts';
import { columnsOf } from './plan-parts.ts';
import { s3Problems } from './s3-parts.ts';
import type { Template } from './template.ts';

/** api.md: inline rows are for tables that fit a manifest. */
const INLINE_LIMIT_BYTES = 64 * 1024;
/** The plan, its source, the list of rows and a row stand around a value. */
const VALUE_DEPTH_LIMIT = JSON_DEPTH_LIMIT - 4;
/** Left for resolved parameters (32 KiB) and the rest of a plan. */
const TEMPLATE_PART_LIMIT_BYTES = PLAN_LIMIT_BYTES - 40_000;

/** Every mistake as a sentence that begins with the field and says what to do; empty = the template is ready. */
export function templateProblems(template: Template, allow: JobAllowList): readonly string[] {
  const { inline } = template.spec.source;
  // First, because everything else walks into the rows.
  if (nestsDeeperThan(inline?.rows, VALUE_DEPTH_LIMIT + 2))
    return [`spec.source.inline.rows: a value has more than ${VALUE_DEPTH_LIMIT} levels of lists and objects within each other`];
  // And what fits no Job is not looked into: it can be a megabyte.
  const tooLarge = sizeProblems(template);
  if (tooLarge.length > 0) return tooLarge;
  const declared = template.spec.parameters ?? [];
  return [...checkDeclarations(declared), ...sourceProblems(template), ...jobProblems(template.spec.job, allow)];
}

function sourceProblems(template: Template): readonly string[] {
  const { inline, mysql, postgres } = template.spec.source;
  const problems: string[] = [
    ...httpProblems(template),
    ...kubernetesProblems(template),
    ...s3Problems(template),
    ...codeProblems(template),
  ];
  if (postgres !== undefined) {
    problems.push(
      ...checkPlaceholders(postgres.query, template.spec.parameters ?? []).map((problem) => `spec.source.postgres.query: ${problem}`),
    );
  }
  if (mysql !== undefined) {
    const found = checkPlaceholders(mysql.query, template.spec.parameters ?? [], MYSQL_SQL);
    problems.push(...found.map((problem) => `spec.source.mysql.query: ${problem}`));
  }
  if (inline !== undefined)
    problems.push(...checkInlineRows(inline.rows, columnsOf(template) ?? []).map((problem) => `spec.source.inline.rows: ${problem}`));
  return problems;
}

/** security.md 15: a template is written by a namespace's owner, nodes and queues belong to the cluster's. `at`: where the settings stand. */
export function jobProblems(
  job: Pick<Template['spec']['job'], 'labels' | 'priorityClassName' | 'nodeSelector' | 'tolerations'>,
  allow: JobAllowList,
  at = 'spec.job',
): readonly string[] {
  const problems: string[] = [];
  for (const label of Object.keys(job.labels ?? {})) {
    if (allow.labelPrefixes.some((prefix) => label.startsWith(prefix))) continue;
    const prefixes = allow.labelPrefixes.length === 0 ? 'none are' : `only those that begin with ${allow.labelPrefixes.join(', ')} are`;
    problems.push(`${at}.labels "${label}": ${prefixes} allowed by the operator (--job-label-prefixes)`);
  }
  const listed = (field: string, asked: readonly string[], permitted: readonly string[] | undefined, flag: string): void => {
    for (const value of asked) {
      if (permitted !== undefined && !permitted.includes(value))
        problems.push(`${field} "${value}": the operator allows only ${permitted.join(', ') || 'none'} (${flag})`);
    }
  };
  listed(
    `${at}.priorityClassName`,
    job.priorityClassName === undefined ? [] : [job.priorityClassName],
    allow.priorityClassNames,
    '--job-priority-classes',
  );
  listed(`${at}.nodeSelector`, Object.keys(job.nodeSelector ?? {}), allow.nodeSelectorKeys, '--job-node-selector-keys');
  listed(
    `${at}.tolerations`,
    (job.tolerations ?? []).map(({ key }) => key ?? '(every taint)'),
    allow.tolerationKeys,
    '--job-toleration-keys',
  );
  return problems;
}

function sizeProblems(template: Template): readonly string[] {
  const { columns = [], source } = template.spec;
  const rows = source.inline === undefined ? 0 : Buffer.byteLength(stringifyExact(source.inline.rows));
  if (rows > INLINE_LIMIT_BYTES) return [`spec.source.inline.rows: ${rows} bytes of JSON; at most ${INLINE_LIMIT_BYTES} are allowed`];
  const bytes = Buffer.byteLength(planJsonOf({ source, columns }));
  return bytes <= TEMPLATE_PART_LIMIT_BYTES
    ? []
    : [`spec: source and columns make ${bytes} bytes of JSON; at most ${TEMPLATE_PART_LIMIT_BYTES} fit a Job`];
}
