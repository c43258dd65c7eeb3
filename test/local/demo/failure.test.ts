import { describe, expect, test } from 'vitest';
import { describeFailure } from '../../../src/local/demo/failure.ts';
import { StartError } from '../../../src/local/process/readiness.ts';
import type { ServerProcess } from '../../../src/local/process/server-process.ts';

function systemError(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}

function startError(log: string): StartError {
  return new StartError('etcd ended with exit code 1', { logFile: '/tmp/etcd.log', logTail: () => log } as unknown as ServerProcess);
}

describe('the first line says what is wrong and what helps', () => {
  test.each<[string, unknown, RegExp]>([
    ['a full disk', systemError('ENOSPC', 'no space left on device, write'), /free some space.*TMPDIR/],
    ['a full disk, in a server’s log', startError('write wal: no space left on device'), /free some space.*TMPDIR/],
    ['a port that others took', startError('listen tcp 127.0.0.1:1: bind: address already in use'), /run the demo again/],
    ['a folder that may not be written', systemError('EACCES', "permission denied, mkdir '/nowhere'"), /\/nowhere.*--output/],
    ['too many open files', systemError('EMFILE', 'too many open files'), /ulimit/],
    ['anything else, as it is', new Error('etcd is needed; install Go'), /^etcd is needed; install Go$/],
    ['something that is no error', 'odd', /^odd$/],
  ])('%s', (_, error, expected) => expect(describeFailure(error).split('\n')[0]).toMatch(expected));
});

test('the end of a server’s log follows', () => {
  expect(describeFailure(startError('bad flag'))).toContain('| bad flag');
});
