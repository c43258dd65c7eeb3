import { describe, expect, test } from 'vitest';
import { fileNameProblem } from '../../src/api/file-name.ts';

describe('a file name', () => {
  test.each([
    ['invoices'],
    ['Rechnungen Oktober 2026'],
    ['äöü €'],
    ['売上'],
    ['a.b-c_d (1)'],
    ['...'],
    ['x'.repeat(200)],
    ['€'.repeat(66)],
    ['"quoted"'],
  ])('%s is taken', (name) => {
    expect(fileNameProblem(name)).toBeUndefined();
  });

  test.each([
    ['', 'not a name'],
    ['.', 'not a name'],
    ['..', 'not a name'],
    ['x'.repeat(201), '201 bytes'],
    ['€'.repeat(67), '201 bytes'],
    ['a/b', 'slashes'],
    ['a\\b', 'backslashes'],
    ['a\u0000b', 'control'],
    ['a\nb', 'control'],
    ['a\u0085b', 'control'],
    ['invoice\u202efdp', 'invisible'],
    ['a\u200bb', 'invisible'],
    ['a\u2028b', 'invisible'],
    ['a\ud800b', 'invisible'],
    ['a\ufffeb', 'invisible'],
    ['a\u{1ffff}b', 'invisible'],
  ])('%j is refused', (name, why) => {
    expect(fileNameProblem(name)).toContain(why);
  });
});
