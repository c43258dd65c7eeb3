/** Pages of lists as apiservers write them, cut anywhere. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPage, type PageEnd } from '../../../../src/runner/sources/kubernetes/list-page.ts';

function read(pieces: readonly string[]): { readonly items: readonly unknown[]; readonly end: PageEnd } {
  const page = readPage(pieces.map((piece) => Buffer.from(piece)));
  const items: unknown[] = [];
  for (;;) {
    const { done, value } = page.next();
    if (done === true) return { items, end: value };
    items.push(...value);
  }
}

describe('a page', () => {
  test.each<readonly [story: string, page: unknown, items: readonly unknown[], end: PageEnd]>([
    [
      'of objects with another to follow',
      {
        kind: 'PodList',
        apiVersion: 'v1',
        metadata: { resourceVersion: '7', continue: 'abc', remainingItemCount: 3 },
        items: [{ a: 1 }, { items: [{ b: 2 }] }],
      },
      [{ a: 1 }, { items: [{ b: 2 }] }],
      { continueToken: 'abc', resourceVersion: '7' },
    ],
    ['that is the last', { metadata: { resourceVersion: '7' }, items: [{}] }, [{}], { continueToken: '', resourceVersion: '7' }],
    ['that says nothing of itself', { items: [] }, [], { continueToken: '', resourceVersion: '' }],
    ['whose list is null, as Go writes an empty one', { metadata: {}, items: null }, [], { continueToken: '', resourceVersion: '' }],
    [
      'with members that nobody knows',
      { x: { items: [{}] }, y: [[{}]], items: [{ c: 3 }], metadata: { continue: 'z' } },
      [{ c: 3 }],
      { continueToken: 'z', resourceVersion: '' },
    ],
  ])('%s', (_, page, items, end) => {
    expect(read([JSON.stringify(page)])).toEqual({ items, end });
  });

  test('is the same in whatever pieces it comes', () => {
    const page = JSON.stringify({
      metadata: { continue: 'é"\\' },
      items: [{ name: 'ключ', n: 12.5, deep: [[{ a: null }]] }, {}, { '': [] }],
    });
    const whole = read([page]);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: Buffer.byteLength(page) })), (cuts) => {
        const bytes = Buffer.from(page);
        const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const pieces = places.slice(1).map((place, index) => bytes.subarray(places[index], place));
        const items: unknown[] = [];
        const reading = readPage(pieces);
        for (let next = reading.next(); ; next = reading.next()) {
          if (next.done === true) {
            expect({ items, end: next.value }).toEqual(whole);
            return;
          }
          items.push(...next.value);
        }
      }),
    );
  });

  test.each([
    ['', 'is empty'],
    ['{"items":[{}', 'ends after'],
    ['{"items":[{}]', 'ends after'],
    ['{"items":[{}]}}', 'is not JSON'],
    ['{"kind":"Status","code":200}', 'is no list'],
    ['[{}]', 'is no list'],
    ['"text"', 'is no list'],
    ['{"items":{}}', 'is no list'],
    ['{"items":[1]}', 'is no list'],
  ])('is not %j', (text, says) => {
    expect(() => read([text])).toThrow(says);
  });
});
