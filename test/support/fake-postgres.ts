/** A server that speaks PostgreSQL's protocol as far as the runner asks, and then answers the fetch with whatever bytes a test wants. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A message of the protocol: its type, then its body. */
export function message(type: string, ...body: readonly (string | number | Buffer)[]): Buffer {
  const content = Buffer.concat(
    body.map((part) => (typeof part === 'number' ? int32(part) : typeof part === 'string' ? Buffer.from(`${part}\0`) : part)),
  );
  return Buffer.concat([Buffer.from(type), int32(content.length + 4), content]);
}

export function row(...values: readonly string[]): Buffer {
  return rowOf(values.map((value) => Buffer.from(value)));
}

/** A row of any bytes; null is NULL. */
export function rowOf(values: readonly (Buffer | null)[]): Buffer {
  const fields = values.flatMap((value) => (value === null ? [int32(-1)] : [int32(value.length), value]));
  return message('D', int16(values.length), ...fields);
}

export const READY = message('Z', Buffer.from('T'));
export const SUSPENDED = message('s');
export const COMPLETE = message('C', 'SELECT 1');

const PARSED_AND_BOUND = Buffer.concat([message('1'), message('2')]);
/** A startup message has no type; Query, Sync and Terminate have one. */
const STARTUP = '';

export class FakePostgres implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(columns: readonly string[], fetches: readonly Buffer[]) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      const description = message(
        'T',
        int16(columns.length),
        ...columns.flatMap((name) => [name, int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0)]),
      );
      // In the order in which the runner asks: the settings, the description, the fetches.
      const answers = [
        Buffer.concat([PARSED_AND_BOUND, message('n'), COMPLETE, READY]),
        Buffer.concat([PARSED_AND_BOUND, description, READY]),
        ...fetches,
      ];
      let pending = Buffer.alloc(0);
      let greeted = false;
      socket.on('data', (bytes: Buffer) => {
        pending = Buffer.concat([pending, bytes]);
        for (;;) {
          const head = greeted ? 1 : 0;
          if (pending.length < head + 4) return;
          const end = head + pending.readInt32BE(head);
          if (pending.length < end) return;
          const type = greeted ? pending.toString('latin1', 0, 1) : STARTUP;
          pending = pending.subarray(end);
          if (type === STARTUP) {
            greeted = true;
            socket.write(Buffer.concat([message('R', 0), READY]));
          } else if (type === 'Q') {
            socket.write(Buffer.concat([COMPLETE, READY]));
          } else if (type === 'S') {
            socket.write(answers.shift() ?? READY);
          }
        }
      });
    });
  }

  /** `fetches` answer the fetches in order; the columns are of type text. */
  static async start(columns: readonly string[], fetches: readonly Buffer[]): Promise<FakePostgres> {
    const fake = new FakePostgres(columns, fetches);
    fake.#server.listen(0, '127.0.0.1');
    await once(fake.#server, 'listening');
    return fake;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}
