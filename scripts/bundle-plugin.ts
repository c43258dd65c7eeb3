/**
 * `npm run bundle:plugin`: makes dist/kubectl-dossier, one executable file that can be put on PATH of any machine with Node 22.7 or later (the first that sees by itself
 * that a file without an ending is a module); kubectl then finds it as `kubectl dossier`.
 */
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '..');

/** First lines of the file: how to run it, a word to whoever runs it on an older Node, and `require` for packages that are CommonJS. */
const BANNER = `#!/usr/bin/env node
import { createRequire } from 'node:module';
if (Number(process.versions.node.split('.')[0]) < 22) {
  process.stderr.write('error: kubectl-dossier needs Node.js 22.7 or later, this is ' + process.version + '\\n');
  process.exit(1);
}
const require = createRequire(import.meta.url);`;

/** Writes the plugin to `path`. */
export async function bundlePlugin(path: string): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/cli/main.ts'],
    outfile: path,
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    banner: { js: BANNER },
    legalComments: 'inline',
    logLevel: 'warning',
  });
  await chmod(path, 0o755);
}

if (import.meta.main) await bundlePlugin(join(ROOT, 'dist/kubectl-dossier'));
