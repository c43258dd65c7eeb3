import { describe, expect, test } from 'vitest';
import { columnHeaders, columnPaths, documentPaths } from '../../../../src/runner/sources/http/paths.ts';

function kind(rows: string, cursor?: string): string {
  const found = documentPaths(rows, cursor);
  return found.ok ? found.paths.kind : found.problems.join('; ');
}

describe('rows are read while they arrive', () => {
  test.each(['$', '$.data.items', "$['data']['items']", '$[0]', '$.a[*].b', '$.*', '$.a[2][*]'])('at %s', (rows) => {
    expect(kind(rows)).toBe('stream');
  });

  test.each([
    ['$.data', '$.next'],
    ['$.data', '$.meta.next'],
    ['$.data.items', '$.data.next'],
    ['$.data', '$'],
    ['$[1]', '$[0].next'],
    ['$.a[*].b', '$.next'],
  ])('at %s beside a cursor at %s', (rows, cursor) => {
    expect(kind(rows, cursor)).toBe('stream');
  });
});

describe('the whole document is needed', () => {
  test.each(['$..items', '$.items[?(@.open == true)]', '$.items[-1]', '$.items[0:10]', "$['a','b']"])('for rows at %s', (rows) => {
    expect(kind(rows)).toBe('whole');
  });

  test.each([
    ['$.data', '$.data[-1].id'],
    ['$.data', '$..next'],
    ['$.data', '$.links[*]'],
    ['$', '$[0].next'],
    ['$.data', '$.data[0].id'],
    ['$.a[*].b', '$.a[1].b[0]'],
  ])('for rows at %s with a cursor at %s, which may lie in a row', (rows, cursor) => {
    expect(kind(rows, cursor)).toBe('whole');
  });
});

test('every path that cannot be read is told, with its field', () => {
  expect(kind('data', '@.next')).toMatch(/^rows: a path begins with \$.*e\.g\. \$\.data; pagination\.cursor: a path begins with \$/);
  const columns = columnPaths(['$.a', '$.b[', '$.c('], ['a', 'b', 'c']);
  expect(columns).toMatchObject({ ok: false });
  expect(columns.ok ? [] : columns.problems).toEqual([expect.stringMatching(/^column "b": /), expect.stringMatching(/^column "c": /)]);
});

describe('in CSV, a column stands under', () => {
  test.each([
    ['total', 'total'],
    ['Total (EUR)', 'Total (EUR)'],
    ["$['Total (EUR)']", 'Total (EUR)'],
    ['$.total', 'total'],
    ["$['$x']", '$x'],
  ])('%s', (path, header) => {
    expect(columnHeaders([path], ['x'])).toEqual({ ok: true, headers: [header] });
  });

  test.each(['$', '$.a.b', '$[0]', '$.*', '$..a', '$['])('no header by %s', (path) => {
    expect(columnHeaders([path], ['x'])).toMatchObject({ ok: false, problems: [expect.stringMatching(/^column "x": /)] });
  });
});
