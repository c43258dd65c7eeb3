/**
 * A world in which a schedule lives: its object, the Reports that exist, a clock, and a controller that may die between any two writes.
 *
 * It stands in for the apiserver where years are to pass in seconds; what it does with a write is what the apiserver does: a name is given once, a status is replaced.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Report } from '../../../src/api/generated/report.ts';
import type { ReportSchedule } from '../../../src/api/generated/reportschedule.ts';
import type { EventNote } from '../../../src/kube/events.ts';
import { decide } from '../../../src/operator/schedule/decide.ts';
import { withUids } from '../../../src/operator/schedule/plan.ts';
import { isOpen, isReportOfRun, type RememberedRun } from '../../../src/operator/schedule/run.ts';

export const UID = 'schedule-uid';

export interface GivenSchedule {
  readonly created: string;
  readonly spec?: Partial<ReportSchedule['spec']>;
  readonly status?: Partial<ReportSchedule['status']>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Default 1. */
  readonly generation?: number;
  /** Of the embedded Report spec. */
  readonly parameters?: ReportSchedule['spec']['report']['spec']['parameters'];
  readonly name?: string;
}

export function aSchedule(given: GivenSchedule): ReportSchedule {
  const { created, spec = {}, status = {}, annotations, parameters, name = 'monthly', generation = 1 } = given;
  return {
    apiVersion: 'dossier.dev/v1alpha1',
    kind: 'ReportSchedule',
    metadata: {
      name,
      namespace: 'billing',
      uid: UID,
      resourceVersion: '1',
      generation,
      creationTimestamp: created,
      ...(annotations === undefined ? {} : { annotations }),
    },
    spec: {
      ...(spec.calendar === undefined ? { schedule: '0 6 1 * *' } : {}),
      timeZone: 'UTC',
      suspend: false,
      concurrencyPolicy: 'Forbid',
      missedRuns: { policy: 'Latest', limit: 10 },
      history: { successful: 30, failed: 5 },
      report: {
        spec: {
          templateRef: { kind: 'ReportTemplate', name: 'invoices' },
          startDeadlineSeconds: 3600,
          deletionPolicy: 'Retain',
          ...(parameters === undefined ? {} : { parameters }),
        },
      },
      ...spec,
    },
    status: { observedGeneration: -1, ...status },
  };
}

/** Thrown where the controller dies. */
class Crash extends Error {}

export class World {
  schedule: ReportSchedule;
  readonly reports = new Map<string, Report>();
  /** Every Report that was ever created, by name: how often. */
  readonly created = new Map<string, number>();
  readonly events: EventNote[] = [];
  /** Names that the cluster takes no Reports under, and what it says then. */
  readonly refusals = new Map<string, string>();
  now: number;
  writes = 0;
  lookAgainAt: number | undefined;
  /** What the controller remembers until it dies. */
  #made: readonly RememberedRun[] = [];
  readonly #patient: boolean;
  #version = 1;

  /** `patient`: a status that may wait to be written waits, as it does in the operator; else each is written at once. */
  constructor(schedule: ReportSchedule, { patient = false }: { readonly patient?: boolean } = {}) {
    this.#patient = patient;
    this.schedule = schedule;
    this.now = Date.parse(schedule.metadata.creationTimestamp);
  }

  at(time: string): this {
    this.now = Date.parse(time);
    return this;
  }

  edit(spec: Partial<ReportSchedule['spec']>): this {
    const { metadata } = this.schedule;
    this.schedule = {
      ...this.schedule,
      metadata: { ...metadata, generation: (metadata.generation ?? 0) + 1 },
      spec: { ...this.schedule.spec, ...spec },
    };
    return this;
  }

  annotate(annotations: Readonly<Record<string, string>>): this {
    const { metadata } = this.schedule;
    this.schedule = { ...this.schedule, metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } } };
    return this;
  }

  /** Looks once; `crashAt`: dies just before (n - 0.5) or just after (n) its n-th write. Returns false when it died. */
  look(crashAt?: number): boolean {
    const without = { taken: new Set<string>(), refused: new Map<string, string>() };
    let writes = 0;
    const write = (effect: () => void): void => {
      writes += 1;
      if (crashAt === writes - 0.5) throw new Crash();
      effect();
      this.writes += 1;
      if (crashAt === writes) throw new Crash();
    };
    try {
      for (;;) {
        const reports = [...this.reports.values()].filter(isOurs);
        const plan = decide({ schedule: this.schedule, reports, gone: [], made: this.#made, mayBeStale: false, ...without }, this.now);
        const { noReport, leftUntil } = this.#act(plan, write);
        if (noReport === undefined) {
          this.events.push(...plan.events);
          this.lookAgainAt = leftUntil === undefined ? plan.lookAgainAt : Math.min(leftUntil, plan.lookAgainAt ?? leftUntil);
          return true;
        }
        const refusal = this.refusals.get(noReport);
        if (refusal === undefined) without.taken.add(noReport);
        else without.refused.set(noReport, refusal);
      }
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      this.#made = [];
      return false;
    }
  }

  /** A Report ends now. */
  finish(name: string, phase: 'Ready' | 'Failed' = 'Ready'): void {
    const report = this.reports.get(name);
    if (report === undefined) throw new Error(`no Report ${name}`);
    const metadata = { ...report.metadata, resourceVersion: this.#nextVersion() };
    this.reports.set(name, {
      ...report,
      metadata,
      status: { observedGeneration: 1, phase, completionTime: new Date(this.now).toISOString() },
    });
  }

  #nextVersion(): string {
    this.#version += 1;
    return String(this.#version);
  }

  names(): readonly string[] {
    return [...this.created.keys()];
  }

  #act(plan: ReturnType<typeof decide>, write: (effect: () => void) => void): { readonly noReport?: string; readonly leftUntil?: number } {
    for (const step of plan.steps) {
      if (step.kind === 'writeStatus') {
        if (this.#patient && step.mayWaitUntil !== undefined) return { leftUntil: step.mayWaitUntil };
        const status = withUids(step.status, new Map([...this.reports.keys()].map((name) => [name, `uid-${name}`])));
        if (isDeepStrictEqual(status, this.schedule.status)) continue;
        write(() => {
          this.schedule = { ...this.schedule, status };
          this.#made = this.#made.filter((run) => isOpen(status, run));
        });
      } else if (step.kind === 'deleteReport') {
        write(() => this.reports.delete(step.name));
      } else if (step.kind === 'createReport') {
        const { name, manifest, specHash } = step.report;
        const existing = this.reports.get(name);
        if (this.refusals.has(name)) return { noReport: name };
        if (existing === undefined) {
          write(() => this.#create(manifest as unknown as Report));
          this.events.push(step.event);
        } else if (!isReportOfRun(existing, this.schedule, step.run, specHash)) return { noReport: name };
        this.#made = [...this.#made, { ...step.run, specHash }];
      }
    }
    return {};
  }

  #create(manifest: Report): void {
    const { name } = manifest.metadata;
    const metadata = {
      ...manifest.metadata,
      uid: `uid-${name}`,
      resourceVersion: this.#nextVersion(),
      creationTimestamp: new Date(this.now).toISOString(),
    };
    this.reports.set(name, { ...manifest, metadata, status: { observedGeneration: -1 } });
    this.created.set(name, (this.created.get(name) ?? 0) + 1);
  }
}

function isOurs({ metadata }: Report): boolean {
  return metadata.ownerReferences?.some(({ uid, controller }) => uid === UID && controller === true) === true;
}
