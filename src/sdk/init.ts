/** `dossier-template init`: the example as a folder of one's own. */
import { cp, mkdir, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stderr } from 'node:process';
import { Mistake } from './module-run.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/custom-template');

export async function init([name, ...more]: readonly string[], folder: string): Promise<void> {
  if (name === undefined || more.length > 0) throw new Mistake('init needs exactly one folder: dossier-template init FOLDER');
  const target = resolve(folder, name);
  await mkdir(target, { recursive: true });
  if ((await readdir(target)).length > 0) throw new Mistake(`${target} is not empty`);
  await cp(EXAMPLE, target, { recursive: true });
  stderr.write(`made ${target}; begin with its README.md\n`);
}
