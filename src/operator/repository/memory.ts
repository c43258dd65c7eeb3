/**
 * What this process remembers of repositories beyond the caches: good descriptors, and what it last wrote where the watch has not brought that yet.
 *
 * Only to spare work: a descriptor can be read again, and a write by an old status is refused by its resourceVersion.
 */
import type { ReportRepository } from '../../api/generated/reportrepository.ts';
import { isOlderVersion } from '../../kube/resource-version.ts';
import type { Known } from './view.ts';

/** With what a Job opens a repository. */
export interface Opened {
  /** Versions of the Secrets. */
  readonly secrets: string;
  /** status.lastFetchTime when it was made: as long as that is what it was, the Job has not ended. */
  readonly after: string | undefined;
}

export class RepositoryMemory {
  readonly #known = new Map<string, Known>();
  readonly #written = new Map<string, ReportRepository>();
  readonly #opened = new Map<string, Opened>();

  /** Undefined: none, or one of another generation. */
  known({ metadata: { uid, generation } }: ReportRepository): Known | undefined {
    const known = this.#known.get(uid);
    return known?.generation === generation ? known : undefined;
  }

  remember(uid: string, known: Known): void {
    this.#known.set(uid, known);
  }

  dismiss(uid: string): void {
    this.#known.delete(uid);
  }

  /** What the newest Job was given; undefined: this process has made none. */
  opened(uid: string): Opened | undefined {
    return this.#opened.get(uid);
  }

  opens({ metadata: { uid }, status }: ReportRepository, secrets: string): void {
    this.#opened.set(uid, { secrets, after: status.lastFetchTime });
  }

  wrote(repository: ReportRepository): void {
    this.#written.set(repository.metadata.uid, repository);
  }

  /** What is cached, with the status of our last write when that is newer. */
  latest(cached: ReportRepository): ReportRepository {
    const { uid, resourceVersion, generation } = cached.metadata;
    const written = this.#written.get(uid);
    if (written === undefined) return cached;
    if (written.metadata.generation === generation && isOlderVersion(resourceVersion, written.metadata.resourceVersion))
      return { ...cached, metadata: written.metadata, status: written.status };
    this.#written.delete(uid);
    return cached;
  }

  forget(uid: string): void {
    this.#known.delete(uid);
    this.#written.delete(uid);
    this.#opened.delete(uid);
  }
}
