/**
 * The demo is two processes: this program, which a person sees and ends with Ctrl-C, and a host in a session of its own, which holds everything that runs (host-main.ts).
 *
 * So that `--keep` can leave everything running when the program ends. Until then the channel between the two is a lifeline: when this program ends, in whatever way, the
 * host sees the channel close and stops everything.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { abortable } from '../../net/abortable.ts';
import type { Identity } from '../authority.ts';
import type { PostgresAccess } from '../postgres/access.ts';
import type { S3Admin } from '../s3-admin.ts';
import type { CrmAccess } from './crm.ts';

const PROGRAM = fileURLToPath(new URL('./host-main.ts', import.meta.url));
const STDERR_LIMIT = 4_000;
const LAST_WORDS_MS = 100;

/** What stands once the servers run. */
export interface HostFacts {
  /** Temporary folder of everything; goes with the host. */
  readonly folder: string;
  readonly kubectl: string;
  readonly kubeconfigFile: string;
  readonly apiserver: { readonly url: string; readonly ca: string; readonly admin: Identity };
  readonly postgres: PostgresAccess;
  readonly s3: S3Admin;
  readonly crm: CrmAccess;
}

/** What the host says; after `failed` it ends everything and itself. */
export type HostNote =
  | { readonly kind: 'servers'; readonly facts: HostFacts }
  | { readonly kind: 'ready' }
  | { readonly kind: 'kept' }
  | { readonly kind: 'failed'; readonly message: string };

/** What it is told. */
export interface HostOrder {
  readonly kind: 'keep';
}

export class HostError extends Error {}

export class Host {
  readonly #child: ChildProcess;
  readonly #notes = new Map<HostNote['kind'], PromiseWithResolvers<HostNote>>();
  /** Nothing of it is left. */
  readonly #exited: Promise<unknown>;
  /** Rejects with a HostError when the host has ended or is about to; whoever did not ask for that has lost what ran there. */
  readonly lost: Promise<never>;
  #stderr = '';

  constructor() {
    // Detached: a session of its own, so that neither Ctrl-C nor a closed terminal reaches it, only the end of the channel.
    this.#child = fork(PROGRAM, { detached: true, stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-STDERR_LIMIT);
    });
    this.#child.on('message', (note: HostNote) => this.#note(note.kind).resolve(note));
    this.#exited = once(this.#child, 'exit');
    this.lost = this.#whenLost();
  }

  /** The servers run; databases and buckets can be made. Throws the signal's reason. */
  async servers(signal: AbortSignal): Promise<HostFacts> {
    const note = await this.#expect('servers', signal);
    return note.facts;
  }

  /** Operator and node run as well. Throws the signal's reason. */
  async ready(signal: AbortSignal): Promise<void> {
    await this.#expect('ready', signal);
  }

  /** From now on the host goes on when this program ends. Throws the signal's reason. */
  async keep(signal: AbortSignal): Promise<void> {
    this.#child.send({ kind: 'keep' } satisfies HostOrder);
    await this.#expect('kept', signal);
    this.#child.disconnect();
    this.#child.stderr?.destroy();
    this.#child.unref();
  }

  /** Has it stop everything and waits until nothing is left. Safe twice. */
  async close(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#exited;
  }

  async #expect<K extends HostNote['kind']>(kind: K, signal: AbortSignal): Promise<Extract<HostNote, { kind: K }>> {
    return (await abortable(this.#note(kind).promise, signal)) as Extract<HostNote, { kind: K }>;
  }

  #note(kind: HostNote['kind']): PromiseWithResolvers<HostNote> {
    const known = this.#notes.get(kind) ?? Promise.withResolvers<HostNote>();
    this.#notes.set(kind, known);
    return known;
  }

  async #whenLost(): Promise<never> {
    const failure = this.#note('failed').promise.then((note) => (note.kind === 'failed' ? note.message : ''));
    // Not the event "close": the guardian holds the same standard error for as long as it cleans up. A moment, because what it said last may arrive after its exit.
    const crash = this.#exited
      .then(() => sleep(LAST_WORDS_MS))
      .then(() => `the demo's host process ended: ${this.#stderr.trim() || 'it was killed'}`);
    throw new HostError(await Promise.race([failure, crash]));
  }
}
