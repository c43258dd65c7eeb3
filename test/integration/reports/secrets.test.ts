/** No credential stands anywhere but in its Secret: not in an object of the namespace, an Event, a log or a Job, whatever goes wrong with it. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { KubeObject } from '../../../src/kube/objects.ts';
import {
  CORE_EVENTS,
  EVENTS,
  JOBS,
  LEASES,
  pathOf,
  PODS,
  REPORT_STORAGES,
  REPORT_TEMPLATES,
  REPORTS,
  SERVICE_ACCOUNTS,
  type ResourceType,
} from '../../../src/kube/resources.ts';
import { messageOf, useBilling } from '../support/billing.ts';
import { InvoiceDatabase, queryTemplate } from '../support/invoices.ts';
import { postgres, s3 } from '../support/servers.ts';
import { untilStorage } from '../support/storages.ts';
import { podsOf } from '../support/traces.ts';

const { billing, operator } = useBilling('secrets');
const CONFIG_MAPS: ResourceType = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const KINDS = [REPORTS, REPORT_TEMPLATES, REPORT_STORAGES, JOBS, PODS, CORE_EVENTS, EVENTS, LEASES, SERVICE_ACCOUNTS, CONFIG_MAPS];

const PASSWORD = 'sentinelpassword';
const WRONG_PASSWORD = 'sentinelwrong';
const WRONG_KEY = 'SENTINELKEY';
const WRONG_SECRET = 'sentinelsecret';
const ROW = 'sentinelrow';

/** What must never be seen: credentials that work, credentials that do not, values of rows. */
function sentinels(): readonly string[] {
  const { accessKeyId, secretAccessKey } = s3().root;
  return [PASSWORD, WRONG_PASSWORD, WRONG_KEY, WRONG_SECRET, ROW, accessKeyId, secretAccessKey];
}

let database: InvoiceDatabase;

/** Reports by what their sources' Secrets hold under `url`, and how each ends. */
function urls(): Readonly<Record<string, string>> {
  const { host, port } = postgres();
  const name = /\/(invoices-\w+)/.exec(database.url)?.[1] ?? '';
  const url = (user: string, password: string, more = ''): string =>
    `postgres://${user}:${password}@${host}:${port}/${name}?sslmode=disable${more}`;
  return {
    works: url('sentinel', PASSWORD),
    refused: url('sentinel', WRONG_PASSWORD),
    'unknown-user': url(WRONG_KEY, WRONG_PASSWORD),
    'two-ats': `postgres://sentinel:${WRONG_PASSWORD}@${host}@evil/${name}`,
    'no-url': WRONG_PASSWORD,
    'odd-option': url('sentinel', PASSWORD, `&sslpassword=${WRONG_SECRET}`),
    'with-tls': url('sentinel', PASSWORD).replace('?sslmode=disable', ''),
    unreachable: `postgres://sentinel:${WRONG_PASSWORD}@${host}:1/${name}?sslmode=disable`,
  };
}

/** Queries of Reports whose Secret works; each trips over a value. */
const QUERIES: Readonly<Record<string, string>> = {
  'bad-cast': `select text::int as number from (values ('${ROW.slice(0, 8)}' || 'row')) t (text)`,
  'bad-cell': `select '${ROW.slice(0, 8)}' || 'row' as number`,
  raises: `select raise_with_secrets('${ROW.slice(0, 8)}' || 'row') as number`,
  syntax: `select 1 as number frm nowhere`,
};

beforeAll(async () => {
  database = await InvoiceDatabase.create(
    billing(),
    `do $$ begin if not exists (select from pg_roles where rolname = 'sentinel') then create role sentinel login password '${PASSWORD}'; end if; end $$`,
    `create function raise_with_secrets(word text) returns int language plpgsql as $$ begin raise exception 'cannot use %', word using hint = word, detail = word; end $$`,
  );
  const once = { job: { backoffLimit: 0 } };
  await billing().storage();
  const { root } = s3();
  await billing().storage('wrong-key', { credentialsSecretRef: { name: 'wrong-key' } });
  await billing().secret('wrong-key', { AWS_ACCESS_KEY_ID: WRONG_KEY, AWS_SECRET_ACCESS_KEY: WRONG_SECRET });
  await billing().storage('wrong-secret', { credentialsSecretRef: { name: 'wrong-secret' } });
  await billing().secret('wrong-secret', { AWS_ACCESS_KEY_ID: root.accessKeyId, AWS_SECRET_ACCESS_KEY: WRONG_SECRET });
  await billing().storage('line-break', { credentialsSecretRef: { name: 'line-break' } });
  await billing().secret('line-break', { AWS_ACCESS_KEY_ID: `${WRONG_KEY}\nx`, AWS_SECRET_ACCESS_KEY: `${WRONG_SECRET}\r\nx: y` });
  for (const [name, url] of Object.entries(urls())) {
    await billing().secret(name, { url });
    const source = { urlFrom: { secretKeyRef: { name, key: 'url' } } };
    await billing().template(name, queryTemplate('select 1 as number', { source, ...once }));
    await billing().report(name, { templateRef: { name } });
  }
  for (const [name, query] of Object.entries(QUERIES)) {
    const source = { urlFrom: { secretKeyRef: { name: 'works', key: 'url' } } };
    await billing().template(name, queryTemplate(query, { source, columns: [{ name: 'number', type: 'Integer' }], ...once }));
    await billing().report(name, { templateRef: { name } });
  }
  for (const storage of ['wrong-key', 'wrong-secret', 'line-break'])
    await billing().report(`to-${storage}`, { templateRef: { name: 'works' }, storageRef: { name: storage } });
});
afterAll(() => database.close());

test.each<[string, RegExp]>([
  ['works', /^1 rows, /],
  ['refused', /^postgres: .*refused the password/],
  ['unknown-user', /^postgres: .*refused the password/],
  ['two-ats', /more than one @/],
  ['no-url', /must begin with postgres/],
  ['odd-option', /sslpassword/],
  ['with-tls', /^postgres: .*does not offer TLS/],
  ['unreachable', /^postgres: .*refused the connection/],
  ['bad-cast', /^postgres: a text cannot be read as the type it is used as.*22P02/],
  ['bad-cell', /^postgres: row 1: column "number" is a String of 11 characters, which is not an Integer$/],
  ['raises', /^postgres: a function in the database raised an error \(SQLSTATE P0001\)$/],
  ['syntax', /^postgres: .*syntax error at or near/],
])('%s ends for its own reason', async (name, says) => {
  expect(messageOf(await billing().finished(name))).toMatch(says);
});

test('storages that keys do not open wait', async () => {
  for (const storage of ['wrong-key', 'wrong-secret']) await untilStorage(billing(), storage, 'InvalidCredentials');
  for (const storage of ['wrong-key', 'wrong-secret', 'line-break']) await billing().waiting(`to-${storage}`, 'StorageUnavailable');
});

test('and no object, Event or log holds a credential or a value', async () => {
  const { client, namespace, signal } = billing();
  const texts = new Map<string, string>([['the log of the operator', operator().log()]]);
  for (const type of KINDS) {
    const { items } = await client.list<KubeObject>(type, { namespace }, signal);
    for (const object of items) texts.set(`${type.kind} ${object.metadata.name}`, JSON.stringify(object));
  }
  let logs = 0;
  for (const name of [...Object.keys(urls()), ...Object.keys(QUERIES)]) {
    for (const { metadata } of await podsOf(billing(), name)) {
      const path = `${pathOf(PODS, namespace, metadata.name, 'log')}?container=runner`;
      const text = await vi.waitFor(
        () => client.transport.request({ method: 'GET', path, accept: 'text/plain, application/json', signal }),
        10_000,
      );
      expect(text).toContain('"started"');
      texts.set(`the log of pod ${metadata.name}`, text);
      logs += 1;
    }
  }
  expect(logs).toBeGreaterThanOrEqual(12);
  const found = [...texts].flatMap(([where, text]) =>
    sentinels()
      .filter((sentinel) =>
        [sentinel, Buffer.from(sentinel).toString('base64').replace(/=+$/, ''), encodeURIComponent(sentinel)].some((form) =>
          text.includes(form),
        ),
      )
      .map((sentinel) => `${sentinel} in ${where}`),
  );
  expect(found).toEqual([]);
});
