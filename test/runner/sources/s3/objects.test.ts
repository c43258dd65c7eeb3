import { expect, test } from 'vitest';
import { listObjects } from '../../../../src/runner/sources/s3/objects.ts';
import { listUploads } from '../../../../src/s3/uploads.ts';
import { bucketAt, never, planOf } from '../../../s3/support.ts';
import { serve } from '../../../support/http-server.ts';
import { FakePacing } from '../../upload/pacing.ts';

const ONE = '<Contents><Key>a</Key><Size>1</Size><ETag>"x"</ETag></Contents>';
const MORE = `<ListBucketResult><Name>b</Name><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>${ONE}</ListBucketResult>`;
const LAST = `<ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated>${ONE.replace('>a<', '>b<')}</ListBucketResult>`;
const retries = { patienceMs: 1_000, firstPauseMs: 1, longestPauseMs: 1 };

const NO_LISTINGS = [
  ['nothing', ''],
  ['a page for people', '<html><body>maintenance</body></html>'],
  ['an error that calls itself a success', '<Error><Code>InternalError</Code></Error>'],
] as const;

test.each(NO_LISTINGS)('%s in the place of the second page is not the end of the list of objects', async (_, answer) => {
  const answers = [MORE, answer, LAST];
  const endpoint = await serve((_request, response) => response.writeHead(200, { 'content-type': 'application/xml' }).end(answers.shift()));
  const found = await listObjects(
    { bucket: bucketAt(planOf(endpoint, 'b')), retries, pacing: new FakePacing(), silenceMs: 1_000 },
    '',
    never,
  );
  expect(found.map(({ key }) => key)).toEqual(['a', 'b']);
});

test.each(NO_LISTINGS)('%s is not a list of no uploads', async (_, answer) => {
  const endpoint = await serve((_request, response) => response.writeHead(200, { 'content-type': 'application/xml' }).end(answer));
  await expect(listUploads(bucketAt(planOf(endpoint, 'b')), 'k', never)).rejects.toMatchObject({ retryable: true });
});
