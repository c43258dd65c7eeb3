import { expect, test } from 'vitest';
import { parseChecksum } from '../../../src/local/tools/download.ts';
import { Progress } from '../../../src/local/tools/progress.ts';

function record(stream: { readonly isTTY?: boolean; readonly columns?: number }): { progress: Progress; text: () => string; clock: { now: number } } {
  let text = '';
  const clock = { now: 0 };
  const write = (more: string): void => {
    text += more;
  };
  return { progress: new Progress({ ...stream, write }, () => clock.now), text: () => text, clock };
}

test('on a terminal one line is drawn again and again, at most ten times a second and never wider than the screen', () => {
  const { progress, text, clock } = record({ isTTY: true, columns: 10 });
  for (; clock.now < 300; clock.now += 50) progress.update(`at ${clock.now}, a long line`);
  progress.say('done');
  expect(text().split('\r\u001b[2K')).toEqual(['', 'at 0, a l', 'at 100, a', 'at 200, a', 'done\n']);
});

test('in a log there is a plain line every ten seconds', () => {
  const { progress, text, clock } = record({});
  progress.say('start');
  for (; clock.now <= 25_000; clock.now += 100) progress.update(`at ${clock.now}`);
  progress.say('done');
  expect(text()).toBe('start\nat 10000\nat 20000\ndone\n');
});

const DIGEST = 'a'.repeat(64);
test.each<[string, string, string | undefined]>([
  ['a lone digest', DIGEST, DIGEST],
  ['a lone digest with a newline', `${DIGEST}\n`, DIGEST],
  ['a digest in capitals', DIGEST.toUpperCase(), DIGEST],
  ['a list', `${'b'.repeat(64)}  other\n${DIGEST}  file.tar.gz\n`, DIGEST],
  ['a list in binary mode', `${DIGEST} *file.tar.gz\n`, DIGEST],
  ['a list with Windows line ends', `${DIGEST}  file.tar.gz\r\n`, DIGEST],
  ['a list without the file', `${DIGEST}  other.tar.gz\n`, undefined],
  ['a digest that is too short', DIGEST.slice(1), undefined],
  ['an error page', '<html>not found</html>', undefined],
  ['nothing', '', undefined],
])('the checksum in %s', (_, text, expected) => {
  expect(parseChecksum(text, 'file.tar.gz')).toBe(expected);
});
