/**
 * One pod on this node, from its volumes to the end of its last process; the story is `#run`, and what happened so far is `view`.
 *
 * It knows nothing of the pod's status object: it says that something happened, and whoever listens writes the status, as often as the apiserver lets it.
 * `view.ended` is true only after the last process of the pod is gone, whatever way it came to that.
 */
import { join } from 'node:path';
import { ContainerRun } from './container-run.ts';
import { untilConfigured, type PodContext } from './pod-context.ts';
import { kubeTime, type Pod } from './pod.ts';
import type { ContainerRecord, PodView, Verdict } from './status.ts';
import { prepareVolumes } from './volumes.ts';

/** The kubelet's least time between SIGTERM and SIGKILL. */
const MIN_GRACE_MS = 2_000;
/** Pods of old clients may lack it; Kubernetes' own default. */
const DEFAULT_GRACE_SECONDS = 30;
/** setTimeout's bound; a deadline beyond 24.8 days is out of a local node's life. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface StopOrder {
  readonly graceMs: number;
  /** Why, when the node itself ends the pod; a deletion needs no reason. */
  readonly verdict?: Verdict;
}

export class PodRun {
  readonly pod: Pod;
  readonly folder: string;
  /** In the order in which they start. */
  readonly containers: readonly ContainerRun[];
  /** Resolves when the pod has ended; never rejects. */
  readonly done: Promise<void>;
  readonly #context: PodContext;
  readonly #inits: readonly ContainerRun[];
  readonly #mains: readonly ContainerRun[];
  readonly #startMs: number;
  readonly #stopping = new AbortController();
  #graceMs = Infinity;
  #verdict: Verdict | undefined;
  #sandbox: PodView['sandbox'] = 'none';
  #ended = false;

  /** `stopped` = the pod is being deleted already: nothing is started. */
  constructor(context: PodContext, stopped: boolean) {
    const { pod, folder } = context;
    this.pod = pod;
    this.folder = folder;
    this.#context = context;
    this.#inits = (pod.spec.initContainers ?? []).map((container) => new ContainerRun(container, true, context));
    this.#mains = pod.spec.containers.map((container) => new ContainerRun(container, false, context));
    this.containers = [...this.#inits, ...this.#mains];
    this.#startMs = pod.status?.startTime === undefined ? Date.now() : Date.parse(pod.status.startTime);
    if (stopped) this.stop({ graceMs: 0 });
    this.done = this.#run(this.#stopping.signal);
  }

  get view(): PodView {
    const records = new Map<string, ContainerRecord>();
    for (const { container, record } of this.containers) if (record !== undefined) records.set(container.name, record);
    const verdict = this.#verdict === undefined ? {} : { verdict: this.#verdict };
    return { records, sandbox: this.#sandbox, ended: this.#ended, startTime: kubeTime(this.#startMs), ...verdict };
  }

  /** Ends the pod. The first order says why; later ones can only shorten the grace. */
  stop({ graceMs, verdict }: StopOrder): void {
    this.#end(Math.max(graceMs, MIN_GRACE_MS), verdict);
  }

  /** Ends it without any grace: the machine was switched off, or the pod object is gone. */
  kill(): void {
    this.#end(0, undefined);
  }

  #end(graceMs: number, verdict: Verdict | undefined): void {
    this.#graceMs = Math.min(this.#graceMs, graceMs);
    if (!this.#stopping.signal.aborted) {
      this.#verdict = verdict;
      this.#stopping.abort();
    }
    for (const container of this.containers) container.stop(this.#graceMs);
  }

  async #run(signal: AbortSignal): Promise<void> {
    const deadline = this.#armDeadline();
    try {
      signal.throwIfAborted();
      const prepare = (): Promise<ReadonlyMap<string, string>> => prepareVolumes(this.#context, join(this.folder, 'volumes'), signal);
      // A volume has no status: while something is missing for it, its pod just waits (ContainerCreating).
      const volumes = await untilConfigured(this.#context, prepare, () => undefined, signal);
      this.#sandbox = 'ready';
      this.#context.onChange();
      const start = (container: ContainerRun) => container.run(volumes, () => this.#graceMs, signal);
      for (const container of this.#inits) if ((await start(container)).exitCode !== 0) return;
      // All of them, also when one was stopped while it waited: nothing may run once `ended` is said.
      const ends = await Promise.allSettled(this.#mains.map(start));
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
    } catch (error) {
      if (!signal.aborted) {
        this.#context.log.error({ err: error }, 'cannot run a pod');
        this.#verdict = { reason: 'UnexpectedAdmissionError', message: 'The local node could not run the pod; its log says why' };
      }
    } finally {
      clearTimeout(deadline);
      if (this.#sandbox === 'ready') this.#sandbox = 'over';
      this.#ended = true;
      this.#context.onChange();
    }
  }

  #armDeadline(): NodeJS.Timeout | undefined {
    const { activeDeadlineSeconds, terminationGracePeriodSeconds = DEFAULT_GRACE_SECONDS } = this.pod.spec;
    if (activeDeadlineSeconds === undefined) return undefined;
    const leftMs = this.#startMs + activeDeadlineSeconds * 1000 - Date.now();
    const verdict = { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' };
    const stop = (): void => this.stop({ graceMs: terminationGracePeriodSeconds * 1000, verdict });
    return setTimeout(stop, Math.min(Math.max(leftMs, 0), LONGEST_TIMER_MS));
  }
}
