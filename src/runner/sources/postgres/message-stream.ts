/**
 * Divides what the server sends between the driver and us: while a fetch is under way its rows are ours, as bytes; everything else is the driver's.
 *
 * The driver makes an array of strings of each row, which for a large result is most of the work. Only whole messages go on, so that none is ever cut between the two;
 * a message of whatever length takes the memory of its bytes.
 */
import { ProtocolError } from './socket.ts';

/** Type of a row's message (DataRow); its length follows as four bytes, which count themselves. */
const DATA_ROW = 0x44;
const HEAD_BYTES = 5;

/** Some rows, each a whole message. */
export type OnRows = (bytes: Buffer, rows: number) => void;

export class MessageStream {
  /** The beginning of a message whose end has not come. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  #onRows: OnRows | undefined;

  /** From now on rows go to `onRows`, which must not throw. */
  divertRows(onRows: OnRows): void {
    this.#onRows = onRows;
  }

  /** Rows are the driver's again. */
  leaveRows(): void {
    this.#onRows = undefined;
  }

  /** Takes what has come and returns what is the driver's. @throws ProtocolError */
  take(bytes: Buffer): readonly Buffer[] {
    const others: Buffer[] = [];
    let rest = bytes;
    while (this.#heldBytes > 0 && rest.length > 0) {
      rest = this.#hold(rest, this.#wantedBytes() - this.#heldBytes);
      if (this.#heldBytes < this.#wantedBytes()) continue;
      const message = Buffer.concat(this.#held);
      this.#held = [];
      this.#heldBytes = 0;
      this.#divide(message, others);
    }
    const whole = this.#divide(rest, others);
    if (whole < rest.length) this.#hold(rest.subarray(whole), rest.length);
    return others;
  }

  /** Keeps at most so many bytes, and returns the others. */
  #hold(bytes: Buffer, most: number): Buffer {
    const taken = bytes.subarray(0, most);
    this.#held.push(taken);
    this.#heldBytes += taken.length;
    return bytes.subarray(taken.length);
  }

  /** Bytes of the message that is held, or of its head as long as that is not whole. */
  #wantedBytes(): number {
    if (this.#heldBytes < HEAD_BYTES) return HEAD_BYTES;
    const [first] = this.#held;
    if (first !== undefined && first.length >= HEAD_BYTES) return messageBytes(first, 0);
    this.#held = [Buffer.concat(this.#held)];
    return this.#wantedBytes();
  }

  /** Gives each whole message to whom it belongs; returns where they end. */
  #divide(bytes: Buffer, others: Buffer[]): number {
    const diverted = this.#onRows;
    let at = 0;
    for (;;) {
      const from = at;
      const areRows = isRow(bytes, at);
      let messages = 0;
      while (at + HEAD_BYTES <= bytes.length && isRow(bytes, at) === areRows) {
        const length = messageBytes(bytes, at);
        if (at + length > bytes.length) break;
        at += length;
        messages += 1;
      }
      if (messages === 0) return at;
      if (areRows && diverted !== undefined) diverted(bytes.subarray(from, at), messages);
      else others.push(bytes.subarray(from, at));
    }
  }
}

function isRow(bytes: Buffer, at: number): boolean {
  return bytes[at] === DATA_ROW;
}

/** With its type. */
function messageBytes(bytes: Buffer, at: number): number {
  const length = bytes.readInt32BE(at + 1);
  if (length < HEAD_BYTES - 1) throw new ProtocolError();
  return length + 1;
}
