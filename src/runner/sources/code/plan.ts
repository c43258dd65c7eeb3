/**
 * What custom code and the rest of a run agree on: the variables that tell it where to read and write, and how it says how it ended.
 *
 * The code's container has these variables, and of Dossier's own no others.
 */

export const CODE_ENV = {
  /** Path of a JSON file: what the Report asks for. */
  parameters: 'DOSSIER_PARAMETERS',
  /** Path of the file that the rows go to, one JSON object or array a line. */
  rows: 'DOSSIER_ROWS',
  /** Path of the module that the runner's own image runs. */
  entrypoint: 'DOSSIER_ENTRYPOINT',
  /** Path of the file with the commit that the code came from; for the runner. */
  revision: 'DOSSIER_REVISION',
} as const;

export interface CodePlan {
  readonly kind: 'code';
  /** `spec.source` of the template has the code under this name. */
  readonly from: 'container' | 'git';
}
