import { describe, expect, test } from 'vitest';
import type { Report, ReportStatusFile } from '../../../src/api/generated/report.ts';
import { failureText, filesText } from '../../../src/local/demo/summary.ts';

const FILE = { rows: 3, size: '188B', uri: 's3://reports/key/prices.csv', format: 'CSV' } as ReportStatusFile;

function failedReport(name: string, message: string): Report {
  const condition = { type: 'Ready', status: 'False', reason: 'InvalidParameters', message, lastTransitionTime: '2026-11-01T00:00:00Z' };
  return { metadata: { name }, status: { phase: 'Failed', conditions: [condition] } } as unknown as Report;
}

describe('the files', () => {
  const files = [{ file: FILE, path: 'demo-output/prices.csv', firstLines: ['Plan,Price', 'Starter,19.00'] }];

  test('each with its path, size, place in the bucket and first rows', () => {
    expect(filesText(files, undefined)).toBe(
      [
        'The files, checked and copied here, with their first rows:',
        '',
        '  demo-output/prices.csv',
        '    3 rows, 188B, s3://reports/key/prices.csv',
        '    Plan,Price',
        '    Starter,19.00',
      ].join('\n'),
    );
  });

  test('one row is no rows', () => {
    expect(filesText([{ ...files[0]!, file: { ...FILE, rows: 1 } }], undefined)).toContain('\n    1 row, 188B,');
  });

  test('nothing is cut at the edge of a terminal that has no size', () => {
    expect(filesText(files, 0)).toBe(filesText(files, undefined));
  });

  test('rows are cut at the edge of a terminal, paths and places are not', () => {
    const text = filesText(files, 12);
    expect(text).toContain('\n    Plan,P…\n');
    expect(text).toContain('s3://reports/key/prices.csv');
  });
});

describe('a report that failed', () => {
  test('on purpose: the example is named, reason and message follow', () => {
    expect(failureText(failedReport('wrong', 'first\nsecond'), 'wrong')).toBe(
      'One Report failed, because it is meant to (examples/report-wrong.yaml):\n\n  InvalidParameters\n  first\n  second',
    );
  });

  test('unexpectedly: nothing says that it was meant to', () => {
    expect(failureText(failedReport('invoices', 'why'), 'wrong')).toMatch(/^The Report invoices failed:\n/);
  });
});
