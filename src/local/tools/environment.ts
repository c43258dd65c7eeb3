/**
 * Tools that the environment names.
 *
 * A tool's own variable is an order: a wrong path there is an error, not a reason to use another program. KUBEBUILDER_ASSETS is often set for other projects: it may hold only
 * some of the tools, and programs of another version are left alone, because an apiserver and a controller manager of different ages fail in ways that nobody understands.
 */
import { join, resolve } from 'node:path';
import { runToEnd } from '../process/run-to-end.ts';
import { isProgram, type Environment } from './cache.ts';
import type { Tool } from './catalog.ts';

const VERSION_TIMEOUT_MS = 20_000;

export type Named =
  | { readonly kind: 'found'; readonly path: string }
  /** `way` names the variable. */
  | { readonly kind: 'refused'; readonly way: string; readonly problem: string }
  | { readonly kind: 'unsuitable'; readonly way: string; readonly problem: string }
  | { readonly kind: 'none' };

export async function namedByEnvironment(tool: Tool, env: Environment): Promise<Named> {
  const own = env[tool.variable];
  if (own) {
    if (await isProgram(own)) return { kind: 'found', path: resolve(own) };
    return { kind: 'refused', way: tool.variable, problem: `${own} is not a program` };
  }
  const assets = env['KUBEBUILDER_ASSETS'];
  if (!assets) return { kind: 'none' };
  const path = resolve(join(assets, tool.name));
  if (!(await isProgram(path))) return { kind: 'none' };
  const version = await versionOf(tool, path);
  if (version !== undefined && agree(version, tool.version, tool.agreeing)) return { kind: 'found', path };
  return { kind: 'unsuitable', way: 'KUBEBUILDER_ASSETS', problem: `${path} has version ${version ?? 'unknown'}` };
}

async function versionOf(tool: Tool, path: string): Promise<string | undefined> {
  let version: string | undefined;
  try {
    await runToEnd(path, tool.versionArguments, {
      signal: AbortSignal.timeout(VERSION_TIMEOUT_MS),
      onLine: (line) => {
        version ??= /\bv?(\d+\.\d+\.\d+)/.exec(line)?.[1];
      },
    });
  } catch {
    return undefined; // a program that cannot say its version cannot be trusted with more
  }
  return version === undefined ? undefined : `v${version}`;
}

function agree(one: string, other: string, numbers: number): boolean {
  return one.split('.', numbers).join() === other.split('.', numbers).join();
}
