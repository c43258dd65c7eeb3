/**
 * How much all parameters of a Report may hold together (security.md 16): they go into the status, which must stay under 64 KiB, and into the plan of the Job, which is one
 * string of its environment.
 *
 * 32 KiB of parameters, three conditions of at most 2,048 characters (api/conditions.ts) and the facts of one file leave a status of at most 60 KiB.
 */
import type { ResolvedParameter } from '../../runner/plan.ts';

/** Bytes of the resolved parameters as JSON. */
export const RESOLVED_LIMIT_BYTES = 32 * 1024;

/** What is wrong with their size, naming the largest; undefined = nothing. */
export function sizeProblem(parameters: readonly ResolvedParameter[]): string | undefined {
  const bytes = bytesOf(parameters);
  if (bytes <= RESOLVED_LIMIT_BYTES) return undefined;
  const sizes = parameters.map((parameter) => ({ name: parameter.name, bytes: bytesOf(parameter) }));
  const largest = sizes.reduce((most, each) => (each.bytes > most.bytes ? each : most));
  return `the parameters have ${bytes} bytes of JSON together; at most ${RESOLVED_LIMIT_BYTES} are allowed; the largest is "${largest.name}" (${largest.bytes} bytes)`;
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
