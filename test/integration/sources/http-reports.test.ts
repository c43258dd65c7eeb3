/** Reports from an HTTP API, from the template to the file: headers from Secrets, which leave them for the API alone, and every ending told. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReportTemplate } from '../../../src/api/generated/reporttemplate.ts';
import { EVENTS, JOBS, pathOf, PODS, REPORT_TEMPLATES, REPORTS, SECRETS } from '../../../src/kube/resources.ts';
import { messageOf, reasonOf, useBilling } from '../support/billing.ts';
import { bucketContent } from '../support/bucket-content.ts';
import { podsOf } from '../support/traces.ts';

const TOKEN = 'sentinel-token';
const { billing, operator } = useBilling('http-reports');

/** Asked so far, path and query. */
const asked: string[] = [];
let api: Server;
let origin = '';

interface Usage {
  readonly id: number;
  readonly amount: string;
}

/** The API's data: amounts keep their zeros, ids are beyond what a double holds. */
const usage: readonly Usage[] = Array.from({ length: 250 }, (_, index) => ({
  id: index,
  amount: `${index}.${String(index % 100).padStart(2, '0')}`,
}));

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '', origin);
  asked.push(request.url ?? '');
  if (request.headers.authorization !== `Bearer ${TOKEN}`) {
    // A server that tells whatever it was sent.
    response.writeHead(401, { 'x-echo': String(request.headers.authorization) }).end(`{"error":"${request.headers.authorization ?? ''}"}`);
    return;
  }
  switch (url.pathname) {
    case '/usage': {
      const page = Number(url.searchParams.get('page'));
      const rows = usage
        .slice((page - 1) * 100, page * 100)
        .map(({ id, amount }) => `{"id":900719925474099${String(id).padStart(3, '0')},"amount":${amount},"customer":{"name":"Ä ${id}"}}`);
      response.writeHead(200, { 'content-type': 'application/json' }).end(`{"data":[${rows.join(',')}]}`);
      return;
    }
    case '/moved':
      response.writeHead(302, { location: `http://169.254.169.254/${TOKEN}` }).end();
      return;
    case '/busy':
      response.writeHead(429, { 'retry-after': '86400' }).end();
      return;
    default:
      response.writeHead(404).end(TOKEN);
  }
}

beforeAll(async () => {
  api = createServer(answer);
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
  origin = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  await billing().storage();
  await billing().secret('api', { authorization: `Bearer ${TOKEN}\n`, wrong: `Bearer wrong-${TOKEN}` });
});

afterAll(() => {
  api.close();
  api.closeAllConnections();
});

const columns = [
  { name: 'id', header: 'ID', type: 'Integer' },
  { name: 'customer', header: 'Customer', type: 'String', path: '$.customer.name' },
  { name: 'amount', header: 'Amount', type: 'Decimal' },
];

function spec(path: string, http: object = {}, more: object = {}): Readonly<Record<string, unknown>> {
  const headers = [{ name: 'Authorization', valueFrom: { secretKeyRef: { name: 'api', key: 'authorization' } } }];
  return {
    source: { http: { url: `${origin}${path}`, headers, rows: '$.data', ...http } },
    columns,
    formats: ['CSV'],
    job: { backoffLimit: 0 },
    ...more,
  };
}

test('pages become a file with every digit, and parameters reach the API', async () => {
  const query = [
    { name: 'from', value: '{{month_from}}' },
    { name: 'region', value: '{{region}}' },
  ];
  const parameters = [
    { name: 'month', type: 'Period', required: true },
    { name: 'region', type: 'String' },
  ];
  const pagination = { type: 'Page', parameter: 'page', size: 100, sizeParameter: 'per_page' };
  await billing().template('usage', spec('/usage?v=1', { query, pagination }, { parameters }));
  await billing().report('usage', {
    templateRef: { name: 'usage' },
    timeZone: 'Europe/Berlin',
    parameters: [{ name: 'month', period: { from: '2026-10-01', to: '2026-11-01' } }],
  });
  const done = await billing().finished('usage');
  expect(done.status, messageOf(done)).toMatchObject({ phase: 'Ready', file: { rows: 250 } });
  const { objects } = await bucketContent(billing().bucket, `${billing().namespace}/usage/`);
  const lines = (objects[0]?.bytes.toString() ?? '').trimEnd().split('\n');
  expect(lines[0]).toBe('ID,Customer,Amount');
  expect(lines.slice(1)).toEqual(usage.map(({ id, amount }) => `900719925474099${String(id).padStart(3, '0')},Ä ${id},${amount}`));
  const base = '/usage?v=1&from=2026-10-01T00%3A00%3A00%2B02%3A00&per_page=100';
  expect(asked.filter((url) => url.startsWith('/usage'))).toEqual([1, 2, 3, 4].map((page) => `${base}&page=${page}`));
});

describe('a Report waits', () => {
  test('for the Secret of a header, and goes on by itself', async () => {
    const headers = [{ name: 'Authorization', valueFrom: { secretKeyRef: { name: 'late', key: 'token' } } }];
    const pagination = { type: 'Page', parameter: 'page' };
    await billing().template('late', spec('/usage', { headers, pagination }));
    await billing().report('late', { templateRef: { name: 'late' } });
    const waiting = await billing().waiting('late', 'SecretNotFound');
    expect(messageOf(waiting)).toBe(
      `spec.source.http.headers "Authorization" of ReportTemplate "late": Secret "late" does not exist in namespace ${billing().namespace}`,
    );
    await billing().secret('late', { token: `Bearer ${TOKEN}` });
    expect((await billing().finished('late')).status).toMatchObject({ phase: 'Ready', file: { rows: 250 } });
  });

  test('while a Secret is not meant for the host of the url', async () => {
    await billing().secret('elsewhere', { token: `Bearer ${TOKEN}` }, { 'dossier.dev/allowed-hosts': 'api.example.com, *.example.org' });
    const headers = [{ name: 'Authorization', valueFrom: { secretKeyRef: { name: 'elsewhere', key: 'token' } } }];
    await billing().template('elsewhere', spec('/usage', { headers }));
    await billing().report('elsewhere', { templateRef: { name: 'elsewhere' } });
    const waiting = await billing().waiting('elsewhere', 'TemplateNotReady');
    expect(messageOf(waiting)).toContain(`Secret "elsewhere" may not be used towards "${new URL(origin).host}"`);
    expect(asked.filter((url) => url.startsWith('/elsewhere'))).toEqual([]);
    const { host } = new URL(origin);
    await billing().patch(SECRETS, 'elsewhere', { op: 'replace', path: '/metadata/annotations/dossier.dev~1allowed-hosts', value: host });
    await billing().until('elsewhere', (report) => report.status.phase !== 'Pending');
  });

  test('for a template that has mistakes, all of which it repeats', async () => {
    const query = [{ name: 'q', value: '{{nobody}}' }];
    await billing().template('mistakes', spec('/usage', { query, rows: 'data', allowedHosts: ['a b'] }));
    await billing().report('mistakes', { templateRef: { name: 'mistakes' } });
    const message = messageOf(await billing().waiting('mistakes', 'TemplateNotReady'));
    for (const part of ['spec.source.http.query: pair "q": {{nobody}}', 'spec.source.http.rows: ', 'spec.source.http.allowedHosts: "a b"'])
      expect(message).toContain(part);
    const template = await billing().client.get<ReportTemplate>(REPORT_TEMPLATES, billing().namespace, 'mistakes', billing().signal);
    expect(template.status.conditions?.[0]).toMatchObject({ type: 'Ready', status: 'False', reason: 'InvalidTemplate' });
  });
});

test.each([
  [
    'wrong-credentials',
    '/usage',
    { headers: [{ name: 'Authorization', valueFrom: { secretKeyRef: { name: 'api', key: 'wrong' } } }] },
    'status 401',
  ],
  ['not-there', '/nowhere', {}, 'status 404: nothing is there; check the url of the source'],
  ['nothing-at-rows', '/usage?page=1', { rows: '$.items' }, 'has nothing at rows $.items'],
  ['a-value-too-odd', '/usage?page=1', { rows: '$.data[*].customer' }, 'row 1: column'],
  ['redirected-to-metadata', '/moved', {}, 'a redirect leads to an address that is not allowed'],
  ['asked-to-wait-a-day', '/busy', {}, 'the server asks to wait 86,400 s, which is beyond'],
])('a Report ends for its reason: %s', async (name, path, http, clause) => {
  const odd = name === 'a-value-too-odd' ? { columns: [{ name: 'name', type: 'Integer' }] } : {};
  await billing().template(name, spec(path, http, { job: { backoffLimit: 3 }, ...odd }));
  await billing().report(name, { templateRef: { name } });
  const done = await billing().finished(name);
  expect(reasonOf(done)).toBe('SourceFailed');
  expect(messageOf(done)).toContain(clause);
  // One pod: none of these gets better by itself.
  expect(await podsOf(billing(), name)).toHaveLength(1);
});

test('the value of a Secret is nowhere but in it', async () => {
  const { client, namespace, signal } = billing();
  for (const type of [REPORTS, REPORT_TEMPLATES, JOBS, PODS, EVENTS]) {
    const text = await client.transport.request({ method: 'GET', path: pathOf(type, namespace), signal });
    expect(text.length).toBeGreaterThan(100);
    expect(text).not.toContain(TOKEN);
  }
  expect(operator().log()).not.toContain(TOKEN);
});
