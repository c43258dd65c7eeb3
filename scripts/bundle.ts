/**
 * `npm run bundle`: makes dist/operator/ and dist/runner/ for the images.
 *
 * A pod loads a few files instead of some thousand small ones, and the image holds neither packages nor sources. Everything else runs the sources as they are.
 */
import { join } from 'node:path';
import { build, type BuildOptions, type Plugin } from 'esbuild';

const ROOT = join(import.meta.dirname, '..');
const PROGRAMS = { operator: 'src/operator/main.ts', runner: 'src/runner/main.ts' };

/**
 * Node fills a module's namespace by reading every export of a built-in one, and of `http` those are WebSocket and the like as well: the import alone loads Node's own
 * undici, 14 MB. Asked for in this way it loads nothing that is not used.
 */
const lazyHttp: Plugin = {
  name: 'lazy-http',
  setup(bundler) {
    bundler.onResolve({ filter: /^(node:)?http$/ }, () => ({ path: 'http', namespace: 'lazy-http' }));
    bundler.onLoad({ filter: /.*/, namespace: 'lazy-http' }, () => ({
      contents: "module.exports = process.getBuiltinModule('node:http');",
    }));
  },
};

const OPTIONS = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node26',
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  // Some packages are CommonJS and ask for Node's own modules by require(), which a module does not have.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  // Native variant of the driver, used only by those who install it.
  external: ['pg-native'],
  plugins: [lazyHttp],
  keepNames: true,
  legalComments: 'linked',
  logLevel: 'warning',
} as const satisfies BuildOptions;

/**
 * What a program loads only when it needs it (S3, kubeconfigs, sources, formats) lies in files of its own: as one file, all of it would be read and kept at every start.
 * Modules come before CommonJS, because of a module what nobody uses is left out.
 */
const SMALL = {
  splitting: true,
  minifyWhitespace: true,
  minifySyntax: true,
  mainFields: ['module', 'main'],
} as const satisfies BuildOptions;

/** Bundles programs, by the names of their files, into `folder`; those of the images, which are the default, into folders of their own there. */
export async function bundle(folder: string, programs: Readonly<Record<string, string>> = PROGRAMS): Promise<void> {
  const { operator, runner, ...others } = programs;
  await build({ ...OPTIONS, entryPoints: others, outdir: folder });
  if (operator !== undefined) await build({ ...OPTIONS, ...SMALL, entryPoints: { operator }, outdir: join(folder, 'operator') });
  if (runner !== undefined) await build({ ...OPTIONS, ...SMALL, entryPoints: { runner }, outdir: join(folder, 'runner') });
}

if (import.meta.main) await bundle(join(ROOT, 'dist'));
