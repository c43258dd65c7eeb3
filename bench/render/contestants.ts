/** Who takes part: programs in their own processes, each with a word on why it is left out where its toolchain is not there. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../../scripts/bundle.ts';
import { nodeOptions } from '../../src/operator/report/node-options.ts';
import { imageEnv } from '../operator/program.ts';
import type { FileFormat } from './verify.ts';

const PEERS = join(import.meta.dirname, 'peers');

export interface Contestant {
  readonly name: string;
  readonly format: FileFormat;
  readonly packed: boolean;
  /** The rest of the command is the number of rows and the file's path. */
  readonly command: readonly string[];
  /** Takes so long that one round must do. */
  readonly slow: boolean;
}

export interface Absence {
  readonly formats: readonly FileFormat[];
  /** `name: why`. */
  readonly why: string;
}

export interface Field {
  readonly contestants: readonly Contestant[];
  readonly absent: readonly Absence[];
}

/** Builds everything into `folder`. */
export async function prepare(folder: string): Promise<Field> {
  const absent: Absence[] = [];
  const contestants: Contestant[] = [];
  const add = (name: string, format: FileFormat, command: readonly string[], more: { packed?: boolean; slow?: boolean } = {}): void => {
    contestants.push({ name, format, command, packed: more.packed ?? false, slow: more.slow ?? false });
  };

  const own = join(folder, 'program.mjs');
  await bundle(folder, { program: 'bench/render/program.ts' });
  const settings = Object.entries(await imageEnv('runner')).map(([name, value]) => `${name}=${value}`);
  const ours = (name: string): string[] => ['env', ...settings, process.execPath, ...nodeOptions('512Mi').split(' '), own, name];
  add('Dossier', 'csv', ours('dossier-csv'));
  add('Dossier, reference', 'csv', ours('reference-csv'));
  add('Dossier', 'ndjson', ours('dossier-ndjson'));
  add('Dossier, reference', 'ndjson', ours('reference-ndjson'));
  add('JSON.stringify', 'ndjson', [process.execPath, own, 'json-stringify']);
  add('Dossier', 'xlsx', ours('dossier-xlsx'));
  add('Dossier, reference', 'xlsx', ours('reference-xlsx'));
  for (const format of ['csv', 'ndjson'] as const) {
    add('Dossier', format, ours(`dossier-${format}-gzip`), { packed: true });
    add('Dossier, reference (zlib 5)', format, ours(`reference-${format}-gzip`), { packed: true });
    add('Dossier, then zlib 1', format, ours(`${format}-through-zlib-1`), { packed: true });
  }

  if (!existsSync(join(PEERS, 'node_modules'))) run('npm', ['ci'], PEERS);
  if (existsSync(join(PEERS, 'node_modules'))) {
    const peers = join(folder, 'peers.mjs');
    await bundle(folder, { peers: 'bench/render/peers/program.mjs' });
    const npm = (name: string): string[] => [process.execPath, '--no-deprecation', peers, name];
    add('csv-stringify', 'csv', npm('csv-stringify'));
    add('fast-csv', 'csv', npm('fast-csv'));
    add('hucre', 'csv', npm('hucre-csv'));
    add('hucre', 'xlsx', npm('hucre-xlsx'), { slow: true });
    add('exceljs', 'xlsx', npm('exceljs'), { slow: true });
  } else
    absent.push({ formats: ['csv', 'xlsx'], why: 'csv-stringify, fast-csv, hucre, exceljs: npm could not install bench/render/peers' });

  const c = join(folder, 'peer-c');
  const source = [join(PEERS, 'peer.c'), '-O2', '-o', c];
  const withXlsx = run('cc', ['-DWITH_XLSXWRITER', ...source, '-lxlsxwriter']);
  if (withXlsx || run('cc', source)) add('C fprintf', 'csv', [c, 'csv']);
  else absent.push({ formats: ['csv'], why: 'C fprintf: no C compiler (cc)' });
  if (withXlsx) add('C libxlsxwriter', 'xlsx', [c, 'xlsx'], { slow: true });
  else absent.push({ formats: ['xlsx'], why: 'C libxlsxwriter: not installed (Debian: libxlsxwriter-dev)' });

  const python = process.env['PYTHON'] ?? 'python3';
  for (const name of ['xlsxwriter', 'openpyxl']) {
    if (run(python, ['-c', `import ${name}`])) add(`Python ${name}`, 'xlsx', [python, join(PEERS, 'peer.py'), name], { slow: true });
    else absent.push({ formats: ['xlsx'], why: `Python ${name}: not found by $PYTHON or python3` });
  }

  const go = join(folder, 'peer-go');
  if (run('go', ['build', '-o', go, '.'], join(PEERS, 'go'))) add('Go excelize', 'xlsx', [go], { slow: true });
  else absent.push({ formats: ['xlsx'], why: 'Go excelize: go is not installed, or could not fetch it' });
  return { contestants, absent };
}

function run(command: string, options: readonly string[], cwd?: string): boolean {
  return spawnSync(command, options, { cwd, stdio: 'ignore' }).status === 0;
}
