/** What a Report has left in the cluster and in the bucket, and the story that its Events tell. */
import type { KubeObject, Job, Pod } from '../../../src/kube/objects.ts';
import { EVENTS, JOBS, PODS, type ResourceType } from '../../../src/kube/resources.ts';
import type { Billing } from './billing.ts';
import { bucketContent } from './bucket-content.ts';

export interface Traces {
  readonly jobs: readonly string[];
  readonly pods: readonly string[];
  /** Keys. */
  readonly objects: readonly string[];
  /** Keys of unfinished uploads. */
  readonly uploads: readonly string[];
}

export const NOTHING_LEFT: Traces = { jobs: [], pods: [], objects: [], uploads: [] };

/** Everything of all Reports of that name, past ones included. */
export async function tracesOf(billing: Billing, report: string): Promise<Traces> {
  const [jobs, pods, content] = await Promise.all([
    jobsOf(billing, report),
    podsOf(billing, report),
    bucketContent(billing.bucket, `${billing.namespace}/${report}/`),
  ]);
  const names = (objects: readonly KubeObject[]): readonly string[] => objects.map(({ metadata }) => metadata.name);
  return { jobs: names(jobs), pods: names(pods), objects: content.objects.map(({ key }) => key), uploads: content.uploads };
}

export async function jobsOf(billing: Billing, report: string): Promise<readonly Job[]> {
  return labelled<Job>(billing, JOBS, report);
}

export async function podsOf(billing: Billing, report: string): Promise<readonly Pod[]> {
  return labelled<Pod>(billing, PODS, report);
}

/** Pods that could still write. */
export async function runningPodsOf(billing: Billing, report: string): Promise<readonly string[]> {
  const pods = await podsOf(billing, report);
  return pods.filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed').map(({ metadata }) => metadata.name);
}

async function labelled<T extends KubeObject>(billing: Billing, type: ResourceType, report: string): Promise<readonly T[]> {
  const selector = { namespace: billing.namespace, labelSelector: `dossier.dev/report=${report}` };
  return (await billing.client.list<T>(type, selector, billing.signal)).items;
}

interface EventObject extends KubeObject {
  readonly type: string;
  readonly reason: string;
  readonly eventTime: string;
  readonly note: string;
  readonly regarding: { readonly kind: string; readonly name: string };
}

/** `Normal Rendering`, `Warning SourceFailed` ...: the operator's Events about an object, oldest first. */
export async function storyOf(billing: Billing, kind: string, name: string): Promise<readonly string[]> {
  const { items } = await billing.client.list<EventObject>(EVENTS, { namespace: billing.namespace }, billing.signal);
  return items
    .filter(({ regarding }) => regarding.kind === kind && regarding.name === name)
    .toSorted((a, b) => a.eventTime.localeCompare(b.eventTime))
    .map(({ type, reason }) => `${type} ${reason}`);
}
