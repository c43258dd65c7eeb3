import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FAILURE_REASONS, RUNNER_FAILURE_REASONS } from '../../src/api/reasons.ts';
import { DossierError } from '../../src/errors.ts';
import { endingOf, EXIT_MISTAKE, EXIT_TRY_AGAIN } from '../../src/runner/exit.ts';
import { formatResult, parseResult } from '../../src/runner/result.ts';

describe('an error of ours', () => {
  test.each(RUNNER_FAILURE_REASONS)('keeps the reason %s and says whether to try again', (reason) => {
    for (const retryable of [true, false]) {
      expect(endingOf(new DossierError(reason, 'what, where, what to do', { retryable }), false)).toEqual({
        code: retryable ? EXIT_TRY_AGAIN : EXIT_MISTAKE,
        result: { ok: false, reason, message: 'what, where, what to do', retryable },
      });
    }
  });

  test.each(FAILURE_REASONS.filter((reason) => !(RUNNER_FAILURE_REASONS as readonly string[]).includes(reason)))(
    'with a reason that only the operator may give is RenderFailed: %s',
    (reason) => {
      expect(endingOf(new DossierError(reason, 'text', { retryable: false }), false).result.reason).toBe('RenderFailed');
    },
  );

  test('keeps its cause to itself', () => {
    const error = new DossierError('SourceFailed', 'no connection', { retryable: true, cause: new Error('sentinel') });
    expect(JSON.stringify(endingOf(error, false))).not.toContain('sentinel');
  });
});

describe('any other error', () => {
  test('is a mistake of ours: it names its class, says nothing of its message, and is tried again', () => {
    class CellError extends Error {
      override readonly name = 'CellError';
    }
    for (const [error, name] of [
      [new CellError('sentinel'), 'CellError'],
      [new TypeError('sentinel'), 'TypeError'],
      ['sentinel', 'string'],
      [undefined, 'undefined'],
    ] as const) {
      expect(endingOf(error, false)).toEqual({
        code: EXIT_TRY_AGAIN,
        result: { ok: false, reason: 'RenderFailed', message: `internal error (${name}); the pod's log has its stack`, retryable: true },
      });
    }
  });

  test('has an ending, whatever was thrown', () => {
    const odd = fc.oneof(
      fc.anything(),
      fc.anything().map((name) => Object.assign(new Error('sentinel'), { name })),
    );
    fc.assert(
      fc.property(odd, fc.boolean(), (error, stopped) => {
        const { code, result } = endingOf(error, stopped);
        expect(code).toBe(EXIT_TRY_AGAIN);
        expect(parseResult(formatResult(result))).toEqual(result);
      }),
    );
  });
});

test('being told to stop is what happened, whatever was thrown meanwhile', () => {
  for (const error of [new DossierError('StorageFailed', 'cut', { retryable: false }), new Error('aborted'), undefined]) {
    expect(endingOf(error, true)).toEqual({
      code: EXIT_TRY_AGAIN,
      result: { ok: false, reason: 'RenderFailed', message: 'the runner was told to stop', retryable: true },
    });
  }
});
