/** The commit that custom code came from: the step `fetch` left it in a file, where the code itself could not write. */
import { readFile } from 'node:fs/promises';
import { isCommit } from '../../fetch/plan.ts';
import { CODE_ENV } from './plan.ts';

/** Undefined when the run has no code from git. */
export async function readRevision(env: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  const path = env[CODE_ENV.revision];
  if (path === undefined) return undefined;
  const text = await readFile(path, 'utf8');
  if (!isCommit(text)) throw new TypeError('the step fetch left no commit');
  return text;
}
