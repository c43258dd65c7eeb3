/**
 * Reads how far running pods are, from the tails of their logs: best effort and bounded, because a cluster with two hundred runs must not notice it.
 *
 * At most five logs a second in all, the longest unread first, each pod at most every ten seconds and not before it is fifteen seconds old; so there are at most five
 * status writes a second and one in ten seconds a Report. A 403 (no right to read logs) turns it off with one line.
 */
import type { Logger } from 'pino';
import { isForbidden } from '../../kube/errors.ts';
import type { Pod } from '../../kube/objects.ts';
import { pathOf, PODS } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import { parseProgress, type Progress } from '../../runner/progress.ts';
import { query } from '../../kube/client.ts';
import { RUNNER_CONTAINER } from './job.ts';

/** Five a second. */
const TICK_MS = 200;
const POD_INTERVAL_MS = 10_000;
const POD_AGE_MS = 15_000;
const TAIL_LINES = 5;
const LIMIT_BYTES = 4_096;
const READ_DEADLINE_MS = 2_000;

export interface ProgressReaderParts {
  readonly transport: Transport;
  /** Pods of running Jobs. */
  readonly pods: () => Iterable<Pod>;
  /** Called when a pod's progress has grown. */
  readonly onProgress: (pod: Pod) => void;
  readonly log: Logger;
}

interface Reading {
  readAt: number;
  progress: Progress | undefined;
}

export class ProgressReader {
  readonly #parts: ProgressReaderParts;
  readonly #readings = new Map<string, Reading>();
  #off = false;

  constructor(parts: ProgressReaderParts) {
    this.#parts = parts;
  }

  /** What is known of a pod. */
  of(podUid: string): Progress | undefined {
    return this.#readings.get(podUid)?.progress;
  }

  /** Until the signal aborts, or for good after a 403. */
  run(signal: AbortSignal): void {
    const timer = setInterval(() => {
      const pod = this.#longestUnread(Date.now());
      if (pod !== undefined) void this.#read(pod, signal);
      if (this.#off) clearInterval(timer);
    }, TICK_MS);
    timer.unref();
    signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  #longestUnread(now: number): Pod | undefined {
    const present = new Set<string>();
    let chosen: { readonly pod: Pod; readonly readAt: number } | undefined;
    for (const pod of this.#parts.pods()) {
      const { uid } = pod.metadata;
      present.add(uid);
      if (pod.status?.phase !== 'Running' || now - Date.parse(pod.status.startTime ?? '') < POD_AGE_MS) continue;
      const readAt = this.#readings.get(uid)?.readAt ?? 0;
      if (now - readAt >= POD_INTERVAL_MS && (chosen === undefined || readAt < chosen.readAt)) chosen = { pod, readAt };
    }
    for (const uid of this.#readings.keys()) if (!present.has(uid)) this.#readings.delete(uid);
    return chosen?.pod;
  }

  async #read(pod: Pod, signal: AbortSignal): Promise<void> {
    const { uid, name, namespace } = pod.metadata;
    const reading = this.#readings.get(uid) ?? { readAt: 0, progress: undefined };
    reading.readAt = Date.now();
    this.#readings.set(uid, reading);
    const path =
      pathOf(PODS, namespace, name, 'log') + query({ container: RUNNER_CONTAINER, tailLines: TAIL_LINES, limitBytes: LIMIT_BYTES });
    try {
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(READ_DEADLINE_MS)]);
      const tail = await this.#parts.transport.request({ method: 'GET', path, accept: 'text/plain, application/json', signal: bounded });
      const progress = parseProgress(tail);
      if (progress === undefined || !grown(reading.progress, progress)) return;
      reading.progress = progress;
      this.#parts.onProgress(pod);
    } catch (error) {
      if (!isForbidden(error) || this.#off) return; // Any other failure: the next round tries again.
      this.#off = true;
      this.#parts.log.warn({ err: error }, 'no right to read logs of pods; progress is not shown (--progress=false silences this)');
    }
  }
}

/** Progress only grows: what goes back is not believed. */
function grown(before: Progress | undefined, after: Progress): boolean {
  if (before === undefined) return true;
  if (after.rows < before.rows || after.bytes < before.bytes) return false;
  return after.rows > before.rows || after.bytes > before.bytes || after.phase !== before.phase;
}
