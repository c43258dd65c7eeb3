/**
 * Who has to look again when an object changes: the paths from what the caches see to the controllers' queues.
 *
 * While another instance leads, nobody is woken, only what is remembered beside the caches is kept true; whoever begins to lead looks at everything once (`all`).
 */
import type { Report } from '../api/generated/report.ts';
import type { ReportStorage } from '../api/generated/reportstorage.ts';
import type { WorkQueue } from '../kube/queue.ts';
import { keyOf, type ObjectKey } from '../kube/store.ts';
import type { CacheHandlers, Caches } from './caches.ts';
import { type AliveJobs, reportOfJob, reportOfPod } from './report/controller.ts';
import type { ExpectedJobs } from './report/expected-jobs.ts';
import type { FreshReports } from './report/fresh-reports.ts';
import type { RunLimiter } from './report/limits.ts';
import { REPORTS_BY_NAMESPACE, REPORTS_BY_TEMPLATE, STORAGES_BY_NAMESPACE } from './report/parts.ts';
import { queuedBehind, turnedReports } from './report/siblings.ts';
import { repositoryOf, repositoryOfPod, waitingForNames } from './repository/controller.ts';
import type { RepositoryMemory } from './repository/memory.ts';
import type { ScheduleController } from './schedule/controller.ts';
import { scheduleKeyOf } from './schedule/marks.ts';

type Kind = 'report' | 'template' | 'storage' | 'schedule' | 'download' | 'repository';

/** Functions give what is made after the caches, which call only once they run. */
export interface WakeParts {
  readonly isLeading: () => boolean;
  readonly caches: () => Caches;
  readonly queues: () => Readonly<Record<Kind, Pick<WorkQueue<ObjectKey>, 'add'>>>;
  readonly runs: () => Pick<ScheduleController, 'seen' | 'went' | 'caughtUp' | 'forget'>;
  readonly limiter: () => Pick<RunLimiter, 'release' | 'wakeNext'>;
  readonly alive: AliveJobs;
  /** The same for Jobs that look repositories up. */
  readonly lookups: WakeParts['limiter'];
  readonly aliveLookups: AliveJobs;
  readonly expected: ExpectedJobs;
  readonly fresh: FreshReports;
  readonly memory: RepositoryMemory;
  readonly onError: CacheHandlers['onError'];
}

export class Wakes {
  readonly handlers: CacheHandlers;
  readonly #parts: WakeParts;

  constructor(parts: WakeParts) {
    this.#parts = parts;
    this.handlers = this.#handlers();
  }

  report(key: ObjectKey | undefined): void {
    this.#wake('report', key);
  }

  repository(key: ObjectKey | undefined): void {
    this.#wake('repository', key);
  }

  /** Every object once. Of Reports the oldest first, so that those that waited for a place before a restart keep their turn. */
  all(): void {
    const { templates, clusterTemplates, storages, schedules, downloads, repositories, reports } = this.#parts.caches();
    for (const template of templates.values()) this.#wake('template', keyOf(template));
    for (const template of clusterTemplates?.values() ?? []) this.#wake('template', keyOf(template));
    for (const storage of storages.values()) this.#wake('storage', keyOf(storage));
    for (const schedule of schedules.values()) this.#wake('schedule', keyOf(schedule));
    for (const download of downloads.values()) this.#wake('download', keyOf(download));
    for (const repository of repositories.values()) this.#wake('repository', keyOf(repository));
    const byAge = [...reports.values()].sort((a, b) => a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp));
    for (const report of byAge) this.#wake('report', keyOf(report));
  }

  #wake(kind: Kind, key: ObjectKey | undefined): void {
    if (key !== undefined && this.#parts.isLeading()) this.#parts.queues()[kind].add(key);
  }

  #handlers(): CacheHandlers {
    const { alive, aliveLookups, expected, fresh, memory, caches, runs, limiter, lookups, onError } = this.#parts;
    return {
      report: (key, before, after) => {
        this.report(key);
        const report = after ?? before;
        if (before !== undefined && before.metadata.uid !== after?.metadata.uid) {
          limiter().release(before.metadata.uid);
          fresh.forget(before.metadata.uid);
          runs().went(before);
        }
        if (after !== undefined) fresh.seen(after);
        if (report?.metadata.deletionTimestamp !== undefined || letsGo(before, after))
          this.#wakeLeavingStorages(report?.metadata.namespace ?? '');
        for (const turned of turnedReports(before, after)) {
          runs().seen(turned);
          this.#wakeScheduleOf(turned);
        }
      },
      schedule: (key, before, after) => {
        const own = after !== undefined && runs().caughtUp(after);
        if (!own) this.#wake('schedule', key);
        if (before !== undefined && before.metadata.uid !== after?.metadata.uid) runs().forget(before.metadata.uid);
      },
      download: (key) => this.#wake('download', key),
      repository: (key, before, after) => {
        this.repository(key);
        if (before === undefined || before.metadata.uid === after?.metadata.uid) return;
        memory.forget(before.metadata.uid);
        lookups().release(before.metadata.uid);
      },
      template: (key, before, after) => {
        this.#wake('template', key);
        for (const template of [before, after]) this.repository(template === undefined ? undefined : repositoryOf(template));
        if (after === undefined)
          for (const waiting of waitingForNames(caches().repositories, before?.metadata.namespace ?? '')) this.repository(waiting);
        for (const report of caches().reports.byIndex(REPORTS_BY_TEMPLATE, key)) this.report(keyOf(report));
      },
      storage: (key, before, after) => {
        this.#wake('storage', key);
        const namespace = (after ?? before)?.metadata.namespace ?? '';
        for (const report of caches().reports.byIndex(REPORTS_BY_NAMESPACE, namespace)) this.report(keyOf(report));
      },
      job: (_key, before, after) => {
        const job = after ?? before;
        if (job === undefined) return;
        const ended = alive.update(before, after);
        const isLookedUp = aliveLookups.update(before, after);
        for (const owner of job.metadata.ownerReferences ?? []) {
          expected.seen(owner.uid);
          limiter().release(owner.uid);
          lookups().release(owner.uid);
        }
        if (ended) limiter().wakeNext();
        if (isLookedUp) lookups().wakeNext();
        this.report(reportOfJob(job));
        this.repository(repositoryOf(job));
      },
      pod: (_key, before, after) => {
        const pod = after ?? before;
        if (pod === undefined) return;
        this.report(reportOfPod(pod));
        this.repository(repositoryOfPod(pod));
      },
      onError,
    };
  }

  /** The schedule that a Report belongs to, and those of its Reports whose turn may have come. */
  #wakeScheduleOf(report: Report): void {
    const key = scheduleKeyOf(report);
    if (key === undefined || !this.#parts.isLeading()) return;
    this.#wake('schedule', key);
    for (const sibling of queuedBehind(this.#parts.caches().reports, report)) this.report(keyOf(sibling));
  }

  /** A storage that is being deleted waits for the last Report that needs it. */
  #wakeLeavingStorages(namespace: string): void {
    if (!this.#parts.isLeading()) return;
    for (const storage of this.#parts.caches().storages.byIndex(STORAGES_BY_NAMESPACE, namespace)) {
      if (isGoing(storage)) this.#wake('storage', keyOf(storage));
    }
  }
}

/** It has no finalizer any more: failed, or Ready under Retain, it needs its bucket no longer. */
function letsGo(before: Report | undefined, after: Report | undefined): boolean {
  return (before?.metadata.finalizers ?? []).length > 0 && (after?.metadata.finalizers ?? []).length === 0;
}

function isGoing(storage: ReportStorage): boolean {
  return storage.metadata.deletionTimestamp !== undefined;
}
