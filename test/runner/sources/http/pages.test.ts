import { describe, expect, test } from 'vitest';
import { JsonNumber } from '../../../../src/json-stream/json-number.ts';
import { Pages, type PageFacts } from '../../../../src/runner/sources/http/pages.ts';
import type { Pagination } from '../../../../src/runner/sources/http/plan.ts';

const url = 'https://api.example/v1/items?state=open';
const none = { kind: 'none' } as const;

function pages(pagination: Pagination, query: { name: string; value: string }[] = []): Pages {
  return new Pages(url, query, pagination);
}

function facts(given: Partial<PageFacts> = {}): PageFacts {
  return { rows: 1, cursor: undefined, link: none, url: new URL(url), digest: undefined, ...given };
}

/** The URLs that are asked for, given what each page says; ends with undefined when there is no next one. */
function walk(walked: Pages, ...answers: Partial<PageFacts>[]): readonly (string | undefined)[] {
  return [walked.first().href, ...answers.map((answer) => walked.next(facts(answer))?.href)];
}

describe('None', () => {
  test('is one request, with the query behind that of the url', () => {
    expect(walk(pages({ type: 'None' }, [{ name: 'q', value: 'a b&c' }]), { rows: 7 })).toEqual([`${url}&q=a%20b%26c`, undefined]);
  });
});

describe('Page', () => {
  const page = { type: 'Page', parameter: 'page', start: 1, shortPageEnds: false } as const;

  test('counts pages until one is empty', () => {
    expect(walk(pages(page), { rows: 2 }, { rows: 1 }, { rows: 0 })).toEqual([
      `${url}&page=1`,
      `${url}&page=2`,
      `${url}&page=3`,
      undefined,
    ]);
  });

  test('begins where it is told', () => {
    expect(walk(pages({ ...page, start: 0 }), {}, {})).toEqual([`${url}&page=0`, `${url}&page=1`, `${url}&page=2`]);
  });

  test('asks for a size with every page', () => {
    expect(walk(pages({ ...page, size: 50, sizeParameter: 'per_page' }), {})).toEqual([
      `${url}&per_page=50&page=1`,
      `${url}&per_page=50&page=2`,
    ]);
  });

  test('does not end at a short page, unless the template says so', () => {
    const sized = { ...page, size: 50, sizeParameter: 'n' };
    expect(walk(pages(sized), { rows: 49 })[1]).toBe(`${url}&n=50&page=2`);
    expect(walk(pages({ ...sized, shortPageEnds: true }), { rows: 50 }, { rows: 49 })).toEqual([
      `${url}&n=50&page=1`,
      `${url}&n=50&page=2`,
      undefined,
    ]);
  });

  test('fails when ten pages in a row are the same, byte for byte', () => {
    const walked = pages(page);
    walked.first();
    for (let same = 1; same < 10; same += 1) expect(walked.next(facts({ digest: 'a' }))).toBeDefined();
    expect(() => walked.next(facts({ digest: 'a' }))).toThrow(
      'the last 10 pages are the same, byte for byte; the server may not know the parameter "page"',
    );
  });

  test('goes on when another page comes between', () => {
    const walked = pages(page);
    walked.first();
    for (let at = 1; at < 100; at += 1) expect(walked.next(facts({ digest: at % 9 === 0 ? 'b' : 'a' }))).toBeDefined();
  });
});

describe('Offset', () => {
  const offset = { type: 'Offset', parameter: 'skip', start: 0, size: 100, sizeParameter: 'take', shortPageEnds: false } as const;

  test('counts the rows that came, not those that were asked for', () => {
    expect(walk(pages(offset), { rows: 100 }, { rows: 30 }, { rows: 0 })).toEqual([
      `${url}&take=100&skip=0`,
      `${url}&take=100&skip=100`,
      `${url}&take=100&skip=130`,
      undefined,
    ]);
  });
});

describe('Cursor', () => {
  const cursor = { type: 'Cursor', parameter: 'after', cursor: '$.next' } as const;

  test('sends each cursor back, encoded, until there is none', () => {
    expect(
      walk(pages(cursor), { cursor: 'a/b=' }, { cursor: 7 }, { cursor: new JsonNumber('90071992547409931') }, { cursor: undefined }),
    ).toEqual([url, `${url}&after=a%2Fb%3D`, `${url}&after=7`, `${url}&after=90071992547409931`, undefined]);
  });

  test.each([
    ['null', null],
    ['absent', undefined],
    ['empty', ''],
  ])('ends when the cursor is %s', (_, last) => {
    expect(walk(pages(cursor), { cursor: last })[1]).toBeUndefined();
  });

  test('goes on behind an empty page with a new cursor, and ends at one with an old one', () => {
    const walked = walk(pages(cursor), { rows: 0, cursor: 'x' }, { rows: 3, cursor: 'y' }, { rows: 0, cursor: 'y' });
    expect(walked).toEqual([url, `${url}&after=x`, `${url}&after=y`, undefined]);
  });

  test('fails when pages are empty for ever', () => {
    const walked = pages(cursor);
    walked.first();
    for (let at = 0; at < 999; at += 1) walked.next(facts({ rows: 0, cursor: `c${at}` }));
    expect(() => walked.next(facts({ rows: 0, cursor: 'c999' }))).toThrow('the last 1,000 pages are empty, and each has a new cursor');
  });

  test('fails at a cursor that was there before, however long ago', () => {
    const walked = pages(cursor);
    walked.first();
    for (let at = 0; at < 1000; at += 1) walked.next(facts({ cursor: `c${at}` }));
    expect(() => walked.next(facts({ cursor: 'c0' }))).toThrow('page 1,001 has a cursor that was there before');
  });

  test.each([
    ['a Boolean', true],
    ['more than 4,096 characters', 'x'.repeat(4097)],
  ])('fails at %s', (clause, value) => {
    const walked = pages(cursor);
    walked.first();
    expect(() => walked.next(facts({ cursor: value }))).toThrow(clause);
  });
});

describe('Link', () => {
  const link = { type: 'Link', size: 5, sizeParameter: 'limit' } as const;
  const next = (target: string, from = url): Partial<PageFacts> => ({ link: { kind: 'next', target }, url: new URL(from) });

  test('follows next links as they are, until there is none', () => {
    expect(
      walk(pages(link), next('https://api.example/v1/items?page=2#part'), next('?page=3', 'https://api.example/v1/items?page=2'), {}),
    ).toEqual([`${url}&limit=5`, 'https://api.example/v1/items?page=2', 'https://api.example/v1/items?page=3', undefined]);
  });

  test('goes on behind an empty page with a new link, and ends at one with an old one', () => {
    const walked = walk(pages(link), { ...next('?page=2'), rows: 0 }, { ...next('?page=2'), rows: 0 });
    expect(walked).toEqual([`${url}&limit=5`, 'https://api.example/v1/items?page=2', undefined]);
  });

  test.each([
    ['another host', 'https://sentinel.example/v1/items'],
    ['another port', 'https://api.example:8443/sentinel'],
    ['another scheme', 'http://api.example/sentinel'],
    ['no scheme of the web', 'file:///sentinel'],
    ['a host without scheme', '//sentinel.example/v1'],
    ['a user', 'https://sentinel@api.example/v1'],
    ['no URL', 'https://['],
  ])('a next link to %s is refused, and not told', (_, target) => {
    const walked = pages(link);
    walked.first();
    const go = (): unknown => walked.next(facts(next(target)));
    expect(go).toThrow('http: page 1 has a next link that does not lead to the origin of the url');
    expect(go).not.toThrow('sentinel');
  });

  test('a relative link behind a redirect to another origin is refused', () => {
    const walked = pages(link);
    walked.first();
    expect(() => walked.next(facts(next('?page=2', 'https://other.example/v1')))).toThrow('does not lead to the origin');
  });

  test.each([
    ['the first page', `${url}&limit=5`],
    ['the page itself', `${url}&limit=5#again`],
  ])('a next link back to %s is refused', (_, target) => {
    const walked = pages(link);
    walked.first();
    expect(() => walked.next(facts(next(target)))).toThrow('page 1 has a next link that was there before');
  });

  test('a Link header that cannot be read is no last page', () => {
    const walked = pages(link);
    walked.first();
    expect(() => walked.next(facts({ link: { kind: 'malformed' } }))).toThrow('page 1 has a Link header that cannot be read');
  });
});

test('more than 100,000 pages are refused', () => {
  const walked = pages({ type: 'Cursor', parameter: 'after', cursor: '$.next' });
  walked.first();
  for (let page = 1; page < 100_000; page += 1) walked.next(facts({ cursor: page }));
  expect(() => walked.next(facts({ cursor: 0 }))).toThrow('more than 100,000 pages; ask for larger ones');
});
