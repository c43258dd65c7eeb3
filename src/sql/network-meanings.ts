/** What is told of a database that cannot be reached, the same for every kind of it. */
import type { NetworkFailureKind } from '../net/failure.ts';

interface Meaning {
  /** What follows the server's name. */
  readonly text: string;
  /** Whether it may pass by itself. */
  readonly retryable: boolean;
}

/** By kind of failure; `protocol`: what the server was expected to speak. */
export function sqlNetworkMeanings(protocol: 'PostgreSQL' | 'MySQL'): Readonly<Record<NetworkFailureKind, Meaning>> {
  return {
    addressRefused: { text: 'is not an address that may be reached', retryable: false },
    unresolved: { text: 'has no address: the name is unknown to DNS', retryable: true },
    refused: { text: 'refused the connection', retryable: true },
    timedOut: { text: 'did not answer in time', retryable: true },
    unreachable: { text: 'cannot be reached: there is no route', retryable: true },
    cut: { text: 'closed the connection', retryable: true },
    unknownAuthority: {
      text: 'has a certificate of an authority that is not trusted; name its certificate by caSecretRef of the source',
      retryable: false,
    },
    certificateInvalid: { text: 'has a certificate that has expired or is for another name than the host of the URL', retryable: false },
    notTls: { text: 'does not speak TLS that is accepted (1.2 or later)', retryable: false },
    notHttp: { text: `does not speak the protocol of ${protocol}`, retryable: false },
  };
}
