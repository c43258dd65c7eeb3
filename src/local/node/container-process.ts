/**
 * One run of a container as a local process: a process group of its own, its output in the container's log, its end as an exit code.
 *
 * The group stands for the container's process namespace: when the first process ends, whatever it left behind is killed, so a pod that is over has no process any more
 * (but for those that made themselves a session of their own: a namespace would hold them, a group does not).
 * The guardian knows of the group within the same turn in which it was made, and ends it if this agent dies.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Guardian } from '../process/guardian.ts';
import type { ContainerLog } from './container-log.ts';

/** How long output may still come from a process that left the group and holds the pipe. */
const DRAIN_MS = 1_000;
/** setTimeout's bound: a grace beyond 24.8 days is no different. */
const LONGEST_GRACE_MS = 2 ** 31 - 1;

export interface ProcessSpec {
  readonly command: readonly string[];
  /** The whole environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
}

export class ContainerProcess {
  /** Of the process and of its group. */
  readonly pid: number;
  /** Resolves to the exit code (128 + signal for a signal) once nothing of the group runs and its output is in the log; never rejects. */
  readonly exited: Promise<number>;
  #killAt = Infinity;
  #killTimer: NodeJS.Timeout | undefined;
  #ended = false;

  private constructor(child: ChildProcess, pid: number, log: ContainerLog, guardian: Guardian) {
    this.pid = pid;
    this.exited = this.#follow(child, log, guardian);
  }

  /** Throws the system's error when the program cannot be started. */
  static async start(spec: ProcessSpec, log: ContainerLog, guardian: Guardian): Promise<ContainerProcess> {
    const [program, ...args] = spec.command;
    if (program === undefined) throw new Error('no command specified');
    const child = spawn(program, args, {
      cwd: spec.workingDirectory,
      env: spec.environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { pid } = child;
    if (pid === undefined) {
      const [error] = (await once(child, 'error')) as [Error];
      throw error;
    }
    const started = new ContainerProcess(child, pid, log, guardian);
    try {
      await guardian.order({ kind: 'watch', pid, signal: 'SIGKILL' });
    } catch (error) {
      started.kill();
      throw error;
    }
    return started;
  }

  /** SIGTERM now, SIGKILL after the grace. A second call can only shorten the grace. */
  stop(graceMs: number): void {
    const killAt = performance.now() + graceMs;
    if (this.#ended || killAt >= this.#killAt) return;
    if (this.#killAt === Infinity) this.#signal('SIGTERM');
    this.#killAt = killAt;
    clearTimeout(this.#killTimer);
    this.#killTimer = setTimeout(() => this.kill(), Math.min(graceMs, LONGEST_GRACE_MS));
  }

  kill(): void {
    this.#signal('SIGKILL');
  }

  async #follow(child: ChildProcess, log: ContainerLog, guardian: Guardian): Promise<number> {
    child.stdout?.on('data', (chunk: Buffer) => log.append('stdout', chunk));
    child.stderr?.on('data', (chunk: Buffer) => log.append('stderr', chunk));
    const closed = new AbortController();
    child.once('close', () => closed.abort());
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    this.#signal('SIGKILL');
    this.#ended = true;
    clearTimeout(this.#killTimer);
    // When the guardian is gone there is nobody left to tell.
    guardian.order({ kind: 'forget', pid: this.pid }).catch(() => undefined);
    if (!closed.signal.aborted) await sleep(DRAIN_MS, undefined, { signal: closed.signal }).catch(() => undefined);
    child.stdout?.destroy();
    child.stderr?.destroy();
    log.close();
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#ended) return;
    try {
      process.kill(-this.pid, signal);
    } catch (error) {
      // EPERM: what is left of the group on macOS is a zombie.
      if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
}
