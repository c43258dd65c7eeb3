/** Cells and rows that have broken files before: controls, quotes, formulas, escapes, halves of characters, numbers at their limits. */
import fc from 'fast-check';
import { COLUMN_TYPES, type Cell, type Column, type ColumnType } from '../../../src/runner/rows.ts';

/** UTF-16 units at random, so that lone surrogates and noncharacters come up. */
const units = fc.array(fc.integer({ min: 0, max: 0xffff })).map((codes) => String.fromCharCode(...codes));

/** Texts from the letters of XLSX's escapes. */
const escapes = fc
  .array(fc.constantFrom('_', 'x', '0', '4', '1', 'F', 'f', '_x', '_x0041_', '\u0001', '\uFFFF'))
  .map((parts) => parts.join(''));

const csvLike = fc.array(fc.constantFrom('"', ',', ';', '|', '\t', '\r', '\n', ' ', 'a', "'", '=')).map((parts) => parts.join(''));

export const nastyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  units,
  escapes,
  csvLike,
  fc.constantFrom(
    ...[
      '',
      ' ',
      '\n',
      '\t',
      '\r',
      '\r\n',
      ' a',
      'a ',
      "'",
      "'=1",
      '=1+1',
      '+1',
      '-1',
      '@SUM(A1)',
      '\t=1',
      '\r=1',
      '\n=1',
      '\uFF1D1',
      '\uFF0B1',
      '\uFF0D1',
      '\uFF201',
    ],
    ...[
      '"',
      '""',
      'a,b',
      'NULL',
      'null',
      'true',
      'Infinity',
      'NaN',
      '007',
      '1e5',
      '2026-01-01',
      '<b>&amp;</b>',
      ']]>',
      '<![CDATA[',
      '&#0;',
      '\u0000',
      '\u0007',
    ],
    ...[
      '\uFEFF',
      '\uFEFF=1',
      '\uFFFE',
      '\uFFFF',
      '\uD800',
      'a\uDC00',
      '\u{1F600}',
      '\u{1FFFE}',
      '\u0085',
      '\u2028',
      'e\u0301',
      '_x0041_',
      '_x005F_x0041_',
      '_x0041_x0042_',
    ],
  ),
);

/** JSON as databases and APIs send it: with spaces, digits beyond doubles, escapes that pair and do not pair, names twice. */
const jsonText: fc.Arbitrary<string> = fc.oneof(
  fc.json(),
  fc.jsonValue().map((value) => JSON.stringify(value, undefined, 2)),
  nastyText.map((text) => JSON.stringify({ [text]: [text] })),
  nastyText.map((text) => `"${text.replace(/["\\\u0000-\u001f]/g, '')}"`),
  fc
    .array(fc.constantFrom('\\ud83d', '\\uDE00', '\\\\', '\\"', '\\u00e9', 'ud83d', ' ', 'a', '\ud83d', '\ude00'))
    .map((parts) => `["${parts.join('')}"]`),
  fc.constantFrom(
    'null',
    ' 12.50 ',
    '-0',
    '1e400',
    '9007199254740993',
    '[ ]',
    '{ }',
    '"\\\\"',
    '\r\n[\t1 ,\n2 ]',
    '{"a": 1.10, "a": [true, false, null]}',
    '{"__proto__": {"x": 1}}',
  ),
);

const digits = (maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...'0123456789'), { minLength: 1, maxLength }).map((some) => some.join(''));

export const decimal: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('', '-'), digits(20), fc.option(digits(20), { nil: undefined }))
  .map(([sign, whole, fraction]) => sign + whole + (fraction === undefined ? '' : `.${fraction}`));

const SECOND = 1_000_000_000n;

/** Cells of each type as rows.ts describes them, null aside. */
export const cellOf: Readonly<Record<ColumnType, fc.Arbitrary<Exclude<Cell, null>>>> = {
  String: nastyText,
  JSON: jsonText,
  Integer: fc.oneof(
    fc.integer(),
    fc.maxSafeInteger(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value)),
    fc.constantFrom<number | bigint>(
      999_999_999_999_999,
      1_000_000_000_000_000,
      -999_999_999_999_999,
      -1_000_000_000_000_000,
      2n ** 53n,
      -(2n ** 63n),
    ),
  ),
  Decimal: fc.oneof({ weight: 8, arbitrary: decimal }, { weight: 1, arbitrary: fc.constantFrom('NaN', 'Infinity', '-Infinity') }),
  Quantity: decimal,
  Number: fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, -0, 5e-324, Number.MAX_VALUE, 1e21, 0.1)),
  Boolean: fc.boolean(),
  Date: fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .integer({ min: -1_500_000, max: 3_500_000 })
        .map((days) => Temporal.PlainDate.from('1970-01-01').add({ days }).toString()),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('1900-02-28', '1900-03-01', '9999-12-31', '+010000-01-01', '-000001-12-31', 'Infinity', '-Infinity'),
    },
  ),
  Timestamp: fc.oneof(
    { weight: 8, arbitrary: fc.bigInt({ min: -4_000_000_000n * SECOND, max: 8_000_000_000n * SECOND }) },
    { weight: 1, arbitrary: fc.bigInt({ min: -70_000_000_000n, max: 300_000_000_000n }).map((seconds) => seconds * SECOND) },
    { weight: 1, arbitrary: fc.constantFrom('Infinity', '-Infinity') },
  ),
};

export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Tables of up to five columns of the given types and twelve rows, with nulls. */
export function tableOf(types: readonly ColumnType[] = COLUMN_TYPES): fc.Arbitrary<Table> {
  return fc.array(fc.constantFrom(...types), { minLength: 1, maxLength: 5 }).chain((chosen) => {
    const cells = chosen.map((type) => fc.option<Cell>(cellOf[type], { nil: null, freq: 5 }));
    return fc.record({
      columns: fc
        .tuple(...chosen.map(() => nastyText))
        .map((headers) => chosen.map((type, index): Column => ({ name: `c${index}`, header: headers[index] ?? '', type }))),
      rows: fc.array(fc.tuple(...cells), { maxLength: 12 }),
    });
  });
}
