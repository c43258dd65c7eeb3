/** One look at a schedule that is in order: the status grows step by step, as the writes do. */
import { findCondition, type ConditionNote } from '../../api/conditions.ts';
import type { ReportSchedule, ReportScheduleStatus } from '../../api/generated/reportschedule.ts';
import type { EventNote } from '../../kube/events.ts';
import type { Timetable } from '../../schedule/due-search.ts';
import { nextTime } from '../../schedule/timetable.ts';
import { rfc3339 } from '../report/status.ts';
import { baselineOf, observedSchedule, WRONG_CLOCK_MS } from './baseline.ts';
import { lastRunOf, scheduleConditions } from './conditions.ts';
import { COVER_FROM_ANNOTATION, coverageOf, coveredBy, type Coverage } from './coverage.ts';
import { judgeDueTimes, type DuePolicy } from './due.ts';
import { reportsToPrune } from './history.ts';
import { instantOf } from './marks.ts';
import { mayWaitUntil } from './patience.ts';
import type { Plan, Step } from './plan.ts';
import { answeredRequest, readRequest } from './request.ts';
import { reportOfRun, usesSincePreviousRun, type KnownRuns, type MadeRun, type PlannedReport, type Run } from './run.ts';
import { ACTIVE_LIMIT, goesOn, isFinished, summaryOf } from './summary.ts';

/** Under Queue: one runs, so many wait behind it. */
const QUEUE_LIMIT = 10;
/** A run that the cluster refused is tried again after this time: a quota or a policy does not tell when it has changed. */
const REFUSED_RETRY_MS = 60_000;
/** A run later than this is most likely one of a process that slept: what it knows of the schedule may be as old. */
const LATE_MS = 60_000;

export interface ScheduleView extends KnownRuns {
  readonly schedule: ReportSchedule;
  /** Whether another operator may have written what the caches do not show yet. */
  readonly mayBeStale: boolean;
  /** Names of runs that Reports of others hold. */
  readonly taken: ReadonlySet<string>;
  /** Names of runs whose Reports the cluster does not take now, and what it said. */
  readonly refused: ReadonlyMap<string, string>;
}

export function missedNote(count: number): EventNote {
  return skippedNote(`${count} scheduled ${count === 1 ? 'time' : 'times'} passed without a Report`);
}

function skippedNote(note: string): EventNote {
  return { type: 'Warning', reason: 'RunsMissed', action: 'Schedule', note };
}

export class Pass {
  readonly #view: ScheduleView;
  readonly #timetable: Timetable;
  readonly #now: number;
  readonly #steps: Step[] = [];
  readonly #events: EventNote[] = [];
  readonly #coverage: Coverage;
  readonly #recognised: MadeRun | undefined;
  /** The run by annotation that the operator died before it could write down. */
  readonly #answered: MadeRun | undefined;
  #status: ReportScheduleStatus;
  /** Why a run got no Report. */
  #notMadeNote: ConditionNote | undefined;
  /** What a run that is due waits for. */
  #waiting: string | undefined;
  #lookAgainAt: number | undefined;

  constructor(view: ScheduleView, timetable: Timetable, now: number) {
    const { schedule, reports } = view;
    this.#view = view;
    this.#timetable = timetable;
    this.#now = now;
    const baseline = baselineOf(schedule, view, timetable, now);
    const summary = summaryOf(schedule, view, now);
    this.#recognised = baseline.recognised;
    this.#answered = answeredRequest(schedule, view);
    const recognised = [this.#recognised?.report, this.#answered?.report].filter((report) => report !== undefined);
    const covered = coveredBy(schedule.status, view, recognised);
    this.#coverage = coverageOf(schedule, covered, reports, timetable, baseline.at, now);
    const { covering: _covering, coveredUntil: _covered, ...kept } = schedule.status;
    this.#status = {
      ...kept,
      ...summary,
      ...covered,
      baselineTime: rfc3339(baseline.at),
      observedSchedule: observedSchedule(schedule.spec),
      missedRuns: schedule.status.missedRuns ?? 0,
      ...(this.#recognised === undefined ? {} : { lastScheduleTime: rfc3339(this.#recognised.scheduledAt) }),
      ...(this.#coverage.kind === 'known' ? { coveredUntil: this.#coverage.until } : {}),
    };
    this.#events.push(...baseline.events);
    if (baseline.missed > 0) this.#miss(baseline.missed, missedNote(baseline.missed));
  }

  plan(): Plan {
    if (this.#coverage.kind === 'unknown') this.#tellUnknown(this.#coverage.message);
    else {
      this.#answerRequest();
      if (!this.#view.schedule.spec.suspend) this.#runDueTimes();
    }
    this.#finish();
    return { steps: this.#steps, events: this.#events, ...(this.#lookAgainAt === undefined ? {} : { lookAgainAt: this.#lookAgainAt }) };
  }

  #tellUnknown(note: string): void {
    const told = findCondition(this.#view.schedule.status.conditions, 'Ready');
    if (told?.message !== note) this.#events.push({ type: 'Warning', reason: 'CoverageUnknown', action: 'Schedule', note });
  }

  /** Run now: any new value of the annotation is one run, also while suspended and whatever concurrencyPolicy says. */
  #answerRequest(): void {
    const { schedule } = this.#view;
    if (this.#answered !== undefined) {
      const { plannedRun: answered, ...others } = this.#status;
      this.#status = { ...others, ...(answered === undefined ? {} : { lastHandledRun: answered.value }) };
    }
    const request = readRequest(schedule, this.#status.lastHandledRun);
    if (request.kind === 'none') return;
    if (request.kind === 'refused') {
      this.#events.push({ type: 'Warning', reason: 'RunRefused', action: 'Run', note: request.message });
      return;
    }
    const { plannedRun: planned, ...rest } = this.#status;
    const plannedAt = planned?.value === request.value ? instantOf(planned.time) : undefined;
    // A moment that the run of a later time has covered since, while this one was refused, has nothing left to tell.
    const scheduledAt = plannedAt === undefined || this.#isCovered(plannedAt) ? Math.floor(this.#now / 1000) * 1000 : plannedAt;
    const run: Run = { scheduledAt, request: request.value };
    const after = { ...rest, lastHandledRun: request.value };
    // Only one run at a time can say where the previous one ended.
    if (this.#coverage.kind === 'known' && this.#activeCount() > 0) {
      this.#waitFor(`the run asked for by annotation (${request.value})`);
      return;
    }
    if (this.#isCovered(scheduledAt)) {
      const until = Date.parse(this.#coveredUntil() ?? '');
      if (until > this.#now) this.#waiting ??= `the run asked for by annotation (${request.value}) waits: ${this.#coveredNote()}`;
      this.#lookAgain(until + 1_000);
      return;
    }
    const report = reportOfRun(schedule, run, this.#coveredUntil());
    const hindrance = this.#hindrance(run, report);
    if (hindrance === 'taken') this.#status = after;
    if (hindrance !== undefined) return;
    if (planned?.value !== request.value || planned.specHash !== report.specHash) {
      this.#write({ ...this.#status, plannedRun: { value: request.value, time: rfc3339(scheduledAt), specHash: report.specHash } });
    } else {
      // It was to be made before, and nobody wrote down how that ended.
      this.#steps.push({ kind: 'confirm' });
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
    if (due.missed > 0) this.#miss(due.missed, missedNote(due.missed));
    const room = spec.concurrencyPolicy === 'Queue' ? Math.max(0, QUEUE_LIMIT + 1 - this.#activeCount()) : due.start.length;
    for (const scheduledAt of due.start.slice(0, room)) if (!this.#runAt(scheduledAt)) return;
    this.#skipQueued(due.start.slice(room));
    this.#status = { ...this.#status, baselineTime: rfc3339(due.settledUntil) };
    if (due.held === undefined) return;
    this.#waitFor(`the run of ${rfc3339(due.held)}`);
    if (due.heldUntil !== undefined) this.#lookAgain(due.heldUntil);
    const newer = nextTime(this.#timetable, due.held);
    if (newer !== undefined) this.#lookAgain(newer);
    if (spec.concurrencyPolicy === 'Replace') this.#replaceActive(due.held);
  }

  #skipQueued(times: readonly number[]): void {
    const [first, last] = [times[0], times.at(-1)];
    if (first === undefined || last === undefined) return;
    const which =
      times.length === 1 ? `the run of ${rfc3339(first)} is` : `${times.length} runs from ${rfc3339(first)} to ${rfc3339(last)} are`;
    this.#miss(times.length, skippedNote(`${which} skipped: ${QUEUE_LIMIT} Reports of this schedule wait already`));
  }

  /** Settles one time. False: it stays due, and whatever is later with it. */
  #runAt(scheduledAt: number): boolean {
    const time = rfc3339(scheduledAt);
    if (this.#isCovered(scheduledAt)) {
      this.#miss(1, skippedNote(`the run of ${time} is skipped: ${this.#coveredNote()}`));
      return true;
    }
    const run: Run = { scheduledAt, request: undefined };
    const report = reportOfRun(this.#view.schedule, run, this.#coveredUntil());
    // Whatever came before this time is counted in this status already: the baseline says so, or a crash now would have it counted again.
    const before = rfc3339(scheduledAt - 1_000);
    const hindrance = this.#hindrance(run, report);
    if (hindrance !== undefined) {
      if (hindrance === 'refused') this.#status = { ...this.#status, baselineTime: before };
      return hindrance === 'taken';
    }
    const { planned } = this.#view.schedule.status;
    if (planned?.time !== time || planned.specHash !== report.specHash) {
      this.#write({ ...this.#status, planned: { time, specHash: report.specHash }, baselineTime: before });
    } else if (this.#view.mayBeStale || this.#now - scheduledAt > LATE_MS) {
      this.#steps.push({ kind: 'confirm' });
    }
    this.#make(run, report, { ...this.#status, lastScheduleTime: time, baselineTime: time });
    return true;
  }

  /** Why a run gets no Report: somebody else's holds its name, which is told and over, or the cluster refuses it, which is told and tried again. */
  #hindrance(run: Run, { name }: PlannedReport): 'taken' | 'refused' | undefined {
    const which = run.request === undefined ? `the run of ${rfc3339(run.scheduledAt)}` : `the run asked for by annotation (${run.request})`;
    const refusal = this.#view.refused.get(name);
    if (refusal !== undefined) {
      this.#notMade('CreateRefused', `${which} has no Report yet: the cluster refuses ${name}: ${refusal}`);
      this.#lookAgain(this.#now + REFUSED_RETRY_MS);
      return 'refused';
    }
    if (!this.#view.taken.has(name)) return undefined;
    this.#notMade('NameTaken', `${which} got no Report: one named ${name} exists that this schedule did not make for it`);
    if (run.request === undefined) this.#status = { ...this.#status, missedRuns: (this.#status.missedRuns ?? 0) + 1 };
    return 'taken';
  }

  #notMade(reason: 'CreateRefused' | 'NameTaken', message: string): void {
    this.#notMadeNote = { type: 'LastRunSucceeded', status: 'False', reason, message };
    this.#events.push({ type: 'Warning', reason, action: 'Spawn', note: message });
  }

  /** Whether there is nothing left for a run at that time to cover. */
  #isCovered(scheduledAt: number): boolean {
    const until = this.#coveredUntil();
    return until !== undefined && Date.parse(until) >= scheduledAt;
  }

  #coveredNote(): string {
    const until = this.#coveredUntil() ?? '';
    const covered = `everything up to ${until} is covered already`;
    if (Date.parse(until) <= this.#now + WRONG_CLOCK_MS) return covered;
    return (
      `${covered}, which is still to come, so a clock was wrong when that was written down; to go on from another moment, delete the schedule with ` +
      `--cascade=orphan and make it anew with the annotation ${COVER_FROM_ANNOTATION}=<the end of the last period that was delivered>`
    );
  }

  #coveredUntil(): string | undefined {
    return this.#coverage.kind === 'known' ? this.#coverage.until : undefined;
  }

  #make(run: Run, report: PlannedReport, after: ReportScheduleStatus): void {
    const why = run.request === undefined ? `due at ${rfc3339(run.scheduledAt)}` : `asked for by annotation (${run.request})`;
    const event: EventNote = { type: 'Normal', reason: 'ReportCreated', action: 'Spawn', note: `created Report ${report.name}, ${why}` };
    this.#steps.push({ kind: 'createReport', run, report, event });
    const made = { name: report.name, uid: '' };
    this.#status = {
      ...after,
      active: [...(after.active ?? []), made].slice(-ACTIVE_LIMIT),
      activeCount: (after.activeCount ?? 0) + 1,
      ...(usesSincePreviousRun(this.#view.schedule) ? { covering: { ...made, until: rfc3339(run.scheduledAt) } } : {}),
    };
  }

  #waitFor(run: string): void {
    const [first, ...more] = this.#status.active ?? [];
    const behind = `Report ${first?.name ?? ''}${more.length === 0 ? '' : ` and ${more.length} more`}`;
    this.#waiting ??= `${run} waits until ${behind} of this schedule ${more.length === 0 ? 'has' : 'have'} ended`;
  }

  #replaceActive(held: number): void {
    for (const report of this.#view.reports.filter(goesOn)) {
      const { name, uid, resourceVersion } = report.metadata;
      this.#steps.push({ kind: 'deleteReport', name, uid, resourceVersion });
      const note = `deleting Report ${name}, replaced by the run of ${rfc3339(held)}`;
      this.#events.push({ type: 'Normal', reason: 'ReportReplaced', action: 'Replace', note });
    }
  }

  #miss(count: number, event: EventNote): void {
    this.#status = { ...this.#status, missedRuns: (this.#status.missedRuns ?? 0) + count };
    this.#events.push(event);
  }

  /** The one write that ends every pass: what comes next, conditions, and only then pruning, so that what a Report told is stored before it goes. */
  #finish(): void {
    const { schedule, reports } = this.#view;
    const next =
      schedule.spec.suspend || this.#coverage.kind === 'unknown'
        ? undefined
        : nextTime(this.#timetable, Date.parse(this.#status.baselineTime ?? ''));
    const { nextScheduleTime: _next, planned: _planned, ...rest } = this.#status;
    const isMade = (this.#recognised ?? this.#answered) !== undefined || this.#steps.some(({ kind }) => kind === 'createReport');
    const lastRun = this.#notMadeNote ?? lastRunOf(rest.lastReport, this.#view, schedule.status, isMade);
    const status = {
      ...rest,
      ...(next === undefined ? {} : { nextScheduleTime: rfc3339(next), planned: this.#plannedFor(next) }),
      ...scheduleConditions(schedule, this.#coverage, lastRun, this.#waiting, this.#now),
    };
    const surplus = reportsToPrune(reports.filter(isFinished), schedule.spec.history, this.#now);
    const untold = surplus.length === 0 ? this.#untoldRun() : undefined;
    this.#write(status, untold === undefined ? undefined : mayWaitUntil(schedule.status, status, untold, this.#now));
    for (const { metadata } of surplus) this.#steps.push({ kind: 'deleteReport', name: metadata.name, uid: metadata.uid });
    if (next !== undefined && next > this.#now) this.#lookAgain(next);
  }

  /** When the one run was due that is made by now, goes on, and is all that this look has to tell; undefined = there is none, or more. */
  #untoldRun(): number | undefined {
    const [step, ...more] = this.#steps.filter(({ kind }) => kind !== 'confirm');
    if (more.length > 0 || this.#events.length > 0) return undefined;
    const { report, scheduledAt } = this.#recognised ?? {};
    if (step === undefined) return report !== undefined && goesOn(report) ? scheduledAt : undefined;
    const isDueRun = step.kind === 'createReport' && step.run.request === undefined;
    return isDueRun && this.#recognised === undefined ? step.run.scheduledAt : undefined;
  }

  #plannedFor(next: number): NonNullable<ReportScheduleStatus['planned']> {
    const { status, metadata } = this.#view.schedule;
    const asBefore = status.observedGeneration === metadata.generation && status.coveredUntil === this.#status.coveredUntil;
    // Most looks change nothing of what comes next, and thousands of schedules look at once.
    if (asBefore && status.planned?.time === rfc3339(next)) return status.planned;
    const { specHash } = reportOfRun(this.#view.schedule, { scheduledAt: next, request: undefined }, this.#coveredUntil());
    return { time: rfc3339(next), specHash };
  }

  #lookAgain(at: number): void {
    this.#lookAgainAt = Math.min(at, this.#lookAgainAt ?? at);
  }

  #write(status: ReportScheduleStatus, mayWaitUntil?: number): void {
    this.#status = status;
    this.#steps.push({ kind: 'writeStatus', status, ...(mayWaitUntil === undefined ? {} : { mayWaitUntil }) });
  }

  #activeCount(): number {
    return this.#status.activeCount ?? 0;
  }
}
