/**
 * Waits until the apiserver serves all kinds of Dossier. The chart has a Job do so, after it made the kinds and before it makes objects of one of them.
 *
 * A kind is served some time after its CRD was made, and not by all apiservers of a cluster, nor in all answers of one, from the same moment on. Helm asks once, and a kind
 * that it does not find ends the installation. So this asks what Helm asks, the list of groups and that of the group's kinds, on new connections each time, until nothing was
 * missing ten times one after the other: of three apiservers, one that lags behind for longer than these three seconds goes unnoticed once in some thousand waits.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterConfig } from '../kube/config.ts';
import { ConnectionError, isNotFound, UnreadableError } from '../kube/errors.ts';
import { apiVersionOf, DOSSIER_KINDS, REPORTS } from '../kube/resources.ts';
import { HttpTransport, type Transport } from '../kube/transport.ts';

const { group: GROUP, version: VERSION } = REPORTS;
const API_VERSION = apiVersionOf(REPORTS);
/** The groups with all their kinds in one document; from apiservers that have no such document, the groups alone. */
const GROUPS_TYPE = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
/** Of a look, with its connection: a frozen apiserver must not use up all the time. */
const LOOK_DEADLINE_MS = 5_000;

export interface Pace {
  /** After that a look in which something is missing is the last one. */
  readonly patienceMs: number;
  /** How many looks one after the other must find everything. */
  readonly looks: number;
  readonly pauseMs: number;
}

const PACE: Pace = { patienceMs: 120_000, looks: 10, pauseMs: 300 };

/** Says what it waits for. Throws an Error that says what is missing and what to do. */
export async function waitForKinds(
  cluster: ClusterConfig,
  say: (line: string) => void,
  signal: AbortSignal,
  pace: Pace = PACE,
): Promise<void> {
  const began = performance.now();
  let told = '';
  for (let complete = 0; complete < pace.looks;) {
    const trouble = await look(cluster, signal);
    complete = trouble === undefined ? complete + 1 : 0;
    if (trouble !== undefined) {
      if (performance.now() - began >= pace.patienceMs)
        throw new Error(`${trouble.what}; ${trouble.remedy}, then run helm upgrade --install again`);
      if (trouble.what !== told) say(`waiting: ${trouble.what}`);
      told = trouble.what;
    }
    await sleep(pace.pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
  say(`the apiserver serves all kinds of ${API_VERSION}`);
}

interface Trouble {
  readonly what: string;
  /** What to do when it stays. */
  readonly remedy: string;
}

async function look(cluster: ClusterConfig, signal: AbortSignal): Promise<Trouble | undefined> {
  const transport = new HttpTransport(cluster, 'dossier-operator', LOOK_DEADLINE_MS);
  try {
    const [inGroups, inList] = await Promise.all([kindsInGroups(transport, signal), kindsInList(transport, signal)]);
    const missing = DOSSIER_KINDS.map(({ kind }) => kind).filter((kind) => !inGroups(kind) || !inList(kind));
    if (missing.length === 0) return undefined;
    const what = `the apiserver does not serve ${missing.join(', ')} of ${API_VERSION}`;
    return { what, remedy: 'see that their CRDs are there and established (kubectl get crds)' };
  } catch (error) {
    signal.throwIfAborted();
    const what = `the apiserver does not say which kinds it serves: ${error instanceof Error ? error.message : String(error)}`;
    // The operator's own pod may be let through by its labels.
    return { what, remedy: error instanceof ConnectionError ? 'see that no NetworkPolicy keeps this pod from it' : 'see to that' };
  } finally {
    await transport.close();
  }
}

type Has = (kind: string) => boolean;

/** https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery */
interface Groups {
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions?: readonly {
      readonly version?: string;
      /** Stale = the document is older than what is served. */
      readonly freshness?: string;
      readonly resources?: readonly { readonly responseKind?: { readonly kind?: string } }[];
    }[];
  }[];
  /** Instead of items, when there is no document of all kinds. */
  readonly groups?: readonly { readonly name?: string; readonly versions?: readonly { readonly version?: string }[] }[];
}

async function kindsInGroups(transport: Transport, signal: AbortSignal): Promise<Has> {
  const { items, groups } = await ask<Groups>(transport, '/apis', GROUPS_TYPE, signal);
  if (items === undefined) {
    const versions = groups?.find(({ name }) => name === GROUP)?.versions ?? [];
    return () => versions.some(({ version }) => version === VERSION);
  }
  const versions = items.find(({ metadata }) => metadata?.name === GROUP)?.versions ?? [];
  const found = versions.find(({ version, freshness }) => version === VERSION && freshness !== 'Stale');
  const kinds = new Set(found?.resources?.map(({ responseKind }) => responseKind?.kind));
  return (kind) => kinds.has(kind);
}

async function kindsInList(transport: Transport, signal: AbortSignal): Promise<Has> {
  interface List {
    readonly resources?: readonly { readonly kind?: string }[];
  }
  try {
    const { resources } = await ask<List>(transport, `/apis/${API_VERSION}`, 'application/json', signal);
    const kinds = new Set(resources?.map(({ kind }) => kind));
    return (kind) => kinds.has(kind);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return () => false;
  }
}

async function ask<T>(transport: Transport, path: string, accept: string, signal: AbortSignal): Promise<T> {
  const text = await transport.request({ method: 'GET', path, accept, signal });
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === 'object' && answer !== null) return answer as T;
  } catch {
    // Told below.
  }
  throw new UnreadableError(`GET ${path}`);
}
