/** The runner as a local image: a program of this checkout, run by the Node that runs us. */
import { env, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import type { LocalImage } from './images.ts';

/** What the operator names as its runner image on a local node. */
export const RUNNER_IMAGE = 'dossier/runner:local';

/**
 * `compiled`: a folder that keeps what Node has compiled, so that only the first of many runs takes the types out of some hundred files, which costs more processor time
 * than a small Report. Node checks that what lies there is of the same text, and makes the folder. `program`: the sources as they are, or a bundle of them.
 */
export function runnerImage(
  compiled: string | undefined = env['NODE_COMPILE_CACHE'],
  program: string = fileURLToPath(new URL('../../runner/main.ts', import.meta.url)),
): LocalImage {
  return {
    entrypoint: [execPath, program],
    ...(compiled === undefined ? {} : { env: { NODE_COMPILE_CACHE: compiled } }),
  };
}
