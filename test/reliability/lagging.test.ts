/**
 * Caches that lag behind each other: a watch that has gone silent, a list from the past. What cannot be taken back waits until they have caught up.
 */
import { afterAll, beforeAll, describe, expect, test, vi, type TestContext } from 'vitest';
import type { KubeClient } from '../../src/kube/client.ts';
import { REPORT_TEMPLATES } from '../../src/kube/resources.ts';
import { Billing } from '../integration/support/billing.ts';
import { startOperatorProcess, type OperatorProcess } from '../integration/support/operator-process.ts';
import { adminClient, controlPlane, newBucket, newNamespace } from '../integration/support/servers.ts';
import { jobsOf, podsOf } from '../integration/support/traces.ts';
import { startApiserverProxy, type ApiserverProxy, type Fate, type ProxiedRequest } from '../support/apiserver-proxy.ts';
import { Observer } from './observer.ts';

const NO_ELECTION = ['--leader-elect', 'false'];
/** Longer than any test: such a watch ends when the test cuts it. */
const FOR_EVER_MS = 300_000;

let client: KubeClient;
beforeAll(() => {
  client = adminClient();
});
afterAll(() => client.transport.close());

interface Place {
  readonly billing: Billing;
  readonly proxy: ApiserverProxy;
  readonly operator: OperatorProcess;
  /** What befalls requests; at first nothing. */
  fate: (request: ProxiedRequest) => Fate;
  close(): Promise<void>;
}

/** A namespace with a storage, and an operator behind a proxy. */
async function place(name: string, { onTestFailed }: TestContext): Promise<Place> {
  const billing = new Billing(client, await newNamespace(client, name), await newBucket(name));
  await billing.storage();
  let fate: Place['fate'] = () => 'passes';
  const proxy = await startApiserverProxy(controlPlane(), (request) => fate(request));
  const operator = await startOperatorProcess(billing.namespace, proxy.url, NO_ELECTION);
  onTestFailed(() => console.log(operator.log()));
  return {
    billing,
    proxy,
    operator,
    get fate() {
      return fate;
    },
    set fate(next) {
      fate = next;
    },
    close: async () => {
      operator.kill('SIGTERM');
      expect(await operator.ended()).toBe(0);
      await proxy.close();
    },
  };
}

function watches(request: ProxiedRequest, ...plurals: readonly string[]): boolean {
  return request.query.has('watch') && plurals.includes(request.path.split('/').at(-1) ?? '');
}

/** From now on the watches of these kinds say nothing, and their lists and everything else are as they are. */
function silence(at: Place, ...plurals: readonly string[]): void {
  at.fate = (request) => (watches(request, ...plurals) ? { kind: 'silent', ms: FOR_EVER_MS } : 'passes');
  at.proxy.cutAll();
}

function speakAgain(at: Place): void {
  at.fate = () => 'passes';
  at.proxy.cutAll();
}

describe.concurrent('an operator whose caches lag', () => {
  test('does not hold a Report to what its template was before', async (context) => {
    const at = await place('lagtemplate', context);
    const { billing } = at;
    await billing.priceList();
    await billing.report('before', { templateRef: { name: 'prices' } });
    await billing.finished('before');
    silence(at, 'reporttemplates');
    await billing.patch(REPORT_TEMPLATES, 'prices', { op: 'add', path: '/spec/parameters', value: [{ name: 'region', type: 'String' }] });
    await billing.report('after', { templateRef: { name: 'prices' }, parameters: [{ name: 'region', value: 'emea' }] });
    await vi.waitFor(() => expect(at.operator.log()).toContain('what is cached is not what is there'), 30_000);
    expect((await billing.get('after')).status.phase).toBeUndefined();
    speakAgain(at);
    const { status } = await billing.finished('after');
    expect(status).toMatchObject({ phase: 'Ready', template: { generation: 2 }, parameters: [{ name: 'region', value: 'emea' }] });
    await at.close();
  });

  test('makes no second Job when it starts with lists from before a Report’s end', async (context) => {
    const at = await place('lagstart', context);
    const { billing } = at;
    const observer = await Observer.start(client, billing.namespace);
    await billing.priceList('brief', { job: { ttlSecondsAfterFinished: 1 } });
    // A first operator that cannot make the Job, so that lists show the Report with its finalizer and without one.
    at.fate = ({ method, path }) =>
      method === 'POST' && path.endsWith('/jobs') ? { kind: 'refused', code: 500, reason: 'InternalError' } : 'passes';
    await billing.report('brief', { templateRef: { name: 'brief' } });
    await billing.until('brief', ({ metadata }) => metadata.finalizers !== undefined);
    await at.close();
    let past = false;
    const proxy = await startApiserverProxy(controlPlane(), ({ query }) => {
      if (!past || !(query.has('watch') || query.has('limit'))) return 'passes';
      return query.has('watch') ? { kind: 'silent', ms: FOR_EVER_MS } : 'stale';
    });
    const second = await startOperatorProcess(billing.namespace, proxy.url, NO_ELECTION);
    const { status } = await billing.finished('brief');
    await vi.waitFor(async () => expect([...(await jobsOf(billing, 'brief')), ...(await podsOf(billing, 'brief'))]).toEqual([]), 60_000);
    second.kill('SIGTERM');
    await second.ended();

    past = true;
    const third = await startOperatorProcess(billing.namespace, proxy.url, NO_ELECTION);
    context.onTestFailed(() => console.log(third.log()));
    await vi.waitFor(() => expect(third.log()).toContain('what is cached is not what is there'), 30_000);
    past = false;
    proxy.cutAll();
    await billing.report('next', { templateRef: { name: 'brief' } });
    await billing.finished('next');
    third.kill('SIGTERM');
    await third.ended();
    await observer.stop();
    await proxy.close();
    expect((await billing.get('brief')).status).toEqual(status);
    const made = observer.jobs.filter(({ type, object }) => type === 'ADDED' && object.metadata.name.startsWith('brief-'));
    expect(made).toHaveLength(1);
  });
});
