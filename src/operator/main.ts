/** The operator's process: flags, logs, signals, exit codes. Everything else is operator.ts, or wait-for-kinds.ts for the one other thing that it can be told to do. */
import packageJson from '../../package.json' with { type: 'json' };
import { foreignText } from '../foreign-text.ts';
import { apiserverAddresses, loadClusterConfig } from '../kube/config.ts';
import { createLogger } from '../telemetry/log.ts';
import { Operator } from './operator.ts';
import { helpText, parseOptions, parseWaitOptions, UsageError } from './options.ts';

const EXIT_USAGE = 2;

async function main(args: readonly string[], stop: AbortSignal): Promise<number> {
  return args[0] === 'wait-for-kinds' ? wait(args.slice(1), stop) : operate(args, stop);
}

async function operate(args: readonly string[], stop: AbortSignal): Promise<number> {
  const settings = parseOptions(args, process.env);
  if (settings === 'help') return help();
  const log = createLogger(settings.logLevel);
  try {
    const cluster = await loadClusterConfig(settings.kubeconfig, process.env);
    log.info({ version: packageJson.version, server: cluster.server.host }, 'starting');
    const apiserver = await apiserverAddresses(cluster.server);
    await new Operator(settings, cluster, apiserver, packageJson.version, log).run(stop);
    return 0;
  } catch (error) {
    log.error({ err: error }, 'ended');
    return 1;
  }
}

/** Plain lines: Helm shows them to whoever installs. */
async function wait(args: readonly string[], stop: AbortSignal): Promise<number> {
  const settings = parseWaitOptions(args, process.env);
  if (settings === 'help') return help();
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  try {
    const { waitForKinds } = await import('./wait-for-kinds.ts');
    await waitForKinds(await loadClusterConfig(settings.kubeconfig, process.env), say, stop);
    return 0;
  } catch (error) {
    say(foreignText(error instanceof Error ? error.message : String(error)));
    return 1;
  }
}

function help(): number {
  process.stdout.write(helpText());
  return 0;
}

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort(new Error(signal)));
try {
  process.exitCode = await main(process.argv.slice(2), stop.signal);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = EXIT_USAGE;
}
