/** The operator's process: flags, logs, signals, exit codes. Everything else is operator.ts. */
import packageJson from '../../package.json' with { type: 'json' };
import { apiserverAddresses, loadClusterConfig } from '../kube/config.ts';
import { createLogger } from '../telemetry/log.ts';
import { Operator } from './operator.ts';
import { helpText, parseOptions, UsageError } from './options.ts';

const EXIT_USAGE = 2;

async function main(): Promise<number> {
  const settings = parseOptions(process.argv.slice(2), process.env);
  if (settings === 'help') {
    process.stdout.write(helpText());
    return 0;
  }
  const log = createLogger(settings.logLevel);
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort(new Error(signal)));
  try {
    const cluster = await loadClusterConfig(settings.kubeconfig, process.env);
    log.info({ version: packageJson.version, server: cluster.server.host }, 'starting');
    const apiserver = await apiserverAddresses(cluster.server);
    await new Operator(settings, cluster, apiserver, packageJson.version, log).run(stop.signal);
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
