import { describe, expect, test } from 'vitest';
import { containerIdFor, parseLogOptions } from '../../../src/local/node/log-server.ts';
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
