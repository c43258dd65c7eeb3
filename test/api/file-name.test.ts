import { describe, expect, test } from 'vitest';
import { contentTypeOf, fileNameOf, fileNameProblem, isCompressible, possibleFileNames } from '../../src/api/file-name.ts';
import type { Compression, ReportFormat } from '../../src/runner/plan.ts';

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

describe('a file', () => {
  const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
  const FILES: readonly [ReportFormat, Compression, name: string, contentType: string][] = [
    ['CSV', 'None', 'a.b.csv', 'text/csv; charset=utf-8'],
    ['CSV', 'Gzip', 'a.b.csv.gz', 'application/gzip'],
    ['JSON', 'None', 'a.b.json', 'application/json'],
    ['JSON', 'Gzip', 'a.b.json.gz', 'application/gzip'],
    ['NDJSON', 'None', 'a.b.ndjson', 'application/x-ndjson'],
    ['NDJSON', 'Gzip', 'a.b.ndjson.gz', 'application/gzip'],
    ['XLSX', 'None', 'a.b.xlsx', XLSX],
  ];

  test.each(FILES)('of format %s, compression %s, is %s, %s', (format, compression, name, contentType) => {
    expect(fileNameOf('a.b', format, compression)).toBe(name);
    expect(contentTypeOf(format, compression)).toBe(contentType);
  });

  test('is found by clean-up, whatever its format and compression', () => {
    expect(possibleFileNames('a.b')).toEqual(FILES.map(([, , name]) => name));
  });

  test('can be compressed unless it is a workbook', () => {
    const formats = ['CSV', 'JSON', 'NDJSON', 'XLSX'] as const;
    expect(formats.filter(isCompressible)).toEqual(['CSV', 'JSON', 'NDJSON']);
  });
});
