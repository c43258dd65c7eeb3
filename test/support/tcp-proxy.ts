/** A proxy of bytes that can cut every connection, at once or after a number of bytes, and be away for a while. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class TcpProxy implements AsyncDisposable {
  /** Bytes that came from the server so far, over all connections. */
  bytesFromServer = 0;
  /** When `bytesFromServer` passes it, every connection is reset. */
  cutAfterBytes = Infinity;
  /** Connections are reset as they come. Those that are there stay until `cut`. */
  away = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#server = createServer((client) => {
      if (this.away) {
        client.resetAndDestroy();
        return;
      }
      const server = connect(target.port, target.host);
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
        from.pipe(to);
      }
      server.on('data', (bytes: Buffer) => {
        this.bytesFromServer += bytes.byteLength;
        if (this.bytesFromServer >= this.cutAfterBytes) this.cut();
      });
    });
  }

  /** Listens at `address`, on a free port. */
  static async start(target: { readonly host: string; readonly port: number }, address = '127.0.0.1'): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    proxy.#server.listen(0, address);
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
