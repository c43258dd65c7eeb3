/** `kubectl-dossier`: kubectl finds a program of that name on PATH and runs it as `kubectl dossier`. Exit codes: 0 done; 1 it did not work; 2 usage; 130 interrupted. */
import packageJson from '../../package.json' with { type: 'json' };
import { KubeClient } from '../kube/client.ts';
import { loadUserConfig } from '../kube/config.ts';
import { ConnectionError, KubeError, UnreadableError } from '../kube/errors.ts';
import { HttpTransport } from '../kube/transport.ts';
import { CommandError, UsageError, type Command, type Given } from './command.ts';
import { create } from './commands/create.ts';
import { describeTemplate } from './commands/describe.ts';
import { download } from './commands/download.ts';
import { logs } from './commands/logs.ts';
import { run } from './commands/run.ts';
import { parseCommandLine } from './options.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

async function main(signal: AbortSignal): Promise<number> {
  const parsed = parseCommandLine(process.argv.slice(2), [create, describeTemplate, download, logs, run]);
  switch (parsed.kind) {
    case 'help':
      process.stdout.write(parsed.text);
      return 0;
    case 'version':
      process.stdout.write(`${packageJson.version}\n`);
      return 0;
    case 'run':
      return runCommand(parsed.command, parsed.given, signal);
  }
}

async function runCommand(command: Command, given: Given, signal: AbortSignal): Promise<number> {
  const { cluster, namespace } = await loadUserConfig(
    { kubeconfig: given.text('kubeconfig'), context: given.text('context') },
    process.env,
  );
  const transport = new HttpTransport(cluster, `kubectl-dossier/${packageJson.version}`);
  try {
    return await command.run(given, {
      client: new KubeClient(transport, () => undefined),
      namespace: given.text('namespace') ?? namespace,
      signal,
      out: process.stdout,
      say: (line) => process.stderr.write(`${line}\n`),
    });
  } finally {
    await transport.close();
  }
}

/** One line for what a person can mend; a stack only for our own mistakes. */
function explain(error: unknown): string {
  const told = [UsageError, CommandError, KubeError, ConnectionError, UnreadableError];
  if (told.some((type) => error instanceof type)) return (error as Error).message;
  if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError) return error.stack ?? error.message;
  return error instanceof Error ? error.message : String(error);
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error(signal)));
// Whoever reads has seen enough (`| head`).
process.stdout.on('error', () => process.exit(0));
try {
  process.exitCode = await main(stop.signal);
} catch (error) {
  if (!stop.signal.aborted) process.stderr.write(`error: ${explain(error)}\n`);
  process.exitCode = stop.signal.aborted ? EXIT_INTERRUPTED : error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
}
