import { afterAll, beforeAll, expect, test } from 'vitest';
import { subscriptions } from '../../../src/local/demo/billing.ts';
import { Crm } from '../../../src/local/demo/crm.ts';

let crm: Crm;

beforeAll(async () => {
  crm = await Crm.start();
});

afterAll(() => crm.stop());

async function ask(path: string, authorization = crm.access.authorization): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(`${crm.access.origin}${path}`, { headers: { authorization } });
  return { status: answer.status, text: await answer.text() };
}

test('whoever does not know the token gets nothing', async () => {
  for (const wrong of ['Bearer x', '', `${crm.access.authorization}x`])
    expect(await ask('/v1/subscriptions', wrong)).toEqual({ status: 401, text: '{"error":"unauthorized"}' });
});

test('nothing else is there', async () => {
  expect(await ask('/v1/customers')).toMatchObject({ status: 404 });
  expect(await ask('//')).toMatchObject({ status: 404 });
});

test('pages lead to each other until the last one, and hold every subscription of the status once', async () => {
  const ids: string[] = [];
  let pages = 0;
  for (let after: string | null = ''; after !== null; pages += 1) {
    const { text } = await ask(`/v1/subscriptions?status=active&limit=100${after === '' ? '' : `&after=${after}`}`);
    const page = JSON.parse(text) as {
      readonly data: readonly { readonly id: string; readonly status: string }[];
      readonly next: string | null;
    };
    ids.push(...page.data.map(({ id }) => id));
    after = page.next;
  }
  expect(pages).toBeGreaterThan(2);
  expect(ids).toEqual(subscriptions().flatMap(({ id, status }) => (status === 'active' ? [id] : [])));
});

test('amounts are numbers that keep their zeros', async () => {
  const { text } = await ask('/v1/subscriptions');
  expect(text).toMatch(/"price":\{"amount":\d+\.\d0,"currency":"[A-Z]{3}"\}/);
});
