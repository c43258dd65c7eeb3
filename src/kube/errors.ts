/**
 * What can go wrong between us and the apiserver, as data.
 *
 * A message is the Status' own message, which the apiserver writes for people; headers and bodies never get into one.
 */
import { foreignText } from '../foreign-text.ts';

/** The apiserver answered, and the answer is no. https://kubernetes.io/docs/reference/using-api/api-concepts/#status */
export class KubeError extends Error {
  readonly status: number;
  /** Status.reason: NotFound, AlreadyExists, Conflict, Invalid, Forbidden, Expired ... */
  readonly reason: string;
  /** Seconds from Retry-After, when the server named them. */
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, reason: string, message: string, retryAfterSeconds?: number) {
    super(message);
    this.name = 'KubeError';
    this.status = status;
    this.reason = reason;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** No answer: refused, cut, timed out. What was asked for may or may not have happened. */
export class ConnectionError extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'ConnectionError';
  }
}

/** An answer of success that is not what it has to be: a proxy's page, JSON cut short. What it held is not told. */
export class UnreadableError extends Error {
  constructor(what: string) {
    super(`${what}: not a readable answer of an apiserver`);
    this.name = 'UnreadableError';
  }
}

/** A KubeError from a response that is not a success. */
export function toKubeError(status: number, body: string, retryAfter: string | undefined): KubeError {
  const seconds = retryAfter !== undefined && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : undefined;
  let reason = '';
  let message = '';
  try {
    const parsed = JSON.parse(body) as { reason?: unknown; message?: unknown } | null;
    if (typeof parsed?.reason === 'string') reason = parsed.reason;
    if (typeof parsed?.message === 'string') message = parsed.message;
  } catch {
    // A proxy's page, or a body cut short: the status code is all there is.
  }
  return new KubeError(
    status,
    foreignText(reason, 128),
    message === '' ? `the apiserver answered ${status}` : foreignText(message, 2048),
    seconds,
  );
}

export function isNotFound(error: unknown): boolean {
  return error instanceof KubeError && error.status === 404;
}

/** 409 because the name is taken; other 409s are conflicts of versions. */
export function isAlreadyExists(error: unknown): boolean {
  return error instanceof KubeError && error.status === 409 && error.reason === 'AlreadyExists';
}

/** 409 because somebody wrote first, or the object of that name is another one now. */
export function isConflict(error: unknown): boolean {
  return error instanceof KubeError && error.status === 409 && error.reason !== 'AlreadyExists';
}

export function isForbidden(error: unknown): boolean {
  return error instanceof KubeError && error.status === 403;
}

/** 422 or 400: the object itself is refused; sending it again cannot help. */
export function isInvalid(error: unknown): boolean {
  return error instanceof KubeError && (error.status === 422 || error.status === 400);
}

/** The list or watch position is too old: list again. */
export function isExpired(error: unknown): boolean {
  return error instanceof KubeError && (error.status === 410 || error.reason === 'Expired' || error.reason === 'Gone');
}
