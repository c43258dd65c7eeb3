/**
 * One container of a pod, through all its attempts: image, environment, process, end, and again where the restart policy says so.
 *
 * Its record is what a status says of it. Every wait (a missing image or Secret, the pause before a restart) ends when the pod is stopped; a process gets its grace first,
 * and `run` resolves or rejects only when it has no process any more.
 */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '../../kube/backoff.ts';
import { ContainerLog } from './container-log.ts';
import { ContainerProcess, type ProcessSpec } from './container-process.ts';
import { commandLine, environmentOf, pathMap, realPath, referencedNames } from './environment.ts';
import { backOffMessage, type LocalImage } from './images.ts';
import { kubeTime, type Container, type ContainerState, type Pod, type TerminatedState } from './pod.ts';
import { untilConfigured, type PodContext } from './pod-context.ts';
import type { ContainerRecord } from './status.ts';
import { terminationMessage } from './termination-message.ts';

export class ContainerRun {
  readonly container: Container;
  readonly #context: PodContext;
  readonly #init: boolean;
  /** Everything of this container: its working directory, logs and termination messages. */
  readonly folder: string;
  readonly #logs = new Map<string, ContainerLog>();
  #record: ContainerRecord | undefined;
  #process: ContainerProcess | undefined;
  #killedForMemory: ContainerProcess | undefined;

  constructor(container: Container, init: boolean, context: PodContext) {
    this.container = container;
    this.#init = init;
    this.#context = context;
    this.folder = join(context.folder, 'containers', container.name);
  }

  /** undefined until its turn has come. */
  get record(): ContainerRecord | undefined {
    return this.#record;
  }

  /** Process group, while it runs. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** The log of one attempt, by its containerID. */
  log(containerId: string): ContainerLog | undefined {
    return this.#logs.get(containerId);
  }

  /** Of a process that runs: SIGTERM, and SIGKILL after the grace. */
  stop(graceMs: number): void {
    this.#process?.stop(graceMs);
  }

  /** As the kernel does when a control group is over its memory limit. */
  killForMemory(): void {
    this.#killedForMemory = this.#process;
    this.#process?.kill();
  }

  /** Resolves to how it ended for good; rejects when `signal` stopped it while it waited. `graceMs` is asked when a process was started in the moment of the stop. */
  async run(volumes: ReadonlyMap<string, string>, graceMs: () => number, signal: AbortSignal): Promise<TerminatedState> {
    for (let attempt = 0; ; attempt += 1) {
      const { image, imageId } = await this.#pull(signal);
      const spec = await this.#configure(image, attempt, volumes, signal);
      signal.throwIfAborted();
      const end = await this.#once(spec, imageId, attempt, graceMs, signal);
      if (signal.aborted || !restarts(this.#context.pod, this.#init, end.exitCode)) return end;
      if (attempt > 0) await this.#backOff(attempt, end, signal); // the first restart is immediate
    }
  }

  async #pull(signal: AbortSignal): Promise<{ readonly image: LocalImage; readonly imageId: string }> {
    const { image: name, imagePullPolicy = 'IfNotPresent' } = this.container;
    for (let failures = 0; ; failures += 1) {
      const answer = this.#context.images.find(name, imagePullPolicy);
      if (answer.kind === 'present') return answer;
      this.#wait(answer.reason, answer.message);
      // The kubelet looks again, and says ImagePullBackOff, some time before it pulls again.
      const halfMs = backoffMs(this.#context.backoff, failures, () => 0) / 2;
      await sleep(halfMs, undefined, { signal });
      if (answer.reason === 'ErrImagePull') this.#wait('ImagePullBackOff', backOffMessage(name, answer.message));
      await sleep(halfMs, undefined, { signal });
    }
  }

  /** The command and its environment, once everything that it refers to is there. */
  async #configure(image: LocalImage, attempt: number, volumes: ReadonlyMap<string, string>, signal: AbortSignal): Promise<ProcessSpec> {
    const { pod, api, nodeIp, folder, serviceEnvironment } = this.#context;
    const { namespace, name } = pod.metadata;
    const home = join(this.folder, 'root');
    await mkdir(home, { recursive: true });
    await writeFile(this.#terminationLog(attempt), '');
    const paths = pathMap(this.container, volumes, this.#terminationLog(attempt), folder);
    const base = { PATH: env['PATH'] ?? '', HOME: home, HOSTNAME: name, ...serviceEnvironment, ...image.env };
    const resolve = async (): Promise<Readonly<Record<string, string>>> => {
      const names = referencedNames(this.container);
      const secrets = await textsOf(names.secrets, (secret) => api.secret(namespace, secret, signal));
      const configMaps = await textsOf(names.configMaps, (configMap) => api.configMap(namespace, configMap, signal));
      return environmentOf(this.container, { pod, nodeIp, secrets, configMaps }, base, paths);
    };
    const environment = await untilConfigured(
      this.#context,
      resolve,
      (message) => this.#wait('CreateContainerConfigError', message),
      signal,
    );
    // A directory of the image does not exist here; one in a volume does, or is made as a container runtime would.
    const directory = realPath(this.container.workingDir ?? '', paths);
    const workingDirectory = directory.startsWith(`${folder}/`) ? directory : home;
    await mkdir(workingDirectory, { recursive: true });
    return { command: commandLine(this.container, image, environment), environment, workingDirectory };
  }

  async #once(spec: ProcessSpec, imageId: string, attempt: number, graceMs: () => number, signal: AbortSignal): Promise<TerminatedState> {
    const { pod, guardian } = this.#context;
    const containerId = `local://${createHash('sha256').update(`${pod.metadata.uid}/${this.container.name}/${attempt}`).digest('hex')}`;
    const log = new ContainerLog(join(this.folder, `${attempt}.log`), preciseNow);
    this.#logs.set(containerId, log);
    const lastState = this.#record?.state.terminated === undefined ? (this.#record?.lastState ?? {}) : this.#record.state;
    const tell = (state: ContainerState): void => this.#tell({ state, lastState, restartCount: attempt, imageId, containerId });
    const ended = (end: Omit<TerminatedState, 'finishedAt' | 'containerID'>): TerminatedState => {
      const terminated = { ...end, finishedAt: kubeTime(Date.now()), containerID: containerId };
      tell({ terminated });
      return terminated;
    };
    let process: ContainerProcess;
    try {
      process = await ContainerProcess.start(spec, log, guardian);
    } catch (error) {
      log.close();
      return ended({ exitCode: 128, reason: 'StartError', message: startMessage(spec, error), startedAt: kubeTime(0) });
    }
    this.#process = process;
    const startedAt = kubeTime(Date.now());
    tell({ running: { startedAt } });
    if (signal.aborted) process.stop(graceMs());
    const exitCode = await process.exited;
    this.#process = undefined;
    const message = await terminationMessage(this.container, exitCode, this.#terminationLog(attempt), log);
    const reason = this.#killedForMemory === process ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error';
    return ended({ exitCode, reason, startedAt, ...(message === '' ? {} : { message }) });
  }

  async #backOff(attempt: number, end: TerminatedState, signal: AbortSignal): Promise<void> {
    const waitMs = backoffMs(this.#context.backoff, attempt - 1, () => 0);
    const { name, namespace, uid } = this.#context.pod.metadata;
    const message = `back-off ${waitMs / 1000}s restarting failed container=${this.container.name} pod=${name}_${namespace}(${uid})`;
    this.#wait('CrashLoopBackOff', message, { terminated: end });
    await sleep(waitMs, undefined, { signal });
  }

  #terminationLog(attempt: number): string {
    return join(this.folder, `${attempt}.termination`);
  }

  #wait(reason: string, message: string, lastState = this.#record?.lastState ?? {}): void {
    this.#tell({ restartCount: 0, imageId: '', ...this.#record, lastState, state: { waiting: { reason, message } } });
  }

  #tell(record: ContainerRecord): void {
    this.#record = record;
    this.#context.onChange();
  }
}

/** https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy; an init container that succeeded never runs again. */
function restarts({ spec: { restartPolicy } }: Pod, init: boolean, exitCode: number): boolean {
  if (restartPolicy === 'Never') return false;
  return exitCode !== 0 || (restartPolicy === 'Always' && !init);
}

/** By the error's code only: its message may hold a value of the environment. */
function startMessage({ command: [program] }: ProcessSpec, error: unknown): string {
  if (program === undefined) return 'no command specified';
  const { code = 'unknown error' } = error as NodeJS.ErrnoException;
  return `failed to start "${program}": ${code === 'ENOENT' ? 'executable file not found in $PATH' : code}`;
}

async function textsOf(
  names: ReadonlySet<string>,
  read: (name: string) => Promise<ReadonlyMap<string, Buffer> | undefined>,
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const found = new Map<string, ReadonlyMap<string, string>>();
  for (const name of names) {
    const data = await read(name);
    if (data !== undefined) found.set(name, new Map([...data].map(([key, value]) => [key, value.toString()])));
  }
  return found;
}

/** RFC 3339 with nanoseconds, as logs have it. */
function preciseNow(): string {
  return Temporal.Now.instant().toString({ fractionalSecondDigits: 9 });
}
