/**
 * The steps of a pod that come before its runner when the rows come from custom code (security.md 3).
 *
 * The code runs as an init container, so it is dead before the runner, which holds the bucket's credentials, begins; and only exit code 0 lets the runner begin, so a crash
 * never becomes a short file. What the code reads is read-only for it; what it writes lies in a volume of bounded size, which is read-only for the runner.
 *
 * Its parameters are an annotation of the pod that the kubelet shows as a file: no program has to run before the code to write them.
 */
import { FETCH_ENV, REVISION, TREE, type GitPlan } from '../../runner/fetch/plan.ts';
import { codeParameters } from '../../runner/sources/code/parameters.ts';
import { CODE_ENV } from '../../runner/sources/code/plan.ts';
import { PLAN_ENV, type RunPlan } from '../../runner/plan.ts';
import type { Manifest } from '../../kube/client.ts';
import type { KubeObject } from '../../kube/objects.ts';
import { apiVersionOf, CONFIG_MAPS, JOBS } from '../../kube/resources.ts';
import { EXIT_MISTAKE } from '../../runner/exit.ts';
import { addDecimals, formatDecimal, parseDecimal, ZERO, type Decimal } from '../../quantity/decimal.ts';
import { readQuantity } from '../../quantity/quantity.ts';
import type { ContainerResources, RunnerSettings } from '../settings.ts';
import { gitPlan, gitSecrets, type SecretVariable } from '../template/code-parts.ts';
import type { Template } from '../template/template.ts';
import { envText, planJsonOf } from '../plan-json.ts';
import { effectiveResources } from './resources.ts';

/** The init container that gets a repository; before the code. */
export const FETCH_CONTAINER = 'fetch';
/** The init container that runs the code. */
export const CODE_CONTAINER = 'code';
/** Selects pods that run code of users, for network policies. */
export const CUSTOM_CODE_LABEL = 'dossier.dev/custom-code';
/** The volume that the code writes to. */
export const OUT_VOLUME = 'out';

type GitSpec = NonNullable<Template['spec']['source']['git']>;

const PARAMETERS_ANNOTATION = 'dossier.dev/parameters';
const PARAMETERS_VOLUME = 'parameters';
const PARAMETERS_FOLDER = '/in/parameters';
const PARAMETERS_FILE = 'parameters.json';
const OUT = '/out';
const TMP = '/tmp';
const ROWS = `${OUT}/rows.ndjson`;
const CHECKOUT_VOLUME = 'checkout';
/** Where the checkout is mounted. */
export const CHECKOUT = '/in/checkout';
const FETCH_VOLUME = 'fetch';
const PIN_VOLUME = 'pin';
const PIN_FOLDER = '/in/pin';
const PIN_KEY = 'commit';
/** A tree, or a pack and an index, of at most 512 MiB (runner/fetch). */
const CHECKOUT_SIZE = '1Gi';
const TERMINATION_LOG = '/dev/termination-log';

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

/** What the pod has more for this template; nothing for one without custom code. `pinned`: see gitPlan. */
export function codeSteps(
  template: Template,
  plan: RunPlan,
  runner: RunnerSettings,
  jobName: string,
  pinned: string | undefined,
): CodeSteps {
  const { container, git } = template.spec.source;
  const { job } = template.spec;
  const resources = codeResources(effectiveResources(job.resources, runner.resources), template);
  const common = { template, plan, runner, resources };
  if (container !== undefined) return steps(common, [codeContainer(common, container, [])], NO_CHECKOUT);
  if (git === undefined) return NONE;
  const gitPart = gitPlan(git, pinned, plan.allowLoopback);
  const folder = [CHECKOUT, TREE, ...(gitPart.path === '' ? [] : [gitPart.path])].join('/');
  const own = git.entrypoint === undefined ? {} : { image: runner.image, imagePullPolicy: runner.imagePullPolicy, args: [CODE_CONTAINER] };
  const entrypoint = git.entrypoint === undefined ? [] : [{ name: CODE_ENV.entrypoint, value: envText(`${folder}/${git.entrypoint}`) }];
  const code = {
    ...codeContainer(common, { ...git, ...own }, entrypoint),
    workingDir: folder,
  };
  const pin = gitPart.ref.kind === 'commit' ? undefined : jobName;
  return steps(common, [fetchContainer(common, git, gitPart, pin), code], checkoutParts(pin));
}

/** Where the runner sees the repository of a git source, and the source's own folder in it. */
export function checkoutOf({ spec: { source } }: Template): { readonly tree: string; readonly folder: string } | undefined {
  if (source.git === undefined) return undefined;
  const tree = `${CHECKOUT}/${TREE}`;
  return { tree, folder: source.git.path === undefined || source.git.path === '' ? tree : `${tree}/${source.git.path}` };
}

interface Common {
  readonly template: Template;
  readonly plan: RunPlan;
  readonly runner: RunnerSettings;
  readonly resources: ContainerResources;
}

interface Program {
  readonly image?: string;
  readonly imagePullPolicy?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly unknown[];
}

interface InitContainer {
  readonly name: string;
  readonly volumeMounts: readonly unknown[];
}

/** What the steps after `fetch` have of the checkout. */
interface CheckoutParts {
  readonly volumes: readonly unknown[];
  readonly mounts: readonly unknown[];
  /** Of the runner. */
  readonly env: readonly unknown[];
}

const NO_CHECKOUT: CheckoutParts = { volumes: [], mounts: [], env: [] };
/** `pin`: name of the ConfigMap that tells later tries the commit of the first one (see pinManifest); undefined when the ref is a commit already. */
export function checkoutParts(pin: string | undefined): CheckoutParts {
  return {
    volumes: [
      { name: CHECKOUT_VOLUME, emptyDir: { sizeLimit: CHECKOUT_SIZE } },
      { name: FETCH_VOLUME, emptyDir: { sizeLimit: CHECKOUT_SIZE } },
      ...(pin === undefined ? [] : [{ name: PIN_VOLUME, configMap: { name: pin, optional: true } }]),
    ],
    mounts: [{ name: CHECKOUT_VOLUME, mountPath: CHECKOUT, readOnly: true }],
    env: [{ name: CODE_ENV.revision, value: `${CHECKOUT}/${REVISION}` }],
  };
}

/** Every container of a pod. */
export const CONFINED = { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } };

function codeContainer({ resources }: Common, program: Program, more: readonly unknown[]): InitContainer {
  const { image, imagePullPolicy, command, args, env } = program;
  return {
    name: CODE_CONTAINER,
    image,
    ...(imagePullPolicy === undefined ? {} : { imagePullPolicy }),
    ...(command === undefined ? {} : { command }),
    ...(args === undefined ? {} : { args }),
    env: [
      { name: CODE_ENV.parameters, value: `${PARAMETERS_FOLDER}/${PARAMETERS_FILE}` },
      { name: CODE_ENV.rows, value: ROWS },
      ...more,
      { name: 'TMPDIR', value: TMP },
      ...(env ?? []),
    ],
    resources,
    // Where the code writes nothing to its termination log, which it need not know of, its last lines are there: the last one tells the user's mistake.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: CONFINED,
    volumeMounts: [
      { name: PARAMETERS_VOLUME, mountPath: PARAMETERS_FOLDER, readOnly: true },
      { name: OUT_VOLUME, mountPath: OUT },
      { name: OUT_VOLUME, mountPath: TMP, subPath: 'tmp' },
    ],
  } as InitContainer;
}

/** Gets the repository. It alone has what opens it, and it runs nothing of what it got. */
export function fetchContainer(
  { runner, resources }: Pick<Common, 'runner' | 'resources'>,
  git: Pick<GitSpec, 'credentialsSecretRef' | 'caSecretRef'>,
  plan: GitPlan,
  pin: string | undefined,
): InitContainer {
  const { optional, required } = gitSecrets(git);
  const secret = ({ variable, secret: { name, key } }: SecretVariable, more: object): unknown => ({
    name: variable,
    valueFrom: { secretKeyRef: { name, key, ...more } },
  });
  return {
    name: FETCH_CONTAINER,
    image: runner.image,
    imagePullPolicy: runner.imagePullPolicy,
    args: [FETCH_CONTAINER],
    env: [
      { name: FETCH_ENV.plan, value: planJsonOf(plan) },
      { name: FETCH_ENV.checkout, value: CHECKOUT },
      ...(pin === undefined ? [] : [{ name: FETCH_ENV.pin, value: `${PIN_FOLDER}/${PIN_KEY}` }]),
      { name: PLAN_ENV.terminationLog, value: TERMINATION_LOG },
      { name: 'TMPDIR', value: TMP },
      ...optional.map((variable) => secret(variable, { optional: true })),
      ...required.map((variable) => secret(variable, {})),
    ],
    resources,
    terminationMessagePath: TERMINATION_LOG,
    terminationMessagePolicy: 'File',
    securityContext: CONFINED,
    volumeMounts: [
      { name: CHECKOUT_VOLUME, mountPath: CHECKOUT },
      { name: FETCH_VOLUME, mountPath: TMP },
      ...(pin === undefined ? [] : [{ name: PIN_VOLUME, mountPath: PIN_FOLDER, readOnly: true }]),
    ],
  } as InitContainer;
}

function steps({ template, plan }: Common, inits: readonly InitContainer[], checkout: CheckoutParts): CodeSteps {
  const { job } = template.spec;
  const rows = { name: CODE_ENV.rows, value: ROWS };
  return {
    labels: { [CUSTOM_CODE_LABEL]: 'true' },
    annotations: { [PARAMETERS_ANNOTATION]: codeParameters(plan) },
    initContainers: inits.map((init) =>
      init.name === CODE_CONTAINER ? { ...init, volumeMounts: [...init.volumeMounts, ...checkout.mounts] } : init,
    ),
    volumes: [
      {
        name: PARAMETERS_VOLUME,
        downwardAPI: { items: [{ path: PARAMETERS_FILE, fieldRef: { fieldPath: `metadata.annotations['${PARAMETERS_ANNOTATION}']` } }] },
      },
      { name: OUT_VOLUME, emptyDir: { sizeLimit: String(job.scratchSize) } },
      ...checkout.volumes,
    ],
    env: [rows, ...checkout.env],
    volumeMounts: [{ name: OUT_VOLUME, mountPath: OUT, readOnly: true }, ...checkout.mounts],
    failureRules: inits.map(({ name }) => ({
      action: 'FailJob',
      onExitCodes: { containerName: name, operator: 'In', values: [EXIT_MISTAKE] },
    })),
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

/**
 * Tells later tries of a Job the commit that its first try got. It goes with the Job. Others could make one of that name first; so a commit counts only when a try has
 * looked it up itself (see follow.ts).
 */
export function pinManifest(job: KubeObject, commit: string): Manifest {
  const { name, namespace = '', uid } = job.metadata;
  return {
    apiVersion: 'v1',
    kind: CONFIG_MAPS.kind,
    metadata: {
      name,
      namespace,
      labels: { 'app.kubernetes.io/managed-by': 'dossier' },
      ownerReferences: [{ apiVersion: apiVersionOf(JOBS), kind: JOBS.kind, name, uid, controller: true }],
    },
    immutable: true,
    data: { [PIN_KEY]: commit },
  };
}
