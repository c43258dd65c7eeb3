/**
 * Collects what a decision about a ReportDownload needs. The caches may be behind (a person sees Ready, asks for a link, and the operator's own watch has not brought it yet),
 * so what would end a ReportDownload is asked for live.
 */
import type { Report } from '../../api/generated/report.ts';
import type { ReportDownload } from '../../api/generated/reportdownload.ts';
import type { ReportStorage } from '../../api/generated/reportstorage.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isNotFound } from '../../kube/errors.ts';
import type { EventRecorder } from '../../kube/events.ts';
import type { KubeObject } from '../../kube/objects.ts';
import { REPORT_STORAGES, REPORTS, type ResourceType } from '../../kube/resources.ts';
import type { ObjectKey, Store } from '../../kube/store.ts';
import type { OperatorObserver } from '../metrics.ts';
import { keyOfFile } from '../report/run.ts';
import { StorageError, type StorageAccesses } from '../storage/access.ts';
import type { DownloadView, FileView } from './view.ts';

export interface DownloadParts {
  readonly client: KubeClient;
  readonly events: EventRecorder;
  readonly downloads: Store<ReportDownload>;
  readonly reports: Store<Report>;
  readonly storages: Store<ReportStorage>;
  readonly accesses: StorageAccesses;
  readonly observer: Pick<OperatorObserver, 'downloadEnded'>;
}

/** Undefined when there is no such ReportDownload any more. */
export async function gather(parts: DownloadParts, key: ObjectKey, signal: AbortSignal): Promise<DownloadView | undefined> {
  const download = parts.downloads.get(key);
  if (download === undefined) return undefined;
  if (download.metadata.deletionTimestamp !== undefined || download.status.phase !== undefined) return { download };
  const { namespace = '' } = download.metadata;
  const { name } = download.spec.reportRef;
  const cached = parts.reports.get(`${namespace}/${name}`);
  const report = cached?.status.phase === 'Ready' ? cached : await live<Report>(parts.client, REPORTS, namespace, name, signal);
  if (report === undefined) return { download };
  const file = await fileView(parts, report, signal);
  return { download, report, ...(file === undefined ? {} : { file }) };
}

async function fileView(parts: DownloadParts, report: Report, signal: AbortSignal): Promise<FileView | undefined> {
  const { metadata, status } = report;
  if (status.phase !== 'Ready' || status.file === undefined || metadata.deletionTimestamp !== undefined) return undefined;
  const storage = await storageOf(parts, metadata.namespace ?? '', status.file.storage, signal);
  if (storage === undefined) return { kind: 'storageGone' };
  const key = keyOfFile(report, storage, status.file.name);
  try {
    const access = await parts.accesses.openCurrent(storage);
    return { kind: 'seen', key, stored: await access.head(key, signal) };
  } catch (error) {
    if (error instanceof StorageError) return { kind: 'unavailable', message: error.message };
    throw error;
  }
}

/** The very storage that the Report wrote to; undefined when it is gone, whatever has its name now. */
export async function storageOf(
  { client, storages }: Pick<DownloadParts, 'client' | 'storages'>,
  namespace: string,
  { name, uid }: { readonly name: string; readonly uid: string },
  signal: AbortSignal,
): Promise<ReportStorage | undefined> {
  const cached = storages.get(`${namespace}/${name}`);
  if (cached?.metadata.uid === uid) return cached;
  const found = await live<ReportStorage>(client, REPORT_STORAGES, namespace, name, signal);
  return found?.metadata.uid === uid ? found : undefined;
}

async function live<T extends KubeObject>(
  client: KubeClient,
  type: ResourceType,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<T | undefined> {
  try {
    return await client.get<T>(type, namespace, name, signal);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
