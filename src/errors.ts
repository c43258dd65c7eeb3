import type { FailureReason } from './api/reasons.ts';

/**
 * The one error type of Dossier: a reason that ends a Report, a message a user should read, and whether another try could help.
 *
 * `src/runner/exit.ts` maps it to exit codes and the operator maps it to conditions; nobody parses messages.
 * A message never carries a value of a row, a credential or a body of a foreign server (security.md 13).
 */
export class DossierError extends Error {
  readonly reason: FailureReason;
  readonly retryable: boolean;

  constructor(reason: FailureReason, message: string, options: { readonly retryable: boolean; readonly cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = 'DossierError';
    this.reason = reason;
    this.retryable = options.retryable;
  }
}
