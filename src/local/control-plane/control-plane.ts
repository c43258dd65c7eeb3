/**
 * A real Kubernetes control plane on the loopback address: etcd, kube-apiserver and kube-controller-manager, without a node.
 *
 * It is ready when the apiserver says so and the controller manager has made the service account `default` of the namespace `default`: from then on pods can be created and
 * Jobs get theirs. The apiserver can be stopped and started again on its port, and frozen, for tests of bad weather.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Authority, Identity } from '../authority.ts';
import { exchange } from '../http-exchange.ts';
import { onFreePorts } from '../process/ports.ts';
import { untilReady } from '../process/readiness.ts';
import type { ServerProcess } from '../process/server-process.ts';
import type { ToolPaths } from '../tools/catalog.ts';
import type { Workspace } from '../workspace.ts';
import { type ControlPlaneFiles, writeControlPlaneFiles } from './files.ts';
import { type Credentials, kubeconfig } from './kubeconfig.ts';
import { apiserverSpec, controllerManagerSpec, etcdSpec, type Ports } from './programs.ts';

/** Token requests and the like answer at once or not at all. */
const REQUEST_TIMEOUT_MS = 10_000;

interface Foundation {
  readonly workspace: Workspace;
  readonly tools: ToolPaths;
  readonly ports: Ports;
  readonly files: ControlPlaneFiles;
  readonly etcd: ServerProcess;
}

export class ControlPlane {
  readonly #foundation: Foundation;
  #apiserver: ServerProcess | undefined;
  #controllerManager: ServerProcess | undefined;

  private constructor(foundation: Foundation) {
    this.#foundation = foundation;
  }

  /** Starts everything and waits until it is ready, some 4 s. On failure nothing is left running; the error shows the end of the log of the program that failed. */
  static async start(workspace: Workspace, tools: ToolPaths, signal?: AbortSignal): Promise<ControlPlane> {
    return onFreePorts(4, async ([etcdClient = 0, etcdPeer = 0, apiserver = 0, controllerManager = 0]) => {
      const ports = { etcdClient, etcdPeer, apiserver, controllerManager };
      const files = await writeControlPlaneFiles(await workspace.makeFolder('control-plane'), urlOf(ports));
      const etcd = await workspace.start(etcdSpec(tools, ports, files.folder));
      const controlPlane = new ControlPlane({ workspace, tools, ports, files, etcd });
      try {
        await controlPlane.startApiserver(signal);
        await controlPlane.#startControllerManager(signal);
      } catch (error) {
        await controlPlane.stop();
        throw error;
      }
      return controlPlane;
    });
  }

  /** `https://127.0.0.1:<port>`. */
  get url(): string {
    return urlOf(this.#foundation.ports);
  }

  /** Of etcd, plain HTTP, for tests that make it forget. */
  get etcdUrl(): string {
    return `http://127.0.0.1:${this.#foundation.ports.etcdClient}`;
  }

  /** What signed every certificate here, for more of them; its `certificate` is the CA that clients trust. */
  get authority(): Authority {
    return this.#foundation.files.authority;
  }

  /** A user in system:masters. */
  get admin(): Identity {
    return this.#foundation.files.admin;
  }

  /** Path of that user's kubeconfig. */
  get kubeconfigFile(): string {
    return this.#foundation.files.paths.admin;
  }

  /** What a local node's HTTPS server shows on 127.0.0.1; its callers hold a client certificate of the same authority (`kube-apiserver`, system:masters). */
  get kubeletServing(): Identity {
    return this.#foundation.files.kubeletServing;
  }

  /** Writes the kubeconfig of another user, with a client certificate, and resolves to its path. */
  async kubeconfigForUser(user: string, groups: readonly string[] = []): Promise<string> {
    return this.#writeKubeconfig(user, { kind: 'certificate', identity: await this.authority.issueClient(user, groups) });
  }

  /** Writes the kubeconfig of a service account, with a token for `expirationSeconds` (at least 600), and resolves to its path. */
  async kubeconfigForServiceAccount(namespace: string, name: string, expirationSeconds: number = 3_600): Promise<string> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds } };
    const answer = await this.#ask(path, AbortSignal.timeout(REQUEST_TIMEOUT_MS), body);
    if (answer.status !== 201)
      throw new Error(`the apiserver answered ${answer.status} to a token request for ${namespace}/${name}: ${answer.text}`);
    const { status } = JSON.parse(answer.text) as { readonly status: { readonly token: string } };
    return this.#writeKubeconfig(`system:serviceaccount:${namespace}:${name}`, { kind: 'token', token: status.token }, namespace);
  }

  /** Starts the apiserver after `stopApiserver`, on the same port and with the same data, and waits until it is ready. */
  async startApiserver(signal?: AbortSignal): Promise<void> {
    const { workspace, tools, ports, files, etcd } = this.#foundation;
    this.#apiserver = await workspace.start(apiserverSpec(tools, ports, files));
    await untilReady([this.#apiserver, etcd], (probe) => this.#answers('/readyz', probe), signal);
  }

  async stopApiserver(): Promise<void> {
    await this.#apiserver?.stop();
  }

  /** Freezes the apiserver: connections stay open and nothing answers. */
  pauseApiserver(): void {
    this.#apiserver?.signal('SIGSTOP');
  }

  resumeApiserver(): void {
    this.#apiserver?.signal('SIGCONT');
  }

  /** For measurements of one controller alone. */
  async stopControllerManager(): Promise<void> {
    await this.#controllerManager?.stop();
  }

  async stop(): Promise<void> {
    // The controller manager first: without an apiserver it would only fill its log.
    await this.#controllerManager?.stop();
    await this.#apiserver?.stop();
    await this.#foundation.etcd.stop();
  }

  /** Only now, because it gives up when there is no apiserver within ten seconds. */
  async #startControllerManager(signal?: AbortSignal): Promise<void> {
    const { workspace, tools, ports, files, etcd } = this.#foundation;
    this.#controllerManager = await workspace.start(controllerManagerSpec(tools, ports, files));
    const needed = this.#apiserver === undefined ? [etcd] : [etcd, this.#apiserver];
    await untilReady(
      [this.#controllerManager, ...needed],
      (probe) => this.#answers('/api/v1/namespaces/default/serviceaccounts/default', probe),
      signal,
    );
  }

  async #answers(path: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#ask(path, signal)).status === 200;
  }

  /** GET, or POST when there is a body, as the administrator. */
  async #ask(path: string, signal: AbortSignal, body?: unknown): Promise<{ readonly status: number; readonly text: string }> {
    const { admin, authority } = this.#foundation.files;
    const tls = { ca: authority.certificate, cert: admin.certificate, key: admin.key };
    return exchange(`${this.url}${path}`, { signal, tls, ...(body === undefined ? {} : { method: 'POST', body }) });
  }

  async #writeKubeconfig(user: string, credentials: Credentials, namespace?: string): Promise<string> {
    const folder = await this.#foundation.workspace.makeFolder('kubeconfig');
    const path = join(folder, 'kubeconfig');
    const text = kubeconfig({
      url: this.url,
      ca: this.authority.certificate,
      user,
      credentials,
      ...(namespace === undefined ? {} : { namespace }),
    });
    await writeFile(path, text, { mode: 0o600 });
    return path;
  }
}

function urlOf(ports: Ports): string {
  return `https://127.0.0.1:${ports.apiserver}`;
}
