/** Objects of others that the operator reads field by field: selectors, errors of libraries, and its own runner's words. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { selects } from '../../src/kube/label-selector.ts';
import { formatResult, parseResult, RESULT_LIMIT_BYTES } from '../../src/runner/result.ts';
import { toStoreError } from '../../src/s3/error-mapping.ts';
import { anyText } from '../support/arbitraries.ts';
import { expectShort, held, HELD_LIMIT_MS } from '../support/held.ts';

test('selectors of labels, whatever stands in them, select or do not', () => {
  const key = fc.oneof(anyText(10), fc.constantFrom('__proto__', 'constructor', 'team'));
  const labels = fc.dictionary(key, anyText(10), { maxKeys: 16 });
  const expressions = fc.array(
    fc.record({ key, operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist'), values: fc.array(anyText(5), { maxLength: 64 }) }),
    { maxLength: 16 },
  );
  fc.assert(
    fc.property(labels, expressions, labels, (matchLabels, matchExpressions, present) => {
      const { ms, value } = held(() => selects({ matchLabels, matchExpressions }, present));
      expect(typeof value).toBe('boolean');
      expect(ms).toBeLessThan(HELD_LIMIT_MS);
    }),
  );
});

test('errors of an object store, whatever they hold, become one of ours without their text', () => {
  const anything = fc.oneof(anyText(50), fc.integer(), fc.constant(null), fc.constant(undefined), fc.boolean());
  const metadata = fc.oneof(
    anything,
    fc.record({ httpStatusCode: fc.oneof(anything, fc.constantFrom(200, 301, 403, 404, 429, 503, 999)), requestId: anything }),
  );
  const fields = fc.record(
    { name: fc.constantFrom('AccessDenied', 'NoSuchKey', '__proto__', 'SENTINEL'), Code: anything, $fault: anything, $metadata: metadata },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fields, (given) => {
      const { ms, value } = held(() => toStoreError(Object.assign(new Error('SENTINEL body'), given)));
      expect(value.message).not.toContain('SENTINEL');
      expectShort(value.message);
      expect(ms).toBeLessThan(HELD_LIMIT_MS);
    }),
    { numRuns: 500 },
  );
  for (const thrown of [null, undefined, 7, 'SENTINEL', {}, []]) expect(toStoreError(thrown).message).not.toContain('SENTINEL');
});

test('what the runner writes is what the operator reads, whatever the message', () => {
  fc.assert(
    fc.property(anyText(2_000), (message) => {
      const text = formatResult({ ok: false, reason: 'SourceFailed', message, retryable: true });
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(RESULT_LIMIT_BYTES);
      expect(parseResult(text)).toMatchObject({ ok: false, reason: 'SourceFailed', retryable: true });
    }),
  );
});
