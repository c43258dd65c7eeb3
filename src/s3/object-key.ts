/**
 * Where a Report's file lies and what browsers will call it. Pure, because operator and clean-up must find the same object again, also years later, from the UID alone.
 *
 * The UID in the key makes two Reports of one name two objects. Servers accept `..` in keys and some map them to folders, so each segment is checked here.
 */

/** Metadata (`x-amz-meta-…`) of every object and upload: whose file it is. */
export const REPORT_UID_METADATA = 'dossier-report-uid';
/** S3's limit, in bytes of UTF-8. */
const KEY_LIMIT_BYTES = 1_024;

export interface FilePlace {
  /** Of the storage; without a slash at either end. */
  readonly prefix: string | undefined;
  readonly namespace: string;
  readonly report: string;
  readonly uid: string;
  /** With its extension. */
  readonly fileName: string;
}

/** `<prefix>/<namespace>/<report>/<uid>/<file name>`. Throws TypeError on what the API's own rules let nobody write. */
export function objectKey({ prefix, namespace, report, uid, fileName }: FilePlace): string {
  for (const segment of [namespace, report, uid, fileName])
    if (segment.includes('/')) throw new TypeError('a part of an object key must not hold a slash');
  return checked([...prefixOf(prefix), namespace, report, uid, fileName]);
}

/** A key, or the beginning of keys, that a template names relative to the storage's prefix. Nothing that passed `relativeKeyProblem` leads out of it. */
export function keyBelow(prefix: string | undefined, relative: string): string {
  return [...prefixOf(prefix), relative].join('/');
}

/** Why nobody may name that key or, with `isPrefix`, that beginning of keys (security.md 9); undefined when there is nothing against it. */
export function relativeKeyProblem(relative: string, isPrefix: boolean): string | undefined {
  const whole = isPrefix && relative.endsWith('/') ? relative.slice(0, -1) : relative;
  if (whole.split('/').some((segment) => segment === '' || segment === '.' || segment === '..'))
    return 'must have no empty part and none that is . or ..; it is relative to the prefix of the storage and has no slash at its beginning';
  return /[%\\\p{Cc}\p{Cs}]/u.test(relative) ? 'must not contain %, \\ or control characters' : undefined;
}

/** What the write probe of a storage writes, once a generation; with its UID, because storages that share a bucket may be probed in the same moment. */
export function probeKey(prefix: string | undefined, storageUid: string): string {
  return checked([...prefixOf(prefix), `.dossier-probe-${storageUid}`]);
}

/** `s3://bucket/key` as S3 tools take it: the key as it is, not encoded. */
export function objectUri(bucket: string, key: string): string {
  return `s3://${bucket}/${key}`;
}

/**
 * A Content-Disposition (RFC 6266) that makes browsers save under `fileName`: `filename` for old ones, in ASCII without characters that any of them decodes or
 * cuts at, and `filename*` (RFC 8187) with the whole name.
 */
export function contentDisposition(fileName: string): string {
  const name = fileName.toWellFormed();
  const ascii = name
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '') // accents that NFKD took off their letters
    .replace(/[^ -~]|["%\\/;]/gu, '_');
  // attr-char of RFC 8187 is narrower than what encodeURIComponent leaves alone.
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}

function prefixOf(prefix: string | undefined): readonly string[] {
  return prefix === undefined || prefix === '' ? [] : prefix.split('/');
}

function checked(segments: readonly string[]): string {
  for (const segment of segments)
    if (segment === '' || segment === '.' || segment === '..' || /\p{Cc}|\p{Cs}/u.test(segment))
      throw new TypeError('a part of an object key must not be empty, . or .., and must not hold control characters');
  const key = segments.join('/');
  if (Buffer.byteLength(key) > KEY_LIMIT_BYTES) throw new TypeError(`an object key must not have more than ${KEY_LIMIT_BYTES} bytes`);
  return key;
}
