/**
 * One client a storage, kept for as long as the storage exists: when a namespace is deleted its Secret goes first, and the files must still be removed.
 *
 * A caller never waits in a long line here: with too many calls to a storage under way, or to all of them, it is told to come back (StorageBusy), so that reconciles of
 * other objects always find a worker.
 */
import type { ReportStorage } from '../../api/generated/reportstorage.ts';
import { StoreError } from '../../s3/errors.ts';
import { ObjectStores, type ObjectStore } from '../../s3/open-store.ts';
import type { LinkTime } from '../../s3/presign.ts';
import type { SecretReader } from '../secrets.ts';
import type { OperatorSettings } from '../settings.ts';
import { StorageBusy, StorageError, type HeadOutcome, type StorageAccess, type StorageAccesses } from './access.ts';
import { bucketOf } from './bucket.ts';
import { findCredentials, type CredentialsOutcome } from './credentials.ts';

/**
 * Reconciles that may be inside calls to one storage, and to all: fewer than there are workers. The storages of one namespace have at most as many places as are left free,
 * so that however many of them do not answer, others find a place.
 */
const PER_STORAGE = 8;
const IN_ALL = 64;

interface Entry {
  readonly version: string;
  readonly store: Promise<ObjectStore>;
}

export class StorageClients implements StorageAccesses {
  readonly #secrets: SecretReader;
  readonly #settings: OperatorSettings;
  readonly #stores: ObjectStores;
  readonly #entries = new Map<string, Entry>();
  readonly #busy = new Map<string, number>();
  readonly #busyInNamespace = new Map<string, number>();
  #busyInAll = 0;

  /** `apiserver`: `address:port` entries that no storage may be at. */
  constructor(secrets: SecretReader, settings: OperatorSettings, apiserver: readonly string[]) {
    this.#secrets = secrets;
    this.#settings = settings;
    this.#stores = new ObjectStores({ allowLoopback: settings.allowLoopback, ...settings.storageEndpoints, refused: apiserver });
  }

  credentials(storage: ReportStorage): Promise<CredentialsOutcome> {
    return findCredentials(this.#secrets, storage, this.#settings);
  }

  /** The store for credentials just found; a new version of them replaces the old client. Throws StoreError for an unreadable authority. */
  async store(storage: ReportStorage, found: Extract<CredentialsOutcome, { kind: 'found' }>): Promise<ObjectStore> {
    const { uid } = storage.metadata;
    const version = `${storage.metadata.generation ?? 0}/${found.version}`;
    const known = this.#entries.get(uid);
    if (known?.version === version) return known.store;
    const store = this.#stores.open({
      storageUid: uid,
      plan: bucketOf(storage),
      ...(storage.spec.s3.publicEndpoint === undefined ? {} : { publicEndpoint: storage.spec.s3.publicEndpoint }),
      prefix: storage.spec.s3.prefix,
      credentials: found.credentials,
      caBundle: found.caBundle,
    });
    store.catch(() => undefined); // Nobody looks at it while the old one is being closed, and a failure that nobody looks at ends the process.
    this.#entries.set(uid, { version, store });
    await known?.store.then(
      (old) => old.close(),
      () => undefined,
    );
    try {
      return await store;
    } catch (error) {
      if (this.#entries.get(uid)?.store === store) this.#entries.delete(uid);
      throw error;
    }
  }

  async open(storage: ReportStorage): Promise<StorageAccess> {
    return this.#access(storage, await this.#openStore(storage, this.#entries.get(storage.metadata.uid)));
  }

  async openCurrent(storage: ReportStorage): Promise<StorageAccess> {
    return this.#access(storage, await this.#openStore(storage, undefined));
  }

  #access(storage: ReportStorage, store: ObjectStore): StorageAccess {
    return {
      head: (key, signal) => this.#within(storage, () => head(store, key, signal)),
      removeFile: (key, reportUid, signal) => this.#within(storage, () => removeFile(store, key, reportUid, signal)),
      presign: (key, time, signal) => presign(store, key, time, signal),
    };
  }

  /** Closes the clients of storages that are not in `uids`. */
  keepOnly(uids: ReadonlySet<string>): void {
    for (const [uid, entry] of this.#entries) {
      if (uids.has(uid)) continue;
      this.#entries.delete(uid);
      entry.store.then(
        (store) => store.close(),
        () => undefined,
      );
    }
  }

  /** `remembered`: what to use where there are no credentials any more. */
  async #openStore(storage: ReportStorage, remembered: Entry | undefined): Promise<ObjectStore> {
    const outcome = await this.credentials(storage);
    try {
      if (outcome.kind === 'found') return await this.store(storage, outcome);
      if (remembered !== undefined) return await remembered.store;
    } catch (error) {
      throw toStorageError(error);
    }
    // A Secret that is gone does not come back in a namespace that is being deleted.
    const gone = outcome.secret !== undefined && outcome.secret.seen === undefined;
    throw new StorageError(gone ? 'NotFound' : 'Refused', `ReportStorage "${storage.metadata.name}": ${outcome.message}`);
  }

  async #within<T>({ metadata: { uid, namespace = '' } }: ReportStorage, call: () => Promise<T>): Promise<T> {
    const here = this.#busy.get(uid) ?? 0;
    const around = this.#busyInNamespace.get(namespace) ?? 0;
    if (here >= PER_STORAGE || around >= IN_ALL - this.#busyInAll) throw new StorageBusy();
    this.#busy.set(uid, here + 1);
    this.#busyInNamespace.set(namespace, around + 1);
    this.#busyInAll += 1;
    try {
      return await call();
    } finally {
      this.#busyInAll -= 1;
      oneLess(this.#busy, uid);
      oneLess(this.#busyInNamespace, namespace);
    }
  }
}

function oneLess(counts: Map<string, number>, key: string): void {
  const left = (counts.get(key) ?? 1) - 1;
  if (left === 0) counts.delete(key);
  else counts.set(key, left);
}

async function head(store: ObjectStore, key: string, signal: AbortSignal): Promise<HeadOutcome> {
  try {
    const facts = await store.head(key, signal);
    return facts === undefined ? { kind: 'absent' } : { kind: 'object', facts };
  } catch (error) {
    if (error instanceof StoreError) return { kind: 'unknown', message: error.message };
    throw error;
  }
}

async function removeFile(store: ObjectStore, key: string, reportUid: string, signal: AbortSignal): Promise<void> {
  try {
    // An object under our key that is not this Report's ('foreign') is left alone: somebody put it there, and it is theirs.
    await store.remove(key, reportUid, signal);
  } catch (error) {
    throw toStorageError(error);
  }
}

async function presign(store: ObjectStore, key: string, time: LinkTime, signal: AbortSignal): Promise<string> {
  try {
    return await store.presign(key, time, signal);
  } catch (error) {
    throw toStorageError(error);
  }
}

function toStorageError(error: unknown): unknown {
  if (!(error instanceof StoreError)) return error;
  if (error.kind === 'NoSuchBucket') return new StorageError('NotFound', error.message);
  if (error.kind === 'Locked') return new StorageError('ObjectLocked', error.message);
  const refused = error.reason === 'AccessDenied' || error.reason === 'InvalidCredentials';
  return new StorageError(refused ? 'Refused' : 'Other', error.message);
}
