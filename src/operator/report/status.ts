/** A Report's status as the next write would have it: what stays, what changed, and the conditions that follow. */
import { toCondition, type ConditionNote } from '../../api/conditions.ts';
import type { Report, ReportStatus } from '../../api/generated/report.ts';
import type { ReportReason } from '../../api/reasons.ts';

export type Phase = 'Pending' | 'Deploying' | 'Ready' | 'Failed';

/** Where a Report is now, in a person's words. */
export interface Standing {
  readonly phase: Phase;
  readonly reason: ReportReason;
  readonly message: string;
}

type Changeable =
  | 'startTime'
  | 'completionTime'
  | 'parameters'
  | 'template'
  | 'storage'
  | 'job'
  | 'attempt'
  | 'duration'
  | 'progress'
  | 'file'
  | 'failure'
  | 'queuedUntil';

/** Fields that a pass may set; absent = as before, undefined = removed. */
export type StatusChanges = { readonly [Field in Changeable]?: ReportStatus[Field] | undefined };

export function isTerminal(report: Report): boolean {
  return report.status.phase === 'Ready' || report.status.phase === 'Failed';
}

/** The Ready condition's reason of the last write. */
export function currentReason(report: Report): string | undefined {
  return report.status.conditions?.find(({ type }) => type === 'Ready')?.reason;
}

export function currentMessage(report: Report): string | undefined {
  return report.status.conditions?.find(({ type }) => type === 'Ready')?.message;
}

export function nextStatus(report: Report, standing: Standing, changes: StatusChanges, now: number): ReportStatus {
  const time = rfc3339(now);
  const generation = report.metadata.generation ?? 0;
  const before = report.status.conditions;
  const conditions = conditionsFor(standing).map((note) => toCondition(before, note, generation, time));
  const merged = Object.entries({ ...report.status, ...changes }).filter(([, value]) => value !== undefined);
  return {
    ...(Object.fromEntries(merged) as Omit<ReportStatus, 'observedGeneration'>),
    observedGeneration: generation,
    phase: standing.phase,
    reasonTime: currentReason(report) === standing.reason ? (report.status.reasonTime ?? time) : time,
    conditions,
  };
}

/**
 * Ready tells whether the file can be had; Finished turns True on both ends, so that `kubectl wait --for=condition=Finished` always returns; Stalled is how kstatus,
 * and with it Flux, recognises a failure.
 */
function conditionsFor({ phase, reason, message }: Standing): readonly ConditionNote[] {
  const status = (truth: boolean): 'True' | 'False' => (truth ? 'True' : 'False');
  return [
    { type: 'Ready', status: status(phase === 'Ready'), reason, message },
    { type: 'Finished', status: status(phase === 'Ready' || phase === 'Failed'), reason, message: FINISHED[phase] },
    // What stalls it is repeated in whole: kstatus shows this condition's message and no other.
    {
      type: 'Stalled',
      status: status(phase === 'Failed'),
      reason,
      message: phase === 'Failed' ? message : 'nothing has gone wrong for good',
    },
  ];
}

const FINISHED: Readonly<Record<Phase, string>> = {
  Pending: 'not started yet',
  Deploying: 'not at its end yet',
  Ready: 'ended with a file',
  Failed: 'ended without a file; the condition Ready says why',
};

/** Whole seconds, as metav1.Time has it. */
export function rfc3339(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

/** `2h3m10s`, `2m10s`, `10s`: rounded to whole seconds. */
export function humanDuration(ms: number): string {
  const total = Math.max(0, Math.round(ms / 1000));
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const seconds = total % 60;
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}s`;
}

/** `9.3MB`: decimal units, as object stores bill them. */
export function humanSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)}${units[unit] ?? ''}`;
}
