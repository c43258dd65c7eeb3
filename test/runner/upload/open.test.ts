import type { IncomingHttpHeaders } from 'node:http';
import { expect, test } from 'vitest';
import type { BucketPlan, RunPlan } from '../../../src/runner/plan.ts';
import { openUploader } from '../../../src/runner/upload/open.ts';
import { planOf } from '../../s3/support.ts';
import { serve } from '../../support/http-server.ts';

const KEYS = { DOSSIER_STORAGE_ACCESS_KEY_ID: 'AKIATEST', DOSSIER_STORAGE_SECRET_ACCESS_KEY: 'secret' };
const never = new AbortController().signal;

/** The parts of a plan that an uploader reads. */
function runPlan(bucket: BucketPlan, allowLoopback = true): RunPlan {
  const output = { bucket, key: 'ns/report/uid-1/a.csv', contentType: 'text/csv', contentDisposition: 'attachment' };
  return { report: { namespace: 'ns', name: 'report', uid: 'uid-1' }, output, allowLoopback } as RunPlan;
}

test('the keys of the environment sign the first request, which looks for uploads of the key', async () => {
  const seen: { readonly url: string | undefined; readonly headers: IncomingHttpHeaders }[] = [];
  const endpoint = await serve(({ url, headers }, response) => {
    seen.push({ url, headers });
    response.end('<ListMultipartUploadsResult><Bucket>reports</Bucket></ListMultipartUploadsResult>');
  });
  const uploader = await openUploader(runPlan(planOf(endpoint, 'reports')), { ...KEYS, DOSSIER_STORAGE_SESSION_TOKEN: 'token' }, never);
  await uploader.abort();
  expect(seen.map(({ url }) => url?.split('?')[0])).toEqual(['/reports/']);
  expect(seen[0]?.url).toContain('prefix=ns%2Freport%2Fuid-1%2Fa.csv');
  expect(seen[0]?.headers).toMatchObject({
    authorization: expect.stringContaining('Credential=AKIATEST/') as string,
    'x-amz-security-token': 'token',
  });
});

test('the surroundings have no say: neither proxies nor settings of the SDK', async () => {
  const reached: string[] = [];
  const listener = (name: string): Promise<string> =>
    serve((_, response) => {
      reached.push(name);
      response.end('<ListMultipartUploadsResult><Bucket>reports</Bucket></ListMultipartUploadsResult>');
    });
  const [endpoint, elsewhere] = [await listener('the store'), await listener('elsewhere')];
  const names = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3'];
  const before = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) process.env[name] = elsewhere;
  try {
    await (await openUploader(runPlan(planOf(endpoint, 'reports')), KEYS, never)).abort();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  }
  expect(reached).toEqual(['the store']);
});

test.each<[string, Readonly<Record<string, string>>, boolean, RegExp]>([
  ['no secret key', { DOSSIER_STORAGE_ACCESS_KEY_ID: 'AKIATEST' }, true, /the Secret lacks AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY/],
  ['an empty access key', { ...KEYS, DOSSIER_STORAGE_ACCESS_KEY_ID: '' }, true, /the Secret lacks/],
  ['an unreadable authority', { ...KEYS, DOSSIER_STORAGE_CA: 'garbage' }, true, /an authority that is not trusted: give its certificate/],
  ['an endpoint on the machine itself', KEYS, false, /the address of the endpoint is not allowed/],
])('%s ends the run, naming the bucket', async (_, env, allowLoopback, message) => {
  const plan = runPlan(planOf('http://127.0.0.1:1', 'reports'), allowLoopback);
  await expect(openUploader(plan, env, never)).rejects.toMatchObject({
    reason: 'StorageFailed',
    retryable: false,
    message: expect.stringMatching(message) as string,
  });
  await expect(openUploader(plan, env, never)).rejects.toThrow('bucket "reports"');
});
