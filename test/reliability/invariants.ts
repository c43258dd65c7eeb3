/**
 * The invariants of the design, as questions to a cluster, a bucket and what was seen of them: whatever the weather was, they hold.
 *
 * Each function lists what is wrong; an empty list is what a test expects.
 */
import { createHash } from 'node:crypto';
import type { Report } from '../../src/api/generated/report.ts';
import { controllerOf, type Job, type KubeObject } from '../../src/kube/objects.ts';
import { CORE_EVENTS, JOBS, LEASES, PODS, REPORT_SCHEDULES, REPORT_STORAGES, REPORT_TEMPLATES, REPORTS } from '../../src/kube/resources.ts';
import { messageOf, reasonOf, type Billing } from '../integration/support/billing.ts';
import { bucketContent } from '../integration/support/bucket-content.ts';
import { tracesOf } from '../integration/support/traces.ts';
import { rowsOf, type Member } from './batch.ts';
import type { Sighting } from './observer.ts';

type Problems = readonly string[];

/** A Job that could still start a pod, or whose pod may run. */
function isAlive({ status }: Job): boolean {
  return !(status?.conditions ?? []).some(({ type, status: truth }) => (type === 'Complete' || type === 'Failed') && truth === 'True');
}

/** At most one Job of a Report was alive at any moment. */
export function twoJobsAtOnce(jobs: readonly Sighting<Job>[]): Problems {
  const alive = new Map<string, Set<string>>();
  const problems: string[] = [];
  for (const { type, object } of jobs) {
    const report = controllerOf(object);
    if (report === undefined) continue;
    const names = alive.get(report.uid) ?? new Set();
    alive.set(report.uid, names);
    if (type !== 'DELETED' && isAlive(object)) names.add(object.metadata.name);
    else names.delete(object.metadata.name);
    if (names.size > 1) problems.push(`Report ${report.name} had ${names.size} Jobs at once: ${[...names].join(', ')}`);
  }
  return problems;
}

const RANK: Readonly<Record<string, number>> = { Pending: 0, Deploying: 1, Ready: 2, Failed: 2 };

/** A phase never went back, and nothing of a status at its end changed but the generation it speaks of. */
export function changedMinds(reports: readonly Sighting<Report>[]): Problems {
  const last = new Map<string, Report>();
  const problems: string[] = [];
  for (const { type, object } of reports) {
    const { uid, name } = object.metadata;
    const before = last.get(uid)?.status;
    last.set(uid, object);
    if (type === 'DELETED' || before?.phase === undefined) continue;
    const { status } = object;
    const [from, to] = [RANK[before.phase] ?? -1, RANK[status.phase ?? ''] ?? -1];
    if (to < from) problems.push(`Report ${name} went from ${before.phase} to ${String(status.phase)}`);
    if (from === 2 && lasting(status) !== lasting(before))
      problems.push(`Report ${name} was ${before.phase} and changed: ${lasting(before)} to ${lasting(status)}`);
  }
  return problems;
}

function lasting({ phase, file, completionTime, conditions }: Report['status']): string {
  return JSON.stringify([
    phase,
    file,
    completionTime,
    conditions?.map(({ type, status, reason, message }) => [type, status, reason, message]),
  ]);
}

/** Every Report of the batch came to the end it must come to; Ready ones have one whole object that is what the status says, Failed ones have none; nobody has an upload. */
export async function wrongEnds(billing: Billing, members: readonly Member[], bucket: string): Promise<Problems> {
  const content = await bucketContent(bucket);
  const problems = content.uploads.map((key) => `an upload of ${key} is open`);
  const expected = new Set<string>();
  for (const member of members) {
    const report = await billing.get(member.name);
    const { phase, file } = report.status;
    if (phase !== member.ends.phase || (member.ends.phase === 'Failed' && reasonOf(report) !== member.ends.reason)) {
      problems.push(
        `Report ${member.name} is ${String(phase)} (${String(reasonOf(report))}: ${messageOf(report)}) and not ${JSON.stringify(member.ends)}`,
      );
    }
    if (file === undefined) continue;
    expected.add(file.key);
    const object = content.objects.find(({ key }) => key === file.key);
    if (object === undefined) problems.push(`Report ${member.name} has no object ${file.key}`);
    else problems.push(...(await wrongContent(member, file, object.bytes)));
  }
  return [...problems, ...content.objects.filter(({ key }) => !expected.has(key)).map(({ key }) => `nobody owns the object ${key}`)];
}

async function wrongContent({ name, ends, spec }: Member, file: NonNullable<Report['status']['file']>, bytes: Buffer): Promise<Problems> {
  const problems: string[] = [];
  if (bytes.length !== file.sizeBytes) problems.push(`${name}: ${bytes.length} bytes, and the status says ${file.sizeBytes}`);
  if (createHash('sha256').update(bytes).digest('hex') !== file.sha256) problems.push(`${name}: another checksum than the status says`);
  if (ends.phase === 'Failed') return [...problems, `${name}: a file of a Report that has failed`];
  const rows = await rowsOf(bytes, file.format, spec['compression'] === 'Gzip');
  if (file.rows !== ends.rows) problems.push(`${name}: the status says ${file.rows} rows instead of ${ends.rows}`);
  if (rows.length !== ends.rows) problems.push(`${name}: ${rows.length} rows in the file instead of ${ends.rows}`);
  const wrong = rows.findIndex(([number, text], index) => number !== index + 1 || text !== ends.text(index + 1));
  if (wrong >= 0) problems.push(`${name}: row ${wrong + 1} is not what it has to be`);
  return problems;
}

/** Something is left of Reports that are gone. */
export async function leftBehind(billing: Billing, reports: readonly string[]): Promise<Problems> {
  const traces = await Promise.all(reports.map(async (name) => ({ name, ...(await tracesOf(billing, name)) })));
  return traces.flatMap(({ name, jobs, pods, objects, uploads }) =>
    [...jobs, ...pods, ...objects, ...uploads].map((what) => `Report ${name} has left ${what}`),
  );
}

const KINDS = [REPORTS, REPORT_TEMPLATES, REPORT_STORAGES, REPORT_SCHEDULES, JOBS, PODS, CORE_EVENTS, LEASES];

/** Where a secret is written out; `texts` are logs and the like, by what they are. */
export async function told(billing: Billing, secrets: readonly string[], texts: ReadonlyMap<string, string>): Promise<Problems> {
  const { client, namespace, signal } = billing;
  const all = new Map(texts);
  for (const type of KINDS) {
    const { items } = await client.list<KubeObject>(type, { namespace }, signal);
    for (const object of items) all.set(`${type.kind} ${object.metadata.name}`, JSON.stringify(object));
  }
  return [...all].flatMap(([where, text]) =>
    secrets
      .filter((secret) =>
        [secret, Buffer.from(secret).toString('base64').replace(/=+$/, ''), encodeURIComponent(secret)].some((form) => text.includes(form)),
      )
      .map(() => `a secret stands in ${where}`),
  );
}
