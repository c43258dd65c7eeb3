/**
 * Looks at a ReportSchedule when it, one of its Reports or the time changes: gather, decide, act.
 *
 * What this process has just written counts before the cache shows it, so that a second look within those milliseconds neither makes a run twice, nor forgets one that is
 * active, nor writes over what it wrote itself.
 */
import type { Report } from '../../api/generated/report.ts';
import type { ReportSchedule, ReportScheduleStatus } from '../../api/generated/reportschedule.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { ReconcileContext, Result } from '../../kube/controller.ts';
import type { EventNote, EventRecorder } from '../../kube/events.ts';
import { isOlderVersion } from '../../kube/resource-version.ts';
import { keyOf, type ObjectKey, type Store } from '../../kube/store.ts';
import type { OperatorObserver } from '../metrics.ts';
import { act, NoReport } from './act.ts';
import { decide, type ScheduleView } from './decide.ts';
import { REPORTS_BY_SCHEDULE, scheduleOf } from './marks.ts';
import type { Plan } from './plan.ts';
import type { Run } from './run.ts';

/** Schedules that are looked at beside each other. */
export const SCHEDULE_WORKERS = 20;
/** Longer than a healthy watch lags. */
const RECENT_MS = 10_000;

export interface ScheduleControllerParts {
  readonly client: KubeClient;
  readonly events: EventRecorder;
  readonly schedules: Store<ReportSchedule>;
  readonly reports: Store<Report>;
  readonly observer: Pick<OperatorObserver, 'scheduleRan'>;
  /** Whether schedules wait for a worker. */
  readonly busy: () => boolean;
}

export class ScheduleController {
  readonly #parts: ScheduleControllerParts;
  /** Reports made a moment ago that the cache has not shown yet, by schedule UID. */
  readonly #recent = new Map<string, { readonly report: Report; readonly at: number }[]>();
  /** Runs whose Reports were made since the status was written last, by schedule UID: the status may come seconds later, and whoever deletes the Report meanwhile asks for no other. */
  readonly #made = new Map<string, readonly Run[]>();
  /** What was written last, until the cache shows it, by schedule UID. */
  readonly #written = new Map<string, { readonly resourceVersion: string; readonly status: ReportScheduleStatus }>();
  /** The refused annotation that was told last, by schedule UID: it stays there, and would be told at every look. */
  readonly #toldRefusal = new Map<string, string>();

  constructor(parts: ScheduleControllerParts) {
    this.#parts = parts;
  }

  async reconcile(key: ObjectKey, context: ReconcileContext): Promise<Result> {
    const without = { taken: new Set<string>(), refused: new Map<string, string>() };
    for (;;) {
      const schedule = this.#latest(key);
      if (schedule === undefined) return { kind: 'done' };
      const reports = this.#reportsOf(schedule);
      const view: ScheduleView = { schedule, reports: reports.all, made: this.#made.get(schedule.metadata.uid) ?? [], ...without };
      const plan = this.#withoutRepeats(schedule, decide(view, Date.now()));
      try {
        const leftUntil = await act({ ...this.#parts, ...this.#memory }, schedule, plan, context, this.#parts.busy);
        if (leftUntil !== undefined && leftUntil <= Date.now()) return { kind: 'requeueAfter', ms: 0 };
        for (const { reason, note } of plan.events) if (reason === 'RunRefused') this.#toldRefusal.set(schedule.metadata.uid, note);
        const again = [plan.lookAgainAt, leftUntil, reports.unseen ? Date.now() + RECENT_MS : undefined].filter((at) => at !== undefined);
        return again.length === 0 ? { kind: 'done' } : { kind: 'lookAgainAt', epochMs: Math.min(...again) };
      } catch (error) {
        if (!(error instanceof NoReport) || without.taken.has(error.report) || without.refused.has(error.report)) throw error;
        if (error.refusal === undefined) without.taken.add(error.report);
        else without.refused.set(error.report, error.refusal);
      }
    }
  }

  /** To be called when a Report came to the cache or went from it. */
  seen(report: Report): void {
    const uid = scheduleOf(report)?.uid ?? '';
    const left = this.#recent.get(uid)?.filter((recent) => recent.report.metadata.uid !== report.metadata.uid) ?? [];
    if (left.length === 0) this.#recent.delete(uid);
    else this.#recent.set(uid, left);
  }

  /**
   * To be called when a schedule has changed in the cache. True: it is as this process has just written it, and the look that wrote it knew everything that it says, so
   * nobody needs to look again.
   */
  caughtUp({ metadata: { uid, resourceVersion } }: ReportSchedule): boolean {
    if (this.#written.get(uid)?.resourceVersion !== resourceVersion) return false;
    this.#written.delete(uid);
    return true;
  }

  /** To be called when a schedule is gone. */
  forget(uid: string): void {
    this.#recent.delete(uid);
    this.#made.delete(uid);
    this.#written.delete(uid);
    this.#toldRefusal.delete(uid);
  }

  readonly #memory = {
    onSpawned: ({ metadata: { uid } }: ReportSchedule, run: Run, report: Report): void => {
      this.#made.set(uid, [...(this.#made.get(uid) ?? []), run]);
      if (this.#parts.reports.get(keyOf(report))?.metadata.uid === report.metadata.uid) return;
      this.#recent.set(uid, [...(this.#recent.get(uid) ?? []), { report, at: performance.now() }]);
    },
    onWritten: ({ metadata: { uid, resourceVersion }, status }: ReportSchedule): void => {
      this.#made.delete(uid);
      this.#written.set(uid, { resourceVersion, status });
    },
  };

  /** The schedule as the cache has it, or as this process has written it since: a write is refused unless it follows what the cache showed. */
  #latest(key: ObjectKey): ReportSchedule | undefined {
    const cached = this.#parts.schedules.get(key);
    const written = cached === undefined ? undefined : this.#written.get(cached.metadata.uid);
    if (cached === undefined || written === undefined) return cached;
    if (!isOlderVersion(cached.metadata.resourceVersion, written.resourceVersion)) {
      this.#written.delete(cached.metadata.uid);
      return cached;
    }
    return { ...cached, metadata: { ...cached.metadata, resourceVersion: written.resourceVersion }, status: written.status };
  }

  #reportsOf({ metadata: { uid } }: ReportSchedule): { readonly all: readonly Report[]; readonly unseen: boolean } {
    const cached = this.#parts.reports.byIndex(REPORTS_BY_SCHEDULE, uid);
    const since = performance.now() - RECENT_MS;
    const unseen = (this.#recent.get(uid) ?? []).filter(({ at }) => at > since);
    if (unseen.length === 0) this.#recent.delete(uid);
    return { all: [...cached, ...unseen.map(({ report }) => report)], unseen: unseen.length > 0 };
  }

  #withoutRepeats(schedule: ReportSchedule, plan: Plan): Plan {
    const { uid } = schedule.metadata;
    const repeated = ({ reason, note }: EventNote): boolean => reason === 'RunRefused' && this.#toldRefusal.get(uid) === note;
    return { ...plan, events: plan.events.filter((event) => !repeated(event)) };
  }
}
