/** A server that speaks MySQL's protocol as far as the runner asks, and then answers the query with whatever packets a test wants. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { Sha2Login } from './sha2-login.ts';

const PLUGIN_AUTH = 0x80000;
const SECURE_CONNECTION = 0x8000;
const PROTOCOL_41 = 0x200;
const CONNECT_WITH_DB = 0x8;
const SSL = 0x800;
const COM_QUERY = 3;
const COM_STMT_PREPARE = 22;
const COM_STMT_EXECUTE = 23;
const VAR_STRING = 253;
const UTF8MB4 = 45;

export const OK = Buffer.from([0, 0, 0, 2, 0, 0, 0]);
export const EOF = Buffer.from([0xfe, 0, 0, 2, 0]);

export function error(number: number, words: string): Buffer {
  return Buffer.concat([Buffer.from([0xff, number & 0xff, number >> 8]), Buffer.from(`#HY000${words}`)]);
}

/** A row of texts of the binary protocol. */
export function row(...values: readonly string[]): Buffer {
  return rawRow(...values.map(lengthCoded));
}

/** A row of the binary protocol, of values as they stand there; null = NULL. */
export function rawRow(...values: readonly (Buffer | null)[]): Buffer {
  const head = Buffer.alloc(1 + Math.floor((values.length + 9) / 8));
  for (const [index, value] of values.entries()) if (value === null) head[1 + ((index + 2) >> 3)]! |= 1 << ((index + 2) & 7);
  return Buffer.concat([head, ...values.flatMap((value) => value ?? [])]);
}

export function lengthCoded(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

/** https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html; `charset` 63 = bytes. */
export interface TypedColumn {
  readonly name: string;
  readonly type: number;
  readonly charset?: number;
  readonly flags?: number;
}

function column(given: string | TypedColumn): Buffer {
  const { name, type, charset = UTF8MB4, flags = 0 }: TypedColumn = typeof given === 'string' ? { name: given, type: VAR_STRING } : given;
  const fixed = Buffer.alloc(13);
  fixed[0] = 12;
  fixed.writeUInt16LE(charset, 1);
  fixed[7] = type;
  fixed.writeUInt16LE(flags, 8);
  return Buffer.concat([...['def', '', '', '', name, ''].map(lengthCoded), fixed]);
}

export interface FakeAnswers {
  /** The greeting's way to log in. */
  readonly plugin?: string;
  /** What the login is answered with. */
  readonly login?: Buffer;
  /** Logs in by caching_sha2_password; `cached`: the server has met the user before. */
  readonly sha2?: { readonly password: string; readonly cached: boolean };
  /** Offers TLS with this certificate. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  readonly columns: readonly (string | TypedColumn)[];
  /** Packets behind the columns, each with its number; a Buffer in a list of its own goes out without a header. */
  readonly rows: readonly (Buffer | readonly [raw: Buffer])[];
  /** Error numbers of settings that it does not let be made, by their names. */
  readonly refused?: Readonly<Record<string, number>>;
  /** Closes the connection behind them. */
  readonly closes?: boolean;
}

export class FakeMysql implements AsyncDisposable {
  /** Statements that were sent, prepared ones too. */
  readonly statements: string[] = [];
  /** How passwords were asked for, by caching_sha2_password. */
  readonly logins: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(answers: FakeAnswers) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      this.#serve(socket, answers);
    });
  }

  static async start(answers: FakeAnswers): Promise<FakeMysql> {
    const server = new FakeMysql(answers);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get url(): string {
    return `${this.tlsUrl}?sslmode=disable`;
  }

  get tlsUrl(): string {
    return `mysql://user:sentinel@127.0.0.1:${(this.#server.address() as AddressInfo).port}/db`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(plain: Socket, answers: FakeAnswers): void {
    const { sha2, tls, plugin = sha2 === undefined ? 'mysql_native_password' : 'caching_sha2_password' } = answers;
    const { login = OK, columns, rows, refused = {}, closes = false } = answers;
    const handshake = sha2 === undefined ? undefined : new Sha2Login(sha2, SCRAMBLE, tls !== undefined);
    let socket = plain;
    let number = 0;
    const send = (...packets: readonly (Buffer | readonly [Buffer])[]): void => {
      for (const packet of packets) {
        if (!Buffer.isBuffer(packet)) {
          socket.write(packet[0]);
          continue;
        }
        const head = Buffer.alloc(4);
        head.writeUIntLE(packet.length, 0, 3);
        head[3] = number++ & 0xff;
        socket.write(Buffer.concat([head, packet]));
      }
    };
    send(greeting(plugin, tls === undefined ? 0 : SSL));
    let pending = Buffer.alloc(0);
    let isIn = false;
    const onData = (bytes: Buffer): void => {
      pending = Buffer.concat([pending, bytes]);
      for (;;) {
        if (pending.length < 4 || pending.length < 4 + pending.readUIntLE(0, 3)) return;
        const end = 4 + pending.readUIntLE(0, 3);
        const body = pending.subarray(4, end);
        number = (pending[3] ?? 0) + 1;
        pending = pending.subarray(end);
        if (!isIn && tls !== undefined && socket === plain) {
          // Nothing but that TLS begins; the login follows within it.
          plain.off('data', onData);
          plain.pause();
          if (pending.length > 0) plain.unshift(pending); // where TLS has begun already
          pending = Buffer.alloc(0);
          socket = new TLSSocket(plain, { isServer: true, cert: tls.certificate, key: tls.key });
          socket.on('error', () => undefined).on('data', onData);
          return;
        }
        if (!isIn && handshake !== undefined) {
          const { answer, step } = handshake.next(body);
          this.logins.push(step);
          isIn = step === 'welcome';
          send(...answer, ...(isIn ? [OK] : []));
          continue;
        }
        if (!isIn) {
          isIn = true;
          send(login);
          continue;
        }
        const text = body.toString('utf8', 1);
        switch (body[0]) {
          case COM_QUERY: {
            this.statements.push(text);
            const [, number] = Object.entries(refused).find(([setting]) => text.startsWith(`set session ${setting} `)) ?? [];
            if (number !== undefined) send(error(number, 'sentinel'));
            else if (text.startsWith('select version')) send(Buffer.from([1]), column('version()'), EOF, lengthCoded('8.4.0'), EOF);
            else send(OK);
            break;
          }
          case COM_STMT_PREPARE:
            this.statements.push(text);
            send(Buffer.from([0, 1, 0, 0, 0, columns.length, 0, 0, 0, 0, 0, 0]), ...columns.map(column), EOF);
            break;
          case COM_STMT_EXECUTE:
            send(Buffer.from([columns.length]), ...columns.map(column), EOF, ...rows);
            if (closes) socket.end();
            break;
          default: // COM_QUIT, and statements that are closed.
            if (body[0] === 1) socket.end();
        }
      }
    };
    plain.on('data', onData);
  }
}

/** In the greeting in two parts. */
const SCRAMBLE = Buffer.from('a'.repeat(8) + 'b'.repeat(12));

function greeting(plugin: string, more: number): Buffer {
  const capabilities = more | PLUGIN_AUTH | SECURE_CONNECTION | PROTOCOL_41 | CONNECT_WITH_DB;
  const middle = Buffer.alloc(31);
  middle.writeUInt32LE(7, 0);
  middle.fill('a', 4, 12);
  middle.writeUInt16LE(capabilities & 0xffff, 13);
  middle[15] = UTF8MB4;
  middle.writeUInt16LE(2, 16);
  middle.writeUInt16LE(capabilities >>> 16, 18);
  middle[20] = 21;
  return Buffer.concat([Buffer.from('\x0a8.4.0\0'), middle, Buffer.from(`${'b'.repeat(12)}\0${plugin}\0`)]);
}
