/** The two programs that are measured, each bundled into one file as the image has it: Node would else spend memory on stripping types. */
import { join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '../..');

/** Makes `alone.mjs` and `whole.mjs` in `folder`. */
export async function bundlePrograms(folder: string): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: { alone: 'bench/schedules/alone.ts', whole: 'src/operator/main.ts' },
    outdir: folder,
    bundle: true,
    platform: 'node',
    target: 'node26',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    // Some packages are CommonJS and ask for Node's own modules by require(), which a module does not have.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    external: ['pg-native'],
    logLevel: 'warning',
  });
}
