/** The files of a repository, as whoever checks a descriptor sees them. Paths are relative to the descriptor's folder, with slashes, without `.` and `..`. */

export type ReadOutcome = { readonly kind: 'bytes'; readonly bytes: Buffer } | { readonly kind: 'missing' } | { readonly kind: 'tooLarge' };

export interface Tree {
  /** What is there, inside the repository. */
  at(path: string): Promise<'file' | 'folder' | undefined>;
  /** A regular file of at most `limitBytes`. */
  read(path: string, limitBytes: number): Promise<ReadOutcome>;
}

/** Why a path cannot be one of a repository's files; undefined = it can. */
export function pathProblem(path: string): string | undefined {
  if (path === '' || path.length > 512) return 'must be a path of 1 to 512 characters';
  const parts = path.split('/');
  const isPlain = !/[\p{Cc}\\]/u.test(path) && !path.startsWith('-');
  if (isPlain && parts.every((part) => part !== '' && part !== '.' && part !== '..' && part.toLowerCase() !== '.git')) return undefined;
  return "must be a path relative to the descriptor's folder, e.g. reports/usage.ts, without . and .. and without a slash at the beginning";
}
