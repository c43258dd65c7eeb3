import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RUNNER_FAILURE_REASONS } from '../../src/api/reasons.ts';
import { formatResult, parseResult, RESULT_LIMIT_BYTES, type RunFailure, type RunSuccess } from '../../src/runner/result.ts';
import { objectKey } from '../../src/s3/object-key.ts';
import { anyText } from '../support/arbitraries.ts';

const SUCCESS: RunSuccess = {
  ok: true,
  rows: 184_220,
  sheets: 1,
  bytes: 9_312_211,
  sha256: 'a1'.repeat(32),
  etag: '"9b2cf535f27731c974343645a3985328-2"',
  key: 'billing/invoices/0a1b/invoices.xlsx',
};
const FAILURE: RunFailure = { ok: false, reason: 'SourceFailed', message: 'postgres: no connection', retryable: true };

const failures = fc.record({
  ok: fc.constant(false as const),
  reason: fc.constantFrom(...RUNNER_FAILURE_REASONS),
  message: fc.tuple(anyText(60), fc.integer({ min: 1, max: 60 })).map(([text, times]) => text.repeat(times)),
  retryable: fc.boolean(),
});

function parsed(text: string): RunSuccess | RunFailure {
  return parseResult(text) ?? expect.fail(`not a result: ${text}`);
}

describe('a success', () => {
  test.each<[string, RunSuccess]>([
    ['of a file', SUCCESS],
    ['of nothing', { ...SUCCESS, rows: 0, bytes: 0 }],
    ['of a bucket with versions', { ...SUCCESS, versionId: '3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY' }],
    ['of code from git', { ...SUCCESS, revision: '0123456789abcdef0123456789abcdef01234567' }],
  ])('%s is read as it was written', (_, success) => {
    expect(parseResult(formatResult(success))).toEqual(success);
  });

  test('with the longest key that the API allows fits', () => {
    const uid = '0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f';
    // A quote takes two bytes in JSON.
    const key = objectKey({
      prefix: 'p'.repeat(180),
      namespace: 'n'.repeat(63),
      report: 'r'.repeat(52),
      uid,
      fileName: `${'"'.repeat(200)}.csv.gz`,
    });
    const success = { ...SUCCESS, rows: Number.MAX_SAFE_INTEGER, bytes: 5 * 2 ** 40, sheets: 999, key, versionId: 'v'.repeat(32) };
    const text = formatResult(success);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(RESULT_LIMIT_BYTES);
    expect(parseResult(text)).toEqual(success);
  });
});

describe('a failure', () => {
  test('is read as it was written', () => {
    expect(parseResult(formatResult(FAILURE))).toEqual(FAILURE);
  });

  test('of any message fits, is read again, and keeps all but the end of the message', () => {
    fc.assert(
      fc.property(failures, (failure) => {
        const text = formatResult(failure);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(RESULT_LIMIT_BYTES);
        const { message } = JSON.parse(text) as RunFailure;
        if (message !== failure.message) {
          expect(message.endsWith('…')).toBe(true);
          expect(message.isWellFormed()).toBe(true);
          expect(failure.message.toWellFormed().startsWith(message.slice(0, -1))).toBe(true);
        }
        expect(parsed(text)).toMatchObject({ ok: false, reason: failure.reason, retryable: failure.retryable });
      }),
      { numRuns: 500 },
    );
  });

  test.each<[string, string]>([
    ['one byte', 'x'],
    ['two bytes', 'é'],
    ['three bytes', '語'],
    ['four bytes', '🧾'],
    ['a quote, which takes two', '"'],
    ['a control, which takes six', '\u0001'],
    ['a lone surrogate, which takes six', '\ud800'],
  ])('uses nearly all of the room for characters of %s', (_, character) => {
    for (const shift of ['', 'a', 'ab', 'abc']) {
      const text = formatResult({ ...FAILURE, message: shift + character.repeat(2_000) });
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(RESULT_LIMIT_BYTES);
      expect(Buffer.byteLength(text)).toBeGreaterThan(RESULT_LIMIT_BYTES - 12);
    }
  });

  test('of exactly the room is whole', () => {
    const empty = Buffer.byteLength(formatResult({ ...FAILURE, message: '' }));
    const message = 'x'.repeat(RESULT_LIMIT_BYTES - empty);
    expect(formatResult({ ...FAILURE, message })).toBe(JSON.stringify({ ...FAILURE, message }));
    expect(formatResult({ ...FAILURE, message: `${message}x` })).toContain('…');
  });
});

describe('a termination message of somebody else', () => {
  test.each<[string, string]>([
    ['nothing', ''],
    ['no JSON', 'Killed'],
    ['null', 'null'],
    ['a list', '[]'],
    ['a text', '"ok"'],
    ['no ok', '{"rows":1}'],
    ['an ok that is no boolean', JSON.stringify({ ...SUCCESS, ok: 'true' })],
    ['too much', JSON.stringify({ ...SUCCESS, padding: 'x'.repeat(RESULT_LIMIT_BYTES) })],
    ['too many bytes in few characters', JSON.stringify({ ...FAILURE, message: '語'.repeat(400) })],
    ['rows below zero', JSON.stringify({ ...SUCCESS, rows: -1 })],
    ['half a row', JSON.stringify({ ...SUCCESS, rows: 0.5 })],
    ['rows as a text', JSON.stringify({ ...SUCCESS, rows: '1' })],
    ['more rows than are counted exactly', JSON.stringify(SUCCESS).replace('184220', '9007199254740993')],
    ['bytes without end', JSON.stringify(SUCCESS).replace('9312211', '1e999')],
    ['no bytes', JSON.stringify({ ...SUCCESS, bytes: undefined })],
    ['no sheet at all', JSON.stringify({ ...SUCCESS, sheets: 0 })],
    ['more sheets than a status takes', JSON.stringify({ ...SUCCESS, sheets: 2 ** 31 })],
    ['no sheets', JSON.stringify({ ...SUCCESS, sheets: null })],
    ['a short checksum', JSON.stringify({ ...SUCCESS, sha256: 'a1' })],
    ['a checksum in capitals', JSON.stringify({ ...SUCCESS, sha256: 'A1'.repeat(32) })],
    ['a checksum with a newline', JSON.stringify({ ...SUCCESS, sha256: `${'a1'.repeat(32)}\n` })],
    ['no etag', JSON.stringify({ ...SUCCESS, etag: '' })],
    ['no key', JSON.stringify({ ...SUCCESS, key: undefined })],
    ['a version that is a number', JSON.stringify({ ...SUCCESS, versionId: 1 })],
    ['a revision that is a branch', JSON.stringify({ ...SUCCESS, revision: 'main' })],
    ['a reason of ours that no runner may give', JSON.stringify({ ...FAILURE, reason: 'DeadlineExceeded' })],
    ['a reason of nobody', JSON.stringify({ ...FAILURE, reason: 'Oops' })],
    ['a reason that every object has', JSON.stringify({ ...FAILURE, reason: 'constructor' })],
    ['a message that is an object', JSON.stringify({ ...FAILURE, message: {} })],
    ['retryable as a text', JSON.stringify({ ...FAILURE, retryable: 'false' })],
  ])('that says %s is no result', (_, text) => {
    expect(parseResult(text)).toBeUndefined();
  });

  test('never throws, whatever it is', () => {
    const field = fc.oneof(fc.integer(), fc.double(), anyText(30), fc.constantFrom(null, true, [], {}));
    const nearly = fc
      .record(
        {
          ok: fc.oneof(fc.boolean(), field),
          rows: field,
          sheets: field,
          bytes: field,
          sha256: field,
          etag: field,
          key: field,
          reason: field,
          message: field,
          retryable: field,
        },
        { requiredKeys: [] },
      )
      .map((fields) => JSON.stringify(fields));
    fc.assert(
      fc.property(fc.oneof(anyText(1_500), fc.json(), nearly), (text) => {
        const result = parseResult(text);
        if (result !== undefined) expect(typeof result.ok).toBe('boolean');
      }),
      { numRuns: 1_000 },
    );
  });

  test('brings nothing along but the fields of a result', () => {
    const text = JSON.stringify({ ...SUCCESS, extra: 'x', ['__proto__']: { admin: true } });
    expect(Object.keys(parsed(text))).toEqual(Object.keys(SUCCESS));
  });

  test('cannot rewrite a terminal with its message', () => {
    const text = JSON.stringify({ ...FAILURE, message: 'all well\r\u001b[2K\u202edeliaf' });
    expect(parsed(text)).toMatchObject({ message: 'all well\\u{d}\\u{1b}[2K\\u{202e}deliaf' });
  });
});
