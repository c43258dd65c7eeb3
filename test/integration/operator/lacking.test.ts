/** An operator that lacks something says in one line what, and how to get it; and it goes on by itself when it comes. On a control plane without anything of Dossier's. */
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { apiserverAddresses, loadClusterConfig } from '../../../src/kube/config.ts';
import { Operator } from '../../../src/operator/operator.ts';
import { parseOptions } from '../../../src/operator/options.ts';
import { createLogger } from '../../../src/telemetry/log.ts';
import { REPOSITORY } from '../../docs/pages.ts';
import { printed } from '../chart/helm.ts';
import { useOwnCluster } from '../chart/own-cluster.ts';

const cluster = useOwnCluster();
const PATIENCE = { timeout: 60_000, interval: 100 };

interface Line {
  readonly level: string;
  readonly msg: string;
}

/** Its log so far, from its start with this kubeconfig; each has a lease of its own. */
async function startOperator(kubeconfig: string, name: string): Promise<readonly Line[]> {
  const lines: Line[] = [];
  const log = createLogger('info', { write: (line) => void lines.push(JSON.parse(line) as Line) });
  const flags = `--kubeconfig ${kubeconfig} --runner-image runner --health-port 0 --metrics-port 0 --leader-namespace default --leader-name ${name}`;
  const settings = parseOptions(flags.split(' '), {});
  if (settings === 'help') throw new Error('nobody asked for help');
  const config = await loadClusterConfig(kubeconfig, {});
  const stop = new AbortController();
  const running = new Operator(settings, config, await apiserverAddresses(config.server), 'test', log).run(stop.signal);
  onTestFinished(async () => {
    stop.abort(new Error('the test is over'));
    await running;
  });
  return lines;
}

/** That is all it complains of: in one line, or in a few of these when not every watch had tried in the first second. */
async function says(lines: readonly Line[], what: RegExp): Promise<void> {
  const complaints = (): readonly string[] => lines.filter(({ level }) => level === 'warn' || level === 'error').map(({ msg }) => msg);
  await expect.poll(() => complaints().at(-1), PATIENCE).toMatch(what);
  expect(complaints().filter((line) => !what.test(line) && !line.startsWith(what.source.slice(1, 15)))).toEqual([]);
  expect(complaints().length).toBeLessThan(5);
}

async function leads(lines: readonly Line[]): Promise<void> {
  await expect.poll(() => lines.map(({ msg }) => msg), PATIENCE).toContain('leading');
}

test('the CRDs, rights, or the apiserver itself: one line each, and then work', async () => {
  const admin = cluster().controlPlane.kubeconfigFile;
  // An address at which nobody listens yet.
  const proxy = createServer((client) => {
    const { port, hostname } = new URL(cluster().controlPlane.url);
    const upstream = connect(Number(port), hostname);
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) socket.on('error', () => [client, upstream].forEach((each) => each.destroy()));
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  const { port } = proxy.address() as AddressInfo;
  await new Promise((resolve) => proxy.close(resolve));
  const elsewhere = `${admin}-elsewhere`;
  await writeFile(elsewhere, (await readFile(admin, 'utf8')).replace(cluster().controlPlane.url, `https://127.0.0.1:${port}`));

  const withoutCrds = await startOperator(admin, 'without-crds');
  const withoutRights = await startOperator(
    await cluster().controlPlane.kubeconfigForServiceAccount('default', 'default'),
    'without-rights',
  );
  const withoutApiserver = await startOperator(elsewhere, 'without-apiserver');
  await says(
    withoutCrds,
    /^the cluster does not have the kinds; install the CRDs: .*kubectl apply --server-side -f crds\/ \(.*Report, .*\)/,
  );
  await says(withoutRights, /^rights are missing; install the chart with rbac\.create=true, .* \(.*Report, .*\)/);
  await says(withoutApiserver, /^the apiserver cannot be reached \(.*ECONNREFUSED.*\); tried again until it works$/);

  await printed(cluster().kubectl(['apply', '--server-side', '-f', join(REPOSITORY, 'crds')]));
  await leads(withoutCrds);
  await printed(
    cluster().kubectl(['create', 'clusterrolebinding', 'rights', '--clusterrole=cluster-admin', '--serviceaccount=default:default']),
  );
  await leads(withoutRights);
  await once(proxy.listen(port, '127.0.0.1'), 'listening');
  onTestFinished(() => void proxy.close());
  await leads(withoutApiserver);
});
