/**
 * Does what was decided, step by step. Each step is safe to do twice, and a failure ends the pass: the next one looks at what is there and goes on.
 */
import type { Report } from '../../api/generated/report.ts';
import type { ReportStorage } from '../../api/generated/reportstorage.ts';
import type { ReconcileContext } from '../../kube/controller.ts';
import { foreignText } from '../../foreign-text.ts';
import type { Manifest } from '../../kube/client.ts';
import { isAlreadyExists, isForbidden, isInvalid, KubeError } from '../../kube/errors.ts';
import { controllerOf, type Job, type KubeObject } from '../../kube/objects.ts';
import { CONFIG_MAPS, JOBS, REPORT_STORAGES, REPORTS } from '../../kube/resources.ts';
import { keyOf } from '../../kube/store.ts';
import { addFinalizer, removeFinalizer } from '../finalizers.ts';
import { StorageError } from '../storage/access.ts';
import { STORAGE_FINALIZER } from '../storage/in-use.ts';
import { templateAt, templateKeyOf } from '../template/template.ts';
import { writeStatus } from '../write-status.ts';
import { FILE_FINALIZER } from './end.ts';
import { pinManifest } from './custom-code.ts';
import { classifyRefusal } from './job-state.ts';
import { trimJob } from './job-facts.ts';
import { MANAGED_LABEL, REPORT_LABEL, REPORT_UID_LABEL } from './job.ts';
import { STORAGES_BY_NAMESPACE, type ReportParts } from './parts.ts';
import type { FilePlace, Plan, StorageRef, Step } from './plan.ts';
import { keyOfFile } from './run.ts';
import { isTerminal } from './status.ts';
import { deleteJob, JobRefused, refuseUnseen } from './unseen-job.ts';

const LASTING_MS = 60_000;

/** Throws JobRefused when its Job cannot be made, so that the Report can say so. */
export async function act(parts: ReportParts, report: Report, plan: Plan, context: ReconcileContext): Promise<void> {
  let current = report;
  for (const step of plan.steps) {
    const next = await doStep(parts, current, step, context);
    if (next !== current) parts.fresh.learn(parts.reports.get(keyOf(next)), next);
    current = next;
  }
  for (const event of plan.events) parts.events.record(report, event);
}

async function doStep(parts: ReportParts, report: Report, step: Step, context: ReconcileContext): Promise<Report> {
  const { signal } = context;
  switch (step.kind) {
    case 'holdStorage':
      await holdStorage(parts, report, step.storage, signal);
      return report;
    case 'addFinalizer':
      return addFinalizer(parts.client, REPORTS, report, FILE_FINALIZER, signal);
    case 'removeFinalizer':
      parts.cleanups.forget(report.metadata.uid);
      return removeFinalizer(parts.client, REPORTS, report, FILE_FINALIZER, signal);
    case 'createJob':
      parts.cleanups.forget(report.metadata.uid); // What was clean is not, once it runs.
      await createJob(parts, report, step.job, context);
      return report;
    case 'pinCommit':
      await pinCommit(parts, step.job, step.commit, context);
      return report;
    case 'deleteJob':
      context.log.info({ job: step.name }, 'deleting Job');
      await deleteJob(parts.client, { namespace: report.metadata.namespace ?? '', name: step.name, uid: step.uid }, signal);
      return report;
    case 'cleanBucket':
      await cleanBucket(parts, report, step.place, signal);
      return report;
    case 'abandonFile':
      context.log.warn(
        { uid: report.metadata.uid, bucket: report.status.file?.bucket, key: report.status.file?.key, why: step.why },
        'file abandoned',
      );
      parts.observer.fileAbandoned();
      parts.events.record(report, {
        type: 'Warning',
        reason: 'FileAbandoned',
        action: 'CleanUp',
        note: `the file is left in the bucket: ${step.why}`,
      });
      return report;
    case 'writeStatus': {
      const written = await writeStatus(parts.client, REPORTS, report, step.status, signal);
      if (written !== report && written.status.phase !== report.status.phase) {
        context.log.info({ phase: written.status.phase }, 'phase changed');
        if (isTerminal(written)) parts.observer.reportEnded(written);
      }
      return written;
    }
  }
}

async function holdStorage(parts: ReportParts, report: Report, { name, uid }: StorageRef, signal: AbortSignal): Promise<void> {
  const storage = parts.storages.get(`${report.metadata.namespace ?? ''}/${name}`);
  if (storage?.metadata.uid === uid) await addFinalizer(parts.client, REPORT_STORAGES, storage, STORAGE_FINALIZER, signal);
}

/** Creates the Job, or adopts the one of that name when it is this Report's own: a lost reply and a crash look the same. */
async function createJob(parts: ReportParts, report: Report, manifest: Manifest, { signal, log }: ReconcileContext): Promise<void> {
  const { uid, namespace = '' } = report.metadata;
  const name = manifest.metadata.name ?? '';
  try {
    await refuseIfUnseen(parts, report, await parts.client.create<Job>(JOBS, manifest, signal), signal);
    log.info({ job: name }, 'created Job');
  } catch (error) {
    if (isAlreadyExists(error)) await adoptJob(parts, report, namespace, name, signal);
    else {
      if (isForbidden(error) || isInvalid(error)) throw refusedJob(error as Error);
      if (isLasting(error, report)) throw new JobRefused('webhook', foreignText((error as Error).message));
      throw error;
    }
  }
  parts.expected.created(uid, name);
}

/** Without the right, or with one of that name from somebody else, a ref that moves between tries fails the Report; it never changes what is made in silence. */
async function pinCommit(parts: ReportParts, job: KubeObject, commit: string, { signal, log }: ReconcileContext): Promise<void> {
  try {
    await parts.client.create(CONFIG_MAPS, pinManifest(job, commit), signal);
  } catch (error) {
    if (!isAlreadyExists(error) && !isForbidden(error)) throw error;
    if (isForbidden(error)) log.warn({ err: error, job: job.metadata.name }, 'the commit of a run cannot be kept for its later tries');
  }
}

async function adoptJob(parts: ReportParts, report: Report, namespace: string, name: string, signal: AbortSignal): Promise<void> {
  const job = trimJob(await parts.client.get<Job>(JOBS, namespace, name, signal));
  if (controllerOf(job)?.uid === report.metadata.uid && job.facts !== undefined) return refuseIfUnseen(parts, report, job, signal);
  throw new JobRefused('rejected', `a Job named ${name} exists that this Report did not make; remove it and create a new Report`);
}

function refuseIfUnseen(parts: ReportParts, report: Report, job: KubeObject, signal: AbortSignal): Promise<void> {
  return refuseUnseen(parts.client, job, { ...MANAGED_LABEL, [REPORT_UID_LABEL]: report.metadata.uid }, REPORT_LABEL, signal);
}

/** An admission webhook that is down, told once somebody may have begun to wonder: before that it is tried again soon, without a word. */
function isLasting(error: unknown, { metadata }: Report): boolean {
  const isDown = error instanceof KubeError && error.status >= 500 && error.message.includes('failed calling webhook');
  return isDown && Date.now() - Date.parse(metadata.creationTimestamp) >= LASTING_MS;
}

/** A Job that the apiserver refuses for good ends the Report; a quota on Jobs passes; anything else is tried again. */
function refusedJob(error: Error): Error {
  const refusal = classifyRefusal(error.message);
  if (refusal.kind === 'passing') return error;
  return new JobRefused(refusal.kind === 'quota' ? 'quota' : 'rejected', refusal.message);
}

async function cleanBucket(parts: ReportParts, report: Report, place: FilePlace, signal: AbortSignal): Promise<void> {
  const { uid } = report.metadata;
  try {
    const storage = findStorage(parts, report, place);
    if (storage === undefined) return; // Nobody recorded one and none is configured: no run ever had a bucket to write to.
    const access = await parts.accesses.open(storage);
    for (const name of place.names) {
      const key = keyOfFile(report, storage, name);
      const where = `${storage.metadata.uid}/${key}`;
      if (parts.cleanups.isClean(uid, where)) continue;
      await access.removeFile(key, uid, signal);
      parts.cleanups.cleaned(uid, where);
    }
  } catch (error) {
    if (error instanceof StorageError) {
      parts.cleanups.failed(uid, error, Date.now());
      parts.events.record(report, {
        type: 'Warning',
        reason: 'CleanUpFailed',
        action: 'CleanUp',
        note: `the bucket cannot be cleaned yet: ${error.message}`,
      });
    }
    throw error;
  }
}

function findStorage(parts: ReportParts, report: Report, place: FilePlace): ReportStorage | undefined {
  const { namespace = '' } = report.metadata;
  if (place.storage !== undefined) {
    const storage = parts.storages.get(`${namespace}/${place.storage.name}`);
    if (storage?.metadata.uid === place.storage.uid) return storage;
    throw new StorageError('NotFound', `ReportStorage "${place.storage.name}" (uid ${place.storage.uid}) is gone`);
  }
  const name = report.spec.storageRef?.name ?? templateAt(parts, templateKeyOf(report))?.spec.storageRef?.name;
  if (name !== undefined) return parts.storages.get(`${namespace}/${name}`);
  return parts.storages.byIndex(STORAGES_BY_NAMESPACE, namespace).find(({ spec }) => spec.default);
}
