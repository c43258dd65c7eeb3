/**
 * The conditions that a kubelet owns on a pod, in its words (pkg/kubelet/status/generate.go), and those of others, untouched.
 *
 * A condition that did not change keeps its lastTransitionTime, so that a status in which nothing happened is equal to the one before and is not written.
 */
import type { ContainerStatus, Pod, PodCondition, PodPhase } from './pod.ts';
import type { PodView } from './status.ts';

const OWN = new Set(['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled']);

export interface ConditionFacts {
  readonly view: PodView;
  readonly phase: PodPhase;
  readonly initialized: boolean;
  readonly inits: readonly ContainerStatus[];
  readonly containers: readonly ContainerStatus[];
  /** metav1.Time. */
  readonly now: string;
}

type Finding = Pick<PodCondition, 'status' | 'reason' | 'message'>;
const TRUE: Finding = { status: 'True' };

export function conditionsOf(pod: Pod, facts: ConditionFacts): readonly PodCondition[] {
  const { view, phase, now } = facts;
  const before = pod.status?.conditions ?? [];
  const settled = pod.status?.phase === phase;
  const ready = readiness(facts);
  const findings: (readonly [type: string, finding: Finding])[] = [
    ['PodReadyToStartContainers', view.sandbox === 'ready' ? TRUE : notReadyToStart(view)],
    ['Initialized', initialization(facts)],
    ['Ready', ready],
    ['ContainersReady', ready],
    ['PodScheduled', TRUE],
  ];
  // Once only, with the step to Failed: afterwards it is a condition like those of others.
  const disrupted = view.ended && !settled && phase === 'Failed' && view.verdict?.disruption === true;
  if (disrupted) findings.unshift(['DisruptionTarget', { status: 'True', reason: 'TerminationByKubelet', message: view.verdict.message }]);
  const kept = before.filter(({ type }) => !OWN.has(type) && !(disrupted && type === 'DisruptionTarget'));
  return [...kept, ...findings.map(([type, finding]) => condition(type, finding, pod, before, now))];
}

function condition(type: string, finding: Finding, pod: Pod, before: readonly PodCondition[], now: string): PodCondition {
  const old = before.find((candidate) => candidate.type === type);
  const lastTransitionTime = old?.status === finding.status ? (old.lastTransitionTime ?? now) : now;
  const { generation } = pod.metadata;
  return {
    type,
    ...finding,
    lastProbeTime: null,
    lastTransitionTime,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
}

function notReadyToStart(view: PodView): Finding {
  return {
    status: 'False',
    reason: 'PodSandboxNotReady',
    message: view.sandbox === 'over' ? 'pod sandbox is not ready' : 'no pod sandbox exists',
  };
}

function initialization({ phase, initialized, inits }: ConditionFacts): Finding {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' };
  if (initialized) return TRUE;
  return { status: 'False', reason: 'ContainersNotInitialized', message: `containers with incomplete status: [${namesOf(inits)}]` };
}

function readiness({ phase, containers }: ConditionFacts): Finding {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const unready = namesOf(containers);
  return unready === '' ? TRUE : { status: 'False', reason: 'ContainersNotReady', message: `containers with unready status: [${unready}]` };
}

function namesOf(containers: readonly ContainerStatus[]): string {
  return containers
    .filter(({ ready }) => !ready)
    .map(({ name }) => name)
    .join(' ');
}
