/** The files of a repository in memory. */
import type { Tree } from '../../src/descriptor/tree.ts';

export type Files = Readonly<Record<string, string | Buffer>>;

export function memoryTree(files: Files): Tree {
  const names = Object.keys(files);
  return {
    at: (path) =>
      Promise.resolve(Object.hasOwn(files, path) ? 'file' : names.some((name) => name.startsWith(`${path}/`)) ? 'folder' : undefined),
    read: (path, limitBytes) => {
      const content = Object.hasOwn(files, path) ? files[path] : undefined;
      if (content === undefined) return Promise.resolve({ kind: 'missing' });
      const bytes = Buffer.from(content);
      return Promise.resolve(bytes.length > limitBytes ? { kind: 'tooLarge' } : { kind: 'bytes', bytes });
    },
  };
}
