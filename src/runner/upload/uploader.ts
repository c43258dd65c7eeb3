/**
 * Takes a file of unknown size to the bucket, with the memory of a few parts.
 *
 * A file of one part at most is a plain PUT, anything larger a multipart upload, which shows nothing under the key until it is completed: a run that dies leaves parts, never
 * half a file. The parts of dead attempts are aborted when the next one begins.
 *
 * Failure windows: a part whose answer is lost goes again (same number, same bytes). When the answer to the creation is lost, there are two uploads: the other one is
 * aborted. When the answer to the completion is lost, the upload is gone at the second try, and only the object can tell: it carries a stamp of this very attempt. After every
 * completion the store must show size, UID, stamp and ETag, or the run fails.
 */
import type { CompletedPart } from '@aws-sdk/client-s3';
import { DossierError } from '../../errors.ts';
import type { Checksum } from '../../s3/checksums.ts';
import type { Bucket } from '../../s3/client.ts';
import { StoreError } from '../../s3/errors.ts';
import { headObject, type HeadFacts } from '../../s3/operations.ts';
import { abortUploads, listUploads } from '../../s3/uploads.ts';
import type { StoredFile, Uploader } from '../rows.ts';
import { storageFailure } from './failure.ts';
import { ObjectRequests, type UploadTarget } from './object-requests.ts';
import { PartBuffers, type Allocate, type PartBuffer } from './part-buffers.ts';
import { largestFileBytes, parallelParts, PART_SCHEDULE, partBytes, type PartSchedule } from './part-schedule.ts';
import { REAL_PACING, UPLOAD_RETRIES, withRetries, type Pacing } from './retry.ts';

/** Default of `parallel`. Each is a buffer: two keep a line busy while the next part is filled. */
export const PARALLEL_PARTS = 2;
/** A pod has 30 s between SIGTERM and SIGKILL. */
const ABORT_BOUND_MS = 15_000;

export interface UploadOptions {
  /** The uploader owns its client from now on and closes it at the end. */
  readonly bucket: Bucket;
  readonly target: UploadTarget;
  /** Ends every request; then `abort` cleans up, under a bound of its own. */
  readonly signal: AbortSignal;
  /** Parts under way at once; default 2. */
  readonly parallel?: number;
  readonly schedule?: PartSchedule;
  readonly pacing?: Pacing;
  readonly allocate?: Allocate;
}

export class MultipartUploader implements Uploader {
  readonly #bucket: Bucket;
  readonly #target: UploadTarget;
  readonly #requests: ObjectRequests;
  readonly #wantedParallel: number;
  readonly #schedule: PartSchedule;
  readonly #pacing: Pacing;
  readonly #buffers: PartBuffers;
  /** Fires with the first failure and ends every request. */
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #sending = new Set<Promise<void>>();
  readonly #sent: CompletedPart[] = [];
  #filling: PartBuffer;
  #partNumber = 1;
  #bytes = 0;
  /** From the first full part on. */
  #uploadId: string | undefined;
  /** Whether the store may know of an upload of ours: its id can be lost with an answer. */
  #uploadAsked = false;
  #completed = false;
  /** The call of the interface that runs, or ran last. */
  #call: Promise<unknown> = Promise.resolve();
  #aborting: Promise<void> | undefined;

  private constructor(options: UploadOptions) {
    this.#bucket = options.bucket;
    this.#target = options.target;
    this.#requests = new ObjectRequests(options.bucket, options.target);
    this.#wantedParallel = options.parallel ?? PARALLEL_PARTS;
    this.#schedule = options.schedule ?? PART_SCHEDULE;
    this.#pacing = options.pacing ?? REAL_PACING;
    this.#buffers = new PartBuffers(options.allocate ?? ((bytes) => Buffer.allocUnsafeSlow(bytes)));
    this.#signal = AbortSignal.any([options.signal, this.#stop.signal]);
    this.#filling = this.#buffers.take(this.#nextPartBytes());
  }

  /** Aborts what earlier attempts left under the key and is ready to write. Throws DossierError StorageFailed, or the signal's reason. */
  static async begin(options: UploadOptions): Promise<MultipartUploader> {
    const uploader = new MultipartUploader(options);
    try {
      await uploader.#run(() => uploader.#retried(() => abortUploads(options.bucket, options.target.key, uploader.#signal)));
      return uploader;
    } catch (error) {
      options.bucket.client.destroy();
      throw error;
    }
  }

  /**
   * Copies `bytes` and resolves when more may come. One call at a time. After a failure, this and every later call throw the same: DossierError StorageFailed, or the
   * signal's reason.
   */
  async write(bytes: Uint8Array): Promise<void> {
    await this.#run(async () => {
      for (let rest = bytes; rest.byteLength > 0;) {
        // A full buffer leaves only when there is more: a file of exactly one part is a plain PUT.
        if (this.#filling.isFull) await this.#sendAndGoOn();
        const taken = this.#filling.fill(rest);
        this.#bytes += taken;
        rest = rest.subarray(taken);
      }
    });
  }

  /** Resolves when the store shows the whole file. Throws as `write`; then the object may or may not be there. */
  async complete(): Promise<StoredFile> {
    return this.#run(async () => {
      const answered = this.#uploadId === undefined ? await this.#putWhole() : await this.#completeParts(this.#uploadId);
      const { etag, versionId } = await this.#confirmed(answered);
      this.#completed = true;
      this.#bucket.client.destroy();
      return { etag, ...(versionId === undefined ? {} : { versionId }) };
    });
  }

  /**
   * Ends what is under way and resolves when the store shows no upload under the key any more; a completed file stays. Safe at any time and twice.
   * Throws DossierError StorageFailed when the store cannot be asked within 15 s: then the operator's clean-up does it.
   */
  abort(): Promise<void> {
    this.#aborting ??= this.#abort();
    return this.#aborting;
  }

  async #abort(): Promise<void> {
    if (this.#completed) return;
    this.#fail(new DossierError('StorageFailed', 'the upload was aborted', { retryable: true }));
    await Promise.allSettled([this.#call, ...this.#sending]);
    const bound = AbortSignal.timeout(ABORT_BOUND_MS);
    try {
      if (this.#uploadAsked)
        await withRetries(UPLOAD_RETRIES, this.#pacing, bound, () => abortUploads(this.#bucket, this.#target.key, bound));
    } catch (error) {
      throw storageFailure(bound.aborted ? new StoreError('TimedOut') : error, this.#bucket.plan.bucket);
    } finally {
      this.#bucket.client.destroy();
    }
  }

  /** Runs one call of the interface, but none after a failure. */
  async #run<T>(call: () => Promise<T>): Promise<T> {
    this.#signal.throwIfAborted();
    if (this.#completed) throw new TypeError('the upload is completed');
    const running = call();
    this.#call = running;
    try {
      return await running;
    } catch (error) {
      this.#fail(error);
      throw this.#signal.reason;
    }
  }

  /** The first failure stays, and ends every request. */
  #fail(error: unknown): void {
    this.#stop.abort(storageFailure(error, this.#bucket.plan.bucket));
  }

  async #sendAndGoOn(): Promise<void> {
    this.#uploadId ??= await this.#create();
    await this.#send(this.#uploadId);
    this.#partNumber += 1;
    this.#filling = this.#buffers.take(this.#nextPartBytes());
  }

  async #create(): Promise<string> {
    this.#uploadAsked = true;
    let tries = 0;
    const id = await this.#retried(() => {
      tries += 1;
      return this.#requests.create(this.#signal);
    });
    // The answers that were lost may each have been an upload, too.
    if (tries > 1) await this.#retried(() => abortUploads(this.#bucket, this.#target.key, this.#signal, id));
    return id;
  }

  /** Sends the buffer as a part, in the background, as soon as there is room. */
  async #send(uploadId: string): Promise<void> {
    const [buffer, partNumber] = [this.#filling, this.#partNumber];
    while (this.#sending.size >= parallelParts(buffer.memory.byteLength, this.#wantedParallel)) {
      await Promise.race(this.#sending);
      this.#signal.throwIfAborted();
    }
    const checksum = this.#requests.checksumOf(buffer.content);
    const sending = this.#retried(() => this.#sendPart(uploadId, partNumber, buffer.content, checksum))
      .then(
        (part) => {
          this.#sent.push(part);
          this.#buffers.release(buffer);
        },
        (error: unknown) => {
          this.#fail(error);
        },
      )
      .finally(() => this.#sending.delete(sending));
    this.#sending.add(sending);
  }

  async #sendPart(uploadId: string, partNumber: number, content: Uint8Array, checksum: Checksum): Promise<CompletedPart> {
    try {
      return await this.#requests.part(uploadId, partNumber, content, checksum, this.#signal);
    } catch (error) {
      // A store that refuses a part may close the connection while the bytes are still coming, and its answer is lost. A listing tells whether to try again.
      const cut = error instanceof StoreError && error.kind === 'Cut';
      if (!cut || (await listUploads(this.#bucket, this.#target.key, this.#signal)).includes(uploadId)) throw error;
      throw new StoreError('NoSuchUpload', { source: 's3' });
    }
  }

  /** Resolves to the ETag that the store answered. */
  async #putWhole(): Promise<string> {
    const body = this.#filling.content;
    const checksum = this.#requests.checksumOf(body);
    return this.#retried(() => this.#requests.put(body, checksum, this.#signal));
  }

  /** Resolves to the ETag that the store answered, or to what it says of an upload that is gone when only the object can tell whether the file is complete. */
  async #completeParts(uploadId: string): Promise<string | StoreError> {
    await this.#send(uploadId);
    await Promise.all(this.#sending);
    this.#signal.throwIfAborted();
    const parts = this.#sent.toSorted((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0));
    let tries = 0;
    try {
      return await this.#retried(() => {
        tries += 1;
        return this.#requests.complete(uploadId, parts, this.#signal);
      });
    } catch (error) {
      const gone = error instanceof StoreError && (error.kind === 'NoSuchUpload' || error.kind === 'InvalidPart');
      if (tries > 1 && gone) return error;
      throw error;
    }
  }

  /** What the store shows, when that is this file and no other. */
  async #confirmed(answered: string | StoreError): Promise<HeadFacts> {
    const head = await this.#shown().catch((error: unknown) => {
      const absent = error instanceof StoreError && error.kind === 'NotShown';
      throw absent && answered instanceof StoreError ? answered : error;
    });
    const problem = this.#mismatch(head, answered);
    if (problem === undefined) return head;
    const message = `bucket "${this.#bucket.plan.bucket}": after the upload the store shows ${problem}`;
    throw new DossierError('StorageFailed', message, { retryable: true });
  }

  /** Some stores need a moment until they show what they have just confirmed. */
  #shown(): Promise<HeadFacts> {
    return this.#retried(async () => {
      const head = await headObject(this.#bucket, this.#target.key, this.#signal);
      if (head === undefined) throw new StoreError('NotShown', { source: 's3' });
      return head;
    });
  }

  #mismatch({ bytes, reportUid, uploadStamp, etag }: HeadFacts, answered: string | StoreError): string | undefined {
    if (reportUid !== this.#target.reportUid) return "an object without this Report's UID in its metadata";
    if (uploadStamp !== this.#target.stamp) return 'the object of another attempt';
    if (bytes !== this.#bytes) return `${bytes} bytes instead of ${this.#bytes}`;
    if (typeof answered === 'string' && etag !== answered) return 'another ETag than it answered to the upload';
    return undefined;
  }

  #retried<T>(attempt: () => Promise<T>): Promise<T> {
    return withRetries(UPLOAD_RETRIES, this.#pacing, this.#signal, attempt);
  }

  #nextPartBytes(): number {
    const bytes = partBytes(this.#schedule, this.#partNumber);
    if (bytes !== undefined) return bytes;
    const message = `the file is larger than ${largestFileBytes(this.#schedule)} bytes, the most that 10,000 parts of an upload hold: make several Reports, for example of shorter periods`;
    throw new DossierError('StorageFailed', message, { retryable: false });
  }
}
