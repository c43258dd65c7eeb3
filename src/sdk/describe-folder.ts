/** `dossier-template describe`: what a ReportRepository would make of a folder, before it is pushed. What only the apiserver checks (types of columns and the like) is not. */
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { stderr, stdout } from 'node:process';
import { stringify } from 'yaml';
import { describe } from '../descriptor/describe.ts';
import { DiskTree } from '../runner/describe/disk-tree.ts';
import { Mistake } from './module-run.ts';

/** @throws Mistake with every mistake of the descriptor, a line each */
export async function describeFolder([name, ...more]: readonly string[], folder: string): Promise<void> {
  if (name === undefined || more.length > 0) throw new Mistake('describe needs exactly one folder: dossier-template describe FOLDER');
  const path = await realpath(resolve(folder, name)).catch(() => undefined);
  if (path === undefined) throw new Mistake(`there is no folder ${resolve(folder, name)}`);
  const described = await describe(new DiskTree(path));
  if (described.kind === 'mistakes') throw new Mistake(described.mistakes.join('\n'));
  stdout.write(stringify({ templates: described.templates.map(({ name: entry, code, spec }) => ({ name: entry, code, ...spec })) }));
  for (const warning of described.warnings) stderr.write(`${warning}\n`);
  const count = described.templates.length;
  stderr.write(`${count} ${count === 1 ? 'template' : 'templates'}\n`);
}
