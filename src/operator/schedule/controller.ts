/**
 * Looks at a ReportSchedule when it, one of its Reports or the time changes: gather, decide, act.
 *
 * What this process has just written counts before the cache shows it, so that a second look within those milliseconds neither makes a run twice, nor forgets one that is
 * active, nor writes over what it wrote itself. What a cache does not show is not taken for gone: watches lag behind each other, and behind the work of whoever led before.
 */
import type { Report } from '../../api/generated/report.ts';
import type { ReportSchedule, ReportScheduleStatus } from '../../api/generated/reportschedule.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { ReconcileContext, Result } from '../../kube/controller.ts';
import type { EventNote, EventRecorder } from '../../kube/events.ts';
import { isNotFound } from '../../kube/errors.ts';
import { decodeExact } from '../../kube/exact-decode.ts';
import { REPORTS } from '../../kube/resources.ts';
import { isOlderVersion } from '../../kube/resource-version.ts';
import { keyOf, type ObjectKey, type Store } from '../../kube/store.ts';
import type { OperatorObserver } from '../metrics.ts';
import { act, NoReport } from './act.ts';
import { decide, type ScheduleView } from './decide.ts';
import { REPORTS_BY_SCHEDULE, scheduleKeyOf, scheduleOf } from './marks.ts';
import type { Plan } from './plan.ts';
import { isOpen, plannedNames, runOf, type RememberedRun } from './run.ts';

/** Schedules that are looked at beside each other. */
export const SCHEDULE_WORKERS = 20;
/** Longer than a healthy watch lags. */
const RECENT_MS = 10_000;
/** For so long after it began to lead, an operator reckons with writes of its predecessor that its caches do not show; later a run of that time is late, and confirmed for that. */
const TAKEOVER_MS = 60_000;

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
  /** Runs that have had their Reports and that the status does not tell of, by schedule UID: that may come seconds later, and whoever deletes the Report meanwhile asks for no other. */
  readonly #made = new Map<string, readonly RememberedRun[]>();
  /** Reports that went, as the cache showed them last, and that the status names as under way or does not tell of yet, by schedule UID. */
  readonly #gone = new Map<string, readonly Report[]>();
  /** When this process looked first, on the monotonic clock. */
  #beganAt: number | undefined;
  /** Names of Reports of which nobody knows whether they were made, because the answer was lost, by schedule UID. */
  readonly #unanswered = new Map<string, readonly string[]>();
  /** What was written last, until the cache shows it, by schedule UID. */
  readonly #written = new Map<string, { readonly resourceVersion: string; readonly status: ReportScheduleStatus }>();
  /** The refused annotation that was told last, by schedule UID: it stays there, and would be told at every look. */
  readonly #toldRefusal = new Map<string, string>();

  constructor(parts: ScheduleControllerParts) {
    this.#parts = parts;
  }

  async reconcile(key: ObjectKey, context: ReconcileContext): Promise<Result> {
    const without = { taken: new Set<string>(), refused: new Map<string, string>() };
    this.#beganAt ??= performance.now();
    const mayBeStale = performance.now() - this.#beganAt < TAKEOVER_MS;
    await this.#askForUnseen(key, mayBeStale, context.signal);
    for (;;) {
      const schedule = this.#latest(key);
      if (schedule === undefined) return { kind: 'done' };
      const reports = this.#reportsOf(schedule);
      const view: ScheduleView = {
        schedule,
        reports: reports.all,
        ...this.#remembered(schedule),
        mayBeStale,
        ...without,
      };
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

  /** To be called when a Report went from the cache. */
  went(report: Report): void {
    const { uid = '' } = scheduleOf(report) ?? {};
    const schedule = this.#latest(scheduleKeyOf(report) ?? '');
    if (schedule?.metadata.uid !== uid) return;
    if (isMissed(schedule.status, report)) this.#gone.set(uid, [...(this.#gone.get(uid) ?? []), report]);
  }

  /**
   * To be called when a schedule has changed in the cache. True: it is as this process has just written it, and the look that wrote it knew everything that it says, so
   * nobody needs to look again.
   */
  caughtUp(schedule: ReportSchedule): boolean {
    const { uid, resourceVersion } = schedule.metadata;
    const isOwn = this.#written.get(uid)?.resourceVersion === resourceVersion;
    if (isOwn) this.#written.delete(uid);
    this.#forgetTold(this.#latest(keyOf(schedule)) ?? schedule);
    return isOwn;
  }

  /** To be called when a schedule is gone. */
  forget(uid: string): void {
    this.#recent.delete(uid);
    this.#made.delete(uid);
    this.#gone.delete(uid);
    this.#unanswered.delete(uid);
    this.#written.delete(uid);
    this.#toldRefusal.delete(uid);
  }

  readonly #memory = {
    onSpawned: ({ metadata: { uid } }: ReportSchedule, run: RememberedRun, report: Report): void => {
      this.#made.set(uid, [...(this.#made.get(uid) ?? []), run]);
      if (this.#isCached(report)) return;
      this.#recent.set(uid, [...(this.#recent.get(uid) ?? []), { report, at: performance.now() }]);
    },
    onUnanswered: ({ metadata: { uid } }: ReportSchedule, name: string): void => {
      this.#unanswered.set(uid, [...(this.#unanswered.get(uid) ?? []), name]);
    },
    onWritten: (schedule: ReportSchedule): void => {
      const { uid, resourceVersion } = schedule.metadata;
      this.#forgetTold(schedule);
      this.#written.set(uid, { resourceVersion, status: schedule.status });
    },
  };

  #remembered({ metadata: { uid } }: ReportSchedule): Pick<ScheduleView, 'gone' | 'made'> {
    return { gone: this.#gone.get(uid) ?? [], made: this.#made.get(uid) ?? [] };
  }

  /** What a status tells need not be remembered. */
  #forgetTold({ metadata: { uid }, status }: ReportSchedule): void {
    keepOnly(this.#made, uid, (run) => isOpen(status, run));
    keepOnly(this.#gone, uid, (report) => isMissed(status, report));
  }

  /**
   * Asks the apiserver for Reports that should be there, or may be, and that the cache does not show, nor has shown to be gone: a watch may be late by more than a moment. A
   * run that is under way and counts as ended would have another one beside it, and one of SincePreviousRun would be covered twice.
   */
  async #askForUnseen(key: ObjectKey, mayBeStale: boolean, signal: AbortSignal): Promise<void> {
    const schedule = this.#latest(key);
    if (schedule === undefined) return;
    const { uid, namespace } = schedule.metadata;
    const recent = this.#recent.get(uid) ?? [];
    const listed = [...recent.map(({ report }) => report.metadata), ...namedBy(schedule.status)];
    const possible = [...(this.#unanswered.get(uid) ?? []), ...(mayBeStale ? plannedNames(schedule, Date.now()) : [])];
    if (listed.length + possible.length === 0) return;
    const since = performance.now() - RECENT_MS;
    const young = recent.filter(({ at }) => at > since).map(({ report }) => report);
    const shown = [...this.#parts.reports.byIndex(REPORTS_BY_SCHEDULE, uid), ...young, ...(this.#gone.get(uid) ?? [])];
    const uids = new Set(shown.map(({ metadata }) => metadata.uid));
    const names = new Set(shown.map(({ metadata }) => metadata.name));
    const unseen = new Set([
      ...listed.filter((report) => !uids.has(report.uid)).map(({ name }) => name),
      ...possible.filter((name) => !names.has(name)),
    ]);
    const asked = await Promise.all([...unseen].map((name) => this.#live(namespace, name, signal)));
    this.#unanswered.delete(uid);
    const isThere = (report: Report | undefined): report is Report => report !== undefined && scheduleOf(report)?.uid === uid;
    const there = asked.filter(isThere).filter((report) => !this.#isCached(report));
    const left = (this.#recent.get(uid) ?? []).filter(({ report }) => !unseen.has(report.metadata.name));
    if (there.length + left.length > 0) this.#recent.set(uid, [...left, ...there.map((report) => ({ report, at: performance.now() }))]);
    else this.#recent.delete(uid);
  }

  #isCached(report: Report): boolean {
    return this.#parts.reports.get(keyOf(report))?.metadata.uid === report.metadata.uid;
  }

  async #live(namespace: string | undefined, name: string, signal: AbortSignal): Promise<Report | undefined> {
    try {
      return await this.#parts.client.get<Report>(REPORTS, namespace, name, signal, decodeExact);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

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

/** Reports that a status says are under way. */
function namedBy({ active = [], covering }: ReportScheduleStatus): readonly { readonly name: string; readonly uid: string }[] {
  return covering === undefined ? active : [...active, covering];
}

/** Whether a status speaks of a Report as of one that is there: as under way, or as the one that is to be made. */
function isMissed(status: ReportScheduleStatus, report: Report): boolean {
  const run = runOf(report);
  return (run !== undefined && isOpen(status, run)) || namedBy(status).some(({ uid }) => uid === report.metadata.uid);
}

function keepOnly<T>(lists: Map<string, readonly T[]>, uid: string, isKept: (entry: T) => boolean): void {
  const kept = lists.get(uid)?.filter(isKept) ?? [];
  if (kept.length === 0) lists.delete(uid);
  else lists.set(uid, kept);
}
