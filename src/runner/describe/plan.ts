/** What the step `describe` is told. */

/** Path of the folder with the descriptor. */
export const DESCRIBE_ENV = 'DOSSIER_DESCRIBE';
