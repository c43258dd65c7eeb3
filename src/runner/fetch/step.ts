/** The step `fetch`: what it got, or why it could not, stands in its termination log. */
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { createLogger } from '../../telemetry/log.ts';
import { endingOf, EXIT_DONE } from '../exit.ts';
import { PLAN_ENV } from '../plan.ts';
import { formatResult } from '../result.ts';
import { fetchTree } from './fetch.ts';
import { FETCH_ENV, isCommit, type Fetched, type GitPlan, type GitRef } from './plan.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Resolves to the exit code; never rejects. */
export async function fetchStep(env: Environment, signal: AbortSignal): Promise<number> {
  const log = createLogger('info');
  try {
    const [plan, folder] = [env[FETCH_ENV.plan], env[FETCH_ENV.checkout]];
    if (plan === undefined || folder === undefined) throw new TypeError('this step is started by the Jobs of the operator');
    const git = JSON.parse(plan) as GitPlan;
    log.info({ url: git.url, ref: git.ref }, 'fetching');
    const pin = await readPin(env[FETCH_ENV.pin]);
    const ref: GitRef = pin === undefined ? git.ref : { kind: 'commit', name: pin };
    const fetched: Fetched = { commit: await fetchTree({ ...git, ref }, folder, tmpdir(), env, signal), pinned: pin !== undefined };
    leave(env, JSON.stringify(fetched));
    log.info(fetched, 'fetched');
    return EXIT_DONE;
  } catch (error) {
    const { code, result } = endingOf(error, signal.aborted);
    leave(env, formatResult(result));
    log.error({ err: error, exitCode: code }, 'failed');
    return code;
  }
}

/** What an earlier try of this run got: a branch may have moved since, and a run is of one commit. */
async function readPin(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    const text = await readFile(path, 'utf8');
    if (isCommit(text)) return text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  throw new TypeError('the pin of the run is no commit');
}

function leave(env: Environment, text: string): void {
  const path = env[PLAN_ENV.terminationLog];
  if (path !== undefined) writeFileSync(path, text);
}
