/**
 * How a descriptor travels through a pod's log: between two lines that nothing else writes, with its length and checksum in the termination message as well, so that a log
 * that was cut, rotated or mixed with something else is noticed and never taken for the whole.
 */
import { createHash } from 'node:crypto';
import { DESCRIBED_LIMIT_BYTES } from '../../descriptor/descriptor.ts';

const MARK = 'dossier-descriptor';
/** Of the log that is read: the descriptor and the lines around it (security.md 11). */
export const LOG_LIMIT_BYTES = DESCRIBED_LIMIT_BYTES + 1024;

/** What the step leaves in its termination log. */
export interface FrameFacts {
  readonly bytes: number;
  readonly sha256: string;
}

export interface Frame {
  readonly lines: string;
  readonly facts: FrameFacts;
}

/** `json` is one line. */
export function frame(json: string): Frame {
  const facts = { bytes: Buffer.byteLength(json), sha256: createHash('sha256').update(json).digest('hex') };
  return { lines: `${MARK} ${facts.bytes} ${facts.sha256}\n${json}\n`, facts };
}

/** Undefined for a message that is none. Never throws. */
export function parseFrameFacts(message: string): FrameFacts | undefined {
  try {
    const { bytes, sha256 } = JSON.parse(message.slice(0, 256)) as { readonly bytes?: unknown; readonly sha256?: unknown };
    if (!Number.isSafeInteger(bytes) || typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return undefined;
    return { bytes: bytes as number, sha256 };
  } catch {
    return undefined;
  }
}

/** What stands in the frame of that log; undefined when it is not there whole. */
export function framed(log: string, { bytes, sha256 }: FrameFacts): string | undefined {
  const mark = `${MARK} ${bytes} ${sha256}\n`;
  const start = log.startsWith(mark) ? 0 : log.indexOf(`\n${mark}`) + 1;
  if (start === 0 && !log.startsWith(mark)) return undefined;
  const from = start + mark.length;
  const end = log.indexOf('\n', from);
  const json = log.slice(from, end < 0 ? undefined : end);
  return Buffer.byteLength(json) === bytes && createHash('sha256').update(json).digest('hex') === sha256 ? json : undefined;
}
