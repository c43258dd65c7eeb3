/** What follows when the rows of a run come from code in a repository: its commit is kept, and no file of another one is taken. */
import { describe, expect, test } from 'vitest';
import type { ContainerState, Pod } from '../../../src/kube/objects.ts';
import { decide } from '../../../src/operator/report/decide.ts';
import type { Fetched } from '../../../src/runner/fetch/plan.ts';
import { formatResult } from '../../../src/runner/result.ts';
import { aJob, aPod, aReport, at, aView, FACTS, stored, SUCCESS, type GivenPod } from './given.ts';

const FIRST = 'a'.repeat(40);
const OTHER = 'b'.repeat(40);

/** A pod whose step `fetch` got this. */
function podOf(fetched: Fetched | undefined, more: GivenPod = {}): Pod {
  const pod = aPod(more);
  const state: ContainerState = fetched === undefined ? { running: {} } : { terminated: { exitCode: 0, message: JSON.stringify(fetched) } };
  return { ...pod, status: { ...pod.status, initContainerStatuses: [{ name: 'fetch', state }] } };
}

function madeFrom(revision: string, fetched: Fetched): Pod {
  const message = formatResult({ ...SUCCESS, revision });
  return podOf(fetched, { name: 'made', phase: 'Succeeded', terminated: { exitCode: 0, message }, createdAfter: 20 });
}

interface Given {
  readonly pods: readonly Pod[];
  /** What the status names already. */
  readonly known?: string;
}

function outcome({ pods, known }: Given): object {
  const template = { ...FACTS.template, ...(known === undefined ? {} : { revision: known }) };
  const report = aReport({ finalizer: true, status: { phase: 'Deploying', template } });
  const { steps } = decide(aView({ report, job: aJob({ pods }), stored }), at(40));
  const written = steps.flatMap((step) => (step.kind === 'writeStatus' ? [step.status] : []))[0];
  return {
    steps: steps.map((step) => (step.kind === 'pinCommit' ? `pinCommit ${step.commit}` : step.kind)),
    phase: written?.phase,
    revision: written?.template?.revision,
    failing: written?.failure?.message,
  };
}

const told = (made: string, first: string): string =>
  `git: the file was made from commit ${made}, and the first try of the run got ${first}; create a new Report`;

describe('a run of code from a repository', () => {
  test.each<readonly [story: string, given: Given, expected: object]>([
    ['is being fetched', { pods: [podOf(undefined)] }, { steps: ['writeStatus'], phase: 'Deploying', revision: undefined }],
    [
      'got its commit: later tries are told before the status says it',
      { pods: [podOf({ commit: FIRST, pinned: false })] },
      { steps: [`pinCommit ${FIRST}`, 'writeStatus'], phase: 'Deploying', revision: FIRST },
    ],
    ['has told it already', { pods: [podOf({ commit: FIRST, pinned: false })], known: FIRST }, { steps: ['writeStatus'], revision: FIRST }],
    [
      'was told a commit by somebody else',
      { pods: [podOf({ commit: OTHER, pinned: true })] },
      { steps: ['writeStatus'], phase: 'Deploying', revision: undefined },
    ],
    [
      'is tried again with the commit of the first try',
      {
        pods: [podOf({ commit: FIRST, pinned: false }, { phase: 'Failed' }), madeFrom(FIRST, { commit: FIRST, pinned: true })],
        known: FIRST,
      },
      { phase: 'Ready', revision: FIRST },
    ],
    [
      'made its file at the first try, before anybody looked',
      { pods: [madeFrom(FIRST, { commit: FIRST, pinned: false })] },
      { phase: 'Ready', revision: FIRST },
    ],
    [
      'made its file from another commit, which is not taken',
      { pods: [podOf({ commit: FIRST, pinned: false }, { phase: 'Failed' }), madeFrom(OTHER, { commit: OTHER, pinned: false })] },
      { phase: 'Deploying', revision: FIRST, failing: told(OTHER, FIRST) },
    ],
    [
      'made its file from a commit that nobody has looked up',
      { pods: [madeFrom(OTHER, { commit: OTHER, pinned: true })] },
      { phase: 'Deploying', failing: told(OTHER, 'none that is known') },
    ],
  ])('that %s', (_, given, expected) => {
    expect(outcome(given)).toMatchObject(expected);
  });
});
