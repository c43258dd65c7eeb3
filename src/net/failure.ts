/**
 * What went wrong on the way to another program, as one of a few kinds: Node, OpenSSL and undici say it in some fifty codes.
 *
 * Users read the kind's meaning; the codes stay inside.
 */

export type NetworkFailureKind =
  /** A guard refused every address of the host; nothing was sent. */
  | 'addressRefused'
  | 'unresolved'
  | 'refused'
  | 'timedOut'
  | 'unreachable'
  /** The connection ended in the middle. */
  | 'cut'
  | 'unknownAuthority'
  /** Expired, not valid yet, revoked, or for another name. */
  | 'certificateInvalid'
  /** What answered does not speak TLS, or no version of it that we accept. */
  | 'notTls'
  /** What answered does not speak HTTP. */
  | 'notHttp';

/** No connection, or none any more. The message is safe to show. */
export class NetworkError extends Error {
  readonly kind: NetworkFailureKind;

  constructor(kind: NetworkFailureKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'NetworkError';
    this.kind = kind;
  }
}

/** The kind of `error` or of what caused it; undefined when the network has no part in it. */
export function networkFailureKind(error: unknown): NetworkFailureKind | undefined {
  for (let depth = 0, current = error; depth < 5 && current instanceof Error; depth += 1, current = current.cause) {
    if (current instanceof NetworkError) return current.kind;
    // undici leaves some of the parser's errors without a code.
    const kind = current.name === 'HTTPParserError' ? 'notHttp' : kindOfCode('code' in current ? current.code : undefined);
    if (kind !== undefined) return kind;
    // Several addresses were tried and none answered: the last one's failure stands for all.
    if (current instanceof AggregateError) return networkFailureKind(current.errors.at(-1));
  }
  return undefined;
}

function kindOfCode(code: unknown): NetworkFailureKind | undefined {
  if (typeof code !== 'string') return undefined;
  const known = KINDS.get(code);
  if (known !== undefined) return known;
  if (code.startsWith('EAI_')) return 'unresolved';
  if (code.startsWith('ERR_SSL_')) return 'notTls';
  if (code.startsWith('HPE_')) return 'notHttp';
  return undefined;
}

const KINDS: ReadonlyMap<string, NetworkFailureKind> = new Map<string, NetworkFailureKind>([
  ['ENOTFOUND', 'unresolved'],
  ['ENODATA', 'unresolved'],
  ['ECONNREFUSED', 'refused'],
  ['ETIMEDOUT', 'timedOut'],
  ['ERR_SOCKET_CONNECTION_TIMEOUT', 'timedOut'],
  ['UND_ERR_CONNECT_TIMEOUT', 'timedOut'],
  ['UND_ERR_HEADERS_TIMEOUT', 'timedOut'],
  ['UND_ERR_BODY_TIMEOUT', 'timedOut'],
  ['EHOSTUNREACH', 'unreachable'],
  ['EHOSTDOWN', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['ENETDOWN', 'unreachable'],
  ['EADDRNOTAVAIL', 'unreachable'],
  ['ECONNRESET', 'cut'],
  ['ECONNABORTED', 'cut'],
  ['EPIPE', 'cut'],
  ['UND_ERR_SOCKET', 'cut'],
  ['UND_ERR_CLOSED', 'cut'],
  ['UND_ERR_DESTROYED', 'cut'],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'cut'],
  ['UND_ERR_HEADERS_OVERFLOW', 'notHttp'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'unknownAuthority'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unknownAuthority'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unknownAuthority'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'unknownAuthority'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'unknownAuthority'],
  ['CERT_UNTRUSTED', 'unknownAuthority'],
  ['INVALID_CA', 'unknownAuthority'],
  ['CERT_SIGNATURE_FAILURE', 'unknownAuthority'],
  ['CERT_HAS_EXPIRED', 'certificateInvalid'],
  ['CERT_NOT_YET_VALID', 'certificateInvalid'],
  ['CERT_REVOKED', 'certificateInvalid'],
  ['CERT_REJECTED', 'certificateInvalid'],
  ['INVALID_PURPOSE', 'certificateInvalid'],
  ['HOSTNAME_MISMATCH', 'certificateInvalid'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificateInvalid'],
  ['EPROTO', 'notTls'],
]);
