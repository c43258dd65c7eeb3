/**
 * What containers use, measured from outside, because a process without a cgroup has no limit of its own.
 *
 * Memory is what a cgroup could not take back: anonymous and shared pages of the process group (resident pages where the system does not tell them apart).
 * A kernel refuses the page that is too many; we look a few times a second, so a container that shoots over its limit and ends at once is missed.
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { platform } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** st_blocks counts in these, whatever the file system. */
const BLOCK_BYTES = 512;

/** Bytes by process group, of the groups asked for that still have a process. */
export async function memoryByGroup(groups: ReadonlySet<number>): Promise<ReadonlyMap<number, number>> {
  const sums = new Map<number, number>();
  for await (const { group, bytes } of platform() === 'linux' ? linuxProcesses(groups) : psProcesses()) {
    if (groups.has(group)) sums.set(group, (sums.get(group) ?? 0) + bytes);
  }
  return sums;
}

interface ProcessMemory {
  readonly group: number;
  readonly bytes: number;
}

/** Reads without waiting: the kernel answers from memory, and a thread for each of some hundred reads, a few times a second, costs more than twice the processor time. */
function* linuxProcesses(groups: ReadonlySet<number>): Generator<ProcessMemory> {
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = readProcess(entry, 'stat');
    // pid (comm) state ppid pgrp ...; comm may hold spaces and parentheses. proc_pid_stat(5)
    const group = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
    if (!groups.has(group)) continue;
    const status = readProcess(entry, 'status');
    let kibibytes = 0;
    for (const [, value] of status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm)) kibibytes += Number(value);
    yield { group, bytes: kibibytes * 1024 };
  }
}

/** Nothing of a process that has ended: it uses nothing. */
function readProcess(entry: string, file: string): string {
  try {
    return readFileSync(`/proc/${entry}/${file}`, 'latin1');
  } catch {
    return '';
  }
}

async function* psProcesses(): AsyncGenerator<ProcessMemory> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pgid=,rss=']);
  for (const line of stdout.split('\n')) {
    const [group, kibibytes] = line.trim().split(/\s+/).map(Number);
    if (group !== undefined && kibibytes !== undefined) yield { group, bytes: kibibytes * 1024 };
  }
}

/** Bytes on disk of everything below a folder, links not followed. What vanishes while it is counted, or was closed to us, counts as nothing. */
export async function bytesBelow(folder: string): Promise<number> {
  let bytes = 0;
  try {
    for await (const entry of await opendir(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) bytes += await bytesBelow(path);
      else bytes += ((await lstat(path).catch(() => undefined))?.blocks ?? 0) * BLOCK_BYTES;
    }
  } catch (error) {
    if (!['ENOENT', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
  return bytes;
}
