/** What follows from a view, as data. Steps happen in this order, and each may be the last one before a crash: the next pass goes on from what is there. */
import type { ReportStatus } from '../../api/generated/report.ts';
import type { Manifest } from '../../kube/client.ts';
import type { KubeObject } from '../../kube/objects.ts';
import type { EventNote } from '../../kube/events.ts';

export interface StorageRef {
  readonly name: string;
  readonly uid: string;
}

/** Which objects may belong to a Report: its key with each of these names. The key itself is computed from the UID, never taken from a status. */
export interface FilePlace {
  /** Undefined: nobody recorded it, so the Report's own references decide. */
  readonly storage: StorageRef | undefined;
  readonly names: readonly string[];
}

export type Step =
  /** Puts `dossier.dev/in-use` on the storage, so that a namespace's deletion leaves us the bucket. */
  | { readonly kind: 'holdStorage'; readonly storage: StorageRef }
  | { readonly kind: 'addFinalizer' }
  | { readonly kind: 'removeFinalizer' }
  | { readonly kind: 'createJob'; readonly job: Manifest }
  /** Tells later tries of the Job the commit that its first one got. */
  | { readonly kind: 'pinCommit'; readonly job: KubeObject; readonly commit: string }
  | { readonly kind: 'deleteJob'; readonly name: string; readonly uid: string }
  /** Aborts the Report's uploads and deletes its object. */
  | { readonly kind: 'cleanBucket'; readonly place: FilePlace }
  /** Gives the file up aloud. */
  | { readonly kind: 'abandonFile'; readonly why: string }
  | { readonly kind: 'writeStatus'; readonly status: ReportStatus };

export interface Plan {
  readonly steps: readonly Step[];
  readonly events: readonly EventNote[];
  /** Epoch ms; absent = only when something changes. */
  readonly lookAgainAt?: number;
}

export const NOTHING: Plan = { steps: [], events: [] };

/** The earliest of the moments that are set. */
export function earliest(...moments: readonly (number | undefined)[]): number | undefined {
  const set = moments.filter((moment) => moment !== undefined);
  return set.length === 0 ? undefined : Math.min(...set);
}

export function withLook(plan: Omit<Plan, 'lookAgainAt'>, at: number | undefined): Plan {
  return at === undefined ? plan : { ...plan, lookAgainAt: at };
}
