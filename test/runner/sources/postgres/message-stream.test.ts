import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MessageStream } from '../../../../src/runner/sources/postgres/message-stream.ts';
import { ProtocolError } from '../../../../src/runner/sources/postgres/socket.ts';
import { COMPLETE, message, READY, row, SUSPENDED } from '../../../support/fake-postgres.ts';

/** What went where, of bytes that come in pieces which end at `cuts`. */
function divide(bytes: Buffer, cuts: readonly number[], diverted: boolean): { rows: Buffer; count: number; others: Buffer } {
  const stream = new MessageStream();
  const rows: Buffer[] = [];
  const others: Buffer[] = [];
  let count = 0;
  if (diverted)
    stream.divertRows((piece, messages) => {
      rows.push(piece);
      count += messages;
    });
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b);
  let from = 0;
  for (const end of [...ends, bytes.length]) {
    others.push(...stream.take(bytes.subarray(from, end)));
    from = end;
  }
  return { rows: Buffer.concat(rows), count, others: Buffer.concat(others) };
}

const messages = fc.array(
  fc.oneof(
    fc.string({ maxLength: 40 }).map((text) => row(text, 'D')),
    fc.constantFrom(SUSPENDED, COMPLETE, READY, message('N', 'a notice')),
  ),
  { maxLength: 20 },
);

describe('what a server sends', () => {
  test('is divided at the borders of messages, wherever it is cut on its way', () => {
    fc.assert(
      fc.property(messages, fc.array(fc.nat(), { maxLength: 30 }), (all, cuts) => {
        const rows = all.filter((some) => some.toString('latin1', 0, 1) === 'D');
        const others = all.filter((some) => some.toString('latin1', 0, 1) !== 'D');
        const whole = Buffer.concat(all);
        expect(divide(whole, cuts, true)).toEqual({ rows: Buffer.concat(rows), count: rows.length, others: Buffer.concat(others) });
        expect(divide(whole, cuts, false)).toEqual({ rows: Buffer.alloc(0), count: 0, others: whole });
      }),
    );
  });

  test('is kept until its message is whole', () => {
    const half = row('a').subarray(0, -1);
    expect(divide(Buffer.concat([READY, half]), [3, 9], true)).toEqual({ rows: Buffer.alloc(0), count: 0, others: READY });
  });

  test.each([0, 3, -1, -2_147_483_648])('is no message of PostgreSQL when its length is %d', (length) => {
    const bytes = Buffer.from('D....');
    bytes.writeInt32BE(length, 1);
    for (const cuts of [[], [1], [1, 2, 3, 4]]) expect(() => divide(bytes, cuts, true)).toThrow(ProtocolError);
  });
});
