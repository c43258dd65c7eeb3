/** The process of a runner on the shared local node, for tests that kill it. Linux only: other systems hide the environment of a process. */
import { readdir, readFile } from 'node:fs/promises';

/** Process id of the runner of the Report with that UID, which stands in the plan in its environment. */
export async function runnerOf(uid: string): Promise<number> {
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const environment = await readFile(`/proc/${entry}/environ`, 'latin1').catch(() => '');
    if (environment.includes('DOSSIER_PLAN=') && environment.includes(uid)) return Number(entry);
  }
  throw new Error(`no process runs the Report ${uid}`);
}
