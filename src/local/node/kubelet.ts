/**
 * Brings pods of this node and their objects together: `sync` compares one pod's object with what runs here, starts or stops, writes the status, finishes the deletion.
 *
 * It is level-triggered: called again for the same pod it does only what is still missing, so events that were lost, came twice or came while the apiserver was away do no
 * harm. A pod that says it runs although nothing here runs it was ours before a restart: it has failed, as on a machine that was switched off. A deletion is finished only
 * after a status was stored that was composed once the pod had ended, or the termination message would be lost with the pod.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { keyOf, type ObjectKey, type Store } from '../../kube/store.ts';
import type { NodeApi } from './api.ts';
import { admissionRefusal, amountsOf, requestsOf, type Amounts } from './fit.ts';
import type { PodContext } from './pod-context.ts';
import { PodRun } from './pod-run.ts';
import { isTerminal, kubeTime, type Container, type Pod, type ResourceList } from './pod.ts';
import { composeStatus, failedStatus, type Verdict } from './status.ts';

export interface KubeletOptions {
  readonly nodeName: string;
  readonly nodeIp: string;
  readonly capacity: ResourceList;
  /** Pods' folders are made below. */
  readonly folder: string;
  readonly api: NodeApi;
  readonly pods: Store<Pod>;
  /** What every pod's run gets; `onChange` is told which pod to sync again. */
  readonly shared: Omit<PodContext, 'pod' | 'folder' | 'onChange'>;
  readonly onChange: (key: ObjectKey) => void;
}

export class Kubelet {
  readonly #options: KubeletOptions;
  readonly #capacity: Amounts;
  readonly #runs = new Map<ObjectKey, PodRun>();

  constructor(options: KubeletOptions) {
    this.#options = options;
    this.#capacity = amountsOf(options.capacity);
  }

  /** Pods that were taken and whose objects are not gone yet, whether they still run or not. */
  get runs(): ReadonlyMap<ObjectKey, PodRun> {
    return this.#runs;
  }

  /** Pods of which something still runs here, also when their objects are gone already. */
  get activePods(): readonly Pod[] {
    return [...this.#runs.values()].filter((run) => !run.view.ended).map((run) => run.pod);
  }

  async sync(key: ObjectKey, signal: AbortSignal): Promise<void> {
    const { api, pods, nodeName } = this.#options;
    const pod = pods.get(key);
    await this.#forgetOther(key, pod?.metadata.uid);
    if (pod === undefined || pod.spec.nodeName !== nodeName) return;
    const run = this.#runs.get(key) ?? (await this.#admit(key, pod, signal));
    const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata;
    if (deletionTimestamp !== undefined) run?.stop({ graceMs: deletionGracePeriodSeconds * 1000 });
    const ended = run === undefined ? isTerminal(pod) : run.view.ended;
    if (run !== undefined) await this.#report(run, signal);
    if (ended && deletionTimestamp !== undefined) await api.finishDeletion(pod, signal);
  }

  /** Everything dies at once, as when a machine is switched off; objects stay as they are. */
  async powerOff(): Promise<void> {
    for (const run of this.#runs.values()) run.kill();
    await Promise.all([...this.#runs.values()].map((run) => run.done));
  }

  /** What still runs of a pod whose object is gone, or is another one by now, dies with its folder. */
  async #forgetOther(key: ObjectKey, uid: string | undefined): Promise<void> {
    const run = this.#runs.get(key);
    if (run === undefined || run.pod.metadata.uid === uid) return;
    run.kill();
    await run.done;
    await rm(run.folder, { recursive: true, force: true, maxRetries: 3 }).catch((error: unknown) => {
      this.#options.shared.log.warn({ err: error }, 'cannot remove the folder of a pod; it goes when the node stops');
    });
    this.#runs.delete(key);
  }

  /** Takes a pod that was bound to us, or says on its object why not. */
  async #admit(key: ObjectKey, pod: Pod, signal: AbortSignal): Promise<PodRun | undefined> {
    if (isTerminal(pod)) return undefined;
    const verdict = this.#refusal(pod);
    if (verdict !== undefined) {
      await this.#options.api.writeStatus(pod, failedStatus(pod, verdict, kubeTime(Date.now())), signal);
      return undefined;
    }
    const { shared, folder, onChange } = this.#options;
    const context = { ...shared, pod, folder: join(folder, pod.metadata.uid), onChange: () => onChange(keyOf(pod)) };
    const run = new PodRun(context, pod.metadata.deletionTimestamp !== undefined);
    this.#runs.set(key, run);
    return run;
  }

  #refusal(pod: Pod): Verdict | undefined {
    if (hasStarted(pod)) return { message: 'The node restarted while the pod was running' };
    const feature = missingFeature(pod);
    if (feature !== undefined) {
      return { reason: 'UnexpectedAdmissionError', message: `Pod was rejected: a local node has no ${feature}` };
    }
    return admissionRefusal(pod, requestsOf(this.activePods), this.#capacity);
  }

  async #report(run: PodRun, signal: AbortSignal): Promise<void> {
    const { api, nodeIp } = this.#options;
    const pod = await api.pod(run.pod, signal);
    if (pod === undefined) return;
    const status = composeStatus(pod, run.view, nodeIp, kubeTime(Date.now()));
    if (!isDeepStrictEqual(status, pod.status)) await api.writeStatus(pod, status, signal);
  }
}

function hasStarted({ status }: Pod): boolean {
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return containers.some(({ state }) => state.waiting === undefined);
}

/** What a pod asks for that would be left out silently otherwise. Probes, hooks and security contexts are left out: nothing that a Job's result hangs on. */
function missingFeature({ spec }: Pod): string | undefined {
  const inits: readonly Container[] = spec.initContainers ?? [];
  const known = ['name', 'emptyDir', 'secret', 'configMap', 'downwardAPI', 'projected'];
  const volume = (spec.volumes ?? []).flatMap((candidate) => Object.keys(candidate)).find((kind) => !known.includes(kind));
  if (volume !== undefined) return `volumes of the kind ${volume}`;
  if (inits.some(({ restartPolicy }) => restartPolicy === 'Always')) return 'sidecar containers';
  if ([...inits, ...spec.containers].some(({ envFrom }) => (envFrom ?? []).length > 0)) return 'envFrom';
  return spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution === undefined ? undefined : 'node affinity';
}
