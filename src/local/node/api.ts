/** What the node asks of the apiserver, call by call. Everything it writes carries the UID or the resourceVersion of what it read, so that a pod which took another's name is safe. */
import type { KubeClient } from '../../kube/client.ts';
import { isNotFound } from '../../kube/errors.ts';
import type { KubeObject } from '../../kube/objects.ts';
import { pathOf, PODS, SECRETS, SERVICE_ACCOUNTS, type ResourceType } from '../../kube/resources.ts';
import type { Pod, PodStatus } from './pod.ts';

const CONFIG_MAPS: ResourceType = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };

/** Keys and values of a Secret or a ConfigMap. */
export type ObjectData = ReadonlyMap<string, Buffer>;

interface DataObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

export class NodeApi {
  readonly client: KubeClient;

  constructor(client: KubeClient) {
    this.client = client;
  }

  /** The pod as it is now; undefined when there is none of that UID. */
  async pod({ metadata: { namespace, name, uid } }: Pod, signal: AbortSignal): Promise<Pod | undefined> {
    const pod = await orNotFound(this.client.get<Pod>(PODS, namespace, name, signal));
    return pod?.metadata.uid === uid ? pod : undefined;
  }

  /** Throws a conflict when the pod has changed since it was read; one that is gone needs no status. */
  async writeStatus(pod: Pod, status: PodStatus, signal: AbortSignal): Promise<void> {
    await orNotFound(this.#send('PUT', PODS, pod, 'status', { ...pod, status }, signal));
  }

  /** The last step of a deletion, once nothing of the pod runs. Finalizers may still keep the object. */
  async finishDeletion({ metadata: { namespace, name, uid } }: Pod, signal: AbortSignal): Promise<void> {
    await orNotFound(this.client.delete(PODS, namespace, name, { propagation: 'Background', uid, gracePeriodSeconds: 0 }, signal));
  }

  async bind(pod: Pod, node: string, signal: AbortSignal): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    const target = { apiVersion: 'v1', kind: 'Node', name: node };
    await this.#send(
      'POST',
      PODS,
      pod,
      'binding',
      { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace, uid }, target },
      signal,
    );
  }

  /** undefined = there is none. */
  async secret(namespace: string, name: string, signal: AbortSignal): Promise<ObjectData | undefined> {
    const secret = await orNotFound(this.client.get<DataObject>(SECRETS, namespace, name, signal));
    return secret && new Map(Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')]));
  }

  async configMap(namespace: string, name: string, signal: AbortSignal): Promise<ObjectData | undefined> {
    const configMap = await orNotFound(this.client.get<DataObject>(CONFIG_MAPS, namespace, name, signal));
    if (configMap === undefined) return undefined;
    const texts = Object.entries(configMap.data ?? {}).map(([key, value]) => [key, Buffer.from(value)] as const);
    const binaries = Object.entries(configMap.binaryData ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')] as const);
    return new Map([...texts, ...binaries]);
  }

  /** A token of the pod's service account, bound to the pod. */
  async token(pod: Pod, audience: string | undefined, expirationSeconds: number, signal: AbortSignal): Promise<string> {
    const { name, namespace, uid } = pod.metadata;
    const account = { metadata: { namespace, name: pod.spec.serviceAccountName ?? 'default' } };
    const spec = {
      audiences: audience === undefined ? [] : [audience],
      expirationSeconds,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
    };
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec };
    const answer = await this.#send('POST', SERVICE_ACCOUNTS, account, 'token', body, signal);
    return (JSON.parse(answer) as { status: { token: string } }).status.token;
  }

  async #send(
    method: 'PUT' | 'POST',
    type: ResourceType,
    { metadata }: { readonly metadata: { readonly namespace?: string; readonly name: string } },
    subresource: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<string> {
    const path = pathOf(type, metadata.namespace, metadata.name, subresource);
    return this.client.transport.request({ method, path, body: JSON.stringify(body), signal });
  }
}

async function orNotFound<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
