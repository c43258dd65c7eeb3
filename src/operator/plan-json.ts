/**
 * JSON and other text that survive being the value of a container's environment variable.
 *
 * Kubernetes expands `$(NAME)` in such values and turns `$$` into `$`, and a query may well hold both: a dollar quote would change its meaning without a word. A `$` can
 * only stand within a string of JSON, and strings have another way to write it.
 * https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
 */
import { stringifyExact } from '../exact-json.ts';

/** @throws TypeError for what JSON cannot say. */
export function planJsonOf(value: unknown): string {
  return stringifyExact(value).replaceAll('$', '\\u0024');
}

/** A text that users wrote, such as the name of a file. What `$(NAME)` stood for could be a Secret of the container. */
export function envText(text: string): string {
  return text.replaceAll('$', '$$$$');
}
