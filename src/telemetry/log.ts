/**
 * Structured logs. Errors are logged by an allow-list of fields, never spread: a library's error object may carry headers, bodies or credentials (security.md 13).
 */
import { pino, type DestinationStream, type Logger } from 'pino';
import { DossierError } from '../errors.ts';
import { foreignText } from '../foreign-text.ts';
import { ConnectionError, KubeError } from '../kube/errors.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
    },
    destination ?? pino.destination({ dest: 1, sync: true }),
  );
}

/** What a log may say of an error. Only a mistake in our own code shows a stack: no input and no weather produces one. */
export function describeError(error: unknown): Readonly<Record<string, unknown>> {
  if (error instanceof DossierError) return { type: error.name, reason: error.reason, message: error.message };
  if (error instanceof KubeError) return { type: error.name, status: error.status, reason: error.reason, message: error.message };
  if (error instanceof ConnectionError) return { type: error.name, message: error.message };
  if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError) {
    return { type: error.name, message: foreignText(error.message), stack: error.stack };
  }
  if (error instanceof Error) return { type: error.name, message: foreignText(error.message) };
  return { type: typeof error };
}
