/** The step `fetch`: what it got, or why it could not, stands in its termination log. */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createLogger } from '../../telemetry/log.ts';
import { endingOf, EXIT_DONE } from '../exit.ts';
import { PLAN_ENV } from '../plan.ts';
import { formatResult } from '../result.ts';
import { fetchTree } from './fetch.ts';
import { FETCH_ENV, type GitPlan } from './plan.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Resolves to the exit code; never rejects. */
export async function fetchStep(env: Environment, signal: AbortSignal): Promise<number> {
  const log = createLogger('info');
  try {
    const [plan, folder] = [env[FETCH_ENV.plan], env[FETCH_ENV.checkout]];
    if (plan === undefined || folder === undefined) throw new TypeError('this step is started by the Jobs of the operator');
    const git = JSON.parse(plan) as GitPlan;
    log.info({ url: git.url, ref: git.ref }, 'fetching');
    const { commit } = await fetchTree(git, folder, tmpdir(), env, signal);
    leave(env, JSON.stringify({ commit }));
    log.info({ commit }, 'fetched');
    return EXIT_DONE;
  } catch (error) {
    const { code, result } = endingOf(error, signal.aborted);
    leave(env, formatResult(result));
    log.error({ err: error, exitCode: code }, 'failed');
    return code;
  }
}

function leave(env: Environment, text: string): void {
  const path = env[PLAN_ENV.terminationLog];
  if (path !== undefined) writeFileSync(path, text);
}
