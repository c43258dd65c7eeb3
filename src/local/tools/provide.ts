/**
 * Makes the tools present, each by the first way that works: the environment, our cache, the official download, a build. When one cannot be had, a single error says for every
 * missing tool what was tried, why it failed, and what to do.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.ts';
import { cachedPath, cacheFolder, install, isProgram, removePartial, type Environment } from './cache.ts';
import { SITES, TOOL_NAMES, TOOLS, type Paths, type Platform, type Tool, type ToolName } from './catalog.ts';
import { Downloader, type Silence } from './download.ts';
import { namedByEnvironment } from './environment.ts';
import { withLock } from './lock.ts';
import { Progress } from './progress.ts';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));

export interface ProvideOptions {
  readonly signal?: AbortSignal;
  readonly env?: Environment;
  readonly platform?: Platform;
  readonly progress?: Progress;
  /** Folder that holds tools/<module>/go.mod. */
  readonly repository?: string;
  readonly silence?: Silence;
}

/** One way that did not lead to the tool. */
interface Attempt {
  readonly way: string;
  readonly problem: string;
}

type Outcome =
  | { readonly kind: 'found'; readonly path: string }
  /** Nothing more is tried. */
  | { readonly kind: 'refused'; readonly attempts: readonly Attempt[] }
  | { readonly kind: 'missing'; readonly attempts: readonly Attempt[] };

export class ToolsMissingError extends Error {
  constructor(missing: ReadonlyMap<ToolName, readonly Attempt[]>) {
    super([...missing].map(([name, attempts]) => describe(TOOLS[name], attempts)).join('\n\n'));
    this.name = 'ToolsMissingError';
  }
}

/** Resolves to the paths of the tools asked for, by default of all; throws ToolsMissingError, or the signal's reason. */
export async function provideTools<Name extends ToolName = ToolName>(
  options: ProvideOptions = {},
  names: readonly Name[] = TOOL_NAMES as readonly ToolName[] as readonly Name[],
): Promise<Paths<Name>> {
  const env = options.env ?? process.env;
  const platform = options.platform ?? { os: process.platform, arch: process.arch };
  const cache = cacheFolder(env);
  const progress = options.progress ?? new Progress(process.stderr);
  const outcomes = new Map<ToolName, Outcome>();
  for (const name of names) outcomes.set(name, await find(TOOLS[name], { env, platform, cache, progress }));

  const wanted = new Map([...outcomes].flatMap(([name, outcome]) => (outcome.kind === 'missing' ? [[name, outcome.attempts] as const] : [])));
  if (wanted.size > 0) {
    const signal = options.signal ?? new AbortController().signal;
    for (const [name, outcome] of await installAll(wanted, { ...options, env, platform, cache, progress, signal })) outcomes.set(name, outcome);
  }

  const failed = new Map([...outcomes].flatMap(([name, outcome]) => (outcome.kind === 'found' ? [] : [[name, outcome.attempts] as const])));
  if (failed.size > 0) throw new ToolsMissingError(failed);
  return Object.fromEntries([...outcomes].flatMap(([name, outcome]) => (outcome.kind === 'found' ? [[name, outcome.path]] : []))) as Paths<Name>;
}

interface Search {
  readonly env: Environment;
  readonly platform: Platform;
  readonly cache: string;
  readonly progress: Progress;
}

/** Looks where nothing has to be made. */
async function find(tool: Tool, { env, platform, cache, progress }: Search): Promise<Outcome> {
  const named = await namedByEnvironment(tool, env);
  if (named.kind === 'found') return named;
  if (named.kind === 'refused') return { kind: 'refused', attempts: [named] };
  if (await isProgram(cachedPath(cache, tool, platform))) return { kind: 'found', path: cachedPath(cache, tool, platform) };
  if (named.kind === 'none') return { kind: 'missing', attempts: [] };
  progress.say(`${tool.name} ${tool.version}: not taken from ${named.way}: ${named.problem}`);
  return { kind: 'missing', attempts: [named] };
}

interface Installer extends Search {
  readonly signal: AbortSignal;
  readonly repository?: string;
  readonly silence?: Silence;
}

async function installAll(wanted: ReadonlyMap<ToolName, readonly Attempt[]>, installer: Installer): Promise<ReadonlyMap<ToolName, Outcome>> {
  const { cache, signal, progress, platform } = installer;
  await mkdir(cache, { recursive: true }).catch((error: unknown) => {
    throw new Error(`tools cannot be kept in ${cache}; name another folder by DOSSIER_CACHE`, { cause: error });
  });
  const onWait = (pid: number): void => {
    progress.say(`waiting for process ${pid}, which is installing tools into ${cache}`);
  };
  return withLock(join(cache, 'lock'), { signal, onWait }, async () => {
    await removePartial(cache);
    const downloader = new Downloader(installer.env, progress, installer.silence);
    try {
      const outcomes = new Map<ToolName, Outcome>();
      for (const [name, attempts] of wanted) {
        const path = cachedPath(cache, TOOLS[name], platform);
        // Whoever held the lock before may have installed it.
        outcomes.set(name, (await isProgram(path)) ? { kind: 'found', path } : await installOne(TOOLS[name], path, attempts, downloader, installer));
      }
      return outcomes;
    } finally {
      await downloader.close();
    }
  });
}

async function installOne(tool: Tool, path: string, earlier: readonly Attempt[], downloader: Downloader, installer: Installer): Promise<Outcome> {
  const { env, cache, platform, progress, signal, repository = REPOSITORY } = installer;
  const release = tool.release(platform);
  const download = (folder: string): Promise<string> => {
    if (release === undefined) throw new Error(`no official binary for ${platform.os} on ${platform.arch}`);
    return downloader.fetch(tool.site, release, folder, signal);
  };
  const ways = [
    { way: 'download', make: download },
    { way: 'build', make: (folder: string) => build(tool, folder, { repository, env, progress, signal }) },
  ];
  const attempts = [...earlier];
  for (const { way, make } of ways) {
    progress.say(`${tool.name} ${tool.version}: ${way}`);
    try {
      await install(cache, path, make);
      return { kind: 'found', path };
    } catch (error) {
      signal.throwIfAborted();
      const problem = error instanceof Error ? error.message : String(error);
      attempts.push({ way, problem });
      progress.say(`${tool.name} ${tool.version}: ${way} failed: ${problem.split('\n')[0]}`);
    }
  }
  return { kind: 'missing', attempts };
}

function describe(tool: Tool, attempts: readonly Attempt[]): string {
  const tried = attempts.map(({ way, problem }) => `  ${way}: ${problem.replaceAll('\n', '\n    ')}`);
  return [`${tool.name} ${tool.version} is needed and could not be had.`, ...tried, `  What helps: ${remedy(tool, attempts)}`].join('\n');
}

function remedy(tool: Tool, attempts: readonly Attempt[]): string {
  if (attempts.some(({ way }) => way === tool.variable)) return `correct or unset ${tool.variable}.`;
  const { url, variable } = SITES[tool.site];
  return `let this machine reach ${url} (or a mirror, named by ${variable}); or install Go (https://go.dev/dl), with which it is built; or set ${tool.variable} to the path of a program of that version.`;
}
