/** A descriptor on its way through a pod's log: whole, or not at all. */
import { expect, test } from 'vitest';
import { frame, framed, parseFrameFacts } from '../../../src/runner/describe/frame.ts';

const JSON_TEXT = '{"templates":[{"name":"ü"}]}';
const { lines, facts } = frame(JSON_TEXT);

test('what was printed is read again, whatever else stands in the log', () => {
  expect(framed(lines, facts)).toBe(JSON_TEXT);
  expect(framed(`a warning\n${lines}another\n`, facts)).toBe(JSON_TEXT);
  expect(parseFrameFacts(JSON.stringify(facts))).toEqual(facts);
});

test('a log that was cut anywhere is none', () => {
  const bytes = Buffer.from(lines);
  // Without its last line feed it is whole.
  for (let end = 0; end < bytes.length - 1; end += 1) expect(framed(bytes.subarray(0, end).toString(), facts)).toBeUndefined();
  for (let start = 1; start < bytes.length; start += 1) expect(framed(bytes.subarray(start).toString(), facts)).toBeUndefined();
});

test('a log with another text is none', () => {
  expect(framed(lines.replace('"name"', '"nome"'), facts)).toBeUndefined();
  expect(framed(frame('{"templates":[]}').lines, facts)).toBeUndefined();
  expect(framed(`x${lines}`, facts)).toBeUndefined();
});

test.each(['', '{', '[]', 'null', '{"bytes":-0.5,"sha256":"x"}', `{"bytes":1,"sha256":"${'A'.repeat(64)}"}`, '{"ok":false}'])(
  'the termination message %s says nothing of a frame',
  (message) => expect(parseFrameFacts(message)).toBeUndefined(),
);
