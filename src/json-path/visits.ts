/** The work that paths may cause on one row: a document and a path that fit together badly would otherwise keep a runner busy for ever (security.md 6). */

import { foreignText } from '../foreign-text.ts';

/** Nodes that the paths of one row may look at. */
export const VISITS_LIMIT = 100_000;

/** The paths of a row looked at too many nodes. The message is safe to show: it names the path, as the template has it. */
export class VisitsError extends Error {
  constructor(path: string) {
    super(
      `the path ${foreignText(path)} would look at more than ${VISITS_LIMIT.toLocaleString('en-US')} places of one row; make it more precise`,
    );
    this.name = 'VisitsError';
  }
}

/** Of one row: shared by all of its paths. */
export class Visits {
  #left = VISITS_LIMIT;

  /** @throws VisitsError naming `path` when the row has none left. */
  spend(count: number, path: string): void {
    this.#left -= count;
    if (this.#left < 0) throw new VisitsError(path);
  }
}
