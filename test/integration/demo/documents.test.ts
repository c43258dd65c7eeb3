/** What the documentation gives people to apply is accepted as it stands, and the rights that it lists are enough. */
import { beforeAll, describe, expect, onTestFailed, onTestFinished, test } from 'vitest';
import type { ResourceType } from '../../../src/kube/resources.ts';
import { REPORT_DOWNLOADS, SERVICE_ACCOUNTS, pathOf } from '../../../src/kube/resources.ts';
import { RUNNER_IMAGE } from '../../../src/local/node/runner-image.ts';
import { Operator } from '../../../src/operator/operator.ts';
import { parseOptions } from '../../../src/operator/options.ts';
import { createLogger } from '../../../src/telemetry/log.ts';
import { blocks, page, pages, section, tableRows } from '../../docs/pages.ts';
import { kubectl, useApiserver } from '../crds/apiserver.ts';
import { Billing } from '../support/billing.ts';
import { operatorFlags } from '../support/operator.ts';
import { adminClient, controlPlane, newBucket, newNamespace } from '../support/servers.ts';

const apiserver = useApiserver();

describe('every manifest in the documentation is accepted without a warning', () => {
  const manifests = pages().flatMap((each) =>
    blocks(each)
      .filter(({ language, text }) => language === 'yaml' && text.startsWith('apiVersion:'))
      .map(({ text }, index) => [`${each.path}, ${index + 1}`, text] as const),
  );

  test('there are some', () => {
    expect(manifests.length).toBeGreaterThan(2);
  });

  test.each(manifests)('%s', async (_, text) => {
    const moved = text.replaceAll('namespace: billing', `namespace: ${apiserver.namespace}`);
    expect(await kubectl(['apply', '--dry-run=server', '--validate=strict', '-f', '-'], moved)).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('the rights that docs/security.md lists', () => {
  /** `reports.dossier.dev/status | patch` of the page as a rule of a role; names of single objects are left out. */
  const rules = tableRows(section(page('docs/security.md'), "The operator's rights"))
    .filter(([resource]) => resource !== 'resource')
    .map(([resources = '', verbs = '']) => ({
      apiGroups: [...new Set(resources.split(', ').map((each) => /^[^./ ]+\.([^/ ]+)/.exec(each)?.[1] ?? ''))],
      resources: resources.split(', ').map((each) => each.replace(/^([^./ ]+)\.[^/ ]+/, '$1').replace(/ .*$/, '')),
      verbs: verbs.split(', '),
    }));
  let billing: Billing;

  beforeAll(async () => {
    const client = adminClient();
    billing = new Billing(client, await newNamespace(client, 'rights'), await newBucket('rights'));
    return () => client.transport.close();
  });

  test('are enough to make a file, to hand it out and to remove it', async () => {
    const operator = await startWithRights(billing, rules);
    await billing.storage();
    await billing.priceList();
    await billing.report('prices', { templateRef: { name: 'prices' } });
    expect((await billing.finished('prices')).status.phase).toBe('Ready');
    await billing.create(REPORT_DOWNLOADS, 'prices', { spec: { reportRef: { name: 'prices' } } });
    const waited = await kubectl(['wait', '--for=condition=Ready', 'reportdownload/prices', '-n', billing.namespace, '--timeout=30s']);
    expect(waited).toMatchObject({ code: 0 });
    const deleted = await kubectl(['delete', 'report/prices', 'reportstorage/archive', '-n', billing.namespace, '--timeout=60s']);
    expect(deleted).toMatchObject({ code: 0 });
    expect((await operator.stop()).filter((line) => /forbidden/i.test(line))).toEqual([]);
  });
});

/** An operator that is a service account of the namespace and has no other rights; `stop` resolves to what it has logged. */
async function startWithRights(
  { client, namespace, signal }: Billing,
  rules: readonly object[],
): Promise<{ stop(): Promise<readonly string[]> }> {
  const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1', namespaced: true };
  const roles: ResourceType = { ...rbac, kind: 'ClusterRole', plural: 'clusterroles', namespaced: false };
  const bindings: ResourceType = { ...rbac, kind: 'ClusterRoleBinding', plural: 'clusterrolebindings', namespaced: false };
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const name = `dossier-${namespace}`;
  await client.create(roles, { apiVersion, kind: 'ClusterRole', metadata: { name }, rules }, signal);
  const subjects = [{ kind: 'ServiceAccount', namespace, name: 'default' }];
  const roleRef = { apiGroup: rbac.group, kind: 'ClusterRole', name };
  await client.create(bindings, { apiVersion, kind: 'ClusterRoleBinding', metadata: { name }, subjects, roleRef }, signal);

  const lines: string[] = [];
  const log = createLogger('debug', { write: (line) => void lines.push(line) });
  const settings = parseOptions(operatorFlags(namespace, ['--runner-image', RUNNER_IMAGE]), {});
  if (settings === 'help') throw new Error('nobody asked for help');
  const token = await tokenOf(namespace);
  const { url, ca } = controlPlane();
  const cluster = { server: new URL(url), tls: { ca, rejectUnauthorized: true }, authorization: async () => `Bearer ${token}` };
  const stop = new AbortController();
  const running = new Operator(settings, cluster, [], 'test', log).run(stop.signal);
  const end = async (): Promise<readonly string[]> => {
    stop.abort(new Error('the test is over'));
    await running;
    return lines;
  };
  onTestFinished(() => void end());
  onTestFailed(() => console.log(lines.join('')));
  return { stop: end };
}

async function tokenOf(namespace: string): Promise<string> {
  const client = adminClient();
  try {
    const path = pathOf(SERVICE_ACCOUNTS, namespace, 'default', 'token');
    const body = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3_600 } });
    const answer = await client.transport.request({ method: 'POST', path, body, signal: AbortSignal.timeout(10_000) });
    return (JSON.parse(answer) as { readonly status: { readonly token: string } }).status.token;
  } finally {
    await client.transport.close();
  }
}
