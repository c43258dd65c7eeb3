import { describe, expect, test } from 'vitest';
import { rowText } from '../../src/sdk/row-text.ts';

class Empty {}

describe('a row that JSON would write as {} without a word is refused', () => {
  test.each<[string, unknown, string]>([
    ['a Map', new Map([['id', 1]]), 'row 7 is of class Map, not an object or a list'],
    ['a Set', new Set(['a']), 'row 7 is of class Set, not an object or a list'],
    ['a Map in a cell', { id: 'a', tags: new Map() }, 'row 7: "tags" is of class Map, which JSON cannot say'],
    ['a promise that nobody waited for', ['a', Promise.resolve(1)], 'row 7: "1" is of class Promise, which JSON cannot say'],
    ['an error deep in a cell', { id: { why: new Error('x') } }, 'row 7: "why" is of class Error, which JSON cannot say'],
    ['an object of a class that shows nothing', { id: new Empty() }, 'row 7: "id" is of class Empty, which JSON cannot say'],
  ])('%s', (_, row, says) => {
    expect(() => rowText(row, 7)).toThrow(new TypeError(says));
  });

  test.each<[string, unknown, string]>([
    ['an empty object', { id: {} }, '{"id":{}}'],
    ['one without a prototype', { id: Object.create(null) as object }, '{"id":{}}'],
    ['a number in an object', { id: Object(7) as object }, '{"id":7}'],
    ['an object of a class', { id: Object.assign(new Empty(), { a: 1 }) }, '{"id":{"a":1}}'],
    [
      'what says itself how it is written',
      { id: Temporal.PlainDate.from('2026-10-01'), at: new Date(0) },
      '{"id":"2026-10-01","at":"1970-01-01T00:00:00.000Z"}',
    ],
  ])('%s is none of these', (_, row, expected) => {
    expect(rowText(row, 7)).toBe(expected);
  });
});
