/**
 * Labels of namespaces, for ClusterReportTemplates that are not for all of them.
 *
 * Namespaces are not watched: an operator for some namespaces may not, and one in a thousand Reports asks. A burst of Reports shares an answer for two seconds as long as it
 * allows them; a refusal ends a Report for ever, so it is believed only when it was read for that very question (the label may have come a moment ago).
 */
import type { KubeClient } from '../kube/client.ts';
import { isNotFound } from '../kube/errors.ts';
import { selects, type LabelSelector } from '../kube/label-selector.ts';
import type { KubeObject } from '../kube/objects.ts';
import { NAMESPACES } from '../kube/resources.ts';

const SHARED_MS = 2_000;

/** `unknown`: it cannot be read now, or not by us. */
export type NamespaceState = 'active' | 'terminating' | 'gone' | 'unknown';

/**
 * Asked where the apiserver refuses something in a namespace: one that is being deleted takes the operator's Roles in it along, and nothing there is ours to do any more but
 * to let Reports and storages go.
 */
export async function namespaceState(client: KubeClient, namespace: string, signal: AbortSignal): Promise<NamespaceState> {
  try {
    const { metadata } = await client.get<KubeObject>(NAMESPACES, undefined, namespace, signal);
    return metadata.deletionTimestamp === undefined ? 'active' : 'terminating';
  } catch (error) {
    if (signal.aborted) throw error;
    return isNotFound(error) ? 'gone' : 'unknown';
  }
}

type Labels = Readonly<Record<string, string>>;

export class NamespaceReader {
  readonly #client: KubeClient;
  readonly #recent = new Map<string, Labels>();

  constructor(client: KubeClient) {
    this.#client = client;
  }

  /** Whether the selector takes the namespace. Throws when the namespace cannot be read. */
  async isSelected(namespace: string, selector: LabelSelector, signal: AbortSignal): Promise<boolean> {
    const recent = this.#recent.get(namespace);
    if (recent !== undefined && selects(selector, recent)) return true;
    const { metadata } = await this.#client.get<KubeObject>(NAMESPACES, undefined, namespace, signal);
    const labels = metadata.labels ?? {};
    this.#recent.set(namespace, labels);
    setTimeout(() => this.#forget(namespace, labels), SHARED_MS).unref();
    return selects(selector, labels);
  }

  #forget(namespace: string, labels: Labels): void {
    if (this.#recent.get(namespace) === labels) this.#recent.delete(namespace);
  }
}
