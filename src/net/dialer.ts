/**
 * The one door for connections whose address comes from a user (security.md 4).
 *
 * The name is resolved once, each address is checked, and the connection goes to an address that was checked: a name that answers differently the second time
 * (DNS rebinding) gains nothing, because there is no second time. Proxy variables play no part. Name, connection and TLS handshake share one time-out.
 */
import { X509Certificate } from 'node:crypto';
import { lookup as systemLookup } from 'node:dns/promises';
import { once } from 'node:events';
import { isIP, connect as connectTcp, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import type { buildConnector } from 'undici';
import { abortable } from './abortable.ts';
import { addressGuard, normalName, type AddressPolicy, type AddressGuard, type Destination } from './address-policy.ts';
import { NetworkError, networkFailureKind, type NetworkFailureKind } from './failure.ts';

/** How long one of several addresses may take before the next is tried. */
const ADDRESS_ATTEMPT_MS = 500;
const KEEP_ALIVE_DELAY_MS = 30_000;

/** All addresses of a name, or a rejection as `dns.lookup` gives it. */
export type Resolve = (host: string) => Promise<readonly { readonly address: string }[]>;

export interface DialerOptions {
  readonly policy: AddressPolicy;
  /** Bound on resolving, connecting and TLS together, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Default: the system's resolver, search domains and hosts file included. */
  readonly resolve?: Resolve;
}

/** Whom to trust: the bundle alone, or the system's authorities when there is none. */
export class Trust {
  readonly context: SecureContext;

  /** `bundle`: PEM certificates. Throws NetworkError unknownAuthority when one cannot be read. */
  constructor(bundle?: string) {
    this.context = createSecureContext(bundle === undefined ? {} : { ca: [...readableCertificates(bundle)] });
  }
}

/** OpenSSL skips what it cannot read and then trusts nobody, which nobody would understand. */
function readableCertificates(bundle: string): readonly string[] {
  const certificates = bundle.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  try {
    if (certificates.length === 0) throw new Error('empty');
    for (const certificate of certificates) new X509Certificate(certificate);
  } catch {
    throw new NetworkError('unknownAuthority', 'the bundle of certificate authorities is not a list of readable PEM certificates');
  }
  return certificates;
}

export class Dialer {
  readonly #guard: AddressGuard;
  readonly #connectTimeoutMs: number;
  readonly #resolve: Resolve;

  constructor(options: DialerOptions) {
    this.#guard = addressGuard(options.policy);
    this.#connectTimeoutMs = options.connectTimeoutMs;
    this.#resolve = options.resolve ?? ((host) => systemLookup(host, { all: true }));
  }

  /**
   * A connected socket, behind TLS when `trust` is given; the caller owns it. A driver that asks for TLS in its own protocol (Postgres) takes it without.
   * Throws NetworkError, or the signal's reason.
   */
  async dial(destination: Destination, options: { readonly trust?: Trust; readonly signal?: AbortSignal } = {}): Promise<Socket> {
    const timeout = AbortSignal.timeout(this.#connectTimeoutMs);
    const signal = options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]);
    try {
      const addresses = await this.allowedAddresses(destination, signal);
      return await open(destination, addresses, options.trust, signal);
    } catch (error) {
      if (options.signal?.aborted === true) throw options.signal.reason;
      if (error instanceof NetworkError) throw error;
      const kind = timeout.aborted ? 'timedOut' : (networkFailureKind(error) ?? 'cut');
      throw new NetworkError(kind, `${destination.host}:${destination.port} ${MEANINGS[kind]}`, error);
    }
  }

  /** For `connect` of an undici Client, Pool or Agent. */
  connector(trust: Trust): buildConnector.connector {
    return ({ hostname, port, protocol }, callback) => {
      const secure = protocol === 'https:';
      const destination = { host: hostname, port: port === '' ? (secure ? 443 : 80) : Number(port) };
      this.dial(destination, secure ? { trust } : {}).then(
        (socket) => {
          callback(null, socket);
        },
        (error: unknown) => {
          callback(error instanceof Error ? error : new Error('the connection failed', { cause: error }), null);
        },
      );
    };
  }

  /** For programs that connect by themselves: the addresses of the host that may be reached, at least one. @throws NetworkError */
  async allowedAddresses(destination: Destination, signal: AbortSignal): Promise<readonly string[]> {
    const { host } = destination;
    const found = isIP(host) === 0 ? await abortable(this.#resolve(host), signal) : [{ address: host }];
    const verdicts = found.map(({ address }) => ({ address, refusal: this.#guard(destination, address) }));
    const allowed = verdicts.flatMap(({ address, refusal }) => (refusal === undefined ? [address] : []));
    if (allowed.length > 0) return allowed;
    const [first] = verdicts;
    if (first === undefined) throw new NetworkError('unresolved', `${host} ${MEANINGS.unresolved}`);
    const what = first.refusal === 'listed' ? 'is an address that is never reached' : `is a ${first.refusal} address, which is not allowed`;
    throw new NetworkError('addressRefused', `${host} ${what}`);
  }
}

async function open(
  { host, port }: Destination,
  addresses: readonly string[],
  trust: Trust | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  const to = { host, port, lookup: pinned(addresses), autoSelectFamily: true, autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_MS };
  const socket =
    trust === undefined
      ? connectTcp(to)
      : connectTls({
          ...to,
          secureContext: trust.context,
          rejectUnauthorized: true,
          ALPNProtocols: ['http/1.1'],
          // RFC 6066: a server name is a DNS name without its last dot, never an address. The certificate is checked against `host` then.
          ...(isIP(host) === 0 ? { servername: normalName(host) } : {}),
        });
  try {
    await once(socket, trust === undefined ? 'connect' : 'secureConnect', { signal });
    socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
    return socket;
  } catch (error) {
    socket.on('error', () => undefined); // A socket that is torn down may still report what it was doing.
    socket.destroy();
    throw error;
  }
}

/** A `lookup` that knows only the addresses that were checked. */
function pinned(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, options, callback) => {
    const [first] = all;
    if (options.all === true) callback(null, all);
    else callback(null, first?.address ?? '', first?.family);
  };
}

const MEANINGS: Readonly<Record<NetworkFailureKind, string>> = {
  addressRefused: 'is not an address that may be reached',
  unresolved: 'has no address: the name is unknown to DNS',
  refused: 'refused the connection',
  timedOut: 'did not answer in time',
  unreachable: 'cannot be reached: there is no route',
  cut: 'closed the connection',
  unknownAuthority: 'has a certificate of an authority that is not trusted',
  certificateInvalid: 'has a certificate that has expired or is for another name',
  notTls: 'does not speak TLS that we accept',
  notHttp: 'does not speak HTTP',
};
