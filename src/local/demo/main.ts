/** `npm run demo`: command line, signals and exit codes. Everything else is demo.ts. */
import { join } from 'node:path';
import { constants } from 'node:os';
import { runDemo } from './demo.ts';
import { describeFailure } from './failure.ts';
import { stopKept } from './kept.ts';
import { HELP, parseCommand, UsageError } from './options.ts';

const EXIT_USAGE = 2;
const DEFAULT_OUTPUT = join(import.meta.dirname, '../../../demo-output');

/** A signal asked for the end. */
class Interrupted extends Error {
  readonly exitCode: number;

  constructor(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') {
    super(signal);
    this.exitCode = 128 + constants.signals[signal];
  }
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // `on`, not `once`: npm passes on a Ctrl-C that the terminal has already sent to everybody, and the second one must not kill the first one's work.
  process.on(signal, () => {
    if (stop.signal.aborted) return;
    process.stderr.write('\nEnding everything ...\n');
    stop.abort(new Interrupted(signal));
  });
}
// Whoever read our output is gone, as with `| head`: nobody is left to show anything to.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => stop.abort(new Interrupted('SIGHUP')));

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  // Whatever an end by a signal makes of the work under way, the signal is what happened.
  const reason: unknown = stop.signal.reason;
  if (reason instanceof Interrupted) return reason.exitCode;
  process.stderr.write(`demo: ${describeFailure(error)}\n`);
  return error instanceof UsageError ? EXIT_USAGE : 1;
});

async function main(args: readonly string[]): Promise<number> {
  const command = parseCommand(args);
  switch (command.kind) {
    case 'help':
      process.stdout.write(HELP);
      return 0;
    case 'stop':
      process.stdout.write((await stopKept(process.env)) ? 'The demo has ended.\n' : 'No demo was being kept.\n');
      return 0;
    case 'run':
      await runDemo({ keep: command.keep, output: command.output ?? DEFAULT_OUTPUT }, process.stdout, stop.signal);
      return 0;
  }
}
