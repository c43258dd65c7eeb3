/**
 * How many Jobs may be alive at once, and who is next.
 *
 * Decided from what the Job cache shows plus what was promised but is not in the cache yet, so a burst of Reports cannot slip through while the cache lags. Waiting is
 * fair: namespaces take turns, within one the oldest Report goes first; a namespace with a thousand Reports delays another's single one by at most one turn.
 * The Jobs that look repositories up take turns in the same way, with limits of their own.
 */

export interface LimitSettings {
  /** Jobs alive in all namespaces. */
  readonly total: number;
  readonly perNamespace: number;
}

/** A Report that wants to run. */
export interface Claim {
  readonly key: string;
  readonly uid: string;
  readonly namespace: string;
  readonly templateUid: string;
  /** `maxRunning` of its template. */
  readonly templateLimit: number | undefined;
  readonly createdAt: string;
}

/** A Job that is alive. */
export interface Running {
  readonly reportUid: string;
  readonly namespace: string;
  readonly templateUid: string;
}

export type Verdict = { readonly granted: true } | { readonly granted: false; readonly message: string };

export class RunLimiter {
  readonly #settings: LimitSettings;
  readonly #running: () => Iterable<Running>;
  readonly #wake: (key: string) => void;
  readonly #things: string;
  /** Granted, and its Job not yet seen in the cache. By report UID. */
  readonly #promised = new Map<string, Running>();
  /** By report UID. */
  readonly #waiting = new Map<string, Claim>();
  /** Woken for a place and not heard of since, by report UID: nobody else was told of that place, so whoever does not take it hands it on. */
  readonly #called = new Set<string>();
  #lastServed = '';

  /** `running`: Jobs alive in the cache. `wake`: look at this Report again, a place is free. `things`: what messages say that there are too many of. */
  constructor(settings: LimitSettings, running: () => Iterable<Running>, wake: (key: string) => void, things = 'reports are running') {
    this.#settings = settings;
    this.#running = running;
    this.#wake = wake;
    this.#things = things;
  }

  /** A place for this Report, now or later. A grant holds until `release`. */
  claim(claim: Claim): Verdict {
    if (this.#promised.has(claim.uid)) return { granted: true };
    const wasCalled = this.#called.delete(claim.uid);
    const counts = this.#count();
    const full = fullness(claim, counts, this.#settings, this.#things);
    // Somebody who waits already and could run goes first, or a stream of new Reports would starve the old.
    const next = full === undefined ? this.#next(counts, claim) : undefined;
    if (full === undefined && (next === undefined || next.uid === claim.uid)) {
      this.#waiting.delete(claim.uid);
      this.#promised.set(claim.uid, { reportUid: claim.uid, namespace: claim.namespace, templateUid: claim.templateUid });
      this.#lastServed = claim.namespace;
      this.wakeNext(); // There may be room for more than one.
      return { granted: true };
    }
    this.#waiting.set(claim.uid, claim);
    if (next !== undefined) this.#call(next);
    else if (wasCalled) this.wakeNext();
    return {
      granted: false,
      message: full ?? `waiting: ${counts.total} of ${this.#settings.total} ${this.#things} and others wait longer`,
    };
  }

  /** The Report's Job is in the cache, or it does not want to run now (blocked, ended, deleted): neither its promise nor its place in the queue is needed. */
  release(reportUid: string): void {
    this.#waiting.delete(reportUid);
    const promised = this.#promised.delete(reportUid);
    const called = this.#called.delete(reportUid);
    if (promised || called) this.wakeNext();
  }

  /** To be called when a Job ended: wakes those who may run now. */
  wakeNext(): void {
    if (this.#waiting.size === 0) return;
    const next = this.#next(this.#count(), undefined);
    if (next !== undefined) this.#call(next);
  }

  #call(claim: Claim): void {
    this.#called.add(claim.uid);
    this.#wake(claim.key);
  }

  #count(): Counts {
    const counts: Counts = { total: 0, byNamespace: new Map(), byTemplate: new Map() };
    const seen = new Set<string>();
    for (const running of [...this.#running(), ...this.#promised.values()]) {
      if (seen.has(running.reportUid)) continue;
      seen.add(running.reportUid);
      const inNamespace = counts.byNamespace.get(running.namespace) ?? 0;
      // Who may create Jobs may also make some that look like ours: they take the places of their own namespace, and nobody else's.
      if (inNamespace < this.#settings.perNamespace) counts.total += 1;
      counts.byNamespace.set(running.namespace, inNamespace + 1);
      counts.byTemplate.set(running.templateUid, (counts.byTemplate.get(running.templateUid) ?? 0) + 1);
    }
    return counts;
  }

  /** Round robin over namespaces, starting after the one served last; the oldest runnable Report of the first namespace that has one. */
  #next(counts: Counts, extra: Claim | undefined): Claim | undefined {
    if (counts.total >= this.#settings.total) return undefined; // Thousands may wait, and each of them asks.
    const oldest = new Map<string, Claim>();
    const claims = extra === undefined || this.#waiting.has(extra.uid) ? this.#waiting.values() : [...this.#waiting.values(), extra];
    for (const claim of claims) {
      if (fullness(claim, counts, this.#settings, this.#things) !== undefined) continue;
      const best = oldest.get(claim.namespace);
      if (best === undefined || isOlder(claim, best)) oldest.set(claim.namespace, claim);
    }
    const namespaces = [...oldest.keys()].sort();
    const after = namespaces.find((namespace) => namespace > this.#lastServed) ?? namespaces[0];
    return after === undefined ? undefined : oldest.get(after);
  }
}

interface Counts {
  total: number;
  readonly byNamespace: Map<string, number>;
  readonly byTemplate: Map<string, number>;
}

/** Which limit is reached, as a message; undefined when none is. */
function fullness(claim: Claim, counts: Counts, settings: LimitSettings, things: string): string | undefined {
  if (counts.total >= settings.total) return `waiting: ${counts.total} of ${settings.total} ${things}`;
  const inNamespace = counts.byNamespace.get(claim.namespace) ?? 0;
  if (inNamespace >= settings.perNamespace)
    return `waiting: ${inNamespace} of ${settings.perNamespace} ${things} in namespace ${claim.namespace}`;
  const ofTemplate = counts.byTemplate.get(claim.templateUid) ?? 0;
  if (claim.templateLimit !== undefined && ofTemplate >= claim.templateLimit) {
    return `waiting: ${ofTemplate} of ${claim.templateLimit} reports of this template are running (spec.maxRunning)`;
  }
  return undefined;
}

function isOlder(a: Claim, b: Claim): boolean {
  return a.createdAt === b.createdAt ? a.key < b.key : a.createdAt < b.createdAt;
}
