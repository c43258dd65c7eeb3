/**
 * The steps of a pod that come before its runner when the rows come from custom code (security.md 3).
 *
 * The code runs as an init container, so it is dead before the runner, which holds the bucket's credentials, begins; and only exit code 0 lets the runner begin, so a crash
 * never becomes a short file. What the code reads is read-only for it; what it writes lies in a volume of bounded size, which is read-only for the runner.
 *
 * Its parameters are an annotation of the pod that the kubelet shows as a file: no program has to run before the code to write them.
 */
import { CODE_ENV } from '../../runner/sources/code/plan.ts';
import type { RunPlan } from '../../runner/plan.ts';
import { EXIT_MISTAKE } from '../../runner/exit.ts';
import { addDecimals, formatDecimal, parseDecimal, ZERO, type Decimal } from '../../quantity/decimal.ts';
import { readQuantity } from '../../quantity/quantity.ts';
import type { ContainerResources, RunnerSettings } from '../settings.ts';
import type { Template } from '../template/template.ts';
import { codeParameters } from './code-parameters.ts';
import { effectiveResources } from './resources.ts';

/** The init container that runs the code. */
export const CODE_CONTAINER = 'code';
/** Selects pods that run code of users, for network policies. */
export const CUSTOM_CODE_LABEL = 'dossier.dev/custom-code';
/** The volume that the code writes to. */
export const OUT_VOLUME = 'out';

const PARAMETERS_ANNOTATION = 'dossier.dev/parameters';
const PARAMETERS_VOLUME = 'parameters';
const PARAMETERS_FOLDER = '/in/parameters';
const PARAMETERS_FILE = 'parameters.json';
const OUT = '/out';
const TMP = '/tmp';
const ROWS = `${OUT}/rows.ndjson`;

export interface CodeSteps {
  readonly labels: Readonly<Record<string, string>>;
  /** Of the pod. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly initContainers: readonly unknown[];
  readonly volumes: readonly unknown[];
  /** Of the container `runner`. */
  readonly env: readonly unknown[];
  readonly volumeMounts: readonly unknown[];
  /** Rules of the Job's podFailurePolicy. */
  readonly failureRules: readonly unknown[];
}

const NONE: CodeSteps = { labels: {}, annotations: {}, initContainers: [], volumes: [], env: [], volumeMounts: [], failureRules: [] };

/** What the pod has more for this template; nothing for one without custom code. */
export function codeSteps(template: Template, plan: RunPlan, runner: RunnerSettings): CodeSteps {
  const { container } = template.spec.source;
  if (container === undefined) return NONE;
  const { job } = template.spec;
  const code = {
    name: CODE_CONTAINER,
    image: container.image,
    ...(container.command === undefined ? {} : { command: container.command }),
    ...(container.args === undefined ? {} : { args: container.args }),
    env: [
      { name: CODE_ENV.parameters, value: `${PARAMETERS_FOLDER}/${PARAMETERS_FILE}` },
      { name: CODE_ENV.rows, value: ROWS },
      { name: 'TMPDIR', value: TMP },
      ...(container.env ?? []),
    ],
    resources: codeResources(effectiveResources(job.resources, runner.resources), template),
    // Where the code writes nothing to its termination log, which it need not know of, its last lines are there: the last one tells the user's mistake.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    volumeMounts: [
      { name: PARAMETERS_VOLUME, mountPath: PARAMETERS_FOLDER, readOnly: true },
      { name: OUT_VOLUME, mountPath: OUT },
      { name: OUT_VOLUME, mountPath: TMP, subPath: 'tmp' },
    ],
  };
  return {
    labels: { [CUSTOM_CODE_LABEL]: 'true' },
    annotations: { [PARAMETERS_ANNOTATION]: codeParameters(plan) },
    initContainers: [code],
    volumes: [
      {
        name: PARAMETERS_VOLUME,
        downwardAPI: { items: [{ path: PARAMETERS_FILE, fieldRef: { fieldPath: `metadata.annotations['${PARAMETERS_ANNOTATION}']` } }] },
      },
      { name: OUT_VOLUME, emptyDir: { sizeLimit: String(job.scratchSize) } },
    ],
    env: [{ name: CODE_ENV.rows, value: ROWS }],
    volumeMounts: [{ name: OUT_VOLUME, mountPath: OUT, readOnly: true }],
    failureRules: [{ action: 'FailJob', onExitCodes: { containerName: CODE_CONTAINER, operator: 'In', values: [EXIT_MISTAKE] } }],
  };
}

/** Kubernetes counts volumes against the pod's limit of ephemeral storage: where the template names none, there is room for the scratch volume besides. */
function codeResources(resources: ContainerResources, { spec: { job } }: Template): ContainerResources {
  const asked = job.resources?.limits?.['ephemeral-storage'] ?? job.resources?.requests?.['ephemeral-storage'];
  if (asked !== undefined) return resources;
  const limit = addDecimals(bytesOf(resources.limits['ephemeral-storage'] ?? '0'), bytesOf(String(job.scratchSize)));
  return { requests: resources.requests, limits: { ...resources.limits, 'ephemeral-storage': formatDecimal(limit) } };
}

function bytesOf(quantity: string): Decimal {
  return parseDecimal(readQuantity(quantity) ?? '') ?? ZERO;
}
