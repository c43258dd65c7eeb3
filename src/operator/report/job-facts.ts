/**
 * What the operator keeps of a Job and its pods: their state, and the facts of the run read back from the plan in its pod template.
 *
 * The Job was written by us, but others may create Jobs too: what does not parse as a plan is no Job of ours.
 */
import type { ReportStatus } from '../../api/generated/report.ts';
import type { Job, KubeObject, ObjectMeta, Pod, PodContainer } from '../../kube/objects.ts';
import { PLAN_ENV, type ReportFormat, type ResolvedParameter, type RunPlan, type TemplateFacts } from '../../runner/plan.ts';
import { RUNNER_CONTAINER, TTL_ANNOTATION } from './job.ts';

const DEFAULT_TTL_SECONDS = 3600;
const TEMPLATE_KINDS: readonly TemplateFacts['kind'][] = ['ReportTemplate', 'ClusterReportTemplate'];

export interface JobFacts {
  readonly attempt: number;
  readonly template: TemplateFacts;
  readonly parameters: NonNullable<ReportStatus['parameters']>;
  readonly format: ReportFormat;
  readonly fileName: string;
  readonly contentType: string;
  readonly bucket: string;
  readonly key: string;
  readonly storage: { readonly name: string; readonly uid: string };
  readonly activeDeadlineSeconds: number;
}

export interface CachedJob extends Job {
  readonly facts: JobFacts | undefined;
  readonly ttlSeconds: number;
}

/** As the apiserver sends it. */
interface WireJob extends Job {
  readonly spec: Job['spec'] & {
    readonly template?: {
      readonly spec?: {
        readonly containers?: readonly {
          readonly name: string;
          readonly env?: readonly { readonly name: string; readonly value?: string }[];
        }[];
      };
    };
  };
}

/** A Job cut down to what is read: thousands of them are in memory. */
export function trimJob(job: KubeObject): CachedJob {
  const wire = job as WireJob;
  const { suspend, activeDeadlineSeconds, backoffLimit, template } = wire.spec;
  const env = template?.spec?.containers?.find(({ name }) => name === RUNNER_CONTAINER)?.env;
  const ttl = Number(wire.metadata.annotations?.[TTL_ANNOTATION]);
  return {
    apiVersion: wire.apiVersion,
    kind: wire.kind,
    metadata: trimMeta(wire.metadata),
    spec: {
      ...(suspend === undefined ? {} : { suspend }),
      ...(activeDeadlineSeconds === undefined ? {} : { activeDeadlineSeconds }),
      ...(backoffLimit === undefined ? {} : { backoffLimit }),
    },
    ...(wire.status === undefined ? {} : { status: wire.status }),
    facts: factsOf(env?.find(({ name }) => name === PLAN_ENV.plan)?.value),
    ttlSeconds: Number.isSafeInteger(ttl) && ttl >= 0 ? ttl : DEFAULT_TTL_SECONDS,
  };
}

/** A pod cut down to what is read; its environment repeats the whole plan. */
export function trimPod(pod: Pod): Pod {
  const { nodeName, initContainers, containers } = pod.spec;
  return {
    apiVersion: pod.apiVersion,
    kind: pod.kind,
    metadata: trimMeta(pod.metadata),
    spec: {
      ...(nodeName === undefined ? {} : { nodeName }),
      ...(initContainers === undefined ? {} : { initContainers: initContainers.map(trimContainer) }),
      containers: containers.map(trimContainer),
    },
    ...(pod.status === undefined ? {} : { status: pod.status }),
  };
}

function trimContainer({ name, image, resources }: PodContainer): PodContainer {
  return { name, ...(image === undefined ? {} : { image }), ...(resources === undefined ? {} : { resources }) };
}

/** Without managedFields and annotations, which are most of an object. */
export function trimMeta({
  name,
  namespace,
  uid,
  resourceVersion,
  creationTimestamp,
  deletionTimestamp,
  labels,
  ownerReferences,
}: ObjectMeta): ObjectMeta {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    uid,
    resourceVersion,
    creationTimestamp,
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    ...(labels === undefined ? {} : { labels }),
    ...(ownerReferences === undefined ? {} : { ownerReferences }),
  };
}

/** The facts of a plan; undefined when it is none. */
export function factsOf(planJson: string | undefined): JobFacts | undefined {
  if (planJson === undefined) return undefined;
  try {
    return planFacts(JSON.parse(planJson) as RunPlan);
  } catch {
    return undefined;
  }
}

/** Throws when a part is missing, which the caller takes for "no plan of ours". */
export function planFacts(plan: RunPlan): JobFacts {
  const { attempt, template, format, output, activeDeadlineSeconds } = plan;
  if (!Number.isSafeInteger(attempt) || !Number.isSafeInteger(activeDeadlineSeconds)) throw new TypeError('not a plan');
  const texts: readonly unknown[] = [
    template.name,
    template.uid,
    output.fileName,
    output.contentType,
    output.key,
    output.bucket.bucket,
    output.storage.name,
    output.storage.uid,
  ];
  if (!texts.every((text) => typeof text === 'string') || !TEMPLATE_KINDS.includes(template.kind)) throw new TypeError('not a plan');
  return {
    attempt,
    template: { kind: template.kind, name: template.name, uid: template.uid, generation: template.generation },
    parameters: plan.parameters.flatMap(statusParameter),
    format,
    fileName: output.fileName,
    contentType: output.contentType,
    bucket: output.bucket.bucket,
    key: output.key,
    storage: { name: output.storage.name, uid: output.storage.uid },
    activeDeadlineSeconds,
  };
}

/** As a status shows it; a parameter that was not given is not shown. */
function statusParameter({ name, type, value }: ResolvedParameter): NonNullable<ReportStatus['parameters']> {
  if (value === null) return [];
  switch (type) {
    case 'Period':
      return [{ name, period: { from: value.from, to: value.to } }];
    case 'Strings':
    case 'Choices':
      return [{ name, values: value }];
    default:
      return [{ name, value: String(value) }];
  }
}
