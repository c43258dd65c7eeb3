/**
 * A lock file, so that programs which want the same tools at the same moment do not each build them.
 *
 * Its owner touches it every second. It is stale when the owner's process is gone (same host), or when nobody touched it for ten seconds (an owner in another container, or a
 * process id that means somebody else by now). A stale lock is taken over. Two processes that take over at the same instant may both believe to own it; that costs double work
 * and nothing else, because installations end in a rename.
 */
import { open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const TOUCH_EVERY_MS = 1_000;
const STALE_AFTER_MS = 10_000;
const POLL_MS = 100;

interface Owner {
  readonly pid: number;
  readonly host: string;
}

/** Runs `work` while holding the lock at `path`. `onWait` is called once when somebody else holds it. Throws the signal's reason when aborted while waiting. */
export async function withLock<T>(path: string, options: { readonly signal: AbortSignal; readonly onWait: (pid: number) => void }, work: () => Promise<T>): Promise<T> {
  await acquire(path, options);
  const touch = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined); // a lock that was taken from us is not ours to keep alive
  }, TOUCH_EVERY_MS);
  touch.unref();
  try {
    return await work();
  } finally {
    clearInterval(touch);
    if (isOurs(await ownerOf(path))) await rm(path, { force: true });
  }
}

async function acquire(path: string, { signal, onWait }: { readonly signal: AbortSignal; readonly onWait: (pid: number) => void }): Promise<void> {
  let waited = false;
  for (;;) {
    if (await create(path)) return;
    const owner = await ownerOf(path);
    if (await isStale(path, owner)) {
      await rm(path, { force: true });
      continue;
    }
    if (!waited && owner !== undefined) {
      waited = true;
      onWait(owner.pid);
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  }
}

async function create(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    try {
      await file.writeFile(JSON.stringify({ pid: process.pid, host: hostname() } satisfies Owner));
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** `undefined` when there is no lock, or when its owner has not written its name yet. */
async function ownerOf(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

async function isStale(path: string, owner: Owner | undefined): Promise<boolean> {
  if (owner?.host === hostname() && !isAlive(owner.pid)) return true;
  try {
    return Date.now() - (await stat(path)).mtimeMs > STALE_AFTER_MS;
  } catch {
    return false; // released meanwhile
  }
}

function isOurs(owner: Owner | undefined): boolean {
  return owner?.pid === process.pid && owner.host === hostname();
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
