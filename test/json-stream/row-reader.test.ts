import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonRowReader, type Step, type StreamPath } from '../../src/json-stream/row-reader.ts';
import { anyCuts, pieces } from './arbitraries.ts';

/** `data.*.0`: names, wildcards and indexes between dots. */
function path(text: string): StreamPath {
  const parts = text === '' ? [] : text.split('.');
  const steps = parts.map((part): Step => {
    if (part === '*') return { kind: 'wildcard' };
    return /^\d+$/.test(part) ? { kind: 'index', index: Number(part) } : { kind: 'name', name: part };
  });
  return { text: `$.${text}`, steps };
}

function read(
  document: unknown,
  rows: string,
  cursor?: string,
  cuts: readonly number[] = [],
): { readonly rows: unknown[]; readonly cursor: unknown } {
  const bytes = Buffer.from(typeof document === 'string' ? document : JSON.stringify(document));
  const reader = new JsonRowReader(path(rows), cursor === undefined ? undefined : path(cursor));
  const found = pieces(bytes, cuts).flatMap((piece) => reader.write(piece));
  return { rows: found, cursor: reader.end() };
}

describe('rows', () => {
  test.each<[story: string, document: unknown, rows: string, expected: unknown[]]>([
    ['the document is the list', [{ a: 1 }, { a: 2 }], '', [{ a: 1 }, { a: 2 }]],
    ['a list within', { data: { items: [1, [2], { c: 3 }] }, more: true }, 'data.items', [1, [2], { c: 3 }]],
    ['a list by its index', [[1], [2, 3]], '1', [2, 3]],
    ['an empty list', { data: [] }, 'data', []],
    ['the lists of several objects, one after the other', { a: [{ b: [1] }, { c: 0 }, { b: [2, 3] }] }, 'a.*.b', [1, 2, 3]],
    ['the lists below the members of an object', { a: { x: [1], y: [2] } }, 'a.*', [1, 2]],
    ['the elements, asked for one by one', { a: [{ x: 1 }, { x: 2 }] }, 'a.*', [{ x: 1 }, { x: 2 }]],
    ['a wildcard on an empty list', { a: [] }, 'a.*.b', []],
    ['a wildcard on an empty object', { a: {} }, 'a.*', []],
    ['null as an element', [null, { a: null }], '', [null, { a: null }]],
    ['names of the path again inside the rows', { data: [{ data: [1] }, { data: [2] }] }, 'data', [{ data: [1] }, { data: [2] }]],
    ['the name of the path deeper, beside it', { meta: { data: [9] }, data: [1] }, 'data', [1]],
    ['a list within a row is no list of rows', { a: [{ b: { b: [9] } }, { b: [1] }] }, 'a.1.b', [1]],
    ['rows with a name that sets prototypes', '[{"__proto__":{"a":1}}]', '', [JSON.parse('{"__proto__":{"a":1}}')]],
  ])('%s', (_, document, rows, expected) => {
    expect(read(document, rows).rows).toStrictEqual(expected);
  });

  test.each<[story: string, document: unknown, rows: string, clause: string]>([
    ['nothing of that name', { items: [] }, 'data', 'has nothing at rows $.data'],
    ['a name misspelt behind a wildcard', { a: [{ b: [1] }] }, 'a.*.c', 'has nothing at rows'],
    ['an index beyond the list', [[1]], '1', 'has nothing at rows'],
    ['a name where there is a list', [[1]], 'a', 'has nothing at rows'],
    ['an object instead of a list, as servers send errors', { error: 'x' }, '', 'has an object at rows $., not a list'],
    ['null instead of a list', { data: null }, 'data', 'has null at rows'],
    ['text instead of a list', { data: 'x' }, 'data', 'has a String at rows'],
    ['a number instead of a list', { data: 1.5 }, 'data', 'has a Number at rows'],
    ['a document that is no list', 'true', '', 'has a Boolean at rows'],
    ['a scalar behind a wildcard', { a: [1] }, 'a.*', 'has a Number at rows'],
    ['a name twice, each with rows', '{"data":[1],"data":[2]}', 'data', 'two members of one name'],
  ])('%s is an error', (_, document, rows, clause) => {
    expect(() => read(document, rows)).toThrow(clause);
  });

  test('the rest of the document is checked although the rows have come', () => {
    expect(() => read('{"data":[1],"meta":}', 'data')).toThrow('a value is expected');
    expect(() => read('{"data":[1]', 'data')).toThrow('ends after 11 bytes');
  });
});

describe('the cursor', () => {
  test.each<[story: string, document: unknown, expected: unknown]>([
    ['before the rows', { next: 'abc', data: [1] }, 'abc'],
    ['after the rows', { data: [1], next: 7 }, 7],
    ['null', { data: [1], next: null }, null],
    ['absent', { data: [1] }, undefined],
    ['only inside of rows', { data: [{ next: 'x' }] }, undefined],
  ])('%s', (_, document, expected) => {
    expect(read(document, 'data', 'next').cursor).toBe(expected);
  });

  test('a list or an object is none', () => {
    expect(() => read({ data: [], next: { after: 1 } }, 'data', 'next')).toThrow('has a list or an object at pagination.cursor $.next');
  });
});

test('rows and cursor are the same wherever the document is cut', () => {
  const document = fc.record({ meta: fc.jsonValue(), data: fc.array(fc.jsonValue()), next: fc.option(fc.string()), data2: fc.jsonValue() });
  fc.assert(
    fc.property(document, anyCuts, (given, cuts) => {
      expect(JSON.stringify(read(given, 'data', 'next', cuts))).toBe(JSON.stringify({ rows: given.data, cursor: given.next }));
    }),
  );
});

test('a row comes with the piece that completes it, and not with the document', () => {
  const reader = new JsonRowReader(path('data'));
  expect(reader.write(Buffer.from('{"data":[{"a":1},{"a":'))).toEqual([{ a: 1 }]);
  expect(reader.write(Buffer.from('2}'))).toEqual([{ a: 2 }]);
  expect(reader.write(Buffer.from(']}'))).toEqual([]);
});

test.each([
  ['values', '1,'],
  ['containers', '[],'],
  ['names', '"a":1,'],
])('a row of many small %s is refused at 8 MiB', (kind, part) => {
  const reader = new JsonRowReader(path(''));
  reader.write(Buffer.from(kind === 'names' ? '[{' : '[['));
  const piece = Buffer.from(part.repeat(Math.ceil((1024 * 1024) / part.length)));
  expect(() => {
    for (let written = 0; written < 9; written += 1) reader.write(piece);
  }).toThrow('has a row of more than 8 MiB');
});
