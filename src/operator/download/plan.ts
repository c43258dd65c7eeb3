/** What follows from a look at a ReportDownload, as data. Steps happen in this order, and each may be the last one before a crash. */
import type { ReportDownloadStatus } from '../../api/generated/reportdownload.ts';
import type { OwnerReference } from '../../kube/objects.ts';
import type { EventNote } from '../../kube/events.ts';
import type { LinkTime } from '../../s3/presign.ts';

export type Step =
  /** Makes the Report its owner, so that it is deleted with it. */
  | { readonly kind: 'addOwner'; readonly owner: OwnerReference }
  /** Signs a link and writes it with this status. One that was signed before a crash was shown to nobody. */
  | {
      readonly kind: 'sign';
      readonly storage: { readonly name: string; readonly uid: string };
      readonly key: string;
      readonly time: LinkTime;
      readonly status: ReportDownloadStatus;
    }
  | { readonly kind: 'writeStatus'; readonly status: ReportDownloadStatus }
  | { readonly kind: 'delete' };

export interface Plan {
  readonly steps: readonly Step[];
  readonly events: readonly EventNote[];
  /** Epoch ms; absent = only when something changes. */
  readonly lookAgainAt?: number;
}
