/**
 * The guardian: a process that outlives its parent by a few seconds and cleans up after it.
 *
 * A parent that is killed by SIGKILL, crashes or loses its terminal cannot stop its servers; they would keep ports and memory for ever. The guardian reads orders from
 * its standard input; end of file means that the parent is gone, in whatever way, or has closed on purpose. It then ends every process group that it still watches
 * (their own signal first, SIGKILL after a grace) and removes the folders it was told of.
 *
 * It is started in a session of its own and ignores polite signals, so that Ctrl-C in a terminal, which reaches the parent's whole group, does not take it along.
 */
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GuardianOrder } from './guardian.ts';

/** How long process groups may take after their own signal before SIGKILL. */
const GRACE_MS = 2_000;
/** How long to wait for the kernel after SIGKILL; in a container whose first process reaps nobody, a dead child may stay visible for ever. */
const KILL_WAIT_MS = 2_000;
const POLL_MS = 20;

const groups = new Map<number, NodeJS.Signals>();
const folders = new Set<string>();

function obey(order: GuardianOrder): void {
  switch (order.kind) {
    case 'watch':
      groups.set(order.pid, order.signal);
      return;
    case 'forget':
      groups.delete(order.pid);
      return;
    case 'remove':
      folders.add(order.folder);
  }
}

/** True when the group still had a process to receive the signal; 0 only asks. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

async function untilGone(timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    for (const pid of groups.keys()) if (!signalGroup(pid, 0)) groups.delete(pid);
    if (groups.size === 0 || performance.now() >= deadline) return;
    await sleep(POLL_MS);
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

// An order is one line, and a line that lacks its end because the parent died while writing it was not an order.
let incomplete = '';
process.stdin.setEncoding('utf8');
for await (const chunk of process.stdin) {
  const lines = (incomplete + String(chunk)).split('\n');
  incomplete = lines.pop() ?? '';
  for (const line of lines) obey(JSON.parse(line) as GuardianOrder);
}

for (const [pid, signal] of groups) {
  signalGroup(pid, signal);
  signalGroup(pid, 'SIGCONT'); // a stopped process receives nothing else
}
await untilGone(GRACE_MS);
for (const pid of groups.keys()) signalGroup(pid, 'SIGKILL');
await untilGone(KILL_WAIT_MS);
for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
