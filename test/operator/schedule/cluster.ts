/**
 * A cluster with one schedule, and schedule controllers whose caches show of it what the test lets them see: watches that lag behind each other, answers that are lost, an
 * operator that takes over with what it saw before.
 */
import type { Report } from '../../../src/api/generated/report.ts';
import type { ReportSchedule } from '../../../src/api/generated/reportschedule.ts';
import { KubeClient } from '../../../src/kube/client.ts';
import { ConnectionError, KubeError } from '../../../src/kube/errors.ts';
import { IndexedStore, keyOf } from '../../../src/kube/store.ts';
import type { KubeRequest, Transport } from '../../../src/kube/transport.ts';
import { ScheduleController } from '../../../src/operator/schedule/controller.ts';
import { REPORTS_BY_SCHEDULE, scheduleUidOf } from '../../../src/operator/schedule/marks.ts';
import { createLogger } from '../../../src/telemetry/log.ts';
import type { Result } from '../../../src/kube/controller.ts';

export class Cluster implements Transport {
  schedule: ReportSchedule;
  /** The schedule after each of its writes. */
  readonly versions: ReportSchedule[] = [];
  readonly reports = new Map<string, Report>();
  /** How often each Report was made, by name. */
  readonly created = new Map<string, number>();
  /** Method, kind and subresource of each request, e.g. `POST reports`. */
  readonly requests: string[] = [];
  /** The next answer to the create of a Report is lost, and the Report made. */
  losesAnswer = false;
  /** Called when a Report was made, before the answer. */
  onCreated: (() => void) | undefined;
  /** What the create of a Report is answered; undefined = it is made. */
  refusal: KubeError | undefined;
  #version = 1;

  constructor(schedule: ReportSchedule) {
    this.schedule = schedule;
  }

  async request({ method, path, body = '{}' }: KubeRequest): Promise<string> {
    const { pathname } = new URL(path, 'http://cluster');
    const [kind = '', name = '', subresource] = pathname.split('/').slice(6);
    this.requests.push(`${method} ${kind}${subresource === undefined ? '' : `/${subresource}`}`);
    if (kind === 'reports') return JSON.stringify(this.#onReports(method, name, JSON.parse(body) as Report));
    if (method === 'PATCH') this.#apply(JSON.parse(body) as ReportSchedule);
    return JSON.stringify(this.schedule);
  }

  async stream(): Promise<never> {
    throw new Error('nobody watches here');
  }

  async close(): Promise<void> {
    // Nothing is open.
  }

  finish(name: string, phase: 'Ready' | 'Failed'): void {
    const report = this.reports.get(name);
    if (report === undefined) throw new Error(`no Report ${name}`);
    const metadata = { ...report.metadata, resourceVersion: this.#next() };
    this.reports.set(name, { ...report, metadata, status: { observedGeneration: 1, phase, completionTime: now() } });
  }

  /** As `kubectl annotate --overwrite`. */
  annotate(annotations: Readonly<Record<string, string>>): void {
    this.schedule = { ...this.schedule, metadata: { ...this.schedule.metadata, resourceVersion: this.#next(), annotations } };
  }

  #next(): string {
    this.#version += 1;
    return String(this.#version);
  }

  #apply({ metadata, status }: ReportSchedule): void {
    if (metadata.resourceVersion !== this.schedule.metadata.resourceVersion) throw new KubeError(409, 'Conflict', 'somebody wrote first');
    this.schedule = { ...this.schedule, metadata: { ...this.schedule.metadata, resourceVersion: this.#next() }, status };
    this.versions.push(this.schedule);
  }

  #onReports(method: string, name: string, manifest: Report): object {
    if (method === 'POST') return this.#create(manifest);
    const report = this.reports.get(name);
    if (report === undefined) throw new KubeError(404, 'NotFound', `no Report ${name}`);
    if (method === 'DELETE') this.reports.delete(name);
    return report;
  }

  #create(manifest: Report): Report {
    const { name } = manifest.metadata;
    if (this.refusal !== undefined) throw this.refusal;
    if (this.reports.has(name)) throw new KubeError(409, 'AlreadyExists', `${name} exists`);
    const version = this.#next();
    const metadata = { ...manifest.metadata, uid: `uid-${version}`, resourceVersion: version, creationTimestamp: now() };
    const report = { ...manifest, metadata, status: { observedGeneration: -1 } };
    this.reports.set(name, report);
    this.created.set(name, (this.created.get(name) ?? 0) + 1);
    this.onCreated?.();
    if (!this.losesAnswer) return report;
    this.losesAnswer = false;
    throw new ConnectionError('the answer is lost', undefined);
  }
}

function now(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

/** A controller of an operator, with caches of its own. */
export class Instance {
  readonly #cluster: Cluster;
  readonly #schedules = new IndexedStore<ReportSchedule>({});
  readonly #reports = new IndexedStore<Report>({ [REPORTS_BY_SCHEDULE]: scheduleUidOf });
  readonly #controller: ScheduleController;
  /** How often it had to look because of what it saw of the schedule. */
  wakes = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#controller = new ScheduleController({
      client: new KubeClient(cluster, () => undefined),
      events: { record: () => undefined } as never,
      schedules: this.#schedules,
      reports: this.#reports,
      observer: { scheduleRan: () => undefined },
      busy: () => false,
    });
  }

  /** Its caches show what is there. */
  sees(...kinds: readonly ('schedules' | 'reports')[]): this {
    if (kinds.includes('schedules')) {
      this.#schedules.set(this.#cluster.schedule);
      if (!this.#controller.caughtUp(this.#cluster.schedule)) this.wakes += 1;
    }
    if (!kinds.includes('reports')) return this;
    for (const report of [...this.#reports.values()]) {
      if (this.#cluster.reports.get(report.metadata.name)?.metadata.uid === report.metadata.uid) continue;
      this.#reports.delete(keyOf(report));
      this.#controller.went(report);
      this.#controller.seen(report);
    }
    for (const report of this.#cluster.reports.values()) {
      this.#reports.set(report);
      this.#controller.seen(report);
    }
    return this;
  }

  /** Looks once, and sees what there is of each kind given before. */
  async looks(...kinds: readonly ('schedules' | 'reports')[]): Promise<Result> {
    this.sees(...kinds);
    const context = { signal: new AbortController().signal, log: createLogger('error') };
    return this.#controller.reconcile(keyOf(this.#cluster.schedule), context);
  }
}
