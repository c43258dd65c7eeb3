/** The requests that make one object: a single PUT, or a multipart upload. One try each; every byte goes with a checksum that the store must confirm. */
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CompletedPart,
} from '@aws-sdk/client-s3';
import { storeCall } from '../../s3/call.ts';
import { checksumKind, checksumOf, type Checksum, type ChecksumKind } from '../../s3/checksums.ts';
import type { Bucket } from '../../s3/client.ts';
import { StoreError } from '../../s3/errors.ts';
import { REPORT_UID_METADATA } from '../../s3/object-key.ts';
import { bareEtag, UPLOAD_STAMP_METADATA } from '../../s3/operations.ts';

/** Some stores copy all parts before they answer a completion. */
const COMPLETION_SILENCE_MS = 600_000;

export interface UploadTarget {
  readonly key: string;
  readonly contentType: string;
  /** RFC 6266. */
  readonly contentDisposition: string;
  readonly reportUid: string;
  /** Unique to this attempt: what tells its object from one of an earlier attempt. */
  readonly stamp: string;
}

export class ObjectRequests {
  readonly #bucket: Bucket;
  readonly #target: UploadTarget;
  readonly #checksums: ChecksumKind;

  constructor(bucket: Bucket, target: UploadTarget) {
    this.#bucket = bucket;
    this.#target = target;
    this.#checksums = checksumKind(bucket.plan);
  }

  checksumOf(bytes: Uint8Array): Checksum {
    return checksumOf(this.#checksums, bytes);
  }

  /** Resolves to the object's ETag. */
  async put(body: Uint8Array, checksum: Checksum, signal: AbortSignal): Promise<string> {
    const command = new PutObjectCommand({ ...this.#object(), Body: body, ...checksum });
    const { ETag } = await storeCall(signal, (options) => this.#bucket.client.send(command, options));
    return bareEtag(required(ETag));
  }

  /** Resolves to the id of a new upload. */
  async create(signal: AbortSignal): Promise<string> {
    const algorithm = this.#checksums === 'SHA256' ? ({ ChecksumAlgorithm: 'SHA256' } as const) : {};
    const command = new CreateMultipartUploadCommand({ ...this.#object(), ...algorithm });
    const { UploadId } = await storeCall(signal, (options) => this.#bucket.client.send(command, options));
    return required(UploadId);
  }

  /** Resolves to what the completion must say of the part. */
  async part(uploadId: string, partNumber: number, body: Uint8Array, checksum: Checksum, signal: AbortSignal): Promise<CompletedPart> {
    const command = new UploadPartCommand({ ...this.#place(), UploadId: uploadId, PartNumber: partNumber, Body: body, ...checksum });
    const { ETag } = await storeCall(signal, (options) => this.#bucket.client.send(command, options));
    return { PartNumber: partNumber, ETag: required(ETag), ...('ChecksumSHA256' in checksum ? checksum : {}) };
  }

  /** Resolves to the object's ETag. */
  async complete(uploadId: string, parts: CompletedPart[], signal: AbortSignal): Promise<string> {
    const command = new CompleteMultipartUploadCommand({ ...this.#place(), UploadId: uploadId, MultipartUpload: { Parts: parts } });
    const { ETag } = await storeCall(signal, (options) =>
      this.#bucket.client.send(command, { ...options, requestTimeout: COMPLETION_SILENCE_MS }),
    );
    return bareEtag(required(ETag));
  }

  #place(): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#bucket.plan.bucket, Key: this.#target.key };
  }

  /** What an object is told when it is made; the number of rows and the file's checksum are not known then. */
  #object(): Omit<ConstructorParameters<typeof CreateMultipartUploadCommand>[0], 'ChecksumAlgorithm'> {
    const { contentType, contentDisposition, reportUid, stamp } = this.#target;
    return {
      ...this.#place(),
      ContentType: contentType,
      ContentDisposition: contentDisposition,
      Metadata: { [REPORT_UID_METADATA]: reportUid, [UPLOAD_STAMP_METADATA]: stamp },
      ServerSideEncryption: this.#bucket.plan.serverSideEncryption,
    };
  }
}

function required(value: string | undefined): string {
  if (value === undefined || value === '') throw new StoreError('NotS3', { source: 's3' });
  return value;
}
