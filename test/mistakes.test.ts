import { describe, expect, test } from 'vitest';
import { MESSAGE_LIMIT } from '../src/api/conditions.ts';
import { inOneMessage } from '../src/mistakes.ts';

const many = (count: number, length: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${index}: `.padEnd(length, 'x'));

describe('mistakes in one message', () => {
  test.each<[mistakes: readonly string[], message: string]>([
    [[], ''],
    [['a is wrong'], 'a is wrong'],
    [['a is wrong', 'b is wrong'], 'a is wrong; b is wrong'],
  ])('%j', (mistakes, message) => expect(inOneMessage(mistakes)).toBe(message));

  test('are whole, and those that have no room are counted', () => {
    const message = inOneMessage(many(64, 100));
    expect(message).toMatch(/^0: x+; 1: x+; .*; 15: x+; and 48 more$/);
    expect(message.length).toBeLessThan(MESSAGE_LIMIT - 300);
  });

  test('are told one at least', () => {
    const [first = '', second = ''] = many(2, 5_000);
    expect(inOneMessage([first, second])).toBe(`${first}; and 1 more`);
  });
});
