/**
 * Part of `npm run generate`: compiles kernel/ (AssemblyScript) to WebAssembly and writes it as a module that Node imports and esbuild bundles like any other.
 * A unit test fails when the committed module is not what the source makes.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '..');
const TARGET = 'src/runner/kernel/module.ts';
/** Characters of base64 in a line. */
const LINE = 140;

/** The text of the generated module. @throws Error with what the compiler says. */
export async function generateKernel(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dossier-kernel-'));
  try {
    const binary = join(folder, 'kernel.wasm');
    // Nothing in the kernel is collected: it allocates once. What it reads and writes is bounded by its own design.
    const options = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--use', 'abort=', '--outFile', binary];
    const compiler = join(ROOT, 'node_modules/assemblyscript/bin/asc.js');
    await promisify(execFile)(process.execPath, [compiler, 'kernel/index.ts', ...options], { cwd: ROOT });
    return moduleText(await readFile(binary));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function moduleText(binary: Buffer): string {
  const lines = binary.toString('base64').match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  return `/** Made from kernel/ by \`npm run generate\`: do not edit. WebAssembly in base64. */
export const KERNEL =
${lines.map((line) => `  '${line}'`).join(' +\n')};
`;
}

if (import.meta.main) await writeFile(join(ROOT, TARGET), await generateKernel());
