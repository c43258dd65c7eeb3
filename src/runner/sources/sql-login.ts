/**
 * The way to a SQL server, the same for every kind of it: whom to trust, the guarded dialer, and one time-out over everything up to the login.
 *
 * Private addresses may be reached, because databases live in clusters; loopback and metadata may not. An abort or the time-out tears the socket down in the middle of a
 * login, so that a server which never answers holds nothing.
 */
import type { Socket } from 'node:net';
import type { DossierError } from '../../errors.ts';
import { Dialer, Trust } from '../../net/dialer.ts';
import { NetworkError } from '../../net/failure.ts';
import type { SqlUrl } from '../../sql/sql-url.ts';

/** Makes the error of a kind of source: `postgres: <clause>`. */
type Failed = (clause: string, retryable: boolean) => DossierError;

export type Server = Pick<SqlUrl, 'host' | 'port' | 'connectTimeoutSeconds'>;

export interface Reach {
  readonly allowLoopback: boolean;
  /** Whom to trust; undefined = no TLS, which only the URL can ask for. */
  readonly trust: Trust | undefined;
}

/** `authority`: PEM of caSecretRef; undefined = the system's authorities. @throws what `failed` makes of an authority that is no certificate or has no use. */
export function reachOf(url: Pick<SqlUrl, 'tls'>, authority: string | undefined, allowLoopback: boolean, failed: Failed): Reach {
  if (!url.tls) {
    if (authority === undefined) return { allowLoopback, trust: undefined };
    throw failed('the URL in the Secret says sslmode=disable, but the source has a caSecretRef; remove one of the two', false);
  }
  try {
    return { allowLoopback, trust: new Trust(authority) };
  } catch (error) {
    if (error instanceof NetworkError) throw failed(`caSecretRef: ${error.message}`, false);
    throw error;
  }
}

/** A socket in clear text; the caller owns it, and begins TLS in the server's own protocol. @throws NetworkError, or the signal's reason. */
export async function dialServer(url: Server, allowLoopback: boolean, signal: AbortSignal): Promise<Socket> {
  const dialer = new Dialer({
    policy: { allowLoopback, private: 'allow', allowed: [], refused: [] },
    connectTimeoutMs: url.connectTimeoutSeconds * 1000,
  });
  return dialer.dial(url, { signal });
}

export interface LoginSteps<S> {
  readonly connect: (signal: AbortSignal) => Promise<Socket>;
  /** Owns the socket from here on. */
  readonly session: (socket: Socket) => S;
  readonly login: (session: S) => Promise<void>;
  /** `timeout` = the URL's connect_timeout passed. */
  readonly failed: (error: unknown) => DossierError;
}

/** A session that has logged in; of one that has not, nothing is left. @throws what `failed` makes, or the signal's reason. */
export async function logIn<S extends { close(): Promise<void> }>(url: Server, steps: LoginSteps<S>, signal: AbortSignal): Promise<S> {
  const timeout = AbortSignal.timeout(url.connectTimeoutSeconds * 1000);
  const either = AbortSignal.any([signal, timeout]);
  let session: S | undefined;
  try {
    const socket = await steps.connect(either);
    session = steps.session(socket);
    const giveUp = (): void => void socket.destroy();
    either.addEventListener('abort', giveUp, { once: true });
    try {
      either.throwIfAborted();
      await steps.login(session);
    } finally {
      either.removeEventListener('abort', giveUp);
    }
    return session;
  } catch (error) {
    await session?.close();
    if (signal.aborted) throw signal.reason;
    throw steps.failed(timeout.aborted ? 'timeout' : error);
  }
}
