/**
 * The cache of tools, outside the repository so that a fresh clone finds what an older one fetched: one folder for each tool, version and platform.
 *
 * A program appears in it by one rename, when it is whole and on disk; whatever a crash leaves lies in a `partial-` folder that the next installation removes.
 */
import { constants } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Platform, Tool } from './catalog.ts';

const PARTIAL = 'partial-';

export type Environment = Readonly<Record<string, string | undefined>>;

/** `$DOSSIER_CACHE`, else `$XDG_CACHE_HOME/dossier`, else `~/.cache/dossier`; an empty variable counts as none. */
export function cacheFolder(env: Environment, home: string = homedir()): string {
  if (env['DOSSIER_CACHE']) return resolve(env['DOSSIER_CACHE']);
  return resolve(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'dossier');
}

export function cachedPath(cache: string, tool: Tool, platform: Platform): string {
  return join(cache, `${tool.name}-${tool.version}-${platform.os}-${platform.arch}`, tool.name);
}

export async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** Calls `make` with an empty folder in the cache, moves the program whose path it returns to `destination`, and removes the folder in any case. */
export async function install(cache: string, destination: string, make: (folder: string) => Promise<string>): Promise<void> {
  const folder = await mkdtemp(join(cache, PARTIAL));
  try {
    const program = await make(folder);
    await chmod(program, 0o755);
    await flush(program);
    await mkdir(dirname(destination), { recursive: true });
    await rename(program, destination);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes what crashed installations left. Only for whoever holds the cache's lock. */
export async function removePartial(cache: string): Promise<void> {
  const names = await readdir(cache);
  await Promise.all(names.filter((name) => name.startsWith(PARTIAL)).map((name) => rm(join(cache, name), { recursive: true, force: true })));
}

/** A rename can reach the disk before the bytes do; after a power cut the cache would hold a short program for ever. */
async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
