/** The operator's process: flags, logs, signals, exit codes. Everything else is operator.ts, or wait-for-kinds.ts for the one other thing that it can be told to do. */
import packageJson from '../../package.json' with { type: 'json' };
import { apiserverAddresses, loadClusterConfig } from '../kube/config.ts';
import { createLogger, type LogLevel } from '../telemetry/log.ts';
import type { Logger } from 'pino';
import { Operator } from './operator.ts';
import { helpText, parseOptions, parseWaitOptions, UsageError } from './options.ts';

const EXIT_USAGE = 2;

type Work = (log: Logger, stop: AbortSignal) => Promise<void>;

/** What the command line asks for. Throws UsageError. */
function asked(args: readonly string[], env: NodeJS.ProcessEnv): { readonly logLevel: LogLevel; readonly work: Work } | 'help' {
  if (args[0] === 'wait-for-kinds') {
    const settings = parseWaitOptions(args.slice(1), env);
    if (settings === 'help') return 'help';
    const work: Work = async (log, stop) => {
      const { waitForKinds } = await import('./wait-for-kinds.ts');
      await waitForKinds(await loadClusterConfig(settings.kubeconfig, env), log, stop);
    };
    return { logLevel: 'info', work };
  }
  const settings = parseOptions(args, env);
  if (settings === 'help') return 'help';
  const work: Work = async (log, stop) => {
    const cluster = await loadClusterConfig(settings.kubeconfig, env);
    log.info({ version: packageJson.version, server: cluster.server.host }, 'starting');
    const apiserver = await apiserverAddresses(cluster.server);
    await new Operator(settings, cluster, apiserver, packageJson.version, log).run(stop);
  };
  return { logLevel: settings.logLevel, work };
}

async function main(): Promise<number> {
  const what = asked(process.argv.slice(2), process.env);
  if (what === 'help') {
    process.stdout.write(helpText());
    return 0;
  }
  const log = createLogger(what.logLevel);
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort(new Error(signal)));
  try {
    await what.work(log, stop.signal);
    return 0;
  } catch (error) {
    log.error({ err: error }, 'ended');
    return 1;
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = EXIT_USAGE;
}
