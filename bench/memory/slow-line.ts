/** A line to a server that carries so many bytes a second and no more, over all connections together: a proxy of bytes that reads on only when the line is free. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class SlowLine implements AsyncDisposable {
  readonly #bytesPerSecond: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** When the line has carried what it took, in milliseconds of `performance.now()`. */
  #freeAt = 0;

  private constructor(target: URL, bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#server = createServer((client) => {
      const server = connect(Number(target.port), target.hostname);
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        this.#sockets.add(from);
        from.on('error', () => undefined);
        from.on('close', () => {
          this.#sockets.delete(from);
          to.destroy();
        });
      }
      server.pipe(client);
      client.on('data', (bytes: Buffer) => {
        server.write(bytes);
        client.pause();
        setTimeout(() => client.resume(), this.#carry(bytes.byteLength));
      });
      client.on('end', () => server.end());
    });
  }

  /** `target`: `http://host:port`. */
  static async start(target: string, bytesPerSecond: number): Promise<SlowLine> {
    const line = new SlowLine(new URL(target), bytesPerSecond);
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  /** Milliseconds until so many more bytes have been carried. */
  #carry(bytes: number): number {
    const now = performance.now();
    this.#freeAt = Math.max(now, this.#freeAt) + (bytes * 1000) / this.#bytesPerSecond;
    return this.#freeAt - now;
  }
}
