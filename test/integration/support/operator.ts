/**
 * An operator for one test file: in a namespace of its own, with a lease of its own, so that many run beside each other on the shared control plane.
 *
 * It is the very `Operator` that the product runs, in this process; tests that kill it start src/operator/main.ts as a child (operator-process.ts).
 */
import { Writable } from 'node:stream';
import type { Logger } from 'pino';
import { onTestFailed } from 'vitest';
import { apiserverAddresses } from '../../../src/kube/config.ts';
import { RUNNER_IMAGE } from '../../../src/local/node/runner-image.ts';
import { Operator } from '../../../src/operator/operator.ts';
import { parseOptions } from '../../../src/operator/options.ts';
import type { OperatorSettings } from '../../../src/operator/settings.ts';
import { createLogger } from '../../../src/telemetry/log.ts';
import { controlPlane } from './servers.ts';

export interface TestOperator {
  /** Everything it has logged. */
  log(): string;
  stop(): Promise<void>;
}

/** Flags of an operator for tests in `namespace`; more of them win. */
export function operatorFlags(namespace: string, more: readonly string[] = []): readonly string[] {
  return [
    ...['--kubeconfig', controlPlane().kubeconfigFile],
    ...['--namespaces', namespace],
    // Seen by all tests at once: only those that are about them look.
    ...['--cluster-templates', 'false'],
    ...['--leader-namespace', namespace],
    ...['--health-port', '0'],
    ...['--metrics-port', '0'],
    ...['--runner-image', RUNNER_IMAGE],
    ...['--allow-loopback', 'true'],
    ...['--log-level', 'debug'],
    ...more,
  ];
}

/** Starts an operator; `change` edits its settings. The caller stops it. */
export function startOperator(
  namespace: string,
  more: readonly string[] = [],
  change: (settings: OperatorSettings) => OperatorSettings = (same) => same,
): TestOperator {
  const settings = parseOptions(operatorFlags(namespace, more), {});
  if (settings === 'help') throw new Error('flags of a test asked for help');
  const { log, text } = memoryLog();
  const stop = new AbortController();
  const { url, admin, ca } = controlPlane();
  const tls = { ca, cert: admin.certificate, key: admin.key, rejectUnauthorized: true };
  const server = new URL(url);
  const running = apiserverAddresses(server).then((apiserver) =>
    new Operator(change(settings), { server, tls, authorization: async () => undefined }, apiserver, 'test', log).run(stop.signal),
  );
  running.catch((error: unknown) => log.error({ err: error }, 'operator ended'));
  return {
    log: text,
    stop: async () => {
      stop.abort(new Error('the test is over'));
      await running;
    },
  };
}

/** A log that is kept in memory and printed only when a test fails. */
function memoryLog(): { readonly log: Logger; readonly text: () => string } {
  const lines: string[] = [];
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  return { log: createLogger('debug', destination), text: () => lines.join('') };
}

/** To be called in a test: shows the operator's log when it fails. */
export function showLogOnFailure(operator: TestOperator): void {
  onTestFailed(() => console.log(operator.log()));
}
