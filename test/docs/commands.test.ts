/** Commands in the documentation must be commands that are there. What they do is shown by the tests in shell-blocks.ts. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { parseCommand } from '../../src/local/demo/options.ts';
import { parseOptions } from '../../src/operator/options.ts';
import { blocks, pages, REPOSITORY } from './pages.ts';
import { shellBlocks, staleRuns } from './shell-blocks.ts';

/** Every line of shell in every page, with backslashes at line ends joined, without comments. */
const lines = pages().flatMap((page) =>
  blocks(page)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.replaceAll('\\\n', ' ').split('\n'))
    .map((line) => ({ path: page.path, line: line.replace(/\s+#.*$/, '').trim() })),
);
/** Commands that are mentioned in a sentence. */
const mentions = pages().flatMap(({ path, text }) => [...text.matchAll(/`([^`\n]+)`/g)].map(([, line = '']) => ({ path, line })));

function commands(prefix: string): readonly (readonly [line: string, path: string])[] {
  return [...lines, ...mentions].filter(({ line }) => line.startsWith(prefix)).map(({ line, path }) => [line, path] as const);
}

test('each block of shell stands once in the list of what runs it', () => {
  const all = shellBlocks();
  expect(all.length).toBeGreaterThan(20);
  expect(all.filter(({ runs }) => runs.length !== 1).map(({ page, text, runs }) => ({ page, text, runs: runs.length }))).toEqual([]);
  expect(staleRuns()).toEqual([]);
  const files = all.flatMap(({ runs }) => runs.flatMap(({ by }) => (typeof by === 'string' ? [by] : [])));
  expect(
    [...new Set(files)].filter((file) => !readFileSync(join(REPOSITORY, 'test', file), 'utf8').includes(`blocksRunBy('${file}')`)),
  ).toEqual([]);
});

describe('make', () => {
  const makefile = readFileSync(join(REPOSITORY, 'Makefile'), 'utf8');
  const found = commands('make ');

  test('is shown with targets that the Makefile has', () => {
    const targets = found.map(([line]) => line.split(' ')[1] ?? '');
    expect(targets).not.toEqual([]);
    expect(targets.filter((target) => !new RegExp(`^${target}:`, 'm').test(makefile))).toEqual([]);
  });

  test('demo is shown with options that the demo has', () => {
    const options = found.flatMap(([line]) => /^make demo ARGS="?([^"]*)"?$/.exec(line)?.[1] ?? []);
    expect(options).toEqual(expect.arrayContaining(['--keep', '--stop']));
    for (const option of options) expect(() => parseCommand(option.split(' '))).not.toThrow();
  });
});

test('npm run is shown with scripts that package.json has', () => {
  const scripts = commands('npm run ').map(([line]) => line.split(' ')[2] ?? '');
  expect(scripts.filter((script) => !(script in packageJson.scripts))).toEqual([]);
});

describe('the operator', () => {
  const starts = commands('npx node src/operator/main.ts').filter(([line]) => !line.includes('--help'));

  test('is a file that is there', () => {
    expect(starts).not.toEqual([]);
    expect(existsSync(join(REPOSITORY, 'src/operator/main.ts'))).toBe(true);
  });

  test.each(starts)('takes: %s', (line) => {
    expect(parseOptions(line.split(/\s+/).slice(3), {})).toMatchObject({ leaderElection: { enabled: true } });
  });
});
