/**
 * An operator as a kubelet keeps it: started again whenever it ends. The dice kill it in the middle of a write, before it arrives or when it is done and its answer lost.
 */
import type { ApiserverProxy, Fate, ProxiedRequest } from '../support/apiserver-proxy.ts';
import { startApiserverProxy } from '../support/apiserver-proxy.ts';
import type { Dice } from '../support/dice.ts';
import type { Ledger } from '../support/ledger.ts';
import { startOperatorProcess, type OperatorProcess } from '../integration/support/operator-process.ts';
import { controlPlane } from '../integration/support/servers.ts';

/** A write that may be a life's last is one of so many, so that each life gets some work done. */
const WRITES_A_LIFE = 30;

export interface Supervision {
  readonly namespace: string;
  readonly flags?: readonly string[];
  readonly dice: Dice;
  readonly ledger: Ledger;
  /** How often it is killed. */
  readonly kills: number;
  readonly fate: (request: ProxiedRequest) => Fate;
}

export class SupervisedOperator {
  /** Writes that arrived, but for leases. */
  writes = 0;
  readonly #options: Supervision;
  #proxy: ApiserverProxy | undefined;
  #process: OperatorProcess | undefined;
  readonly #logs: string[] = [];
  readonly #ends: string[] = [];
  #killsLeft: number;
  /** Writes until the next kill. */
  #countdown = 0;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  private constructor(options: Supervision) {
    this.#options = options;
    this.#killsLeft = options.kills;
  }

  static async start(options: Supervision): Promise<SupervisedOperator> {
    const operator = new SupervisedOperator(options);
    operator.#proxy = await startApiserverProxy(
      controlPlane(),
      (request) => operator.#fate(request),
      () => operator.#kill(),
    );
    operator.#running = operator.#supervise(operator.#proxy.url);
    return operator;
  }

  /** Everything that all its lives have logged. */
  log(): string {
    return [...this.#logs, this.#process?.log() ?? ''].join('');
  }

  /** How lives ended that nobody had ended. */
  get deaths(): readonly string[] {
    return this.#ends;
  }

  /** All its connections end at once, as when an apiserver is restarted. */
  cutAll(): void {
    this.#proxy?.cutAll();
  }

  /** Kills that are still to come are called off. */
  spare(): void {
    this.#killsLeft = 0;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#process?.kill('SIGTERM');
    await this.#running;
    await this.#proxy?.close();
  }

  async #supervise(url: string): Promise<void> {
    while (!this.#isStopped()) {
      this.#countdown = 1 + Math.floor(this.#options.dice.next('life')[0] * WRITES_A_LIFE);
      this.#process = await startOperatorProcess(this.#options.namespace, url, this.#options.flags);
      if (this.#isStopped()) this.#process.kill('SIGTERM');
      const end = await this.#process.ended();
      this.#logs.push(this.#process.log());
      this.#process = undefined;
      if (end !== (this.#isStopped() ? 0 : 'SIGKILL')) this.#ends.push(`ended with ${end}`);
    }
  }

  #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  #fate(request: ProxiedRequest): Fate {
    const counts = request.method !== 'GET' && !request.path.includes('/leases');
    if (counts) this.writes += 1;
    const isLast = counts && !request.path.includes('/events') && this.#killsLeft > 0 && (this.#countdown -= 1) === 0;
    if (!isLast) return this.#options.fate(request);
    this.#killsLeft -= 1;
    const before = this.#options.dice.next('death')[0] < 0.5;
    this.#options.ledger.note(`SIGKILL ${before ? 'before' : 'after'} a write`);
    return before ? 'lost' : 'unanswered';
  }

  /** The write at which it dies has met its fate; other requests that lose their way do it no harm. */
  #kill(): void {
    if (this.#killsLeft >= 0 && this.#countdown <= 0) this.#process?.kill('SIGKILL');
  }
}
