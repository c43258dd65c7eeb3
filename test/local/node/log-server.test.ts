import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Authority } from '../../../src/local/authority.ts';
import { containerIdFor, LogServer, parseLogOptions } from '../../../src/local/node/log-server.ts';
import type { ContainerState } from '../../../src/local/node/pod.ts';
import type { ContainerRecord } from '../../../src/local/node/status.ts';

function record(state: ContainerState, containerId?: string, lastState: ContainerState = {}): ContainerRecord {
  return { state, lastState, restartCount: 0, imageId: '', ...(containerId === undefined ? {} : { containerId }) };
}
const END = { exitCode: 1, reason: 'Error', startedAt: null, finishedAt: null };
const RUNNING = { running: { startedAt: '2026-11-23T08:00:00Z' } };

describe('whose log is meant', () => {
  test.each<readonly [string, ContainerRecord, boolean, string]>([
    ['the run that goes on', record(RUNNING, 'now'), false, 'now'],
    ['the run that ended', record({ terminated: { ...END, containerID: 'now' } }, 'now'), false, 'now'],
    [
      'the last run of one that waits for its restart',
      record({ waiting: { reason: 'CrashLoopBackOff' } }, undefined, { terminated: { ...END, containerID: 'old' } }),
      false,
      'old',
    ],
    ['the previous run', record(RUNNING, 'now', { terminated: { ...END, containerID: 'old' } }), true, 'old'],
  ])('%s', (_, given, previous, expected) => expect(containerIdFor(given, previous, 'c')).toBe(expected));

  test.each<readonly [string, ContainerRecord | undefined, boolean, string]>([
    ['has not begun', undefined, false, 'c is waiting to start: ContainerCreating'],
    ['cannot be pulled', record({ waiting: { reason: 'ErrImagePull' } }), false, "c is waiting to start: image can't be pulled"],
    [
      'is not pulled for a while',
      record({ waiting: { reason: 'ImagePullBackOff' } }),
      false,
      'c is waiting to start: trying and failing to pull image',
    ],
    [
      'misses a Secret',
      record({ waiting: { reason: 'CreateContainerConfigError' } }),
      false,
      'c is waiting to start: CreateContainerConfigError',
    ],
    ['never ran before', record(RUNNING, 'now'), true, 'previous terminated c not found'],
  ])('none of a container that %s', (_, given, previous, message) => expect(() => containerIdFor(given, previous, 'c')).toThrow(message));
});

describe('the parameters of a log request', () => {
  test.each([
    ['', { follow: false, timestamps: false }],
    ['follow=true&timestamps=true&tailLines=5&limitBytes=10', { follow: true, timestamps: true, tailLines: 5, limitBytes: 10 }],
    ['sinceTime=2026-11-23T08:00:00Z&stream=All', { follow: false, timestamps: false, sinceMs: Date.UTC(2026, 10, 23, 8) }],
    ['stream=Stderr', { follow: false, timestamps: false, stream: 'stderr' }],
  ])('%s', (text, expected) => expect(parseLogOptions(new URLSearchParams(text))).toEqual(expected));

  test.each([['tailLines=-1'], ['tailLines=x'], ['limitBytes=1.5'], ['sinceTime=yesterday'], ['sinceSeconds=']])('%s is refused', (text) =>
    expect(() => parseLogOptions(new URLSearchParams(text))).toThrow('invalid'),
  );
});

describe('a caller', () => {
  test.each([
    ['an administrator', ['system:masters'], 404, 'pod "none" does not exist'],
    ['an administrator of many groups', ['system:authenticated', 'system:masters'], 404, 'pod "none" does not exist'],
    ['another user of the same authority', ['auditors'], 403, 'Forbidden'],
    ['a user without groups', [], 403, 'Forbidden'],
  ])('who is %s is answered accordingly', async (_, groups, status, body) => {
    const authority = await Authority.create('test');
    const server = await LogServer.start({
      serving: await authority.issueServer('node'),
      clientCa: authority.certificate,
      find: () => undefined,
      isPaused: () => false,
      onError: (error) => expect.unreachable(String(error)),
    });
    onTestFinished(() => server.close());
    const { certificate, key } = await authority.issueClient('someone', groups);
    const where = { host: '127.0.0.1', port: server.port, path: '/containerLogs/a/none/main' };
    const call = request({ ...where, ca: authority.certificate, cert: certificate, key, agent: false }).end();
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    expect({ status: response.statusCode, body: await text(response) }).toEqual({ status, body });
  });
});
