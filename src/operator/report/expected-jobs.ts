/**
 * Jobs that were created and are not in the cache yet.
 *
 * Without this a Report that is looked at again within those milliseconds would be given its Job once more; harmless (the name is taken), but a request and a log line each.
 */

/** Longer than a healthy watch lags; afterwards the apiserver is asked. */
const EXPECTATION_MS = 5_000;

export class ExpectedJobs {
  readonly #byReport = new Map<string, { readonly job: string; readonly at: number }>();

  created(reportUid: string, job: string): void {
    this.#byReport.set(reportUid, { job, at: performance.now() });
  }

  seen(reportUid: string): void {
    this.#byReport.delete(reportUid);
  }

  isExpected(reportUid: string, job: string): boolean {
    const expected = this.#byReport.get(reportUid);
    if (expected === undefined) return false;
    if (expected.job === job && performance.now() - expected.at < EXPECTATION_MS) return true;
    this.#byReport.delete(reportUid);
    return false;
  }
}
