/**
 * The rows of the benchmark: twelve mixed columns of a billing report, the same in every language (peers/rows.h, rows.py, rows.go). Pure: row `n` of any two
 * programs is the same row.
 *
 * One text in ten is not ASCII, one description in twenty has quotes, commas or line breaks; prices are doubles, amounts exact decimals.
 */
import type { Cell, Column } from '../../src/runner/rows.ts';

export const COLUMNS: readonly Column[] = [
  { name: 'id', header: 'id', type: 'String' },
  { name: 'created_at', header: 'created_at', type: 'Timestamp' },
  { name: 'customer', header: 'customer', type: 'String' },
  { name: 'country', header: 'country', type: 'String' },
  { name: 'product', header: 'product', type: 'String' },
  { name: 'sku', header: 'sku', type: 'String' },
  { name: 'quantity', header: 'quantity', type: 'Integer' },
  { name: 'unit_price', header: 'unit_price', type: 'Number' },
  { name: 'amount', header: 'amount', type: 'Decimal' },
  { name: 'currency', header: 'currency', type: 'String' },
  { name: 'status', header: 'status', type: 'String' },
  { name: 'description', header: 'description', type: 'String' },
];

/** A row as a program has it before it writes anything: milliseconds since 1970, and money in hundredths. */
export interface RawRow {
  id: string;
  createdAt: number;
  customer: string;
  country: string;
  product: string;
  sku: string;
  quantity: number;
  unitCents: number;
  amountCents: number;
  currency: string;
  status: string;
  description: string;
}

const FOUR = Array.from({ length: 10_000 }, (_, number) => String(number).padStart(4, '0'));
const TWO = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, '0'));
const GIVEN = words('Anna Björn Clara Dmitri Élodie Farid Greta Hasan Ingrid João Katarína Liam Marta Nguyễn Olivia Paweł').flatMap(
  (name) => words('Lee Maria Ann Peter').map((second) => `${name} ${second}`),
);
const FAMILY = words(
  "Smith Müller Tanaka Okafor Silva Novák Ivanova Garcia Jensen Rossi Kowalski Dubois Larsson O'Neil Yılmaz Schmidt",
).flatMap((name) => ['', '-Berg', '-Wood', '-Hill'].map((second) => name + second));
const COUNTRIES = words('US DE GB FR JP BR IN CA AU ES IT NL SE NO DK FI PL CZ AT CH BE PT IE MX AR CL KR SG NZ ZA TR AE');
const PRODUCT_NAMES = [
  'Cloud Storage',
  'Managed Database',
  'Email Sending',
  'Video Encoding',
  'Support Plan',
  'API Requests',
  'Data Transfer',
  'Load Balancer',
  'Object Backup',
  'Container Hosting',
];
const PRODUCTS = Array.from({ length: 200 }, (_, number) => `${PRODUCT_NAMES[number % 10] ?? ''} Tier ${Math.floor(number / 10) + 1}`);
const SKUS = Array.from({ length: 200 }, (_, number) => `SKU-${FOUR[(number * 37) % 10_000] ?? ''}`);
const CURRENCIES = words('USD EUR GBP JPY BRL INR CAD AUD');
const STATUSES = words('paid open void draft uncollectible');
const DESCRIPTIONS = [
  'Monthly subscription fee for account ',
  'Usage charge metered by the hour ref ',
  'Prorated upgrade adjustment on order ',
  'One-time setup and onboarding charge ',
  'Credit for service interruption case ',
  'Renewal of the annual contract number ',
  'Additional seats added to workspace ',
  'Overage charge beyond included quota ',
];
const SPECIALS = [' "express"', ', see terms', '\nsecond line', ' "a, b"\nnote'];
const FIRST_MILLISECOND = 1_700_000_000_000;

function words(text: string): readonly string[] {
  return text.split(' ');
}

/** Gives the rows in turn, always as the same object. */
export function rowMaker(): () => RawRow {
  const row: RawRow = {
    id: '',
    createdAt: 0,
    customer: '',
    country: '',
    product: '',
    sku: '',
    quantity: 0,
    unitCents: 0,
    amountCents: 0,
    currency: '',
    status: '',
    description: '',
  };
  let state = 12_345;
  let number = 0;
  return () => {
    number += 1;
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    const x = state >>> 0;
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    const y = state >>> 0;
    const product = (x >>> 20) % 200;
    const special = (y >>> 10) % 80;
    row.id = `PR-${FOUR[Math.floor(number / 1e8)] ?? ''}-${FOUR[Math.floor(number / 1e4) % 10_000] ?? ''}-${FOUR[number % 10_000] ?? ''}`;
    row.createdAt = FIRST_MILLISECOND + number * 1000 + (x >>> 22);
    row.customer = `${GIVEN[x >>> 26] ?? ''} ${FAMILY[y >>> 26] ?? ''}`;
    row.country = COUNTRIES[(x >>> 15) & 31] ?? '';
    row.product = PRODUCTS[product] ?? '';
    row.sku = SKUS[product] ?? '';
    row.quantity = 1 + ((y >>> 8) & 63);
    row.unitCents = (y >>> 14) % 100_000;
    row.amountCents = row.quantity * row.unitCents;
    row.currency = CURRENCIES[(y >>> 23) & 7] ?? '';
    row.status = STATUSES[(x >>> 11) % 5] ?? '';
    row.description = (DESCRIPTIONS[(x >>> 17) & 7] ?? '') + (FOUR[(x >>> 8) % 10_000] ?? '') + (SPECIALS[special] ?? '');
    return row;
  };
}

/** The row as cells of the runner. */
export function cellsOf(row: RawRow): Cell[] {
  return [
    row.id,
    BigInt(row.createdAt) * 1_000_000n,
    row.customer,
    row.country,
    row.product,
    row.sku,
    row.quantity,
    row.unitCents / 100,
    decimalOf(row.amountCents),
    row.currency,
    row.status,
    row.description,
  ];
}

/** A row as the peers like it: a date, and doubles. */
export function valuesOf(row: RawRow): (string | number | Date)[] {
  const { id, createdAt, customer, country, product, sku, quantity, unitCents, amountCents, currency, status, description } = row;
  return [
    id,
    new Date(createdAt),
    customer,
    country,
    product,
    sku,
    quantity,
    unitCents / 100,
    amountCents / 100,
    currency,
    status,
    description,
  ];
}

/** Hundredths as the shortest decimal: `12.5` for 1250. */
export function decimalOf(cents: number): string {
  const whole = Math.floor(cents / 100);
  const fraction = cents - whole * 100;
  if (fraction === 0) return String(whole);
  return fraction % 10 === 0 ? `${whole}.${fraction / 10}` : `${whole}.${TWO[fraction] ?? ''}`;
}
