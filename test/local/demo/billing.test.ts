/** The rows that demo, documentation and screenshots speak of. */
import { describe, expect, test } from 'vitest';
import { BILLING_TABLES, CUSTOMERS, INVOICES, USES } from '../../../src/local/demo/billing.ts';

type Row = Readonly<Record<string, string | number | boolean>>;

function rowsOf(name: string): readonly Row[] {
  const table = BILLING_TABLES.find((candidate) => candidate.name === name);
  if (table === undefined) throw new Error(`there is no table ${name}`);
  return [...table.rows()].map((row) => Object.fromEntries(table.columns.map((column, index) => [column.name, row[index]!])));
}

const customers = rowsOf('customers');
const invoices = rowsOf('invoices');
const uses = rowsOf('usage');

test('there is enough of everything: hundreds of thousands of rows', () => {
  expect([customers.length, invoices.length, uses.length]).toEqual([CUSTOMERS, INVOICES, USES]);
  expect(USES).toBeGreaterThanOrEqual(200_000);
  expect(INVOICES).toBeGreaterThanOrEqual(5_000);
});

test('every time the same', () => {
  expect(rowsOf('customers')).toEqual(customers);
  expect(rowsOf('invoices')).toEqual(invoices);
  expect(rowsOf('usage').slice(-1_000)).toEqual(uses.slice(-1_000));
});

test.each([
  ['customers', customers],
  ['invoices', invoices],
  ['usage', uses],
])('no two %s have one id', (_, rows) => {
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
});

test('invoices and uses are those of customers', () => {
  const names = new Set(customers.map(({ name }) => name));
  expect(names.size).toBe(CUSTOMERS);
  expect([...invoices, ...uses].every(({ customer }) => names.has(customer))).toBe(true);
});

test('some names are difficult for files', () => {
  const names = customers.map(({ name }) => String(name));
  for (const difficult of [/,/, /"/, /^[=+]/, /[^\x20-\x7e]/]) expect(names.some((name) => difficult.test(name))).toBe(true);
});

describe('October 2026', () => {
  const isIn = (time: unknown): boolean => String(time) >= '2026-10-01' && String(time) < '2026-11-01';

  test('holds most uses, and there are some on both sides of it', () => {
    const times = uses.map(({ recorded_at }) => recorded_at);
    expect(times.filter(isIn).length).toBeGreaterThan(200_000);
    expect(isIn(times[0])).toBe(false);
    expect(isIn(times.at(-1))).toBe(false);
  });

  test('has invoices of every region, paid and unpaid', () => {
    const kinds = new Set(invoices.filter(({ issued_at }) => isIn(issued_at)).map(({ region, paid }) => `${region} ${paid}`));
    expect(kinds.size).toBe(6);
  });

  test('begins two hours earlier in Berlin, and some invoices fall into these hours', () => {
    const early = (time: unknown): boolean => String(time) >= '2026-09-30T22:00' && String(time) < '2026-10-01';
    expect(invoices.some(({ issued_at }) => early(issued_at))).toBe(true);
  });
});

test('amounts are decimals with all their digits', () => {
  expect(invoices.every(({ total }) => /^\d+\.\d{2}$/.test(String(total)))).toBe(true);
  expect(uses.every(({ quantity, cost }) => /^\d+\.\d{3}$/.test(String(quantity)) && /^\d+\.\d{4}$/.test(String(cost)))).toBe(true);
});
