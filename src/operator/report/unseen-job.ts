/**
 * Jobs are watched by their labels: one from which an admission webhook took them would run unseen, and whoever made it would wait for it until a deadline, or for ever.
 * So it is deleted at once, and its maker is told what to exempt.
 */
import type { KubeClient } from '../../kube/client.ts';
import { isNotFound } from '../../kube/errors.ts';
import type { KubeObject } from '../../kube/objects.ts';
import { JOBS } from '../../kube/resources.ts';
import { quoted } from '../../foreign-text.ts';

/** The Job cannot be made: never (rejected), or not now (quota, or a webhook that has been down for long). */
export class JobRefused extends Error {
  readonly kind: 'quota' | 'rejected' | 'webhook';

  constructor(kind: JobRefused['kind'], message: string) {
    super(message);
    this.name = 'JobRefused';
    this.kind = kind;
  }
}

/** `labels`: those by which it is watched; `mark`: the label by which a webhook can exempt Jobs of its kind. @throws JobRefused for a Job that lacks one, which is deleted */
export async function refuseUnseen(
  client: KubeClient,
  { metadata }: KubeObject,
  labels: Readonly<Record<string, string>>,
  mark: string,
  signal: AbortSignal,
): Promise<void> {
  const lost = Object.entries(labels).find(([label, value]) => metadata.labels?.[label] !== value);
  if (lost === undefined) return;
  await deleteJob(client, metadata, signal);
  const [label, value] = lost;
  const found = metadata.labels?.[label];
  const now = found === undefined ? 'is gone' : `is ${quoted(found)} instead of "${value}"`;
  throw new JobRefused('rejected', `an admission webhook changed it, its label ${label} ${now}; exempt Jobs that have the label ${mark}`);
}

/** Its pods first. One that is gone is no failure. */
export async function deleteJob(
  client: KubeClient,
  { namespace, name, uid }: Pick<KubeObject['metadata'], 'namespace' | 'name' | 'uid'>,
  signal: AbortSignal,
): Promise<void> {
  try {
    await client.delete(JOBS, namespace, name, { propagation: 'Foreground', uid }, signal);
  } catch (error) {
    if (!isNotFound(error)) throw error; // 409: another Job has that name now, which the next look will show
  }
}
