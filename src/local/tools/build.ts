/** Building a tool from its pinned Go module in tools/: the way for platforms without official binaries and for machines that reach a Go module proxy but no release site. */
import { join } from 'node:path';
import type { Environment } from './cache.ts';
import type { Tool } from './catalog.ts';
import type { Progress } from './progress.ts';
import { runToEnd } from '../process/run-to-end.ts';

export interface BuildOptions {
  /** Folder that holds tools/<module>/go.mod. */
  readonly repository: string;
  /** Where `go` finds PATH, its caches and its proxy. */
  readonly env: Environment;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Builds into `folder`; resolves to the program's path. A cold build of the apiserver takes minutes, a warm one seconds. */
export async function build(tool: Tool, folder: string, options: BuildOptions): Promise<string> {
  const output = join(folder, tool.name);
  let packages = 0;
  // readonly: a build must not edit the repository's go.mod. No VCS stamp: it would name this repository's commit as the tool's.
  const flags = ['-v', '-mod=readonly', '-buildvcs=false', '-trimpath', '-ldflags', ['-s', '-w', ...tool.linkerFlags].join(' '), '-o', output];
  await runToEnd('go', ['build', ...flags, tool.package], {
    cwd: join(options.repository, 'tools', tool.module),
    env: { ...options.env, CGO_ENABLED: '0' },
    signal: options.signal,
    onLine: (line) => {
      const downloading = /^go: downloading (\S+)/.exec(line)?.[1];
      if (downloading === undefined) packages += 1;
      options.progress.update(downloading === undefined ? `building ${tool.name}: ${packages} packages, now ${line}` : `building ${tool.name}: fetching ${downloading}`);
    },
  });
  return output;
}
