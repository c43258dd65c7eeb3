import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { ClusterConfig } from '../../src/kube/config.ts';
import { apiVersionOf, DOSSIER_KINDS } from '../../src/kube/resources.ts';
import { parseWaitOptions, UsageError } from '../../src/operator/options.ts';
import { waitForKinds, type Pace } from '../../src/operator/wait-for-kinds.ts';
import { serve } from '../support/http-server.ts';

const ALL = DOSSIER_KINDS.map(({ kind }) => kind);
const PACE: Pace = { patienceMs: 60_000, looks: 3, pauseMs: 1 };
/** The first look in which something is missing is the last one. */
const IMPATIENT: Pace = { ...PACE, patienceMs: 0 };

/** What an apiserver answers: the kinds in the document of all groups, and those in the group's own; a number is a status without a document. */
interface Answers {
  readonly groups: object | number | string;
  readonly list: readonly string[] | number;
}

function document(kinds: readonly string[], freshness = 'Current'): object {
  const versions = [{ version: 'v1alpha1', freshness, resources: kinds.map((kind) => ({ responseKind: { kind } })) }];
  return { kind: 'APIGroupDiscoveryList', items: [{ metadata: { name: 'apps' } }, { metadata: { name: 'dossier.dev' }, versions }] };
}

const NOTHING: Answers = { groups: { items: [{ metadata: { name: 'apps' } }] }, list: 404 };
const EVERYTHING: Answers = { groups: document(ALL), list: ALL };

interface Apiserver {
  readonly cluster: ClusterConfig;
  /** Of each look so far: how many connections there have been. */
  readonly connections: () => number;
  readonly looks: () => number;
}

/** Gives one answer a look, and the last one for ever. */
async function apiserver(...script: readonly Answers[]): Promise<Apiserver> {
  const sockets = new Set<object>();
  const asked = { '/apis': 0, '/apis/dossier.dev/v1alpha1': 0 };
  const url = await serve((request, response) => {
    sockets.add(request.socket);
    const path = request.url as keyof typeof asked;
    const { groups, list } = script[asked[path]] ?? script.at(-1) ?? NOTHING;
    asked[path] += 1;
    const answer = path === '/apis' ? groups : typeof list === 'number' ? list : { resources: list.map((kind) => ({ kind })) };
    if (typeof answer === 'number') response.writeHead(answer).end('{"message":"not here"}');
    else response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  const cluster = { server: new URL(url), tls: { rejectUnauthorized: true }, authorization: async () => 'Bearer token' };
  return { cluster, connections: () => sockets.size, looks: () => asked['/apis'] };
}

async function wait({ cluster }: Pick<Apiserver, 'cluster'>, pace: Pace = PACE): Promise<readonly string[]> {
  const lines: string[] = [];
  await waitForKinds(cluster, (line) => void lines.push(line), new AbortController().signal, pace);
  return lines;
}

test('the kinds are those of the CRDs, all of one version', () => {
  const folder = join(import.meta.dirname, '../../crds');
  const crds = readdirSync(folder).map((file) => parse(readFileSync(join(folder, file), 'utf8')) as { spec: { names: { kind: string } } });
  expect(ALL.toSorted()).toEqual(crds.map(({ spec }) => spec.names.kind).toSorted());
  expect(new Set(DOSSIER_KINDS.map(apiVersionOf))).toEqual(new Set(['dossier.dev/v1alpha1']));
});

test('it ends when every kind was there so many times one after the other, each time on new connections', async () => {
  const server = await apiserver(NOTHING, NOTHING, EVERYTHING, EVERYTHING, NOTHING, EVERYTHING);
  expect(await wait(server)).toEqual([
    expect.stringMatching(/^waiting: the apiserver does not serve ClusterReportTemplate, .*, ReportTemplate of dossier\.dev\/v1alpha1$/),
    'the apiserver serves all kinds of dossier.dev/v1alpha1',
  ]);
  expect(server.looks()).toBe(8);
  expect(server.connections()).toBe(16);
});

test('an apiserver that has no document of all kinds is asked for the groups', async () => {
  const plain = (version: string): object => ({ kind: 'APIGroupList', groups: [{ name: 'dossier.dev', versions: [{ version }] }] });
  const server = await apiserver({ groups: plain('v1'), list: ALL }, { groups: plain('v1alpha1'), list: ALL });
  await wait(server);
  expect(server.looks()).toBe(4);
});

const some = ALL.filter((kind) => kind !== 'Report');
test.each<[string, Answers, RegExp]>([
  [
    'a kind is not in the document of all groups',
    { groups: document(some), list: ALL },
    /does not serve Report of dossier\.dev\/v1alpha1; see .*kubectl get crds.*, then run helm upgrade --install again$/,
  ],
  ['a kind is not in that of its group', { groups: document(ALL), list: some }, /does not serve Report of /],
  ['the group is not there', { groups: document(ALL), list: 404 }, /does not serve ClusterReportTemplate, Report, .*, ReportTemplate of /],
  ['the document is an old one', { groups: document(ALL, 'Stale'), list: ALL }, /does not serve ClusterReportTemplate, /],
  ['the right to ask is missing', { groups: 403, list: 403 }, /does not say which kinds it serves: not here; see to that, then run/],
  ['a proxy answers', { groups: '<html>secret</html>', list: ALL }, /serves: GET \/apis: not a readable answer of an apiserver;/],
])('when time is up it says what to do: %s', async (_, answers, message) => {
  await expect(wait(await apiserver(answers), IMPATIENT)).rejects.toThrow(message);
});

test('where nothing answers, it is told who may be in between', async () => {
  const cluster = { server: new URL('http://127.0.0.1:9'), tls: { rejectUnauthorized: true }, authorization: async () => undefined };
  await expect(wait({ cluster }, IMPATIENT)).rejects.toThrow(
    /no answer from the apiserver at 127\.0\.0\.1:9 \(ECONNREFUSED\).*NetworkPolicy/,
  );
});

test('it ends at once when it is stopped', async () => {
  const { cluster } = await apiserver(NOTHING);
  const stop = new AbortController();
  const say = (): void => stop.abort(new Error('SIGTERM'));
  await expect(waitForKinds(cluster, say, stop.signal, { ...PACE, pauseMs: 60_000 })).rejects.toThrow('SIGTERM');
});

test('the command takes one flag, by its variable too, and none of the operator’s', () => {
  expect(parseWaitOptions(['--kubeconfig', 'a'], { DOSSIER_KUBECONFIG: 'b' })).toEqual({ kubeconfig: 'a' });
  expect(parseWaitOptions([], { DOSSIER_KUBECONFIG: 'b', DOSSIER_MAX_RUNNING: 'many' })).toEqual({ kubeconfig: 'b' });
  expect(parseWaitOptions([], {})).toEqual({ kubeconfig: undefined });
  expect(parseWaitOptions(['--help'], {})).toBe('help');
  expect(() => parseWaitOptions(['--runner-image', 'image'], {})).toThrow(UsageError);
});
