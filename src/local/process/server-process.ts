/**
 * A server that runs as a child process: guarded, with its output in a log file, in a process group of its own so that Ctrl-C in a terminal reaches only us and we stop it in order.
 *
 * The child is first a shell that waits for a line at its gate (standard input). Only when the guardian knows its process id does the line come; if this process dies before,
 * the shell reads end of file and exits instead. So no server ever runs unguarded.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Guardian } from './guardian.ts';

const GATE = 'read -r go && exec "$@" </dev/null';
/** How much of a log an error shows. */
const TAIL_LINES = 15;
const TAIL_CHARACTERS = 4_000;
const STOP_GRACE_MS = 5_000;

export interface ServerSpec {
  /** Name in messages. */
  readonly name: string;
  /** Takes its output; appended to, because a server that is started again keeps its history. */
  readonly logFile: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment but PATH, HOME, TMPDIR and GOGC (with which tests save processor time): proxies, credentials and driver options of the user's shell must not reach a server. */
  readonly env?: Readonly<Record<string, string>>;
  /** Another user to run as; only root may ask for it. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** What asks it to stop; default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
  /** How long it may take to stop before SIGKILL; default 5 s. */
  readonly stopGraceMs?: number;
}

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class ServerProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves when the process has ended; never rejects. */
  readonly exited: Promise<ExitStatus>;
  readonly #stopSignal: NodeJS.Signals;
  readonly #stopGraceMs: number;
  #running = true;

  private constructor(spec: ServerSpec, pid: number, exited: Promise<ExitStatus>) {
    this.name = spec.name;
    this.pid = pid;
    this.logFile = spec.logFile;
    this.#stopSignal = spec.stopSignal ?? 'SIGTERM';
    this.#stopGraceMs = spec.stopGraceMs ?? STOP_GRACE_MS;
    this.exited = exited.then((status) => {
      this.#running = false;
      return status;
    });
  }

  /** Resolves when it runs under guard; whether it is ready is another question (readiness.ts). */
  static async start(spec: ServerSpec, guardian: Guardian): Promise<ServerProcess> {
    const log = openSync(spec.logFile, 'a', 0o600);
    try {
      const child = spawn('/bin/sh', ['-c', GATE, 'sh', spec.command, ...spec.args], {
        detached: true,
        cwd: '/',
        env: { ...inherited(), ...spec.env },
        stdio: ['pipe', log, log],
        ...spec.user,
      });
      await once(child, 'spawn');
      const { pid } = child;
      if (pid === undefined) throw new Error(`${spec.name} did not start`);
      const exited = new Promise<ExitStatus>((resolve) => {
        child.once('exit', (code, signal) => {
          // If the guardian is gone there is nothing left to forget.
          guardian.order({ kind: 'forget', pid }).catch(() => undefined);
          resolve({ code, signal });
        });
      });
      // The child may die at the gate, which `exited` tells; a broken pipe adds nothing.
      child.stdin?.on('error', () => undefined);
      try {
        await guardian.order({ kind: 'watch', pid, signal: spec.stopSignal ?? 'SIGTERM' });
      } catch (error) {
        child.kill('SIGKILL'); // still at the gate
        throw error;
      }
      child.stdin?.end('go\n');
      return new ServerProcess(spec, pid, exited);
    } finally {
      closeSync(log);
    }
  }

  /** Signals its whole process group; nothing happens when it has ended. */
  signal(signal: NodeJS.Signals): void {
    if (!this.#running) return;
    try {
      process.kill(-this.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  /** Asks it to stop, kills it after a grace, and resolves when it has ended. Safe to call twice. */
  async stop(): Promise<void> {
    this.signal(this.#stopSignal);
    this.signal('SIGCONT'); // a stopped process receives nothing else
    const kill = setTimeout(() => {
      this.signal('SIGKILL');
    }, this.#stopGraceMs);
    await this.exited;
    clearTimeout(kill);
  }

  /** The end of its log, for an error message. */
  logTail(): string {
    return readFileSync(this.logFile, 'utf8').slice(-TAIL_CHARACTERS).trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  }
}

function inherited(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'GOGC'] as const;
  return Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
}
