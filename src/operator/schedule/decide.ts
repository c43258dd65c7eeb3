/**
 * What follows from a schedule, its Reports and the time. Pure: no I/O, no clock, no random.
 *
 * A minute runs once whatever crashes, because its Report's name is the minute; the baseline says which minutes are settled, and moves only in the write that follows the
 * create. The hash of the run that comes next is written one write ahead, so that a run costs one create and one status.
 */
import type { Report } from '../../api/generated/report.ts';
import type { ReportSchedule, ReportScheduleStatus } from '../../api/generated/reportschedule.ts';
import type { ConditionNote } from '../../api/conditions.ts';
import type { EventNote } from '../../kube/events.ts';
import type { Timetable } from '../../schedule/due-search.ts';
import { nextTime } from '../../schedule/timetable.ts';
import { rfc3339 } from '../report/status.ts';
import { baselineOf } from './baseline.ts';
import { coverageOf, type Coverage } from './coverage.ts';
import { judgeDueTimes, type DuePolicy } from './due.ts';
import { reportsToPrune } from './history.ts';
import type { Plan, Step } from './plan.ts';
import { isReportOfRun, reportOfRun, type PlannedReport, type Run } from './run.ts';
import { readRequest } from './request.ts';
import { invalidConditions, lastRunNote, scheduleConditions } from './conditions.ts';
import { timingOf } from './timing.ts';
import { ACTIVE_LIMIT, isFinished, summaryOf } from './summary.ts';

/** Under Queue: one runs, so many wait behind it. */
const QUEUE_LIMIT = 10;

export interface ScheduleView {
  readonly schedule: ReportSchedule;
  /** All Reports that this schedule controls, those it made a moment ago included. */
  readonly reports: readonly Report[];
  /** Names of runs that Reports of others hold. */
  readonly taken: ReadonlySet<string>;
}

/** `now` in epoch ms. */
export function decide(view: ScheduleView, now: number): Plan {
  const { schedule } = view;
  if (schedule.metadata.deletionTimestamp !== undefined) return { steps: [], events: [] };
  const timing = timingOf(schedule);
  if (timing.kind === 'invalid') return invalid(view, timing, now);
  return new Pass(view, timing.timetable, now).plan();
}

function invalid({ schedule, reports }: ScheduleView, problem: { readonly reason: string; readonly message: string }, now: number): Plan {
  const { nextScheduleTime: _next, planned: _planned, ...kept } = schedule.status;
  const status = { ...kept, ...summaryOf(schedule, reports), ...invalidConditions(schedule, problem, now) };
  const told = schedule.status.observedGeneration === schedule.metadata.generation;
  const event: EventNote = { type: 'Warning', reason: problem.reason, action: 'Schedule', note: problem.message };
  return { steps: [{ kind: 'writeStatus', status }], events: told ? [] : [event] };
}

/** One look: the status grows step by step, as the writes do. */
class Pass {
  readonly #view: ScheduleView;
  readonly #timetable: Timetable;
  readonly #now: number;
  readonly #steps: Step[] = [];
  readonly #events: EventNote[] = [];
  readonly #coverage: Coverage;
  #status: ReportScheduleStatus;
  #lastRun: ConditionNote | undefined;
  #lookAgainAt: number | undefined;

  constructor(view: ScheduleView, timetable: Timetable, now: number) {
    const { schedule, reports } = view;
    this.#view = view;
    this.#timetable = timetable;
    this.#now = now;
    const baseline = baselineOf(schedule, reports, timetable, now);
    const summary = summaryOf(schedule, reports);
    this.#coverage = coverageOf(schedule, reports, timetable, baseline.at);
    this.#lastRun = lastRunNote(summary.lastReport, reports, schedule.status.lastReport);
    this.#status = {
      ...schedule.status,
      ...summary,
      baselineTime: rfc3339(baseline.at),
      observedSchedule: baseline.observed,
      missedRuns: schedule.status.missedRuns ?? 0,
      ...(baseline.recognised === undefined ? {} : { lastScheduleTime: rfc3339(baseline.recognised) }),
      ...(this.#coverage.kind === 'known' ? { coveredUntil: this.#coverage.until } : {}),
    };
    if (baseline.missed > 0) this.#miss(baseline.missed);
  }

  plan(): Plan {
    if (this.#coverage.kind !== 'unknown') {
      this.#answerRequest();
      if (!this.#view.schedule.spec.suspend) this.#runDueTimes();
    }
    this.#finish();
    return { steps: this.#steps, events: this.#events, ...(this.#lookAgainAt === undefined ? {} : { lookAgainAt: this.#lookAgainAt }) };
  }

  /** Run now: any new value of the annotation is one run, also while suspended and whatever concurrencyPolicy says. */
  #answerRequest(): void {
    const { schedule, reports } = this.#view;
    const request = readRequest(schedule);
    if (request.kind === 'none') return;
    if (request.kind === 'refused') {
      this.#events.push({ type: 'Warning', reason: 'RunRefused', action: 'Run', note: request.message });
      return;
    }
    const { plannedRun: planned, ...rest } = this.#status;
    const scheduledAt = planned?.value === request.value ? Date.parse(planned.time) : Math.floor(this.#now / 1000) * 1000;
    const run: Run = { scheduledAt, request: request.value };
    const after = { ...rest, lastHandledRun: request.value };
    if (planned !== undefined && reports.some((report) => isReportOfRun(report, schedule, run, planned.specHash))) {
      this.#status = after; // made, and the operator died before it could say so
      return;
    }
    // Only one run at a time can say where the previous one ended.
    if (this.#coverage.kind === 'known' && this.#activeCount() > 0) return;
    if (this.#isCovered(scheduledAt)) {
      this.#lookAgainAt = Date.parse(this.#coveredUntil() ?? '') + 1_000;
      return;
    }
    const report = this.#reportOf(run);
    if (report === undefined) {
      this.#status = after;
      return;
    }
    if (planned?.value !== request.value || planned.specHash !== report.specHash) {
      this.#write({ ...this.#status, plannedRun: { value: request.value, time: rfc3339(scheduledAt), specHash: report.specHash } });
    }
    this.#make(run, report, after);
  }

  #runDueTimes(): void {
    const { spec } = this.#view.schedule;
    const policy: DuePolicy = {
      concurrency: spec.concurrencyPolicy,
      missed: spec.missedRuns.policy,
      limit: spec.missedRuns.limit,
      startingDeadlineMs: spec.startingDeadlineSeconds === undefined ? undefined : spec.startingDeadlineSeconds * 1000,
    };
    const settled = Date.parse(this.#status.baselineTime ?? '');
    const due = judgeDueTimes(this.#timetable, settled, this.#now, policy, this.#activeCount() > 0);
    if (due.missed > 0) this.#miss(due.missed);
    for (const scheduledAt of due.start) this.#runAt(scheduledAt);
    this.#status = { ...this.#status, baselineTime: rfc3339(due.settledUntil) };
    if (due.held === undefined) return;
    this.#lookAgainAt = due.heldUntil;
    if (spec.concurrencyPolicy === 'Replace') this.#replaceActive(due.held);
  }

  #runAt(scheduledAt: number): void {
    const time = rfc3339(scheduledAt);
    if (this.#view.schedule.spec.concurrencyPolicy === 'Queue' && this.#activeCount() > QUEUE_LIMIT) {
      this.#miss(1, `the run of ${time} is skipped: ${QUEUE_LIMIT} Reports of this schedule wait already`);
      return;
    }
    if (this.#isCovered(scheduledAt)) {
      this.#miss(1, `the run of ${time} is skipped: everything up to ${this.#coveredUntil() ?? ''} is covered already`);
      return;
    }
    const run: Run = { scheduledAt, request: undefined };
    const report = this.#reportOf(run);
    if (report === undefined) return;
    const { planned } = this.#view.schedule.status;
    if (planned?.time !== time || planned.specHash !== report.specHash) {
      // Whatever came before this time is counted in this status already: the baseline says so, or a crash now would have it counted again.
      this.#write({ ...this.#status, planned: { time, specHash: report.specHash }, baselineTime: rfc3339(scheduledAt - 1_000) });
    }
    this.#make(run, report, { ...this.#status, lastScheduleTime: time, baselineTime: time });
  }

  /** The Report of a run; undefined when a Report of somebody else holds its name, which is told and counts as missed. */
  #reportOf(run: Run): PlannedReport | undefined {
    const report = reportOfRun(this.#view.schedule, run, this.#coveredUntil());
    if (!this.#view.taken.has(report.name)) return report;
    const message = `the run of ${rfc3339(run.scheduledAt)} got no Report: one named ${report.name} exists that this schedule did not make for it`;
    this.#lastRun = { type: 'LastRunSucceeded', status: 'False', reason: 'NameTaken', message };
    this.#miss(1, message);
    return undefined;
  }

  /** Whether there is nothing left for a run at that time to cover. */
  #isCovered(scheduledAt: number): boolean {
    const until = this.#coveredUntil();
    return until !== undefined && Date.parse(until) >= scheduledAt;
  }

  #coveredUntil(): string | undefined {
    return this.#coverage.kind === 'known' ? this.#coverage.until : undefined;
  }

  #make(run: Run, report: PlannedReport, after: ReportScheduleStatus): void {
    this.#steps.push({ kind: 'createReport', run, report });
    const active = [...(after.active ?? []), { name: report.name, uid: '' }].slice(-ACTIVE_LIMIT);
    this.#status = { ...after, active, activeCount: (after.activeCount ?? 0) + 1 };
    const why = run.request === undefined ? `due at ${rfc3339(run.scheduledAt)}` : `asked for by annotation (${run.request})`;
    this.#events.push({ type: 'Normal', reason: 'ReportCreated', action: 'Spawn', note: `created Report ${report.name}, ${why}` });
  }

  #replaceActive(held: number): void {
    for (const { metadata, status } of this.#view.reports) {
      if (metadata.deletionTimestamp !== undefined || status.phase === 'Ready' || status.phase === 'Failed') continue;
      this.#steps.push({ kind: 'deleteReport', name: metadata.name, uid: metadata.uid, why: 'replaced' });
      const note = `deleting Report ${metadata.name}, replaced by the run of ${rfc3339(held)}`;
      this.#events.push({ type: 'Normal', reason: 'ReportReplaced', action: 'Replace', note });
    }
  }

  #miss(count: number, note = `${count} scheduled ${count === 1 ? 'time' : 'times'} passed without a Report`): void {
    this.#status = { ...this.#status, missedRuns: (this.#status.missedRuns ?? 0) + count };
    this.#events.push({ type: 'Warning', reason: 'RunsMissed', action: 'Schedule', note });
  }

  /** The one write that ends every pass: what comes next, conditions, and only then pruning, so that what a Report told is stored before it goes. */
  #finish(): void {
    const { schedule, reports } = this.#view;
    const next =
      schedule.spec.suspend || this.#coverage.kind === 'unknown'
        ? undefined
        : nextTime(this.#timetable, Date.parse(this.#status.baselineTime ?? ''));
    const { nextScheduleTime: _next, planned: _planned, ...rest } = this.#status;
    this.#write({
      ...rest,
      ...(next === undefined ? {} : { nextScheduleTime: rfc3339(next), planned: this.#plannedFor(next) }),
      ...scheduleConditions(schedule, this.#coverage, this.#lastRun, this.#now),
    });
    for (const { metadata } of reportsToPrune(reports.filter(isFinished), schedule.spec.history)) {
      this.#steps.push({ kind: 'deleteReport', name: metadata.name, uid: metadata.uid, why: 'pruned' });
    }
    if (next !== undefined && next > this.#now) this.#lookAgainAt = Math.min(next, this.#lookAgainAt ?? next);
  }

  #plannedFor(next: number): NonNullable<ReportScheduleStatus['planned']> {
    const { specHash } = reportOfRun(this.#view.schedule, { scheduledAt: next, request: undefined }, this.#coveredUntil());
    return { time: rfc3339(next), specHash };
  }

  #write(status: ReportScheduleStatus): void {
    this.#status = status;
    this.#steps.push({ kind: 'writeStatus', status });
  }

  #activeCount(): number {
    return this.#status.activeCount ?? 0;
  }
}
