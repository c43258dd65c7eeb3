/**
 * The step `code` in the runner's own image: runs a module from a git repository by the contract of custom code.
 *
 * What the module throws goes to the log and nowhere else; only what it says by `context.fail`, or what is wrong with its form, is the last line before exit code 64.
 */
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { Mistake, runModule, type Given } from '../../sdk/module-run.ts';
import { EXIT_DONE, EXIT_MISTAKE, EXIT_TRY_AGAIN } from '../exit.ts';
import { CODE_ENV } from '../sources/code/plan.ts';

const EXIT_THROWN = 1;

/** Resolves to the exit code; never rejects. The caller ends the process with it: the module may have left something that waits. */
export async function codeStep(env: Readonly<Record<string, string | undefined>>, signal: AbortSignal): Promise<number> {
  const [entrypoint, parameters, rows] = [env[CODE_ENV.entrypoint], env[CODE_ENV.parameters], env[CODE_ENV.rows]];
  if (entrypoint === undefined || parameters === undefined || rows === undefined) {
    process.stderr.write('this step is started by the Jobs of the operator\n');
    return EXIT_THROWN;
  }
  try {
    const given = JSON.parse(readFileSync(parameters, 'utf8')) as Given;
    const log = (message: string): void => {
      process.stdout.write(`${message}\n`);
    };
    const count = await runModule({ entrypoint, given, rows, signal, log });
    log(`${count} rows`);
    return EXIT_DONE;
  } catch (error) {
    if (signal.aborted) return EXIT_TRY_AGAIN;
    if (error instanceof Mistake) {
      process.stderr.write(`${error.message.replaceAll(/\s*\n\s*/g, ' ')}\n`);
      return EXIT_MISTAKE;
    }
    process.stderr.write(`${inspect(error)}\n`);
    return EXIT_THROWN;
  }
}
