/**
 * Reports as this process last wrote or read them, where the cache does not show that yet.
 *
 * A watch that breaks comes back after seconds. Until then every write by what it has shown would be refused, and again at every try; the answer to a write, and a look after
 * a refusal, say what a Report is now.
 */
import type { Report } from '../../api/generated/report.ts';
import { isOlderVersion } from '../../kube/resource-version.ts';

export class FreshReports {
  readonly #byUid = new Map<string, Report>();

  /** `live`: what the apiserver answered about the Report that the cache shows as `cached`; of another one of that name nothing is learned. */
  learn(cached: Report | undefined, live: Report): void {
    const { uid } = live.metadata;
    if (cached?.metadata.uid !== uid || !isOlderVersion(this.latest(cached).metadata.resourceVersion, live.metadata.resourceVersion))
      return;
    this.#byUid.set(uid, asOf(cached, live));
  }

  /** The newer one of what is cached and what was learned. */
  latest(cached: Report): Report {
    const { uid, resourceVersion } = cached.metadata;
    const known = this.#byUid.get(uid);
    if (known === undefined) return cached;
    if (isOlderVersion(resourceVersion, known.metadata.resourceVersion)) return known;
    this.#byUid.delete(uid);
    return cached;
  }

  forget(uid: string): void {
    this.#byUid.delete(uid);
  }
}

/** An answer is read as plain JSON, which rounds large integers; a spec that cannot change is better taken from the cache. */
function asOf(cached: Report, { metadata, spec, status }: Report): Report {
  return { ...cached, metadata, spec: { ...cached.spec, deletionPolicy: spec.deletionPolicy }, status };
}
