/**
 * Makes the tools present, each by the first way that works: the environment, our cache, the official download, a build. When one cannot be had, a single error says for every
 * missing tool what was tried, why it failed, and what to do.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.ts';
import { cachedPath, cacheFolder, install, isProgram, removePartial, type Environment } from './cache.ts';
import { SITES, TOOL_NAMES, TOOLS, type Platform, type Tool, type ToolName, type ToolPaths } from './catalog.ts';
import { Downloader, type Silence } from './download.ts';
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

type Outcome = { readonly kind: 'found'; readonly path: string } | { readonly kind: 'missing'; readonly attempts: readonly Attempt[] };

export class ToolsMissingError extends Error {
  constructor(missing: ReadonlyMap<ToolName, readonly Attempt[]>) {
    super([...missing].map(([name, attempts]) => describe(TOOLS[name], attempts)).join('\n\n'));
    this.name = 'ToolsMissingError';
  }
}

/** Resolves to the path of every tool; throws ToolsMissingError, or the signal's reason. */
export async function provideTools(options: ProvideOptions = {}): Promise<ToolPaths> {
  const env = options.env ?? process.env;
  const platform = options.platform ?? { os: process.platform, arch: process.arch };
  const cache = cacheFolder(env);
  const outcomes = new Map<ToolName, Outcome>();
  for (const name of TOOL_NAMES) outcomes.set(name, (await fromEnvironment(TOOLS[name], env)) ?? (await fromCache(TOOLS[name], cache, platform)));

  const wanted = TOOL_NAMES.filter((name) => canBeInstalled(outcomes.get(name)));
  if (wanted.length > 0) {
    const installer = { ...options, env, platform, cache, signal: options.signal ?? new AbortController().signal, progress: options.progress ?? new Progress(process.stderr) };
    for (const [name, outcome] of await installAll(wanted, installer)) outcomes.set(name, outcome);
  }

  const missing = new Map([...outcomes].flatMap(([name, outcome]) => (outcome.kind === 'missing' ? [[name, outcome.attempts] as const] : [])));
  if (missing.size > 0) throw new ToolsMissingError(missing);
  return Object.fromEntries([...outcomes].flatMap(([name, outcome]) => (outcome.kind === 'found' ? [[name, outcome.path]] : []))) as ToolPaths;
}

/** A tool's own variable is an order: a wrong path there is an error, not a reason to use another program. KUBEBUILDER_ASSETS may hold only some of the tools. */
async function fromEnvironment(tool: Tool, env: Environment): Promise<Outcome | undefined> {
  const explicit = env[tool.variable];
  if (explicit) {
    if (await isProgram(explicit)) return { kind: 'found', path: explicit };
    return { kind: 'missing', attempts: [{ way: tool.variable, problem: `${explicit} is not a program` }] };
  }
  const assets = env['KUBEBUILDER_ASSETS'];
  if (!assets) return undefined;
  const path = join(assets, tool.name);
  return (await isProgram(path)) ? { kind: 'found', path } : undefined;
}

async function fromCache(tool: Tool, cache: string, platform: Platform): Promise<Outcome> {
  const path = cachedPath(cache, tool, platform);
  return (await isProgram(path)) ? { kind: 'found', path } : { kind: 'missing', attempts: [] };
}

function canBeInstalled(outcome: Outcome | undefined): boolean {
  return outcome?.kind === 'missing' && outcome.attempts.length === 0;
}

interface Installer extends ProvideOptions {
  readonly env: Environment;
  readonly platform: Platform;
  readonly cache: string;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

async function installAll(names: readonly ToolName[], installer: Installer): Promise<ReadonlyMap<ToolName, Outcome>> {
  const { cache, signal, progress, platform } = installer;
  await mkdir(cache, { recursive: true });
  const onWait = (pid: number): void => {
    progress.say(`waiting for process ${pid}, which is installing tools into ${cache}`);
  };
  return withLock(join(cache, 'lock'), { signal, onWait }, async () => {
    await removePartial(cache);
    const downloader = new Downloader(installer.env, progress, installer.silence);
    try {
      const outcomes = new Map<ToolName, Outcome>();
      for (const name of names) {
        // Whoever held the lock before may have installed it.
        const cached = await fromCache(TOOLS[name], cache, platform);
        outcomes.set(name, cached.kind === 'found' ? cached : await installOne(TOOLS[name], downloader, installer));
      }
      return outcomes;
    } finally {
      await downloader.close();
    }
  });
}

async function installOne(tool: Tool, downloader: Downloader, { env, cache, platform, progress, signal, repository }: Installer): Promise<Outcome> {
  const path = cachedPath(cache, tool, platform);
  const release = tool.release(platform);
  const ways = [
    ...(release === undefined ? [] : [{ way: 'download', make: (folder: string) => downloader.fetch(tool.site, release, folder, signal) }]),
    { way: 'build', make: (folder: string) => build(tool, folder, { repository: repository ?? REPOSITORY, env, progress, signal }) },
  ];
  const attempts: Attempt[] = release === undefined ? [{ way: 'download', problem: `no official binary for ${platform.os} on ${platform.arch}` }] : [];
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
