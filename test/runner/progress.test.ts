import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatProgress, parseProgress, PROGRESS_PHASES, type Progress } from '../../src/runner/progress.ts';
import { anyText } from '../support/arbitraries.ts';

const NOW = new Date('2026-11-23T10:00:00.123Z');
const progresses: fc.Arbitrary<Progress> = fc.record({
  rows: fc.maxSafeNat(),
  bytes: fc.maxSafeNat(),
  phase: fc.constantFrom(...PROGRESS_PHASES),
});

function line(rows: number): string {
  return formatProgress({ rows, bytes: rows * 10, phase: 'Rendering' }, NOW);
}

test('is one structured log line', () => {
  expect(formatProgress({ rows: 120_000, bytes: 5_242_880, phase: 'Rendering' }, NOW)).toBe(
    '{"level":"info","time":"2026-11-23T10:00:00.123Z","msg":"progress","rows":120000,"bytes":5242880,"phase":"Rendering"}',
  );
});

test('is read from the end of any log, cut anywhere before its line', () => {
  const noise = fc.array(anyText(200), { maxLength: 20 }).map((lines) => lines.join('\n'));
  fc.assert(
    fc.property(noise, progresses, fc.nat(), (before, progress, cut) => {
      const log = `${before}\n${formatProgress(progress, NOW)}\n`;
      const start = cut % (before.length + 1);
      expect(parseProgress(log.slice(start))).toEqual(progress);
    }),
  );
});

describe('the newest', () => {
  test.each<[string, string, number | undefined]>([
    ['is the last of several', `${line(1)}\n${line(2)}\n`, 2],
    ['is the last whole one, when the log ends within a line', `${line(1)}\n${line(2).slice(0, -3)}`, 1],
    ['may be followed by other lines', `${line(1)}\n{"level":"info","msg":"uploading"}\nplain text\n{`, 1],
    ['may end with a carriage return', `${line(1)}\r\n`, 1],
    ['needs no newline', line(1), 1],
    ['is not in an empty log', '', undefined],
    ['is not half a line', line(1).slice(5), undefined],
  ])('%s', (_, log, rows) => {
    expect(parseProgress(log)?.rows).toBe(rows);
  });
});

test.each<[string, string]>([
  ['another message', '{"msg":"done","rows":1,"bytes":1,"phase":"Rendering"}'],
  ['a phase of nobody', '{"msg":"progress","rows":1,"bytes":1,"phase":"Dreaming"}'],
  ['rows below zero', '{"msg":"progress","rows":-1,"bytes":1,"phase":"Rendering"}'],
  ['rows as a text', '{"msg":"progress","rows":"1","bytes":1,"phase":"Rendering"}'],
  ['half a byte', '{"msg":"progress","rows":1,"bytes":0.5,"phase":"Rendering"}'],
  ['bytes without end', '{"msg":"progress","rows":1,"bytes":1e999,"phase":"Rendering"}'],
  ['a line of a megabyte', `{"msg":"progress","rows":1,"bytes":1,"phase":"Rendering","padding":"${'x'.repeat(1 << 20)}"}`],
  ['something else before it', ` ${line(1)}`],
])('a line with %s is none', (_, log) => {
  expect(parseProgress(log)).toBeUndefined();
});

test('never throws, whatever the log is', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        anyText(500),
        fc.array(fc.json()).map((values) => values.join('\n')),
        anyText(50).map((text) => `{${text}}`),
      ),
      (log) => {
        const progress = parseProgress(log);
        if (progress !== undefined) expect(Object.keys(progress)).toEqual(['rows', 'bytes', 'phase']);
      },
    ),
  );
});
