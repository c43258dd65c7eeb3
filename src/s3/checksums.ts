/** How bytes prove on arrival that they are those that were sent. */
import { createHash } from 'node:crypto';
import type { BucketPlan } from '../runner/plan.ts';

export type ChecksumKind = 'MD5' | 'SHA256';

/** Input fields of PutObject and UploadPart. */
export type Checksum = { readonly ContentMD5: string } | { readonly ChecksumSHA256: string };

/** Auto: Content-MD5 is what every store knows; AWS itself is asked for SHA-256. */
export function checksumKind({ checksums, endpoint }: Pick<BucketPlan, 'checksums' | 'endpoint'>): ChecksumKind {
  if (checksums !== 'Auto') return checksums;
  return endpoint === undefined ? 'SHA256' : 'MD5';
}

export function checksumOf(kind: ChecksumKind, bytes: Uint8Array): Checksum {
  switch (kind) {
    case 'MD5':
      return { ContentMD5: createHash('md5').update(bytes).digest('base64') };
    case 'SHA256':
      return { ChecksumSHA256: createHash('sha256').update(bytes).digest('base64') };
  }
}
