/**
 * Looks at a ReportSchedule when it, one of its Reports or the time changes: gather, decide, act.
 *
 * What this process has just created counts before the cache shows it, so that a second look within those milliseconds neither makes a run twice nor forgets one that is
 * active.
 */
import type { Report } from '../../api/generated/report.ts';
import type { ReportSchedule } from '../../api/generated/reportschedule.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { ReconcileContext, Result } from '../../kube/controller.ts';
import type { EventNote, EventRecorder } from '../../kube/events.ts';
import { keyOf, type ObjectKey, type Store } from '../../kube/store.ts';
import { act, NameTaken } from './act.ts';
import { decide } from './decide.ts';
import { REPORTS_BY_SCHEDULE } from './marks.ts';
import type { Plan } from './plan.ts';

/** Longer than a healthy watch lags. */
const RECENT_MS = 10_000;

export interface ScheduleControllerParts {
  readonly client: KubeClient;
  readonly events: EventRecorder;
  readonly schedules: Store<ReportSchedule>;
  readonly reports: Store<Report>;
}

export class ScheduleController {
  readonly #parts: ScheduleControllerParts;
  /** Reports made a moment ago, by schedule UID. */
  readonly #recent = new Map<string, { readonly report: Report; readonly at: number }[]>();
  /** The refused annotation that was told last, by schedule UID: it stays there, and would be told at every look. */
  readonly #toldRefusal = new Map<string, string>();

  constructor(parts: ScheduleControllerParts) {
    this.#parts = parts;
  }

  async reconcile(key: ObjectKey, context: ReconcileContext): Promise<Result> {
    const schedule = this.#parts.schedules.get(key);
    if (schedule === undefined) return { kind: 'done' };
    const taken = new Set<string>();
    for (;;) {
      const view = { schedule: this.#parts.schedules.get(key) ?? schedule, reports: this.#reportsOf(schedule), taken };
      const plan = this.#withoutRepeats(schedule, decide(view, Date.now()));
      try {
        await act({ ...this.#parts, onSpawned: (owner, report) => this.#remember(owner, report) }, view.schedule, plan, context);
        return plan.lookAgainAt === undefined ? { kind: 'done' } : { kind: 'lookAgainAt', epochMs: plan.lookAgainAt };
      } catch (error) {
        if (!(error instanceof NameTaken) || taken.has(error.report)) throw error;
        taken.add(error.report);
      }
    }
  }

  /** To be called when a schedule is gone. */
  forget(uid: string): void {
    this.#recent.delete(uid);
    this.#toldRefusal.delete(uid);
  }

  #reportsOf(schedule: ReportSchedule): readonly Report[] {
    const { uid } = schedule.metadata;
    const cached = this.#parts.reports.byIndex(REPORTS_BY_SCHEDULE, uid);
    const now = performance.now();
    const unseen = (this.#recent.get(uid) ?? []).filter(
      ({ report, at }) => now - at < RECENT_MS && this.#parts.reports.get(keyOf(report)) === undefined,
    );
    if (unseen.length === 0) {
      this.#recent.delete(uid);
      return cached;
    }
    this.#recent.set(uid, unseen);
    return [...cached, ...unseen.map(({ report }) => report)];
  }

  #remember(schedule: ReportSchedule, report: Report): void {
    const { uid } = schedule.metadata;
    this.#recent.set(uid, [...(this.#recent.get(uid) ?? []), { report, at: performance.now() }]);
  }

  #withoutRepeats(schedule: ReportSchedule, plan: Plan): Plan {
    const { uid } = schedule.metadata;
    const repeated = ({ reason, note }: EventNote): boolean => reason === 'RunRefused' && this.#toldRefusal.get(uid) === note;
    const events = plan.events.filter((event) => !repeated(event));
    for (const { reason, note } of events) if (reason === 'RunRefused') this.#toldRefusal.set(uid, note);
    return { ...plan, events };
  }
}
