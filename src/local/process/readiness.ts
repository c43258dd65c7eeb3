/**
 * Waiting until servers answer: polled with a short backoff, ended by a deadline, and at once by a server that exits, because nobody should wait a minute for a server
 * that died of a wrong flag in its first second. The error carries the end of the right log.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerProcess } from './server-process.ts';

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 200;
const PROBE_TIMEOUT_MS = 2_000;
const DEADLINE_MS = 60_000;

/** A server did not come up. `portTaken` = its log says that somebody else has its port. */
export class StartError extends Error {
  readonly portTaken: boolean;

  constructor(what: string, server: ServerProcess) {
    const tail = server.logTail();
    super(`${what}; the end of its log (${server.logFile}):\n${tail.replaceAll(/^/gm, '  | ')}`);
    this.name = 'StartError';
    this.portTaken = /address already in use/i.test(tail);
  }
}

/**
 * Resolves when `probe` says true. `servers[0]` is the one that is waited for; the others are those it needs.
 * A probe that throws or takes longer than 2 s is a "not yet". Throws StartError when a server exits or after 60 s, and the reason of `signal` when that aborts.
 */
export async function untilReady(
  servers: readonly [ServerProcess, ...ServerProcess[]],
  probe: (signal: AbortSignal) => Promise<boolean>,
  signal?: AbortSignal,
  deadlineMs: number = DEADLINE_MS,
): Promise<void> {
  const stop = new AbortController();
  const ended = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]);
  const exits = servers.map(async (server) => {
    const { code, signal: by } = await server.exited;
    throw new StartError(`${server.name} ended with ${by ?? `exit code ${code}`} before it was ready`, server);
  });
  try {
    await Promise.race([...exits, poll(servers[0], probe, deadlineMs, ended)]);
  } finally {
    stop.abort();
  }
}

async function poll(
  server: ServerProcess,
  probe: (signal: AbortSignal) => Promise<boolean>,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
    const ready = await probe(AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)])).catch(() => false);
    signal.throwIfAborted();
    if (ready) return;
    if (performance.now() >= deadline) throw new StartError(`${server.name} did not become ready within ${deadlineMs / 1_000} s`, server);
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  }
}
