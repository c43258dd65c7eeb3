/**
 * How far a run is: one structured log line at most every five seconds, which the operator reads from the end of the pod's log.
 *
 * Writer and reader stand side by side because the line is their contract. The reader trusts nothing: the log may end anywhere, and other lines surround it.
 */

/** Shortest time between two lines. */
export const PROGRESS_INTERVAL_MS = 5_000;
/** Longest line the reader looks at. */
const LINE_LIMIT = 512;

export const PROGRESS_PHASES = ['Rendering', 'Uploading'] as const;

export interface Progress {
  /** Data rows encoded so far. */
  readonly rows: number;
  /** Bytes of the file made so far. */
  readonly bytes: number;
  /** Uploading = the last row is encoded and the rest of the file is on its way. */
  readonly phase: (typeof PROGRESS_PHASES)[number];
}

export function formatProgress(progress: Progress, now: Date): string {
  return JSON.stringify({ level: 'info', time: now.toISOString(), msg: 'progress', ...progress });
}

/** The newest progress in the tail of a log, or undefined. Never throws. */
export function parseProgress(tail: string): Progress | undefined {
  const lines = tail.split('\n');
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const progress = parseLine(lines[index] ?? '');
    if (progress !== undefined) return progress;
  }
  return undefined;
}

function parseLine(line: string): Progress | undefined {
  if (line.length > LINE_LIMIT || !line.startsWith('{')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { msg, rows, bytes, phase } = value as Readonly<Record<string, unknown>>;
  const known = PROGRESS_PHASES.find((candidate) => candidate === phase);
  if (msg !== 'progress' || known === undefined || !isCount(rows) || !isCount(bytes)) return undefined;
  return { rows, bytes, phase: known };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
