/** The operator as a process of its own, for tests that kill it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { operatorFlags } from './operator.ts';

const MAIN = join(import.meta.dirname, '../../../src/operator/main.ts');

export interface OperatorProcess {
  /** Standard output and error so far. */
  log(): string;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when it has ended, to its exit code or signal. */
  ended(): Promise<number | NodeJS.Signals>;
}

/** Starts an operator for `namespace` that reaches the apiserver at `url` (plain HTTP, a proxy's). */
export async function startOperatorProcess(namespace: string, url: string, more: readonly string[] = []): Promise<OperatorProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'dossier-operator-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'proxy', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'nobody', user: {} }],
    contexts: [{ name: 'proxy', context: { cluster: 'proxy', user: 'nobody' } }],
    'current-context': 'proxy',
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  const flags = operatorFlags(namespace, ['--kubeconfig', kubeconfig, ...more]);
  const child = spawn(execPath, [MAIN, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  const collect = (chunk: Buffer): void => {
    text += chunk.toString();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const ended = endOf(child).finally(() => rm(folder, { recursive: true, force: true }));
  return { log: () => text, kill: (signal) => child.kill(signal), ended: () => ended };
}

async function endOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  await once(child, 'close');
  return child.exitCode ?? child.signalCode ?? 0;
}
