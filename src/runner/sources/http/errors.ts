/**
 * What an HTTP server and the network say, as one sentence that a user may read (security.md 13).
 *
 * A server can answer with the very secret it was sent, in a body, a header, a host name or a link; so nothing of an answer stands in a message but its status.
 * Retryable is what another try may mend: a server's own failures, cut connections, time-outs.
 */
import { CsvError } from '../../../csv-read/record-reader.ts';
import { DossierError } from '../../../errors.ts';
import { foreignText } from '../../../foreign-text.ts';
import { JsonError } from '../../../json-stream/tokenizer.ts';
import { VisitsError } from '../../../json-path/visits.ts';
import { networkFailureKind, NetworkError, type NetworkFailureKind } from '../../../net/failure.ts';

/** How a source says that it failed; `clause` is ours. */
export type Fail = (clause: string, retryable: boolean) => DossierError;

/** `clause` is ours. */
export function failed(clause: string, retryable: boolean): DossierError {
  return new DossierError('SourceFailed', `http: ${clause}`, { retryable });
}

export function templateFailed(clause: string): DossierError {
  return new DossierError('TemplateFailed', `http: ${clause}`, { retryable: false });
}

/** A request that got no answer. `server`: host and port of the template's URL; undefined = somewhere else, where a redirect led. */
export function requestFailed(error: unknown, server: string | undefined): DossierError {
  if (error instanceof DossierError) return error;
  const kind = networkFailureKind(error);
  if (kind === undefined) return failed(`${server ?? 'the server that a redirect led to'} did not answer`, true);
  if (kind === 'addressRefused') return failed(addressRefused(error, server), false);
  const { text, retryable } = MEANINGS[kind];
  return failed(`${server ?? 'the server that a redirect led to'} ${text}`, retryable);
}

/** A host that a redirect names may be the secret itself, so it is not told. */
function addressRefused(error: unknown, server: string | undefined): string {
  const words =
    server !== undefined && error instanceof NetworkError
      ? foreignText(error.message)
      : 'a redirect leads to an address that is not allowed';
  return `${words}; private addresses are reached when allowedHosts of the source lists them, loopback, link-local and metadata addresses never`;
}

/** A page that was not read to its end. `place`: which page it is; undefined when there are no pages. Mistakes of ours stay what they are. */
export function pageFailed(error: unknown, place: string | undefined): unknown {
  const body = `the body of ${place ?? 'the answer'}`;
  if (error instanceof DossierError || isMistakeOfOurs(error)) return error;
  if (error instanceof JsonError || error instanceof CsvError) return failed(`${body} ${error.message}`, error.cut);
  if (error instanceof VisitsError) return failed(error.message, false);
  if (networkFailureKind(error) === 'timedOut') return failed(`${body} stopped coming`, true);
  return failed(`the connection was cut within ${body}`, true);
}

function isMistakeOfOurs(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
}

/** An answer whose status is no success. `elsewhere`: it came from another origin than that of the url. */
export function statusFailed(status: number, elsewhere: boolean, place: string | undefined): DossierError {
  const retryable = status === 429 || status >= 500;
  const meaning = STATUS_MEANINGS.get(status) ?? (status >= 500 ? 'the server failed' : undefined);
  const hint =
    elsewhere && (status === 401 || status === 403)
      ? '; a redirect led to another origin than that of the url, to which no headers are sent'
      : '';
  const page = place === undefined ? '' : `${place}: `;
  return failed(`${page}status ${status}${meaning === undefined ? '' : `: ${meaning}`}${hint}`, retryable);
}

const STATUS_MEANINGS: ReadonlyMap<number, string> = new Map([
  [202, 'the server has not made the answer yet'],
  [206, 'the answer is only a part'],
  [400, 'the server does not understand the request; check url and query of the source'],
  [401, 'the server asks for credentials, or refuses those it got; check the headers of the source and their Secrets'],
  [403, 'the server refuses the request; check the rights of the credentials in the headers of the source'],
  [404, 'nothing is there; check the url of the source'],
  [405, 'the server does not allow GET there'],
  [406, 'the server does not offer that format; check format and an Accept header of the source'],
  [407, 'a proxy asks for credentials, which is not supported'],
  [410, 'it is gone for good'],
  [414, 'the url with its query is too long for the server'],
  [421, 'the server does not answer for this host'],
  [422, 'the server refuses the query; check the query of the source'],
  [429, 'too many requests'],
  [431, 'the headers are too large for the server'],
]);

const MEANINGS: Readonly<Record<Exclude<NetworkFailureKind, 'addressRefused'>, { readonly text: string; readonly retryable: boolean }>> = {
  unresolved: { text: 'has no address: the name is unknown to DNS', retryable: true },
  refused: { text: 'refused the connection', retryable: true },
  timedOut: { text: 'did not answer in time', retryable: true },
  unreachable: { text: 'cannot be reached: there is no route', retryable: true },
  cut: { text: 'closed the connection before it answered', retryable: true },
  unknownAuthority: {
    text: 'has a certificate of an authority that is not trusted; name its certificate by caSecretRef of the source',
    retryable: false,
  },
  certificateInvalid: { text: 'has a certificate that has expired or is for another name than the host of the url', retryable: false },
  notTls: { text: 'does not speak TLS that is accepted (1.2 or later)', retryable: false },
  notHttp: { text: 'does not speak HTTP', retryable: false },
};
