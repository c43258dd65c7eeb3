/**
 * Whether a page is asked for again: within the run only a few times, because the Job tries the whole run again after it.
 */
import { DossierError } from '../../../errors.ts';
import { count } from '../../cells/misfit.ts';
import { failed } from './errors.ts';

/** Requests of one page, the first one included. */
export const TRIES_LIMIT = 5;
const FIRST_PAUSE_MS = 1000;

/** The server refused for now, and may have said for how long (429, 503). */
export class Refusal extends DossierError {
  readonly retryAfterMs: number | undefined;

  constructor(failure: DossierError, retryAfterMs: number | undefined) {
    super(failure.reason, failure.message, { retryable: failure.retryable });
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * Milliseconds until the next try after the failure number `tries` (from 1). `leftMs`: of the run's deadline; `random`: 0 <= x < 1.
 * @throws the failure, when there is no other try; DossierError SourceFailed that is not retryable when the server asks for more time than is left.
 */
export function pauseBeforeRetry(failure: DossierError, tries: number, leftMs: number, random: number): number {
  if (!failure.retryable) throw failure;
  const asked = failure instanceof Refusal ? failure.retryAfterMs : undefined;
  if (asked !== undefined && asked >= leftMs) {
    const seconds = count(Math.ceil(asked / 1000));
    throw failed(
      `${failure.message.replace(/^http: /, '')}; the server asks to wait ${seconds} s, which is beyond the run's deadline (activeDeadlineSeconds)`,
      false,
    );
  }
  if (tries >= TRIES_LIMIT) throw failure;
  // Half of the pause is chance, for runs that fail in the same moment.
  return asked ?? FIRST_PAUSE_MS * 2 ** (tries - 1) * (0.5 + random / 2);
}
