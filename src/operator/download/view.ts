/** Everything one look at a ReportDownload needs. Gathered once (gather.ts), judged without I/O (decide.ts). */
import type { Report } from '../../api/generated/report.ts';
import type { ReportDownload } from '../../api/generated/reportdownload.ts';
import type { HeadOutcome } from '../storage/access.ts';

/** What lies in the bucket where the Report's file should be. */
export type FileView =
  | { readonly kind: 'seen'; readonly key: string; readonly stored: HeadOutcome }
  /** The storage that the Report wrote to is not there any more (a live GET says so). */
  | { readonly kind: 'storageGone' }
  /** No credentials, or no way to the bucket. */
  | { readonly kind: 'unavailable'; readonly message: string };

export interface DownloadView {
  readonly download: ReportDownload;
  /** Undefined: there is none of that name. Looked up live before anything ends for it. */
  readonly report?: Report;
  /** Looked at only when there is a Ready Report and no verdict yet. */
  readonly file?: FileView;
}
