/**
 * When a file is given up, so that a Report can be deleted although its bucket cannot be cleaned (api.md, Giving up).
 *
 * Rare and loud: a warning in the log, a metric, an Event. Anything else is retried for as long as it takes.
 */
import type { ReportView } from './view.ts';

export const ABANDON_ANNOTATION = 'dossier.dev/abandon-file';
/** Secrets are remembered for two seconds (secrets.ts), so two looks may have seen the same; and somebody who replaces one deletes it first. */
const ABSENT_PATIENCE_MS = 5_000;
/** A terminating namespace takes no new Secret: refused credentials there stay refused. */
const REFUSED_PATIENCE_MS = 10 * 60_000;

/** Why the file is given up now; undefined = go on trying. */
export function giveUpReason(view: ReportView, now: number): string | undefined {
  if (view.report.metadata.annotations?.[ABANDON_ANNOTATION] === 'true') return `annotation ${ABANDON_ANNOTATION}`;
  const trouble = view.cleanupTrouble;
  if (trouble === undefined) return undefined;
  switch (trouble.kind) {
    case 'NotFound':
      return trouble.times >= 2 && now - trouble.since >= ABSENT_PATIENCE_MS ? `not found twice: ${trouble.message}` : undefined;
    case 'ObjectLocked':
      return `the bucket keeps the object by Object Lock: ${trouble.message}`;
    case 'Refused':
      return view.namespaceTerminating === true && now - trouble.since >= REFUSED_PATIENCE_MS
        ? `refused for ten minutes in a terminating namespace: ${trouble.message}`
        : undefined;
    case 'Other':
      return undefined;
  }
}
