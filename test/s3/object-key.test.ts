import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  contentDisposition,
  type FilePlace,
  keyBelow,
  objectKey,
  objectUri,
  probeKey,
  relativeKeyProblem,
} from '../../src/s3/object-key.ts';

const place: FilePlace = { prefix: 'team/billing', namespace: 'billing', report: 'invoices', uid: 'b2d4', fileName: 'Rechnung März.csv' };

describe('an object key', () => {
  test('holds prefix, namespace, report, UID and file name in this order', () => {
    expect(objectKey(place)).toBe('team/billing/billing/invoices/b2d4/Rechnung März.csv');
    expect(objectKey({ ...place, prefix: undefined })).toBe('billing/invoices/b2d4/Rechnung März.csv');
    expect(objectUri('reports', 'a b/ü.csv')).toBe('s3://reports/a b/ü.csv');
  });

  test('of the probe lies at the root of the prefix', () => {
    expect([probeKey('team', 'uid'), probeKey(undefined, 'uid')]).toEqual(['team/.dossier-probe-uid', '.dossier-probe-uid']);
  });

  test.each<[string, Partial<FilePlace>]>([
    ['a file name that climbs', { fileName: '..' }],
    ['a file name with a folder', { fileName: 'a/b.csv' }],
    ['a file name with a line break', { fileName: 'a\nb.csv' }],
    ['half of a surrogate pair', { fileName: 'a\ud800.csv' }],
    ['a prefix that climbs', { prefix: 'team/../other' }],
    ['a prefix that begins with a slash', { prefix: '/team' }],
    ['a prefix that ends with a slash', { prefix: 'team/' }],
    ['an empty namespace', { namespace: '' }],
    ['a UID with a folder', { uid: '../x' }],
    ['more than 1,024 bytes', { fileName: 'ü'.repeat(512) }],
  ])('is never made of %s', (_, change) => {
    expect(() => objectKey({ ...place, ...change })).toThrow(TypeError);
  });
});

describe('a key that a template names', () => {
  test.each([
    ['team', 'imports/a.csv', 'team/imports/a.csv'],
    ['team', 'imports/', 'team/imports/'],
    [undefined, 'billing/daily-', 'billing/daily-'],
    ['', 'a.csv', 'a.csv'],
  ])('below the prefix %s: %s', (prefix, relative, key) => {
    expect(keyBelow(prefix, relative)).toBe(key);
    expect(relativeKeyProblem(relative, true)).toBeUndefined();
  });

  test.each(['', '/', '/a', 'a//b', '.', '..', '../team2/a', 'a/../b', 'a/./b', 'a//', 'a%2e', '%2e%2e/a', 'a\nb', 'a\\b', 'a\ud800'])(
    'is not %j',
    (relative) => {
      expect(relativeKeyProblem(relative, true)).toMatch(/^must /);
      expect(relativeKeyProblem(relative, false)).toMatch(/^must /);
    },
  );

  test('of one object does not end with a slash', () => {
    expect([relativeKeyProblem('a/', false), relativeKeyProblem('a/', true)]).toEqual([expect.stringContaining('empty part'), undefined]);
  });
});

describe('Content-Disposition', () => {
  test.each([
    ['invoices.csv', `attachment; filename="invoices.csv"; filename*=UTF-8''invoices.csv`],
    ['Rechnung März.csv', `attachment; filename="Rechnung Marz.csv"; filename*=UTF-8''Rechnung%20M%C3%A4rz.csv`],
    ['a"b\\c;d%41.csv', `attachment; filename="a_b_c_d_41.csv"; filename*=UTF-8''a%22b%5Cc%3Bd%2541.csv`],
    ["it's (1) *.csv", `attachment; filename="it's (1) *.csv"; filename*=UTF-8''it%27s%20%281%29%20%2A.csv`],
    ['請求書😀.xlsx', `attachment; filename="____.xlsx"; filename*=UTF-8''%E8%AB%8B%E6%B1%82%E6%9B%B8%F0%9F%98%80.xlsx`],
  ])('of %s', (name, expected) => {
    expect(contentDisposition(name)).toBe(expected);
  });

  test('is one ASCII header value, and its extended name is the whole name, whatever the name holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), (name) => {
        const value = contentDisposition(name);
        const match = /^attachment; filename="([^"\\%;/]*)"; filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~%-]*)$/.exec(value);
        expect(value).toMatch(/^[ -~]*$/);
        expect(decodeURIComponent(match?.[2] ?? '')).toBe(name.toWellFormed());
      }),
    );
  });
});
