import { describe, expect, test } from 'vitest';
import { create } from '../../src/cli/commands/create.ts';
import { describeTemplate } from '../../src/cli/commands/describe.ts';
import { download } from '../../src/cli/commands/download.ts';
import { logs } from '../../src/cli/commands/logs.ts';
import { run } from '../../src/cli/commands/run.ts';
import { UsageError, type Command } from '../../src/cli/command.ts';
import { parseCommandLine } from '../../src/cli/options.ts';
import { blocks, page, pages, tableRows } from './pages.ts';

const COMMANDS: readonly Command[] = [create, describeTemplate, download, logs, run];

const shown = [
  ...pages().flatMap((each) => blocks(each).flatMap(({ text }) => text.split('\n'))),
  ...COMMANDS.flatMap(({ help }) => help.split('\n')),
]
  .map((line) => line.trim())
  .filter((line) => line.startsWith('kubectl dossier '));

test('docs/plugin.md lists the commands that there are', () => {
  const listed = tableRows(page('docs/plugin.md').text).map(([name]) => name);
  expect(listed.slice(1)).toEqual(COMMANDS.map(({ name }) => name));
});

test.each(shown)('is taken: %s', (line) => {
  expect(parseCommandLine(line.split(/\s+/).slice(2), COMMANDS)).toMatchObject({ kind: line.includes('--help') ? 'help' : 'run' });
});

test('each help shows every option and an example', () => {
  expect(shown.length).toBeGreaterThan(8);
  for (const { name, options, help } of COMMANDS) {
    const parsed = parseCommandLine([name, '--help'], COMMANDS);
    const text = parsed.kind === 'help' ? parsed.text : '';
    for (const option of [...options, { name: 'namespace' }, { name: 'context' }]) expect(text).toContain(`--${option.name}`);
    expect(help).toContain(`  kubectl dossier ${name} `);
  }
});

describe('a wrong command line says what is right', () => {
  test.each<[args: readonly string[], says: RegExp]>([
    [['downlod', 'x'], /"downlod" is not a command; did you mean "download"\?/],
    [['zzz'], /There are: create, describe, download, logs, run/],
    [['-n', 'x', 'download'], /the command comes first/],
    [['download'], /something is missing: kubectl dossier download REPORT/],
    [['download', 'a', 'b'], /"b" is too much/],
    [['download', 'a', '--outptu', 'x'], /Unknown option '--outptu'.*download --help/],
    [['logs', 'a', '-o'], /Unknown option '-o'/],
  ])('%j', (args, says) => {
    const parse = (): unknown => parseCommandLine(args, COMMANDS);
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(says);
  });

  test.each([[[]], [['help']], [['--help']], [['-h']]])('and %j shows all commands', (args) => {
    expect(parseCommandLine(args, COMMANDS)).toMatchObject({
      kind: 'help',
      text: expect.stringContaining('run SCHEDULE [--wait]') as string,
    });
  });
});
