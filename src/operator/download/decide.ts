/**
 * What becomes of a ReportDownload: one link, for as long as was asked, to exactly the file that its Report speaks of. Pure.
 *
 * A link is a way past RBAC, so everything here errs on the side of none: a Report that is not Ready, a storage that is another one now, an object of another size, ETag or owner
 * end it for good; and once it has expired nothing signs it again, whatever a clock or a restart does.
 */
import { toCondition, findCondition, type ConditionNote } from '../../api/conditions.ts';
import type { Report } from '../../api/generated/report.ts';
import type { ReportDownload, ReportDownloadStatus } from '../../api/generated/reportdownload.ts';
import type { DownloadReason } from '../../api/reasons.ts';
import { foreignText } from '../../foreign-text.ts';
import type { EventNote } from '../../kube/events.ts';
import type { OwnerReference } from '../../kube/objects.ts';
import type { ObjectFacts } from '../../s3/operations.ts';
import { currentReason, rfc3339 } from '../report/status.ts';
import type { Plan, Step } from './plan.ts';
import type { DownloadView, FileView } from './view.ts';

/** While the bucket does not answer. */
const UNAVAILABLE_INTERVAL_MS = 5_000;
/** How long one that a program made by generateName stays after its end, for whoever wants to see how it ended. */
const KEPT_MS = 10 * 60_000;

type ReportFile = NonNullable<Report['status']['file']>;

export function decide(view: DownloadView, now: number): Plan {
  const { download, report } = view;
  if (download.metadata.deletionTimestamp !== undefined) return { steps: [], events: [] };
  if (download.status.phase === 'Expired' || download.status.phase === 'Failed') return ended(download, now);
  if (download.status.phase === 'Ready') return open(download, now);
  if (report === undefined) {
    const { name } = download.spec.reportRef;
    return failed(
      download,
      'ReportNotFound',
      `there is no Report "${name}" in this namespace: correct spec.reportRef.name in a new ReportDownload`,
      now,
    );
  }
  const plan = judged(view, report, now);
  return { ...plan, steps: [...owning(download, report), ...plan.steps] };
}

function judged({ download, file }: DownloadView, report: Report, now: number): Plan {
  const notReady = notReadyMessage(report);
  if (notReady !== undefined) return failed(download, 'ReportNotReady', notReady, now);
  const said = report.status.file;
  if (said === undefined) return failed(download, 'FileMissing', `the status of Report "${report.metadata.name}" names no file`, now);
  switch (file?.kind) {
    case undefined:
      return unavailable(download, 'the bucket has not been asked yet', now);
    case 'unavailable':
      return unavailable(download, file.message, now);
    case 'storageGone':
      return failed(
        download,
        'FileMissing',
        `ReportStorage "${said.storage.name}" (uid ${said.storage.uid}), to which the file was written, is gone; one of the same name is another one`,
        now,
      );
    case 'seen':
      return seen(download, report, said, file, now);
  }
}

function seen(
  download: ReportDownload,
  report: Report,
  said: ReportFile,
  { key, stored }: Extract<FileView, { kind: 'seen' }>,
  now: number,
): Plan {
  switch (stored.kind) {
    case 'unknown':
      return unavailable(download, stored.message, now);
    case 'absent':
      return failed(download, 'FileMissing', `bucket "${said.bucket}" has no object ${key} any more`, now);
    case 'object': {
      const differences = differencesOf(report, said, stored.facts);
      if (differences.length === 0) return signed(download, said, key, now);
      return failed(download, 'FileMissing', `the object ${key} is not the Report's file: ${differences.join(', ')}`, now);
    }
  }
}

/** How what lies in the bucket differs from what the Report says. */
function differencesOf(report: Report, said: ReportFile, facts: ObjectFacts): readonly string[] {
  const { uid } = report.metadata;
  return [
    ...(facts.bytes === said.sizeBytes ? [] : [`it has ${facts.bytes} bytes instead of ${said.sizeBytes}`]),
    ...(facts.etag === said.etag ? [] : [`its ETag is "${foreignText(facts.etag, 80)}" instead of "${foreignText(said.etag, 80)}"`]),
    ...(facts.reportUid === uid
      ? []
      : [
          `its dossier-report-uid is ${facts.reportUid === undefined ? 'missing' : `"${foreignText(facts.reportUid, 80)}"`} instead of "${uid}"`,
        ]),
  ];
}

function notReadyMessage(report: Report): string | undefined {
  const { name, deletionTimestamp } = report.metadata;
  const { phase } = report.status;
  if (deletionTimestamp !== undefined) return `Report "${name}" is being deleted`;
  if (phase === 'Ready') return undefined;
  const reason = currentReason(report);
  const where = `${phase ?? 'Pending'}${reason === undefined ? '' : ` (${reason})`}`;
  return phase === 'Failed'
    ? `Report "${name}" is ${where}: it has no file`
    : `Report "${name}" is ${where}: create a new ReportDownload once it is Ready`;
}

function signed(download: ReportDownload, said: ReportFile, key: string, now: number): Plan {
  const { expirationSeconds: seconds } = download.spec;
  const expires = Math.floor(now / 1000) * 1000 + seconds * 1000;
  const expirationTime = rfc3339(expires);
  const message = `the link to ${said.name} works until ${expirationTime}`;
  const file = { name: said.name, sizeBytes: said.sizeBytes, sha256: said.sha256 };
  const status = { ...statusWith(download, 'Ready', 'Signed', message, now), expirationTime, file };
  const step: Step = { kind: 'sign', storage: said.storage, key, time: { from: now, seconds }, status };
  return { steps: [step], events: [note('Normal', 'Signed', 'Sign', message)], lookAgainAt: expires };
}

/** The link works until its time has come; a time that cannot be read has. */
function open(download: ReportDownload, now: number): Plan {
  const expires = Date.parse(download.status.expirationTime ?? '');
  if (now < expires) return { steps: [], events: [], lookAgainAt: expires };
  const message = 'the link has expired: create a new ReportDownload for another one';
  const { url: _gone, ...rest } = statusWith(download, 'Expired', 'Expired', message, now);
  return { ...closing(download, rest, now), events: [note('Normal', 'Expired', 'Expire', message)] };
}

function failed(download: ReportDownload, reason: DownloadReason, message: string, now: number): Plan {
  return {
    ...closing(download, statusWith(download, 'Failed', reason, message, now), now),
    events: [note('Warning', reason, 'Fail', message)],
  };
}

function closing(download: ReportDownload, status: ReportDownloadStatus, now: number): Omit<Plan, 'events'> {
  const steps: Step[] = [{ kind: 'writeStatus', status }];
  return isTemporary(download) ? { steps, lookAgainAt: now + KEPT_MS } : { steps };
}

/** The object store may come back; but nobody waits longer for a link than it would have worked. */
function unavailable(download: ReportDownload, message: string, now: number): Plan {
  const before = findCondition(download.status.conditions, 'Ready');
  const since = Date.parse(before?.lastTransitionTime ?? rfc3339(now));
  if (now >= since + download.spec.expirationSeconds * 1000) {
    return failed(download, 'StorageUnavailable', `given up after ${download.spec.expirationSeconds} s: ${message}`, now);
  }
  const status = statusWith(download, undefined, 'StorageUnavailable', message, now);
  const events = before?.reason === 'StorageUnavailable' ? [] : [note('Warning', 'StorageUnavailable', 'Wait', message)];
  return { steps: [{ kind: 'writeStatus', status }], events, lookAgainAt: now + UNAVAILABLE_INTERVAL_MS };
}

/** Nothing changes any more. Only what a program made by generateName is cleared away: what somebody applied under a name would be applied again. */
function ended(download: ReportDownload, now: number): Plan {
  if (!isTemporary(download)) return { steps: [], events: [] };
  // One that failed may have been without a link, and so not Ready, for long before.
  const turned = download.status.phase === 'Failed' ? 'Stalled' : 'Ready';
  const since = Date.parse(findCondition(download.status.conditions, turned)?.lastTransitionTime ?? download.metadata.creationTimestamp);
  const until = since + KEPT_MS;
  return now < until ? { steps: [], events: [], lookAgainAt: until } : { steps: [{ kind: 'delete' }], events: [] };
}

function isTemporary({ metadata }: ReportDownload): boolean {
  return metadata.generateName !== undefined && metadata.generateName !== '';
}

function owning(download: ReportDownload, { apiVersion, kind, metadata: { name, uid } }: Report): readonly Step[] {
  if (download.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true) return [];
  const owner: OwnerReference = { apiVersion, kind, name, uid };
  return [{ kind: 'addOwner', owner }];
}

function statusWith(
  download: ReportDownload,
  phase: ReportDownloadStatus['phase'],
  reason: DownloadReason,
  message: string,
  now: number,
): ReportDownloadStatus {
  const generation = download.metadata.generation ?? 0;
  const { conditions: before } = download.status;
  const isFailed = phase === 'Failed';
  const notes: readonly ConditionNote[] = [
    { type: 'Ready', status: phase === 'Ready' ? 'True' : 'False', reason, message },
    { type: 'Stalled', status: isFailed ? 'True' : 'False', reason, message: isFailed ? message : 'nothing has gone wrong for good' },
  ];
  return {
    ...download.status,
    observedGeneration: generation,
    ...(phase === undefined ? {} : { phase }),
    conditions: notes.map((each) => toCondition(before, each, generation, rfc3339(now))),
  };
}

function note(type: EventNote['type'], reason: DownloadReason, action: string, message: string): EventNote {
  return { type, reason, action, note: message };
}
