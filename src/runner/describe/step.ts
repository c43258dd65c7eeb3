/**
 * The step `describe` of a ReportRepository's Job: reads the descriptor in the checkout that the step `fetch` left, and prints what it says. It has no credentials, and runs
 * nothing of the repository.
 *
 * A descriptor with mistakes is a result like any other: exit code 0, and the list of them on the log.
 */
import { writeFileSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { describe } from '../../descriptor/describe.ts';
import { DESCRIBED_LIMIT_BYTES, type Described } from '../../descriptor/descriptor.ts';
import { atMostMistakes } from '../../mistakes.ts';
import { createLogger } from '../../telemetry/log.ts';
import { endingOf, EXIT_DONE } from '../exit.ts';
import { PLAN_ENV } from '../plan.ts';
import { formatResult } from '../result.ts';
import { DiskTree } from './disk-tree.ts';
import { frame } from './frame.ts';
import { DESCRIBE_ENV } from './plan.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Resolves to the exit code; never rejects. */
export async function describeStep(env: Environment, signal: AbortSignal): Promise<number> {
  try {
    const folder = env[DESCRIBE_ENV];
    if (folder === undefined) throw new TypeError('this step is started by the Jobs of the operator');
    const described = await describe(new DiskTree(await realpath(folder)));
    signal.throwIfAborted();
    const { lines, facts } = frame(textOf(described));
    process.stdout.write(lines);
    leave(env, JSON.stringify(facts));
    return EXIT_DONE;
  } catch (error) {
    const { code, result } = endingOf(error, signal.aborted);
    leave(env, formatResult(result));
    createLogger('info').error({ err: error, exitCode: code }, 'failed');
    return code;
  }
}

function textOf(described: Described): string {
  const whole = described.kind === 'mistakes' ? { mistakes: atMostMistakes(described.mistakes) } : described;
  const text = JSON.stringify(whole);
  const bytes = Buffer.byteLength(text);
  if (bytes <= DESCRIBED_LIMIT_BYTES) return text;
  const most = DESCRIBED_LIMIT_BYTES / 1024;
  const mistake = `the descriptor: all templates together are ${Math.ceil(bytes / 1024)} KiB of JSON; at most ${most} KiB are allowed; divide the repository, or shorten descriptions`;
  return JSON.stringify({ mistakes: [mistake] });
}

function leave(env: Environment, text: string): void {
  const path = env[PLAN_ENV.terminationLog];
  if (path !== undefined) writeFileSync(path, text);
}
