/**
 * The life of the demo: its tools, its host, its story, and its end. Whatever happens, nothing is left running when this returns or throws, unless it was asked to be kept.
 */
import { mkdir, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { SERVER_TOOLS } from '../tools/catalog.ts';
import { provideTools } from '../tools/provide.ts';
import { Host } from './host.ts';
import { isDemoKept } from './kept.ts';
import type { Terminal } from './screen.ts';
import { tellArrival, tellStory } from './story.ts';

/** Databases, logs and rows on their way; with less, servers fail in ways that nobody understands. */
const SPACE_NEEDED_BYTES = 500_000_000;
const LAST_WORD_MS = 500;

export interface DemoOptions {
  readonly keep: boolean;
  /** Folder for the finished files. */
  readonly output: string;
}

/** Throws when something went wrong, when a Report ended as it should not, and when aborted before the end of the story. */
export async function runDemo({ keep, output }: DemoOptions, terminal: Terminal, signal: AbortSignal): Promise<void> {
  if (keep && (await isDemoKept(process.env))) {
    throw new Error('a demo is being kept already; end it with: make demo ARGS=--stop (or: npm run demo -- --stop)');
  }
  await checkSpace(tmpdir());
  await mkdir(output, { recursive: true });
  await provideTools({ signal }, SERVER_TOOLS);
  signal.throwIfAborted();

  const host = new Host();
  const lost = new AbortController();
  host.lost.catch((error: unknown) => lost.abort(error));
  const ended = AbortSignal.any([signal, lost.signal]);
  let kept = false;
  try {
    const facts = await tellStory({ host, terminal, output, goesOn: keep || terminal.isTTY === true }, ended);
    if (keep) {
      await host.keep(ended);
      kept = true;
      terminal.write('\nEverything runs on in the background. End it with: make demo ARGS=--stop (or: npm run demo -- --stop)\n');
    } else if (terminal.isTTY === true) {
      terminal.write('\nEverything runs until you press Ctrl-C here.\n');
      await tellArrival(facts, terminal, ended).catch((error: unknown) => {
        if (!ended.aborted) throw error;
      });
      await untilAborted(ended);
    }
    lost.signal.throwIfAborted();
  } catch (error) {
    // A host that was killed shows as broken connections a moment before its own end is known.
    if (!signal.aborted) await sleep(LAST_WORD_MS, undefined, { signal: lost.signal }).catch(() => undefined);
    throw lost.signal.aborted ? lost.signal.reason : error;
  } finally {
    if (!kept) await host.close();
  }
}

async function checkSpace(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= SPACE_NEEDED_BYTES) return;
  throw new Error(
    `${folder} has less than ${SPACE_NEEDED_BYTES / 1e6} MB of free space, which the demo needs while it runs: free some, or name another folder by TMPDIR`,
  );
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
