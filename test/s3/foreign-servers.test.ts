import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { StoreError, type StoreErrorKind } from '../../src/s3/errors.ts';
import { serve } from '../support/http-server.ts';
import { bucketAt, LOCAL_POLICY, never, planOf, SENTINEL_KEYS, storeAt } from './support.ts';
import { ANSWER_LIMIT_BYTES } from '../../src/s3/answer.ts';
import { listUploads } from '../../src/s3/uploads.ts';
import { headObject } from '../../src/s3/operations.ts';

const S3_HEADERS = { 'x-amz-request-id': 'R1', 'content-type': 'application/xml' };

/** Answers like a store whose listing is `document`. */
const listing =
  (document: (request: IncomingMessage) => string | Buffer): RequestListener =>
  (request, response) => {
    response.writeHead(200, S3_HEADERS).end(request.method === 'HEAD' ? undefined : document(request));
  };

async function failure(promise: Promise<unknown>): Promise<StoreError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(StoreError);
  return error as StoreError;
}

describe('what is no object store is found out before anything is written there', () => {
  const page = '<html><head><title>internal</title></head><body>hello</body></html>';
  test.each<[string, RequestListener]>([
    ['a server that says yes to everything', (_, response) => response.end()],
    ['a server that shows a page for everything', (_, response) => response.end(page)],
    [
      'a server that shows a page that looks like XML',
      (_, response) => response.writeHead(200, { 'content-type': 'text/xml' }).end('<a/>'),
    ],
    ['a server that speaks JSON', (_, response) => response.writeHead(404).end('{"kind":"Status","code":404}')],
    ['a server that knows no such path', (_, response) => response.writeHead(404).end('404 page not found')],
    ['a server that asks for a login', (_, response) => response.writeHead(401).end(page)],
    ['a server that forbids everything', (_, response) => response.writeHead(403).end()],
    ['a server that does not know the method', (_, response) => response.writeHead(405).end()],
  ])('%s', async (_, listener) => {
    const methods: (string | undefined)[] = [];
    const endpoint = await serve((request, response) => {
      methods.push(request.method);
      listener(request, response);
    });
    const store = await storeAt(planOf(endpoint, 'reports'));
    expect(await failure(store.probe(never))).toMatchObject({ kind: 'NotS3', reason: 'Unreachable' });
    expect(methods.filter((method) => method !== 'HEAD' && method !== 'GET')).toEqual([]);
  });

  test('a server that does not speak HTTP', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined).end('SSH-2.0-OpenSSH_9.9\r\n'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const store = await storeAt(planOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'reports'));
    expect(await failure(store.look(never))).toMatchObject({ kind: 'NotS3' });
  });
});

test('a store that says NoSuchUpload of a bucket without uploads, as those made of gofakes3 do, holds none', async () => {
  const endpoint = await serve((_, response) => response.writeHead(404, S3_HEADERS).end('<Error><Code>NoSuchUpload</Code></Error>'));
  expect(await listUploads(bucketAt(planOf(endpoint, 'reports')), 'k', never)).toEqual([]);
});

describe('an answer is bounded before it is parsed', () => {
  const endless = (response: ServerResponse): void => {
    response.writeHead(200, S3_HEADERS).write('<ListMultipartUploadsResult><Bucket>');
    const piece = Buffer.alloc(65_536, 'x');
    const pump = (): void => {
      while (!response.destroyed && response.write(piece)) continue;
    };
    response.on('drain', pump);
    pump();
  };

  test('a body without an end is cut', async () => {
    let closed: Promise<unknown> | undefined;
    const endpoint = await serve((_, response) => {
      closed ??= once(response, 'close');
      endless(response);
    });
    expect(await failure(listUploads(bucketAt(planOf(endpoint, 'reports')), 'k', never))).toMatchObject({ kind: 'AnswerRefused' });
    await closed;
  });

  test.each(['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', '<?xml version="1.0"?>\n<!doctype html><html></html>'])(
    '%s is refused',
    async (document) => {
      const endpoint = await serve(listing(() => document));
      expect(await failure(listUploads(bucketAt(planOf(endpoint, 'reports')), 'k', never))).toMatchObject({ kind: 'AnswerRefused' });
    },
  );

  const filled = (text: string): string => text.repeat(Math.floor((ANSWER_LIMIT_BYTES - 100) / text.length));
  const many = (make: (index: number) => string): string => Array.from({ length: 20_000 }, (_, index) => make(index)).join('');
  test.each<[string, string]>([
    ['text', `<a>${filled('x')}</a>`],
    ['text between elements', `<a>${filled(`<b/>${'x'.repeat(8_000)}`)}</a>`],
    ['text in CDATA', `<a>${filled('<![CDATA[xxx]]>')}</a>`],
    ['line breaks', `<a>${filled('\r')}</a>`],
    ['half entities', `<a>${filled('&')}</a>`],
    ['elements in elements', filled('<a>')],
    ['elements beside elements', `<a>${filled('<b/>')}</a>`],
    ['different elements', `<a>${many((index) => `<b${index}/>`)}</a>`],
    ['attributes', `<a ${many((index) => `b${index}=""`)}/>`],
    ['a name', `<${filled('a')}/>`],
    ['comments', `<a>${filled('<!---->')}</a>`],
    ['processing instructions', `${filled('<?b?>')}<a/>`],
    ['half processing instructions', `<a>${filled('<?')}</a>`],
    ['uploads', `<ListMultipartUploadsResult>${filled('<Upload><Key>other</Key></Upload>')}</ListMultipartUploadsResult>`],
  ])('as many bytes of %s as are taken hold the loop for less than 100 ms', async (_, document) => {
    const endpoint = await serve(listing(() => document));
    const bucket = bucketAt(planOf(endpoint, 'reports'));
    expect(Buffer.byteLength(document)).toBeLessThanOrEqual(ANSWER_LIMIT_BYTES);
    const blocked = await longestTurnMs(async () => {
      await listUploads(bucket, 'k', never).catch((error: unknown) => expect(error).toBeInstanceOf(StoreError));
    });
    expect(blocked).toBeLessThan(100);
  });
});

/** The most CPU time of this thread between two turns of the event loop: unlike the time on the wall it does not depend on what else the machine does. */
async function longestTurnMs(work: () => Promise<void>): Promise<number> {
  const cpuMs = (): number => process.threadCpuUsage().user / 1_000;
  let last = cpuMs();
  let longest = 0;
  const turn = (): void => {
    const now = cpuMs();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const turns = setInterval(turn, 1);
  await work();
  await new Promise((resolve) => setTimeout(resolve)); // the turn in which the work ended counts, too
  clearInterval(turns);
  turn();
  return longest;
}

describe('a listing ends', () => {
  const page = (marker: string): string =>
    `<ListMultipartUploadsResult><Bucket>reports</Bucket><IsTruncated>true</IsTruncated><NextKeyMarker>${marker}</NextKeyMarker></ListMultipartUploadsResult>`;

  test.each<[string, (nth: number) => string, number]>([
    ['whose marker stays', () => page('a'), 2],
    ['whose marker is missing', () => page('').replace(/<NextKeyMarker>.*NextKeyMarker>/, ''), 1],
    ['that always has a next page', (nth) => page(`marker ${nth}`), 100],
  ])('one %s', async (_, document, requests) => {
    let nth = 0;
    const endpoint = await serve(listing(() => document(++nth)));
    expect(await failure(listUploads(bucketAt(planOf(endpoint, 'reports')), 'k', never))).toMatchObject({ kind: 'NotS3' });
    expect(nth).toBe(requests);
  });
});

describe('a call ends', () => {
  test('when the store is silent', async () => {
    const endpoint = await serve(() => undefined);
    const bucket = bucketAt(planOf(endpoint, 'reports'), SENTINEL_KEYS, { wholeRequestMs: 50 });
    expect(await failure(headObject(bucket, 'k', never))).toMatchObject({ kind: 'TimedOut', retryable: true });
  });

  test('when the store sends one byte at a time, for ever', async () => {
    const endpoint = await serve((_, response) => {
      response.writeHead(200, S3_HEADERS);
      const drip = setInterval(() => response.write(' '), 5);
      response.on('close', () => {
        clearInterval(drip);
      });
    });
    const bucket = bucketAt(planOf(endpoint, 'reports'), SENTINEL_KEYS, { wholeRequestMs: 60 });
    expect(await failure(listUploads(bucket, 'k', never))).toMatchObject({ kind: 'TimedOut' });
  });

  test('when its signal fires, with the reason of the signal', async () => {
    const stop = new AbortController();
    const reason = new Error('the reconcile is over');
    const endpoint = await serve(() => {
      stop.abort(reason);
    });
    await expect(headObject(bucketAt(planOf(endpoint, 'reports')), 'k', stop.signal)).rejects.toBe(reason);
  });

  test('when the store is closed', async () => {
    const asked = Promise.withResolvers<void>();
    const endpoint = await serve(() => {
      asked.resolve();
    });
    const store = await storeAt(planOf(endpoint, 'reports'));
    const looking = failure(store.look(never));
    await asked.promise;
    store.close();
    expect(await looking).toMatchObject({ kind: 'Cut' });
  });
});

test('a storage gets two sockets, and keeps none', async () => {
  let [open, most] = [0, 0];
  const release = Promise.withResolvers<void>();
  const endpoint = await serve((request, response) => {
    open += 1;
    most = Math.max(most, open);
    request.socket.on('close', () => (open -= 1));
    void release.promise.then(() => response.writeHead(200, S3_HEADERS).end());
  });
  const store = await storeAt(planOf(endpoint, 'reports'));
  const looks = Array.from({ length: 10 }, () => store.look(never));
  await expect.poll(() => open, { timeout: 30_000, interval: 5 }).toBe(2);
  release.resolve();
  await Promise.all(looks);
  await expect.poll(() => open, { timeout: 30_000, interval: 5 }).toBe(0);
  expect(most).toBe(2);
});

test('a redirect is not followed', async () => {
  const reached: string[] = [];
  const elsewhere = await serve((request, response) => {
    reached.push(request.url ?? '');
    response.end();
  });
  const endpoint = await serve((_, response) => response.writeHead(307, { ...S3_HEADERS, location: `${elsewhere}/reports` }).end());
  const store = await storeAt(planOf(endpoint, 'reports'));
  expect(await failure(store.look(never))).toMatchObject({ kind: 'WrongRegion' });
  expect(reached).toEqual([]);
});

test.each<[string, string, StoreErrorKind]>([
  ['the machine itself', 'http://127.0.0.1:1', 'AddressRefused'],
  ['the machine itself, spelt otherwise', 'http://2130706433:1', 'AddressRefused'],
  ['where clouds keep credentials', 'http://169.254.169.254', 'AddressRefused'],
  ['the same in IPv6', 'http://[::ffff:a9fe:a9fe]', 'AddressRefused'],
  ['the apiserver', 'https://10.96.0.1', 'AddressRefused'],
])('an endpoint that is %s is refused', async (_, endpoint, kind) => {
  const policy = { ...LOCAL_POLICY, allowLoopback: false, refused: ['10.96.0.1:443'] };
  const store = await storeAt(planOf(endpoint, 'reports'), { policy });
  expect(await failure(store.probe(never))).toMatchObject({ kind, reason: 'EndpointNotAllowed' });
});

test('a bundle of authorities that cannot be read is said so before any request', async () => {
  await expect(storeAt(planOf('https://127.0.0.1:1', 'reports'), { caBundle: 'garbage' })).rejects.toMatchObject({
    kind: 'UnknownAuthority',
  });
});

test('an absent object is believed only when the store says so in words', async () => {
  // As versitygw answers an unknown access key.
  const endpoint = await serve((request, response) => {
    const document = '<Error><Code>XAdminUserNotFound</Code><Message>sentinel-message</Message></Error>';
    response.writeHead(404, S3_HEADERS).end(request.method === 'HEAD' ? undefined : document);
  });
  const store = await storeAt(planOf(endpoint, 'reports'));
  expect(await failure(store.head('k', never))).toMatchObject({ kind: 'InvalidAccessKeyId' });
});

test('neither keys nor what a store echoes of them stand in an error', async () => {
  // As AWS answers a wrong secret key; headers are what it received.
  const endpoint = await serve((request, response) => {
    const echo = `${request.headers.authorization} ${String(request.headers['x-amz-security-token'])}`;
    const document = `<Error><Code>SignatureDoesNotMatch</Code><Message>${echo}</Message><AWSAccessKeyId>${SENTINEL_KEYS.accessKeyId}</AWSAccessKeyId><StringToSign>${echo}</StringToSign></Error>`;
    response.writeHead(403, S3_HEADERS).end(request.method === 'HEAD' ? undefined : document);
  });
  const store = await storeAt(planOf(endpoint, 'reports'));
  const calls = [() => store.look(never), () => store.probe(never), () => store.head('k', never), () => store.remove('k', 'u', never)];
  for (const call of calls) {
    const error = await failure(call());
    expect(error.kind).toBe('SignatureDoesNotMatch');
    expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/sentinel/i);
  }
});
