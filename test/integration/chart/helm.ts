/** Helm and kubectl as users run them, with the chart of this checkout. A failure is a result. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { provideTools } from '../../../src/local/tools/provide.ts';
import { tools } from '../support/servers.ts';

export const CHART = join(import.meta.dirname, '../../../charts/dossier');
const TIMEOUT_MS = 60_000;

export interface Printed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv, stdin = ''): Promise<Printed> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { env, timeout: TIMEOUT_MS, maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    });
    child.stdin?.end(stdin);
  });
}

/** With nothing of the machine's own Helm: settings and caches lie in `folder`. */
export async function helm(args: readonly string[], { folder, kubeconfig }: { folder: string; kubeconfig?: string }): Promise<Printed> {
  const { helm: program } = await provideTools({}, ['helm']);
  const env = { PATH: process.env['PATH'], HOME: folder, ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }) };
  return run(program, args, env);
}

export async function kubectl(args: readonly string[], kubeconfig: string, stdin = ''): Promise<Printed> {
  return run(tools().kubectl, args, { ...process.env, KUBECONFIG: kubeconfig }, stdin);
}

/** What was printed by a command that must not fail. */
export async function printed(result: Promise<Printed>): Promise<string> {
  const { code, stdout, stderr } = await result;
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr}${stdout}`);
  return stdout;
}
