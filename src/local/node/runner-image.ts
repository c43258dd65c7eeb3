/** The runner as a local image: the program from this checkout, run by the Node that runs us. */
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import type { LocalImage } from './images.ts';

/** What the operator names as its runner image on a local node. */
export const RUNNER_IMAGE = 'dossier/runner:local';

export function runnerImage(): LocalImage {
  return { entrypoint: [execPath, fileURLToPath(new URL('../../runner/main.ts', import.meta.url))] };
}
