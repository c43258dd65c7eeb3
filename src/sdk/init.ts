/** `dossier-template init`: the example as a folder of one's own. */
import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stderr } from 'node:process';
import { Mistake } from './module-run.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/custom-template');

export async function init([name, ...more]: readonly string[], folder: string): Promise<void> {
  if (name === undefined || more.length > 0) throw new Mistake('init needs exactly one folder: dossier-template init FOLDER');
  const target = resolve(folder, name);
  const found = await stat(target).catch(() => undefined);
  if (found !== undefined && !found.isDirectory()) throw new Mistake(`${target} is no folder`);
  await mkdir(target, { recursive: true });
  if ((await readdir(target)).length > 0) throw new Mistake(`${target} is not empty`);
  await cp(EXAMPLE, target, { recursive: true });
  const readme = join(target, 'README.md');
  const text = ownReadme(await readFile(readme, 'utf8'), name);
  await writeFile(readme, text);
  stderr.write(`made ${target}; begin with its README.md. Try it:\n${/^npm run template .*$/m.exec(text)?.[0] ?? ''}\n`);
}

/** Paths are those of the new folder, and what is told elsewhere is in Dossier's own documentation. */
function ownReadme(text: string, name: string): string {
  return text.replaceAll('examples/custom-template', name).replaceAll(/\[([^\]]+)\]\(\.\.\/\.\.\/(docs\/[^)]+)\)/g, '$1 ($2 of Dossier)');
}
