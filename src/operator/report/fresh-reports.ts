/**
 * Reports as this process last wrote or read them, where the cache does not show that yet.
 *
 * A watch that breaks comes back after seconds. Until then every write by what it has shown would be refused, and again at every try; the answer to a write, and a look after
 * a refusal, say what a Report is now.
 */
import type { Report } from '../../api/generated/report.ts';
import { withoutNoise } from '../../kube/noise.ts';
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
    this.seen(cached);
    return this.#byUid.get(cached.metadata.uid) ?? cached;
  }

  /** To be called when the cache shows a Report anew: nothing is kept of thousands that were written in one minute, and are looked at again much later. */
  seen({ metadata: { uid, resourceVersion } }: Report): void {
    const known = this.#byUid.get(uid);
    if (known !== undefined && !isOlderVersion(resourceVersion, known.metadata.resourceVersion)) this.#byUid.delete(uid);
  }

  forget(uid: string): void {
    this.#byUid.delete(uid);
  }
}

/** An answer is read as plain JSON, which rounds large integers; a spec that cannot change is better taken from the cache. */
function asOf(cached: Report, live: Report): Report {
  const { metadata, spec, status } = withoutNoise(live);
  return { ...cached, metadata, spec: { ...cached.spec, deletionPolicy: spec.deletionPolicy }, status };
}
