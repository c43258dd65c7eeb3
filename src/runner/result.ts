/**
 * The one line a run leaves behind: JSON in the termination log of the container `runner`, at most 1,024 bytes.
 *
 * The kubelet shares 12 KiB of termination messages among all containers of a pod, so the writer cuts the message first and the numbers never.
 * The reader trusts nothing: a pod's termination message can be whatever somebody who may create pods has put there.
 */
import { foreignText } from '../foreign-text.ts';
import { RUNNER_FAILURE_REASONS, type RunnerFailureReason } from '../api/reasons.ts';

/** Largest result in bytes of UTF-8. */
export const RESULT_LIMIT_BYTES = 1024;
/** Largest int32, which status.file.sheets is. */
const MAX_SHEETS = 2 ** 31 - 1;

export interface RunSuccess {
  readonly ok: true;
  readonly rows: number;
  readonly sheets: number;
  readonly bytes: number;
  /** Lower-case hex of the whole object. */
  readonly sha256: string;
  readonly etag: string;
  readonly versionId?: string;
  readonly key: string;
  /** Commit of the code, when it came from git. */
  readonly revision?: string;
}

export interface RunFailure {
  readonly ok: false;
  readonly reason: RunnerFailureReason;
  readonly message: string;
  readonly retryable: boolean;
}

export type RunResult = RunSuccess | RunFailure;

/** The result as written to the termination log; a long failure message is cut at the end, with an ellipsis. */
export function formatResult(result: RunResult): string {
  const whole = JSON.stringify(result);
  if (result.ok || Buffer.byteLength(whole) <= RESULT_LIMIT_BYTES) return whole;
  // Bisect on the message: escapes make bytes and characters differ.
  let fits = 0;
  let tooLong = result.message.length;
  while (tooLong - fits > 1) {
    const middle = (fits + tooLong) >> 1;
    if (Buffer.byteLength(withMessage(result, middle)) <= RESULT_LIMIT_BYTES) fits = middle;
    else tooLong = middle;
  }
  return withMessage(result, fits);
}

function withMessage(result: RunFailure, length: number): string {
  const cut = result.message.slice(0, length).replace(/[\ud800-\udbff]$/, ''); // not in the middle of a character
  return JSON.stringify({ ...result, message: `${cut.toWellFormed()}…` });
}

/** What a termination message says, or undefined when it is not a result of ours. Never throws. */
export function parseResult(text: string): RunResult | undefined {
  if (Buffer.byteLength(text) > RESULT_LIMIT_BYTES) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  return fields['ok'] === true ? parseSuccess(fields) : fields['ok'] === false ? parseFailure(fields) : undefined;
}

function parseSuccess(fields: Readonly<Record<string, unknown>>): RunSuccess | undefined {
  const { rows, sheets, bytes, sha256, etag, key, versionId, revision } = fields;
  if (!isCount(rows) || !isCount(bytes)) return undefined;
  // Every file has one, whatever its format; a status takes no other number.
  if (!isCount(sheets) || sheets < 1 || sheets > MAX_SHEETS) return undefined;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return undefined;
  if (!isShortText(etag) || !isShortText(key)) return undefined;
  if (versionId !== undefined && !isShortText(versionId)) return undefined;
  if (revision !== undefined && (typeof revision !== 'string' || !/^[0-9a-f]{40,64}$/.test(revision))) return undefined;
  return {
    ok: true,
    rows,
    sheets,
    bytes,
    sha256,
    etag,
    key,
    ...(versionId === undefined ? {} : { versionId }),
    ...(revision === undefined ? {} : { revision }),
  };
}

function parseFailure(fields: Readonly<Record<string, unknown>>): RunFailure | undefined {
  const { reason, message, retryable } = fields;
  const known = RUNNER_FAILURE_REASONS.find((candidate) => candidate === reason);
  if (known === undefined || typeof message !== 'string' || typeof retryable !== 'boolean') return undefined;
  return { ok: false, reason: known, message: foreignText(message), retryable };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isShortText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= RESULT_LIMIT_BYTES;
}
