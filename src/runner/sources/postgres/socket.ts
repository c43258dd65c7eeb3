/**
 * A connected socket to a PostgreSQL server, behind verified TLS unless the URL says otherwise, in the shape that the driver wants.
 *
 * TLS is asked for here and not by the driver: a server that refuses it, or that slips bytes in before the handshake, ends the connection with the user's
 * remedy; there is no second try in clear text. What the driver throws on bytes that are not PostgreSQL's ends the connection too, instead of the process.
 */
import { once } from 'node:events';
import { isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { DossierError } from '../../../errors.ts';
import type { Trust } from '../../../net/dialer.ts';
import { dialServer, type Reach, type Server } from '../sql-login.ts';

/** Length 8, code 80877103 (PostgreSQL's documentation, "Message Formats", SSLRequest). */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/** What answers does not keep to PostgreSQL's protocol. */
export class ProtocolError extends Error {
  constructor(cause?: unknown) {
    super('the server does not keep to the protocol of PostgreSQL', { cause });
    this.name = 'ProtocolError';
  }
}

/** The caller owns the socket. @throws NetworkError, ProtocolError, DossierError SourceFailed, or the signal's reason. */
export async function openSocket(url: Server, { allowLoopback, trust }: Reach, signal: AbortSignal): Promise<Socket> {
  const socket = await dialServer(url, allowLoopback, signal);
  if (trust === undefined) return socket;
  try {
    await askForTls(socket, signal);
    return await startTls(socket, url.host, trust, signal);
  } catch (error) {
    socket.on('error', () => undefined); // It is torn down; what it still reports is of no use.
    socket.destroy();
    throw error;
  }
}

async function askForTls(socket: Socket, signal: AbortSignal): Promise<void> {
  const answered = new AbortController();
  const either = { signal: AbortSignal.any([signal, answered.signal]) };
  socket.write(SSL_REQUEST);
  try {
    const [reply] = (await Promise.race([once(socket, 'data', either), once(socket, 'end', either)])) as [Buffer?];
    socket.pause();
    // More than the one byte would be clear text that somebody put in front of the encrypted part.
    if (reply === undefined) throw cutWhileAsking();
    if (reply.length === 1 && reply[0] === 0x53 /* S */) return;
    if (reply.length === 1 && reply[0] === 0x4e /* N */) throw tlsRefused();
    throw reply[0] === 0x45 /* E */ ? cutWhileAsking() : new ProtocolError();
  } finally {
    answered.abort();
  }
}

async function startTls(socket: Socket, host: string, trust: Trust, signal: AbortSignal): Promise<Socket> {
  const secure = connectTls({
    socket,
    host,
    secureContext: trust.context,
    rejectUnauthorized: true,
    // RFC 6066: a server name is a DNS name without its last dot, never an address. The certificate is checked against `host` then.
    ...(isIP(host) === 0 ? { servername: host.replace(/\.$/, '') } : {}),
  });
  try {
    await once(secure, 'secureConnect', { signal });
    return secure;
  } catch (error) {
    secure.on('error', () => undefined);
    secure.destroy();
    throw error;
  }
}

function tlsRefused(): DossierError {
  return new DossierError(
    'SourceFailed',
    'postgres: the server does not offer TLS, and nothing is sent without it; turn TLS on there, or write ?sslmode=disable in the URL to send all in clear text',
    { retryable: false },
  );
}

function cutWhileAsking(): DossierError {
  return new DossierError('SourceFailed', 'postgres: the server ended the connection when it was asked for TLS', { retryable: true });
}

/**
 * The socket as pg's `stream`: pg calls `connect` on it and waits for the event, although it is connected; and pg's parser throws out of the `data` event. Of what
 * comes, pg gets what `divide` returns.
 */
export function driverStream(socket: Socket, divide: (bytes: Buffer) => readonly Buffer[]): Socket {
  const emit = socket.emit.bind(socket) as (event: string | symbol, ...args: unknown[]) => boolean;
  socket.connect = () => {
    process.nextTick(() => emit('connect'));
    return socket;
  };
  socket.emit = (event: string | symbol, ...args: unknown[]) => {
    if (event !== 'data') return emit(event, ...args);
    try {
      for (const bytes of divide(args[0] as Buffer)) emit(event, bytes);
      return true;
    } catch (error) {
      socket.destroy(new ProtocolError(error));
      return true;
    }
  };
  return socket;
}
