import { describe, expect, test } from 'vitest';
import { HELP, parseCommand, UsageError, type DemoCommand } from '../../../src/local/demo/options.ts';

describe('the command line', () => {
  test.each<[string, readonly string[], DemoCommand]>([
    ['nothing: run and end with the program', [], { kind: 'run', keep: false, output: undefined }],
    ['--keep', ['--keep'], { kind: 'run', keep: true, output: undefined }],
    ['--output', ['--output', 'here'], { kind: 'run', keep: false, output: 'here' }],
    ['--stop', ['--stop'], { kind: 'stop' }],
    ['--help wins over everything', ['--help', '--keep', '--stop'], { kind: 'help' }],
  ])('%s', (_, args, expected) => expect(parseCommand(args)).toEqual(expected));

  test.each<[string, readonly string[], RegExp]>([
    ['an option that does not exist is named', ['--kept'], /--kept/],
    ['a word too many is named', ['keep'], /keep/],
    ['--stop goes with nothing', ['--stop', '--keep'], /--stop goes with no other option/],
    ['an empty folder name', ['--output', ''], /--output needs the name of a folder/],
  ])('%s', (_, args, message) => {
    expect(() => parseCommand(args)).toThrow(UsageError);
    expect(() => parseCommand(args)).toThrow(message);
  });

  test('the help names every option', () => {
    for (const option of ['--keep', '--stop', '--output', '--help']) expect(HELP).toContain(`  ${option} `);
  });
});
