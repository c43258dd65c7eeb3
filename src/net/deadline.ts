/**
 * A signal that aborts with its parent or after a time, and costs nothing once the work is done.
 *
 * `AbortSignal.any([signal, AbortSignal.timeout(ms)])` keeps the timer and both signals until the time is over: an operator that makes a thousand requests a second with a
 * minute for each would hold sixty thousand of them.
 */
export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #parent: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  readonly #stop = (): void => this.#controller.abort(this.#parent.reason);
  #expired = false;

  constructor(parent: AbortSignal, ms: number) {
    this.#parent = parent;
    this.#timer = setTimeout(() => {
      this.#expired = true;
      this.#controller.abort(new DOMException(`not done within ${ms} ms`, 'TimeoutError'));
    }, ms);
    this.#timer.unref();
    if (parent.aborted) this.#stop();
    else parent.addEventListener('abort', this.#stop, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether the time was over before the work was done. */
  get expired(): boolean {
    return this.#expired;
  }

  /** The work is done: nothing aborts any more. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#parent.removeEventListener('abort', this.#stop);
  }
}
