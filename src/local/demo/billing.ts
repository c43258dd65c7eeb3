/**
 * A small company's billing data for the demo: customers, invoices, metered usage. Made by arithmetic alone, so that every run, every machine and every test sees the same rows.
 *
 * Times reach beyond October 2026 on both sides, because the examples report on October and a report that cuts its period wrongly should show it. Some names hold what
 * files get wrong: commas, quotes, letters beyond ASCII, and a first character that spreadsheets take for a formula.
 */

export const CUSTOMERS = 400;
export const INVOICES = 5_000;
export const USES = 240_000;

const INVOICES_FROM = Date.parse('2026-08-01T00:00:00Z');
const INVOICES_TO = Date.parse('2026-12-01T00:00:00Z');
const USAGE_FROM = Date.parse('2026-09-28T00:00:00Z');
const USAGE_TO = Date.parse('2026-11-04T00:00:00Z');
/** The day on which the data was taken: what was due long before has mostly been paid. */
const TAKEN_AT = Date.parse('2026-11-15T00:00:00Z');
const SUBSCRIBED_FROM = Date.parse('2023-01-01T00:00:00Z');
const DAY_MS = 86_400_000;

/** A table of the demo's database. Values are what Postgres reads as the column's type. */
export interface BillingTable {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: () => Iterable<readonly (string | number | boolean)[]>;
}

export const BILLING_TABLES: readonly BillingTable[] = [
  {
    name: 'customers',
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'name', type: 'text' },
      { name: 'region', type: 'text' },
      { name: 'currency', type: 'text' },
    ],
    rows: customerRows,
  },
  {
    name: 'invoices',
    columns: [
      { name: 'id', type: 'text' },
      { name: 'customer', type: 'text' },
      { name: 'issued_at', type: 'timestamptz' },
      { name: 'due', type: 'date' },
      { name: 'total', type: 'numeric(12,2)' },
      { name: 'currency', type: 'text' },
      { name: 'region', type: 'text' },
      { name: 'paid', type: 'boolean' },
    ],
    rows: invoiceRows,
  },
  {
    name: 'usage',
    columns: [
      { name: 'id', type: 'bigint' },
      { name: 'customer', type: 'text' },
      { name: 'metric', type: 'text' },
      { name: 'quantity', type: 'numeric(14,3)' },
      { name: 'recorded_at', type: 'timestamptz' },
      { name: 'cost', type: 'numeric(14,4)' },
    ],
    rows: usageRows,
  },
];

/** What a customer has booked; not in the database, but in the demo's CRM (crm.ts). */
export interface Subscription {
  readonly id: string;
  readonly status: 'active' | 'cancelled';
  readonly customer: { readonly name: string; readonly region: string };
  readonly plan: string;
  readonly seats: number;
  /** A month, with two digits behind the point. */
  readonly price: string;
  readonly currency: string;
  /** ISO 8601. */
  readonly since: string;
}

interface Customer {
  readonly name: string;
  readonly region: string;
  readonly currency: string;
}

const FIRST_WORDS = [
  ...['Northwind', 'Blue Harbour', 'Granite', 'Meridian', 'Silverleaf', 'Cobalt', 'Evergreen', 'Lighthouse', 'Copperfield', 'Summit'],
  ...['Riverside', 'Atlas', 'Juniper', 'Polaris', 'Redwood', 'Sable', 'Tidewater', 'Umbra', 'Vantage', 'Westgate'],
] as const;
const SECOND_WORDS = [
  ...['Logistics', 'Foods', 'Robotics', 'Textiles', 'Energy', 'Media', 'Health', 'Software', 'Travel', 'Chemicals'],
  ...['Optics', 'Printing', 'Insurance', 'Farming', 'Shipping', 'Games', 'Steel', 'Pharma', 'Telecom', 'Furniture'],
] as const;
const REGIONS = [
  { region: 'emea', currency: 'EUR', form: 'GmbH' },
  { region: 'amer', currency: 'USD', form: 'Inc.' },
  { region: 'apac', currency: 'SGD', form: 'Pte Ltd' },
] as const;
/** In place of the made-up ones, from the second on. */
const DIFFICULT_NAMES = ['Müller, Söhne & Partner KG', '"Quick" Couriers Ltd', '+1 Telecom Inc.', '東京データ株式会社', '=Equal Care e.V.'];

/** Price of a unit in ten-thousandths, and the most that one use can have in thousandths of a unit. */
const METRICS = [
  { metric: 'api_calls', price: 4, most: 50_000_000 },
  { metric: 'storage_gb_hours', price: 31, most: 9_000_000 },
  { metric: 'egress_gb', price: 850, most: 400_000 },
  { metric: 'compute_minutes', price: 120, most: 1_440_000 },
] as const;

/** Price of a seat in hundredths. */
const PLANS = [
  { plan: 'Starter', price: 380, seats: 5 },
  { plan: 'Team', price: 358, seats: 25 },
  { plan: 'Enterprise', price: 298, seats: 500 },
] as const;

/** Numbers from 0 to 1, the same ones for the same seed: a linear congruential generator modulo 2^32. Plenty for made-up invoices. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function pick<T>(list: readonly T[], number: number): T {
  return list[Math.floor(number * list.length)] as T;
}

/** `units` of 10^-digits as a decimal: (12345, 2) is 123.45. */
function decimal(units: number, digits: number): string {
  const text = String(units).padStart(digits + 1, '0');
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

function customers(): readonly Customer[] {
  const next = numbers(1);
  return Array.from({ length: CUSTOMERS }, (_, index) => {
    const { region, currency, form } = pick(REGIONS, next());
    const first = FIRST_WORDS[index % FIRST_WORDS.length];
    const second = SECOND_WORDS[Math.floor(index / FIRST_WORDS.length)];
    return { name: DIFFICULT_NAMES[index - 1] ?? `${first} ${second} ${form}`, region, currency };
  });
}

/** One of each customer. */
export function subscriptions(): readonly Subscription[] {
  const next = numbers(4);
  return customers().map(({ name, region, currency }, index) => {
    const { plan, price, seats: most } = pick(PLANS, next() ** 2);
    const seats = 1 + Math.floor(next() * most);
    const since = new Date(SUBSCRIBED_FROM + Math.floor(next() * (TAKEN_AT - SUBSCRIBED_FROM))).toISOString().slice(0, 10);
    return {
      id: `SUB-${String(index + 1).padStart(4, '0')}`,
      status: next() < 0.85 ? 'active' : 'cancelled',
      customer: { name, region },
      plan,
      seats,
      price: decimal(price * seats, 2),
      currency,
      since,
    };
  });
}

function* customerRows(): Iterable<readonly (string | number)[]> {
  for (const [index, { name, region, currency }] of customers().entries()) yield [index + 1, name, region, currency];
}

function* invoiceRows(): Iterable<readonly (string | boolean)[]> {
  const next = numbers(2);
  const all = customers();
  const stepMs = Math.floor((INVOICES_TO - INVOICES_FROM) / INVOICES);
  for (let index = 0; index < INVOICES; index += 1) {
    const { name, region, currency } = pick(all, next());
    const issuedAt = INVOICES_FROM + index * stepMs + Math.floor(next() * stepMs);
    const dueAt = issuedAt + pick([14, 30], next()) * DAY_MS;
    const total = decimal(500 + Math.floor(next() ** 4 * 5_000_000), 2);
    const paid = next() < (dueAt < TAKEN_AT ? 0.9 : 0.3);
    const id = `INV-2026-${String(index + 1).padStart(5, '0')}`;
    yield [id, name, new Date(issuedAt).toISOString(), new Date(dueAt).toISOString().slice(0, 10), total, currency, region, paid];
  }
}

function* usageRows(): Iterable<readonly (string | number)[]> {
  const next = numbers(3);
  const all = customers();
  const stepMs = (USAGE_TO - USAGE_FROM) / USES;
  for (let index = 0; index < USES; index += 1) {
    const { name } = pick(all, next() ** 2); // few customers use much, most use little
    const { metric, price, most } = pick(METRICS, next());
    const quantity = 1 + Math.floor(next() ** 3 * most);
    const recordedAt = new Date(USAGE_FROM + Math.floor(index * stepMs)).toISOString();
    yield [index + 1, name, metric, decimal(quantity, 3), recordedAt, decimal(Math.round((quantity * price) / 1_000), 4)];
  }
}
