/** A checkout on disk. Whatever the repository put there (git writes links as plain files, but it may not be git that wrote), nothing outside of it is read. */
import { constants } from 'node:fs';
import { open, realpath, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReadOutcome, Tree } from '../../descriptor/tree.ts';

const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EMLINK', 'ENXIO', 'EISDIR', 'EACCES']);

export class DiskTree implements Tree {
  readonly #root: string;

  /** `root` is a real path: no step of it is a link. */
  constructor(root: string) {
    this.#root = root;
  }

  async at(path: string): Promise<'file' | 'folder' | undefined> {
    return orAbsent(async () => {
      const found = await stat(await this.#inside(path));
      return found.isDirectory() ? 'folder' : found.isFile() ? 'file' : undefined;
    }, undefined);
  }

  async read(path: string, limitBytes: number): Promise<ReadOutcome> {
    return orAbsent<ReadOutcome>(
      async () => {
        const file = await open(await this.#inside(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
        try {
          return await content(file, limitBytes);
        } finally {
          await file.close();
        }
      },
      { kind: 'missing' },
    );
  }

  async #inside(path: string): Promise<string> {
    const real = await realpath(join(this.#root, path));
    if (real !== this.#root && !real.startsWith(`${this.#root}/`)) throw Object.assign(new Error('outside'), { code: 'ENOENT' });
    return real;
  }
}

async function content(file: FileHandle, limitBytes: number): Promise<ReadOutcome> {
  const facts = await file.stat();
  if (!facts.isFile()) return { kind: 'missing' };
  if (facts.size > limitBytes) return { kind: 'tooLarge' };
  return { kind: 'bytes', bytes: await file.readFile() };
}

async function orAbsent<T>(look: () => Promise<T>, absent: T): Promise<T> {
  try {
    return await look();
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return absent;
    throw error;
  }
}
