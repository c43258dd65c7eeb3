import { expect, test } from 'vitest';
import { runToEnd } from '../../../src/local/process/run-to-end.ts';

const signal = new AbortController().signal;
const sh = (script: string): readonly string[] => ['-c', script];

test('hands over every line of both outputs', async () => {
  const lines: string[] = [];
  await runToEnd('sh', sh('echo one; echo two >&2; printf three'), { signal, onLine: (line) => lines.push(line) });
  expect(lines.sort()).toEqual(['one', 'three', 'two']);
});

test.each([
  [
    'says with what it ended and its last lines',
    'for i in $(seq 100); do echo line $i; done; exit 3',
    /^sh ended with exit code 3\nline 81\n[^]*line 100$/,
  ],
  ['names the signal that killed it', 'kill -9 $$', /^sh ended with SIGKILL$/],
])('a failed program %s', async (_, script, message) => {
  await expect(runToEnd('sh', sh(script), { signal })).rejects.toThrow(message);
});

test('a program that is not there is said to be missing', async () => {
  await expect(runToEnd('no-such-program', [], { signal })).rejects.toThrow('no-such-program is not installed');
});

test('an abort interrupts the program and is reported when it has ended', async () => {
  const stop = new AbortController();
  const lines: string[] = [];
  const onLine = (line: string): void => {
    lines.push(line);
    if (line === 'up') stop.abort(new Error('changed my mind'));
  };
  const script = 'trap "echo cleaned up; exit 0" INT; echo up; while :; do sleep 0.05; done';
  await expect(runToEnd('sh', sh(script), { signal: stop.signal, onLine })).rejects.toThrow('changed my mind');
  expect(lines).toEqual(['up', 'cleaned up']);
});
