import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { onFreePorts } from '../../../src/local/process/ports.ts';
import { StartError, untilReady } from '../../../src/local/process/readiness.ts';
import type { ServerProcess, ServerSpec } from '../../../src/local/process/server-process.ts';
import { Workspace } from '../../../src/local/workspace.ts';
import { until } from '../until.ts';

let workspace: Workspace;
let count = 0;

beforeAll(async () => {
  workspace = await Workspace.create();
});
afterAll(() => workspace.close());

/** A server that is a shell script. */
function start(script: string, more: Partial<ServerSpec> = {}): Promise<ServerProcess> {
  const logFile = join(workspace.folder, `${count++}.log`);
  return workspace.start({ name: 'server', logFile, command: '/bin/sh', args: ['-c', script], ...more });
}

describe('a server process', () => {
  test('sees nothing of our environment but PATH, HOME, TMPDIR and GOGC', async () => {
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'sentinel');
    vi.stubEnv('HTTPS_PROXY', 'http://sentinel');
    const server = await start('env', { env: { GIVEN: 'yes' } });
    await server.exited;
    vi.unstubAllEnvs();
    const names = server
      .logTail()
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(names).toContain('GIVEN');
    expect(names).toContain('PATH');
    // PWD, SHLVL and _ are the shell's own.
    expect(
      names.filter((name) => !['GIVEN', 'PATH', 'HOME', 'TMPDIR', 'GOGC', 'PWD', 'OLDPWD', 'SHLVL', '_'].includes(name ?? '')),
    ).toEqual([]);
  });

  test('gets its arguments unchanged and an empty standard input', async () => {
    const server = await start('printf "<%s>" "$@"; cat', { args: ['-c', 'printf "<%s>" "$@"; cat', 'sh', 'a b', '$HOME', "it's", ''] });
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(server.logTail()).toBe("<a b><$HOME><it's><>");
  });

  test('is killed when it does not stop within its grace', async () => {
    const server = await start('trap "" TERM; echo up; while :; do sleep 0.1; done', { stopGraceMs: 200 });
    await until('the trap is set', () => server.logTail() === 'up');
    await server.stop();
    expect(await server.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });

  test('is stopped by its own signal, also while frozen', async () => {
    const server = await start('trap "echo fast; exit 3" INT; echo up; while :; do sleep 0.1; done', { stopSignal: 'SIGINT' });
    await until('the trap is set', () => server.logTail() === 'up');
    server.signal('SIGSTOP');
    await server.stop();
    expect(await server.exited).toEqual({ code: 3, signal: null });
    expect(server.logTail()).toContain('fast');
    await server.stop(); // twice is fine
  });
});

describe('waiting for readiness', () => {
  test('ends when the probe says so, whatever it threw before', async () => {
    const server = await start('exec sleep 600');
    let probes = 0;
    await untilReady([server], () => {
      probes += 1;
      return probes < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve(probes === 4);
    });
    expect(probes).toBe(4);
    await server.stop();
  });

  test('fails at once when the server exits, showing the end of its log', async () => {
    const server = await start('for i in $(seq 100); do echo line $i; done; echo "unknown flag: --wrong" >&2; exit 2');
    const ready = untilReady([server], () => Promise.resolve(false));
    await expect(ready).rejects.toThrow(StartError);
    await expect(ready).rejects.toThrow(
      /server ended with exit code 2 before it was ready.*\n(?: {2}\| line \d+\n)+ {2}\| unknown flag: --wrong$/,
    );
    await expect(ready).rejects.not.toThrow('line 80');
  });

  test('fails when a server that it needs exits, naming that one', async () => {
    const [waiting, needed] = [
      await start('exec sleep 600', { name: 'apiserver' }),
      await start('echo disk full; exit 1', { name: 'etcd' }),
    ];
    await expect(untilReady([waiting, needed], () => Promise.resolve(false))).rejects.toThrow(/^etcd ended with exit code 1[^]*disk full/);
    await waiting.stop();
  });

  test('fails at its deadline', async () => {
    const server = await start('echo starting; exec sleep 600');
    await expect(untilReady([server], () => Promise.resolve(false), undefined, 100)).rejects.toThrow(
      'server did not become ready within 0.1 s',
    );
    await server.stop();
  });

  test('ends with the reason of its signal', async () => {
    const server = await start('exec sleep 600');
    const stop = new AbortController();
    const ready = untilReady([server], () => Promise.resolve(false), stop.signal);
    stop.abort(new Error('changed my mind'));
    await expect(ready).rejects.toThrow('changed my mind');
    await server.stop();
  });
});

describe('starting on free ports', () => {
  const failing = async (message: string): Promise<never> => {
    const server = await start(`echo "${message}"; exit 1`);
    await untilReady([server], () => Promise.resolve(false));
    throw new Error('it became ready');
  };

  test('goes on with other ports when somebody took one', async () => {
    const tried: (readonly number[])[] = [];
    const ports = await onFreePorts(3, async (candidates) => {
      tried.push(candidates);
      return tried.length < 3 ? failing('listen tcp 127.0.0.1:1234: bind: address already in use') : candidates;
    });
    expect(tried).toHaveLength(3);
    expect(ports).toBe(tried[2]);
    expect(new Set(tried.flat()).size).toBe(9);
  });

  test('fails at once for any other reason', async () => {
    let attempts = 0;
    const started = onFreePorts(1, () => {
      attempts += 1;
      return failing('no such flag');
    });
    await expect(started).rejects.toThrow('no such flag');
    expect(attempts).toBe(1);
  });
});
