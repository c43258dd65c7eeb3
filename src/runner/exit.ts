/**
 * The one place that maps how a run ended to an exit code and a result (sysexits.h names).
 *
 * 64 stops the Job at once (its podFailurePolicy): the same input would fail again. 75 lets the Job try again, up to its backoffLimit.
 */
import { DossierError } from '../errors.ts';
import { foreignText } from '../foreign-text.ts';
import { RUNNER_FAILURE_REASONS } from '../api/reasons.ts';
import type { RunFailure } from './result.ts';

export const EXIT_DONE = 0;
/** EX_USAGE: the user's mistake. */
export const EXIT_MISTAKE = 64;
/** EX_TEMPFAIL. */
export const EXIT_TRY_AGAIN = 75;

export interface Ending {
  readonly code: typeof EXIT_MISTAKE | typeof EXIT_TRY_AGAIN;
  readonly result: RunFailure;
}

/** How a run ends that threw `error`; `stopped` when it was told to stop (SIGTERM). */
export function endingOf(error: unknown, stopped: boolean): Ending {
  if (stopped)
    return { code: EXIT_TRY_AGAIN, result: { ok: false, reason: 'RenderFailed', message: 'the runner was told to stop', retryable: true } };
  if (error instanceof DossierError) {
    const reason = RUNNER_FAILURE_REASONS.find((known) => known === error.reason) ?? 'RenderFailed';
    const code = error.retryable ? EXIT_TRY_AGAIN : EXIT_MISTAKE;
    return { code, result: { ok: false, reason, message: foreignText(error.message), retryable: error.retryable } };
  }
  // Not one of ours: a mistake in our own code. Its message could hold a value of a row; its class cannot.
  const name = error instanceof Error && typeof error.name === 'string' ? error.name : typeof error;
  return {
    code: EXIT_TRY_AGAIN,
    result: {
      ok: false,
      reason: 'RenderFailed',
      message: `internal error (${foreignText(name, 64)}); the pod's log has its stack`,
      retryable: true,
    },
  };
}
