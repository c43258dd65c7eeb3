/**
 * Says of each ReportStorage whether its bucket can be used, in its Ready condition, and keeps the storage until the last Report that needs it is gone.
 *
 * The probe that writes runs once a generation and version of the Secret (the status remembers which); afterwards a look is a HeadBucket, every ten minutes while the
 * bucket is fine and every 15 to 60 s while it is not. What the condition says changes only when the verdict does.
 */
import { toCondition } from '../../api/conditions.ts';
import type { Report } from '../../api/generated/report.ts';
import type { ReportStorage } from '../../api/generated/reportstorage.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Result } from '../../kube/controller.ts';
import type { EventRecorder } from '../../kube/events.ts';
import { isForbidden, isNotFound } from '../../kube/errors.ts';
import { REPORT_STORAGES } from '../../kube/resources.ts';
import { keyOf, splitKey, type ObjectKey, type Store } from '../../kube/store.ts';
import { StoreError, type StorageReason } from '../../s3/errors.ts';
import { addFinalizer, removeFinalizer } from '../finalizers.ts';
import { namespaceState } from '../namespaces.ts';
import { hasFinalizer } from '../report/end.ts';
import { rfc3339 } from '../report/status.ts';
import type { SecretReader } from '../secrets.ts';
import { writeStatus } from '../write-status.ts';
import type { StorageClients } from './clients.ts';
import type { CredentialsOutcome } from './credentials.ts';
import { STORAGE_FINALIZER, usersOf } from './in-use.ts';

const READY_INTERVAL_MS = 10 * 60_000;
const UNREADY_FIRST_MS = 15_000;
const UNREADY_MAX_MS = 60_000;
/** A storage that no Report needs for so long is let go; shorter, and a Report that is just starting could be overlooked. */
const UNUSED_MS = 60_000;
/** How often a storage that cannot be seen is looked for. */
const HIDDEN_INTERVAL_MS = 60_000;

export interface StorageControllerParts {
  readonly client: KubeClient;
  readonly events: EventRecorder;
  readonly storages: Store<ReportStorage>;
  /** Reports of a namespace that may still need a bucket. */
  readonly usersIn: (namespace: string) => readonly Report[];
  readonly accesses: StorageClients;
  readonly secrets: SecretReader;
  readonly wake: (key: ObjectKey) => void;
}

interface Verdict {
  readonly reason: StorageReason;
  readonly message: string;
}

/** What the last look at a storage found, and when the next one is due. */
interface Look {
  readonly key: ObjectKey;
  readonly verdict: Verdict;
  /** Generation and Secret it was made with. */
  readonly version: string;
  readonly failures: number;
  readonly dueAt: number;
}

export class StorageController {
  readonly #parts: StorageControllerParts;
  /** By UID. */
  readonly #looks = new Map<string, Look>();
  readonly #unusedSince = new Map<string, number>();
  readonly #hidden = new Set<ObjectKey>();

  constructor(parts: StorageControllerParts) {
    this.#parts = parts;
  }

  async reconcile(key: ObjectKey, signal: AbortSignal): Promise<Result> {
    const storage = this.#parts.storages.get(key);
    if (storage === undefined && (await this.#isHidden(key, signal))) {
      this.#hidden.add(key);
      return { kind: 'requeueAfter', ms: HIDDEN_INTERVAL_MS };
    }
    this.#hidden.delete(key);
    if (storage === undefined) {
      this.#forgetOthers();
      return { kind: 'done' };
    }
    const held = await this.#release(storage, signal);
    if (held === undefined) return { kind: 'done' };
    const now = Date.now();
    const look = await this.#look(storage, signal, now);
    const written = await writeStatus(
      this.#parts.client,
      REPORT_STORAGES,
      held,
      nextStorageStatus(held, look.verdict, look.version, now),
      signal,
    );
    if (written !== held) this.#tell(written, look.verdict);
    return { kind: 'lookAgainAt', epochMs: look.dueAt };
  }

  /**
   * Whether a storage is there although the caches do not show it: a namespace that is being deleted takes our Roles in it along. Its client is the only way to its files
   * when somebody gives us rights again, for the Secret is gone by then.
   */
  async #isHidden(key: ObjectKey, signal: AbortSignal): Promise<boolean> {
    const { namespace, name } = splitKey(key);
    try {
      await this.#parts.client.get(REPORT_STORAGES, namespace, name, signal);
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      if (!isForbidden(error)) throw error;
      return (await namespaceState(this.#parts.client, namespace, signal)) !== 'gone';
    }
  }

  /** Holds a storage that Reports need, should it not be held; drops our finalizer when nobody needs it; undefined when it is being deleted and nothing is left to do. */
  async #release(storage: ReportStorage, signal: AbortSignal): Promise<ReportStorage | undefined> {
    const { uid, namespace = '', deletionTimestamp, finalizers } = storage.metadata;
    const users = usersOf(storage, this.#parts.usersIn(namespace));
    const used = users.length > 0;
    const held = finalizers?.includes(STORAGE_FINALIZER) === true;
    if (used) this.#unusedSince.delete(uid);
    // Somebody may have taken it off, or we ourselves in the moment in which a Report that saw it began.
    const needed = users.some((report) => hasFinalizer(report) && report.status.storage?.uid === uid);
    if (needed && !held && deletionTimestamp === undefined)
      return addFinalizer(this.#parts.client, REPORT_STORAGES, storage, STORAGE_FINALIZER, signal);
    if (used || !held) return deletionTimestamp === undefined || used ? storage : undefined;
    if (deletionTimestamp !== undefined) {
      await removeFinalizer(this.#parts.client, REPORT_STORAGES, storage, STORAGE_FINALIZER, signal);
      return undefined;
    }
    const since = this.#unusedSince.get(uid) ?? Date.now();
    this.#unusedSince.set(uid, since);
    return Date.now() - since < UNUSED_MS
      ? storage
      : removeFinalizer(this.#parts.client, REPORT_STORAGES, storage, STORAGE_FINALIZER, signal);
  }

  async #look(storage: ReportStorage, signal: AbortSignal, now: number): Promise<Look> {
    const { uid } = storage.metadata;
    const outcome = await this.#parts.accesses.credentials(storage);
    const version = `${storage.metadata.generation ?? 0}/${outcome.kind === 'found' ? outcome.version : `missing ${outcome.message}`}`;
    const last = this.#looks.get(uid);
    // Our own status write and the finalizers of Reports wake this controller too; neither says anything about the bucket.
    if (last?.version === version && now < last.dueAt) return last;
    const verdict = outcome.kind === 'found' ? await this.#ask(storage, outcome, version, signal) : outcome;
    if (outcome.kind === 'problem') this.#waitForSecret(storage, outcome);
    const failures = verdict.reason === 'Available' ? 0 : last?.version === version ? last.failures + 1 : 1;
    const wait = failures === 0 ? READY_INTERVAL_MS : Math.min(UNREADY_FIRST_MS * 2 ** (failures - 1), UNREADY_MAX_MS);
    const look: Look = {
      key: keyOf(storage),
      verdict: { reason: verdict.reason, message: verdict.message },
      version,
      failures,
      dueAt: now + wait,
    };
    this.#looks.set(uid, look);
    return look;
  }

  async #ask(
    storage: ReportStorage,
    found: Extract<CredentialsOutcome, { kind: 'found' }>,
    version: string,
    signal: AbortSignal,
  ): Promise<Verdict> {
    try {
      const store = await this.#parts.accesses.store(storage, found);
      if (storage.status.probed === version) await store.look(signal);
      else await store.probe(signal);
      return { reason: 'Available', message: `bucket "${storage.spec.s3.bucket}" takes files` };
    } catch (error) {
      if (error instanceof StoreError) return { reason: error.reason, message: error.message };
      throw error;
    }
  }

  #waitForSecret(storage: ReportStorage, { secret }: Extract<CredentialsOutcome, { kind: 'problem' }>): void {
    if (secret === undefined) return;
    const { namespace = '', name } = storage.metadata;
    const key = `${namespace}/${name}`;
    this.#parts.secrets.wakeOnChange(namespace, secret.name, secret.seen, `storage/${key}`, () => this.#parts.wake(key));
  }

  #tell(storage: ReportStorage, { reason, message }: Verdict): void {
    this.#parts.events.record(storage, { type: reason === 'Available' ? 'Normal' : 'Warning', reason, action: 'Probe', note: message });
  }

  /** A storage is gone: forget everything about storages that are not there. */
  #forgetOthers(): void {
    const present = new Set([...this.#parts.storages.values()].map(({ metadata }) => metadata.uid));
    for (const [uid, { key }] of this.#looks) if (this.#hidden.has(key)) present.add(uid);
    this.#parts.accesses.keepOnly(present);
    for (const map of [this.#looks, this.#unusedSince]) for (const uid of map.keys()) if (!present.has(uid)) map.delete(uid);
  }
}

function nextStorageStatus(storage: ReportStorage, { reason, message }: Verdict, version: string, now: number): ReportStorage['status'] {
  const generation = storage.metadata.generation ?? 0;
  const note = { type: 'Ready', status: reason === 'Available' ? 'True' : 'False', reason, message } as const;
  return {
    observedGeneration: generation,
    ...(reason === 'Available' ? { probed: version } : {}),
    conditions: [toCondition(storage.status.conditions, note, generation, rfc3339(now))],
  };
}
