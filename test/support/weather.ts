/** Bad weather for a fake apiserver: what networks, load balancers and restarting servers do to a request. */
import { type Exchange, type Weather, watchLine } from './fake-apiserver.ts';
import { serveStatus } from './object-verbs.ts';

/** A refusal, as a Status. */
export function refuse(code: number, reason = 'InternalError', headers: Readonly<Record<string, string>> = {}): Weather {
  return ({ response }) => serveStatus(response, code, reason, headers);
}

/** The connection ends before any answer. */
export const hangUp: Weather = ({ response }) => response.socket?.destroy();

/** Nothing comes, not even a status line; the connection stays open. */
export const noAnswer: Weather = () => undefined;

/** Headers, and then nothing for ever: a half-open connection behind a middlebox. */
export const silence: Weather = ({ response }) => response.writeHead(200).flushHeaders();

/** 200 with something that is no JSON. */
export const garbage: Weather = ({ response }) => {
  response.writeHead(200).end('<html>sentinel-body: maintenance</html>\n');
};

/** 200 with the first half of the answer, and then the connection is cut. */
export const cutInTheMiddle: Weather = ({ response, request, server }) => {
  response.writeHead(200, { 'content-length': '100000' });
  const half = request.kind === 'watch' ? halfALine(server.objects.version) : '{"metadata":{"resourceVersion":"1';
  response.write(half, () => response.socket?.destroy());
};

/** A watch that ends in order, but within a line. */
export const endWithinALine: Weather = ({ response, server }) => {
  response.writeHead(200).end(halfALine(server.objects.version));
};

/** A watch that ends in order at once. */
export const endAtOnce: Weather = ({ response }) => {
  response.writeHead(200).end();
};

/** A watch whose only line never ends. */
export const endlessLine: Weather = ({ response }) => {
  response.writeHead(200);
  const piece = Buffer.alloc(1 << 20, 'x');
  const pump = (): void => {
    while (!response.destroyed && response.write(piece)) continue;
  };
  response.on('drain', pump);
  pump();
};

/** A watch that says an error event and ends. */
export function errorEvent(code: number, reason: string): Weather {
  return ({ response }) => {
    response.writeHead(200).end(watchLine('ERROR', { kind: 'Status', code, reason, message: `the fake says ${reason}` }));
  };
}

/** A watch that says where it stands, as far as it was asked, and ends in order. */
export const bookmarkAndEnd: Weather = ({ response, request }) => {
  const metadata = { resourceVersion: request.url.searchParams.get('resourceVersion'), creationTimestamp: null };
  response.writeHead(200).end(watchLine('BOOKMARK', { kind: 'ConfigMap', apiVersion: 'v1', metadata }));
};

/** A list as a lagging apiserver shows it: empty, and long ago. */
export const longAgo: Weather = ({ response }) => {
  response.writeHead(200).end(JSON.stringify({ kind: 'List', metadata: { resourceVersion: '7' }, items: [] }));
};

/** Something happens in the cluster just before the weather. */
export function after(happens: (exchange: Exchange) => void, weather: Weather): Weather {
  return (exchange) => {
    happens(exchange);
    weather(exchange);
  };
}

function halfALine(version: string): string {
  return watchLine('ADDED', { metadata: { name: 'half', namespace: 'a', uid: 'uid-half', resourceVersion: version } }).slice(0, -20);
}
