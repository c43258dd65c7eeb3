/**
 * How large each part of a multipart upload is. Pure.
 *
 * S3 takes at most 10,000 parts of at least 5 MiB, and the size of a file is not known before its last row. Parts of one size would either end at 48.8 GiB or cost a small
 * report a large buffer, so they grow, in steps, late: memory is flat for files up to 4.9 GiB, and 10,000 parts reach 1,036 GiB. Where parts are large, fewer are under
 * way at once, because each is a buffer.
 */

const MIB = 1_048_576;
/** Most memory for buffers, once parts are large. */
const BUFFERS_BYTES = 256 * MIB;

/** Sizes in steps; the last step ends at S3's limit of parts. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export interface PartSchedule {
  readonly steps: readonly { readonly lastPart: number; readonly partBytes: number }[];
}

export const PART_SCHEDULE: PartSchedule = {
  steps: [
    { lastPart: 1_000, partBytes: 5 * MIB },
    { lastPart: 2_000, partBytes: 32 * MIB },
    { lastPart: 10_000, partBytes: 128 * MIB },
  ],
};

/** Bytes of part `partNumber` (from 1), or undefined when there can be no such part. */
export function partBytes({ steps }: PartSchedule, partNumber: number): number | undefined {
  return steps.find(({ lastPart }) => partNumber <= lastPart)?.partBytes;
}

/** How many parts of that size are under way at once, at most `wanted`. One more buffer is being filled. */
export function parallelParts(bytes: number, wanted: number): number {
  return Math.max(1, Math.min(wanted, Math.floor(BUFFERS_BYTES / bytes) - 1));
}

/** The largest file that fits. */
export function largestFileBytes({ steps }: PartSchedule): number {
  let bytes = 0;
  let before = 0;
  for (const step of steps) {
    bytes += (step.lastPart - before) * step.partBytes;
    before = step.lastPart;
  }
  return bytes;
}
