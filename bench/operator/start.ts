/** Starts the operator as its image does, from one bundled file with a service account's token, and measures until it has settled. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { imageEnv, imageFlags } from './program.ts';

/** After its first look at every Report; long enough for the garbage of the start to be collected. */
const SETTLED_MS = 15_000;

export interface Start {
  /** From the start of the process to its first stored look at a Report. */
  readonly firstReconcileMs: number;
  /** Processor time of the process by then, and until it leads with warm caches. */
  readonly processorMs: number;
  /** Resident once it has settled, and at most. */
  readonly settledBytes: number;
  readonly peakBytes: number;
}

export interface Place {
  readonly program: string;
  readonly host: string;
  readonly port: string;
  readonly namespace: string;
}

/** Throws when the operator ends or logs an error. */
export async function measureStart({ program, host, port, namespace }: Place): Promise<Start> {
  const flags = ['--runner-image', 'runner', '--namespaces', namespace, '--leader-namespace', namespace];
  const ports = ['--health-port', '0', '--metrics-port', '0', '--cluster-templates', 'false'];
  const env = {
    ...(await imageEnv('operator')),
    PATH: process.env['PATH'] ?? '',
    KUBERNETES_SERVICE_HOST: host,
    KUBERNETES_SERVICE_PORT: port,
  };
  const nodeFlags = await imageFlags('operator');
  const started = performance.now();
  const child = spawn(execPath, [...nodeFlags, program, ...flags, ...ports], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const { level, msg } = JSON.parse(line) as { readonly level: string; readonly msg: string };
      if (level === 'error') throw new Error(line);
      // Of the one Report that nobody has looked at yet; it is the oldest, and so the first in the queue.
      if (msg !== 'phase changed') continue;
      const firstReconcileMs = performance.now() - started;
      const processorMs = await processorTime(child.pid ?? 0);
      await sleep(SETTLED_MS);
      return { firstReconcileMs, processorMs, ...(await memoryOf(child.pid ?? 0)) };
    }
    throw new Error('the operator ended by itself');
  } finally {
    child.kill();
    await ended;
  }
}

async function memoryOf(pid: number): Promise<{ readonly settledBytes: number; readonly peakBytes: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const read = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
  return { settledBytes: read('VmRSS'), peakBytes: read('VmHWM') };
}

/** User and system time in ms; the kernel counts in hundredths of a second. */
async function processorTime(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
