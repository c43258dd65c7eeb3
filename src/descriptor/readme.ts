/** A README as the description of a template. */
import { quoted } from '../foreign-text.ts';
import type { Place } from './mistakes.ts';
import { pathProblem, type Tree } from './tree.ts';

const FILE_LIMIT_BYTES = 1024 * 1024;
/** Of a template's description; a longer text is cut. */
const DESCRIPTION_LIMIT = 4096;

/** The beginning of a text file; undefined when it cannot be had, which is told. */
export async function textOfFile(at: Place, path: string, tree: Tree): Promise<string | undefined> {
  const problem = pathProblem(path);
  if (problem !== undefined) {
    at.wrong(problem);
    return undefined;
  }
  const found = await tree.read(path, FILE_LIMIT_BYTES);
  if (found.kind === 'missing') at.wrong(`there is no file ${quoted(path)}`);
  if (found.kind === 'tooLarge') at.wrong(`${quoted(path)} has more than 1 MiB`);
  if (found.kind !== 'bytes') return undefined;
  // As people read it, without what could not stand in YAML.
  const text = found.bytes
    .toString('utf8')
    .replaceAll('\r\n', '\n')
    .replaceAll(/[^\P{Cc}\n\t]/gu, '')
    .trim();
  return text.length <= DESCRIPTION_LIMIT ? text : `${text.slice(0, DESCRIPTION_LIMIT - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
