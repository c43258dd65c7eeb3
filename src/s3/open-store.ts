/**
 * The operator's doors to buckets: one for each ReportStorage, all behind one gate and one guarded dialer, every call within 10 s.
 *
 * The S3 client is loaded with the first door, not with the operator. Whoever opens a door keeps it for as long as Reports may need it: a namespace that is being deleted
 * loses its Secret before its files are gone.
 */
import type { AddressPolicy } from '../net/address-policy.ts';
import { Dialer, Trust } from '../net/dialer.ts';
import type { BucketPlan } from '../runner/plan.ts';
import type { StoreCredentials } from './client.ts';
import { toStoreError } from './error-mapping.ts';
import { Gate, OPERATOR_LIMITS } from './gate.ts';
import { probeKey } from './object-key.ts';
import type { ObjectFacts, Removal } from './operations.ts';
import type { LinkTime } from './presign.ts';

const CONNECT_TIMEOUT_MS = 3_000;
const CALL_TIMEOUT_MS = 10_000;

export interface StoreTarget {
  /** UID of the ReportStorage. */
  readonly storageUid: string;
  readonly plan: BucketPlan;
  /** For which links are signed; absent = the plan's. Nothing is ever sent there. */
  readonly publicEndpoint?: string;
  readonly prefix: string | undefined;
  readonly credentials: StoreCredentials;
  /** PEM certificates that replace the system's authorities. */
  readonly caBundle: string | undefined;
}

/** A bucket as the operator uses it. Every method throws StoreError, or the reason of its signal. */
export interface ObjectStore {
  /** Reads only; see lookAtBucket. */
  look(signal: AbortSignal): Promise<void>;
  /** Writes and deletes an object at probeKey; see writeProbe. */
  probe(signal: AbortSignal): Promise<void>;
  /** Undefined = there is no such object; the store was asked in a way that tells. */
  head(key: string, signal: AbortSignal): Promise<ObjectFacts | undefined>;
  /** See removeEverything. */
  remove(key: string, reportUid: string, signal: AbortSignal): Promise<Removal>;
  /** A link to the object for people outside; see presign.ts. */
  presign(key: string, time: LinkTime, signal: AbortSignal): Promise<string>;
  /** Ends what is under way; safe twice. */
  close(): void;
}

export class ObjectStores {
  readonly #dialer: Dialer;
  readonly #gate: Gate;

  constructor(policy: AddressPolicy, gate: Gate = new Gate(OPERATOR_LIMITS)) {
    this.#dialer = new Dialer({ policy, connectTimeoutMs: CONNECT_TIMEOUT_MS });
    this.#gate = gate;
  }

  /** Sends nothing. Throws StoreError UnknownAuthority when the bundle cannot be read. */
  async open({ storageUid, plan, publicEndpoint, prefix, credentials, caBundle }: StoreTarget): Promise<ObjectStore> {
    const trust = trustOf(caBundle);
    const [{ openBucket }, { S3HttpHandler }, operations, probe, { presign }] = await Promise.all([
      import('./client.ts'),
      import('./http-handler.ts'),
      import('./operations.ts'),
      import('./probe.ts'),
      import('./presign.ts'),
    ]);
    const handler = new S3HttpHandler({
      dialer: this.#dialer,
      trust,
      connections: OPERATOR_LIMITS.perStorage,
      keepAlive: false,
      wholeRequestMs: CALL_TIMEOUT_MS,
      admission: (signal, send) => this.#gate.run(storageUid, signal, send),
    });
    const bucket = openBucket(plan, credentials, handler);
    const asPublic = publicEndpoint === undefined ? bucket : openBucket({ ...plan, endpoint: publicEndpoint }, credentials, handler);
    const key = probeKey(prefix, storageUid);
    return {
      look: (signal) => probe.lookAtBucket(bucket, key, signal),
      probe: (signal) => probe.writeProbe(bucket, key, signal),
      head: (key, signal) => operations.headObject(bucket, key, signal),
      remove: (key, reportUid, signal) => operations.removeEverything(bucket, key, reportUid, signal),
      presign: (key, time, signal) => presign(asPublic, key, time, signal),
      close: () => {
        bucket.client.destroy();
        this.#gate.forget(storageUid);
      },
    };
  }
}

function trustOf(caBundle: string | undefined): Trust {
  try {
    return new Trust(caBundle);
  } catch (error) {
    throw toStoreError(error);
  }
}
