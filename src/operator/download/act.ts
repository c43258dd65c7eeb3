/** Does what was decided about a ReportDownload, step by step. The link goes into the status and nowhere else: not into a log, an Event or an error. */
import { findCondition } from '../../api/conditions.ts';
import type { ReportDownload } from '../../api/generated/reportdownload.ts';
import { DOWNLOAD_REASONS, type DownloadReason } from '../../api/reasons.ts';
import type { JsonPatchOperation } from '../../kube/client.ts';
import type { ReconcileContext } from '../../kube/controller.ts';
import { isConflict, isNotFound } from '../../kube/errors.ts';
import type { OwnerReference } from '../../kube/objects.ts';
import { REPORT_DOWNLOADS } from '../../kube/resources.ts';
import { StorageError } from '../storage/access.ts';
import { writeStatus } from '../write-status.ts';
import { storageOf, type DownloadParts } from './gather.ts';
import type { Plan, Step } from './plan.ts';

export async function act(parts: DownloadParts, download: ReportDownload, plan: Plan, context: ReconcileContext): Promise<void> {
  let current = download;
  for (const step of plan.steps) current = await doStep(parts, current, step, context);
  for (const event of plan.events) parts.events.record(download, event);
}

async function doStep(
  parts: DownloadParts,
  download: ReportDownload,
  step: Step,
  { signal, log }: ReconcileContext,
): Promise<ReportDownload> {
  const { namespace = '', name, uid } = download.metadata;
  switch (step.kind) {
    case 'addOwner':
      return addOwner(parts, download, step.owner, signal);
    case 'sign': {
      const storage = await storageOf(parts, namespace, step.storage, signal);
      if (storage === undefined) throw new StorageError('NotFound', `ReportStorage "${step.storage.name}" is gone`);
      const access = await parts.accesses.openCurrent(storage);
      const url = await access.presign(step.key, step.time, signal);
      const written = await writeStatus(parts.client, REPORT_DOWNLOADS, download, { ...step.status, url }, signal);
      parts.observer.downloadEnded('Signed');
      log.info({ report: download.spec.reportRef.name, until: step.status.expirationTime }, 'signed a link');
      return written;
    }
    case 'writeStatus': {
      const written = await writeStatus(parts.client, REPORT_DOWNLOADS, download, step.status, signal);
      if (written.status.phase !== download.status.phase) {
        log.info({ phase: written.status.phase }, 'phase changed');
        parts.observer.downloadEnded(reasonOf(written));
      }
      return written;
    }
    case 'delete':
      try {
        await parts.client.delete(REPORT_DOWNLOADS, namespace, name, { propagation: 'Background', uid }, signal);
      } catch (error) {
        if (!isNotFound(error) && !isConflict(error)) throw error; // gone, or another one has its name now
      }
      return download;
  }
}

function reasonOf({ status }: ReportDownload): DownloadReason {
  const reason = findCondition(status.conditions, 'Ready')?.reason;
  return DOWNLOAD_REASONS.find((each) => each === reason) ?? 'StorageUnavailable';
}

async function addOwner(
  parts: DownloadParts,
  download: ReportDownload,
  owner: OwnerReference,
  signal: AbortSignal,
): Promise<ReportDownload> {
  const { namespace, name, resourceVersion, ownerReferences = [] } = download.metadata;
  const patch: readonly JsonPatchOperation[] = [
    { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
    { op: 'add', path: '/metadata/ownerReferences', value: [...ownerReferences, owner] },
  ];
  return parts.client.patchJson<ReportDownload>(REPORT_DOWNLOADS, namespace, name, patch, signal);
}
