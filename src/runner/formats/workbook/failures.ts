/** What is wrong with a user's workbook: a mistake in the template, told at the run, because only the run opens it. */
import { DossierError } from '../../../errors.ts';

/** `clause` goes on after "the workbook". */
export function workbookFailed(clause: string): DossierError {
  return new DossierError('TemplateFailed', `xlsx.workbook: the workbook ${clause}`, { retryable: false });
}
