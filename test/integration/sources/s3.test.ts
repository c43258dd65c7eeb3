/** Objects of a real bucket as rows: many and packed ones, and every way in which they can change, end or be refused while they are read. */
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { DeleteObjectCommand, PutBucketPolicyCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, test } from 'vitest';
import { DossierError } from '../../../src/errors.ts';
import { PLAN_ENV, type RunPlan } from '../../../src/runner/plan.ts';
import type { Cell, ColumnType } from '../../../src/runner/rows.ts';
import { openS3 } from '../../../src/runner/sources/s3.ts';
import type { S3Plan } from '../../../src/runner/sources/s3/plan.ts';
import { REAL_PACING } from '../../../src/runner/upload/retry.ts';
import { planOf } from '../../s3/support.ts';
import type { S3Proxy } from '../../support/s3-proxy.ts';
import { newBucket, newS3User, s3 } from '../support/servers.ts';
import { BucketView, newProxy } from '../s3/support.ts';

const MIB = 1024 * 1024;
const RETRIES = { patienceMs: 30_000, firstPauseMs: 1, longestPauseMs: 10 };
let bucket = '';

beforeAll(async () => {
  bucket = await newBucket('source');
});

interface Asked {
  readonly place: S3Plan['place'];
  readonly format?: S3Plan['format'];
  readonly csv?: Partial<S3Plan['csv']>;
  readonly columns?: Readonly<Record<string, ColumnType>>;
  readonly paths?: readonly string[];
  readonly proxy?: S3Proxy;
  readonly bucket?: string;
  readonly keys?: Readonly<Record<string, string>>;
  readonly silenceMs?: number;
  readonly patienceMs?: number;
}

const at = (key: string): S3Plan['place'] => ({ kind: 'key', key });
const below = (prefix: string): S3Plan['place'] => ({ kind: 'prefix', prefix });

async function read(asked: Asked, signal = AbortSignal.timeout(30_000)): Promise<readonly (readonly Cell[])[]> {
  const { format = 'CSV', columns = { id: 'Integer' } } = asked;
  const source: S3Plan = {
    kind: 's3',
    bucket: planOf(asked.proxy?.endpoint ?? s3().endpoint, asked.bucket ?? bucket),
    storage: 'archive',
    place: asked.place,
    format,
    csv: { delimiter: ',', null: '', formulas: 'Keep', ...asked.csv },
    paths: asked.paths ?? Object.keys(columns).map((name) => (format === 'CSV' ? name : `$.${name}`)),
  };
  const plan = {
    timeZone: 'UTC',
    allowLoopback: true,
    columns: Object.entries(columns).map(([name, type]) => ({ name, header: name, type })),
  } as unknown as RunPlan;
  const env = {
    [PLAN_ENV.sourceAccessKeyId]: s3().root.accessKeyId,
    [PLAN_ENV.sourceSecretAccessKey]: s3().root.secretAccessKey,
    ...asked.keys,
  };
  const opened = openS3(source, plan, env, {
    retries: { ...RETRIES, patienceMs: asked.patienceMs ?? RETRIES.patienceMs },
    pacing: REAL_PACING,
    silenceMs: asked.silenceMs ?? 10_000,
  });
  try {
    return (await Array.fromAsync(opened.batches(signal))).flat();
  } finally {
    await opened.close();
  }
}

async function failureOf(asked: Asked): Promise<DossierError> {
  const failure = await read(asked).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof DossierError)) throw new Error('it did not fail as it should', { cause: failure });
  expect(failure.reason).toBe('SourceFailed');
  expect(failure.message).not.toContain('sentinel');
  return failure;
}

async function put(key: string, body: string | Buffer): Promise<void> {
  const view = new BucketView(bucket);
  await view.client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
}

/** Rows that do not pack to nothing, so that an object of them is many pieces. */
function manyRows(count: number): { readonly csv: string; readonly rows: readonly (readonly Cell[])[] } {
  const rows = Array.from({ length: count }, (_, index) => [index, randomBytes(30).toString('hex')] as const);
  return { csv: `id,text\n${rows.map(([id, text]) => `${id},${text}\n`).join('')}`, rows };
}

const ID_AND_TEXT = { id: 'Integer', text: 'String' } as const;

describe('what lies in the bucket becomes rows', () => {
  test('of objects below a prefix, in the order of their keys over several pages, and of nothing beside it', async () => {
    const keys = Array.from({ length: 230 }, (_, index) => `many/${String(index).padStart(3, '0')}/${index % 2 === 0 ? 'a' : 'Z'}.csv`);
    const beside = ['many2/000/a.csv', 'man', 'many.csv'];
    await Promise.all([
      ...keys.map((key, index) => put(key, `id\n${index}\n`)),
      ...beside.map((key) => put(key, 'id\n-1\n')),
      put('many/folder/', Buffer.alloc(0)),
    ]);
    const proxy = await newProxy();
    expect(await read({ place: below('many/'), proxy })).toEqual(keys.map((_, index) => [index]));
    expect(proxy.count('ListObjects')).toBe(3);
  });

  test('as CSV of any dialect of ours, with other columns and another order, packed or not', async () => {
    const text = '\ufeffB;Id;Note;Extra\r\n"1;5";9007199254740993;NULL;x\r\n-2.50;2;"NULL";\r\n';
    await put('dialect/plain.csv', text);
    await put('dialect/packed.bin', gzipSync(text));
    const rows = [
      [9007199254740993n, '1;5', null],
      [2, '-2.50', 'NULL'],
    ];
    const columns = { id: 'Integer', b: 'String', note: 'String' } as const;
    const asked = { columns, paths: ['Id', 'B', 'Note'], csv: { delimiter: ';', null: 'NULL' } };
    expect(await read({ ...asked, place: below('dialect/') })).toEqual([...rows, ...rows]);
  });

  test('with the apostrophe before formulas, or without it', async () => {
    await put('formulas.csv', `id,text,'=n\n1,'=1+1,'+x\n2,'quoted,-1\n`);
    const columns = { text: 'String', n: 'String' } as const;
    const kept = { place: at('formulas.csv'), columns, paths: ['text', "'=n"] };
    expect(await read(kept)).toEqual([
      ["'=1+1", "'+x"],
      ["'quoted", '-1'],
    ]);
    expect(await read({ ...kept, paths: ['text', '=n'], csv: { formulas: 'Unescape' } })).toEqual([
      ['=1+1', '+x'],
      ["'quoted", '-1'],
    ]);
  });

  test('with a null text that was guarded as any other where it was written', async () => {
    await put('nulls.csv', `id,text\n'-,"'-"\n-,"-"\n`);
    const asked = { place: at('nulls.csv'), columns: { id: 'Integer', text: 'String' }, csv: { null: '-', formulas: 'Unescape' } } as const;
    // The first row is what Dossier writes of null and of the text itself.
    expect(await read(asked)).toEqual([[null, '-'], [null, '-']]); // prettier-ignore
  });

  test('as NDJSON with every digit; an empty object has none', async () => {
    await put('lines/1.ndjson', '{"id":90071992547409931,"amount":"12.50","at":"2026-10-01T08:30:00+02:00"}\n\n{"id":2,"amount":1.0}');
    await put('lines/2.ndjson', Buffer.alloc(0));
    const columns = { id: 'Integer', amount: 'Decimal', at: 'Timestamp' } as const;
    expect(await read({ place: below('lines/'), format: 'NDJSON', columns })).toEqual([
      [90071992547409931n, '12.50', 1790836200000000000n],
      [2, '1.0', null],
    ]);
  });
});

describe('weather', () => {
  test('a connection that is cut or goes silent within an object is followed by another one, from there on', async () => {
    const { csv, rows } = manyRows(60_000);
    await put('cut.csv', csv);
    const proxy = await newProxy();
    proxy.weather = ({ operation, nth }) => {
      if (operation !== 'GetObject' || nth > 3) return 'pass';
      return nth === 2 ? { hangAnswerAfterBytes: MIB } : nth === 1 ? { cutAnswerAfterBytes: MIB } : { status: 503, code: 'SlowDown' };
    };
    expect(await read({ place: at('cut.csv'), columns: ID_AND_TEXT, proxy, silenceMs: 300 })).toEqual(rows);
    expect(proxy.seen.map(({ headers }) => headers.range?.replace(/\d{4,}/, 'n'))).toEqual([undefined, 'bytes=n-', 'bytes=n-', 'bytes=n-']);
  });

  test('a store that stays away ends the run, which may be tried again', async () => {
    const proxy = await newProxy();
    proxy.weather = () => 'cut';
    const failure = await failureOf({ place: below('many/'), proxy, patienceMs: 300 });
    expect([failure.message, failure.retryable]).toEqual([
      `s3: bucket "${bucket}" of ReportStorage "archive": the endpoint closed the connection`,
      true,
    ]);
  });

  test('a run that is told to stop stops, and says why', async () => {
    const proxy = await newProxy();
    proxy.weather = () => 'hang';
    const stop = new AbortController();
    const reading = read({ place: at('cut.csv'), proxy }, stop.signal);
    await expect.poll(() => proxy.count('GetObject')).toBe(1);
    stop.abort(new Error('SIGTERM'));
    await expect(reading).rejects.toThrow('SIGTERM');
  });
});

describe('an object that changes meanwhile ends the run', () => {
  /** Lets `change` happen before the second object is asked for. */
  async function changing(folder: string, change: (key: string) => Promise<void>): Promise<DossierError> {
    await Promise.all([put(`${folder}/1.csv`, 'id\n1\n'), put(`${folder}/2.csv`, 'id\n22\n')]);
    const proxy = await newProxy();
    proxy.weather = ({ operation, nth }) => (operation === 'GetObject' && nth === 2 ? { after: change(`${folder}/2.csv`) } : 'pass');
    return failureOf({ place: below(`${folder}/`), proxy });
  }

  test.each<[string, (key: string) => Promise<void>, RegExp]>([
    ['replaced by one of the same size', (key) => put(key, 'id\n33\n'), /^s3: object "\w+\/2\.csv" was replaced while/],
    ['cut short', (key) => put(key, 'id\n'), /was replaced while the report was being made$/],
    [
      'removed',
      async (key) => void (await new BucketView(bucket).client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }))),
      /^s3: object "\w+\/2\.csv" was removed while the report was being made$/,
    ],
  ])('%s', async (story, change, says) => {
    const failure = await changing(story.slice(0, 3), change);
    expect(failure.message).toMatch(says);
    expect(failure.retryable).toBe(true);
  });

  test('replaced within its reading, when the rest is asked for', async () => {
    const { csv } = manyRows(30_000);
    await put('within.csv', csv);
    const proxy = await newProxy();
    const replaced = Promise.withResolvers<undefined>();
    proxy.weather = ({ operation, nth }) => {
      if (operation !== 'GetObject') return 'pass';
      if (nth === 1) return { cutAnswerAfterBytes: MIB };
      put('within.csv', csv.replaceAll('a', 'b')).then(() => replaced.resolve(undefined), replaced.reject);
      return { after: replaced.promise };
    };
    expect((await failureOf({ place: at('within.csv'), columns: ID_AND_TEXT, proxy })).message).toBe(
      's3: object "within.csv" was replaced while the report was being made',
    );
  });
});

describe('what cannot be read is told with the object, the row and the column', () => {
  test.each<[string, string | Buffer, Partial<Asked>, string]>([
    ['a value that does not fit', 'id\n1\nsentinel\n', {}, ': row 2: column "id" is a String of 8 characters, which is not an Integer'],
    ['a row that is too short', 'id,b\n1\n', {}, ': row 1 has 1 field, and the header has 2 fields'],
    ['a header without the column', 'ids,b\n1,2\n', {}, ': column "id": the header has no "id"; did you mean "ids"?'],
    ['no header', Buffer.alloc(0), {}, ' is empty; CSV begins with a header, also when there are no rows'],
    ['a quote that is not closed', 'id\n"1\n', {}, ' ends within a quoted field of record 2'],
    [
      'a line of NDJSON that is cut',
      '{"id":1}\n{"id":',
      { format: 'NDJSON' },
      ' has a line 2 that ends after 6 bytes, within the JSON document',
    ],
    ['a packed one that is cut', gzipSync('id\n1\n').subarray(0, 15), {}, ': a packed body ends early'],
    ['a packed one that is damaged', Buffer.from([0x1f, 0x8b, 0, 0, 0, 0]), {}, ': a packed body cannot be unpacked'],
  ])('%s', async (story, body, asked, says) => {
    const key = `bad/${story.replaceAll(' ', '-')}`;
    await put(key, body);
    const failure = await failureOf({ place: at(key), ...asked });
    expect([failure.message, failure.retryable]).toEqual([`s3: object "${key}"${says}`, false]);
  });
});

describe('what is not there or not allowed is told with the place', () => {
  test('no object of that key, or below that prefix', async () => {
    expect((await failureOf({ place: at('none/a.csv') })).message).toBe(
      `s3: object "none/a.csv" does not exist in bucket "${bucket}"; check key and storageRef of the source`,
    );
    expect((await failureOf({ place: below('none/') })).message).toBe(
      `s3: bucket "${bucket}" has no object whose key begins with "none/"; check prefix and storageRef of the source`,
    );
  });

  test('no bucket', async () => {
    for (const place of [at('a.csv'), below('a/')]) {
      const failure = await failureOf({ place, bucket: 'nobodys-bucket' });
      expect(failure.message).toContain('s3: bucket "nobodys-bucket" of ReportStorage "archive": the bucket does not exist');
      expect(failure.retryable).toBe(false);
    }
  });

  test('no rights, wrong keys, and no keys at all', async () => {
    const { accessKeyId, secretAccessKey } = await newS3User();
    const keys = { [PLAN_ENV.sourceAccessKeyId]: accessKeyId, [PLAN_ENV.sourceSecretAccessKey]: secretAccessKey };
    for (const place of [at('formulas.csv'), below('many/')])
      expect((await failureOf({ place, keys })).message).toBe(
        `s3: bucket "${bucket}" of ReportStorage "archive": access denied: its credentials need s3:ListBucket and s3:GetObject here`,
      );
    expect((await failureOf({ place: at('a'), keys: { [PLAN_ENV.sourceSecretAccessKey]: 'sentinel' } })).message).toContain(
      'the secret key does not fit the access key',
    );
    expect((await failureOf({ place: at('a'), keys: { [PLAN_ENV.sourceSecretAccessKey]: '' } })).message).toContain(
      'the Secret lacks AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY',
    );
  });

  test('read rights are enough', async () => {
    const user = await newS3User();
    const own = await newBucket('readable');
    const view = new BucketView(own);
    await view.client.send(new PutObjectCommand({ Bucket: own, Key: 'a/1.csv', Body: 'id\n7\n' }));
    const statement = (action: string, resource: string): object => ({
      Effect: 'Allow',
      Principal: [user.accessKeyId],
      Action: [action],
      Resource: [`arn:aws:s3:::${resource}`],
    });
    const policy = { Version: '2012-10-17', Statement: [statement('s3:ListBucket', own), statement('s3:GetObject', `${own}/*`)] };
    await view.client.send(new PutBucketPolicyCommand({ Bucket: own, Policy: JSON.stringify(policy) }));
    const keys = { [PLAN_ENV.sourceAccessKeyId]: user.accessKeyId, [PLAN_ENV.sourceSecretAccessKey]: user.secretAccessKey };
    expect(await read({ place: below('a/'), bucket: own, keys })).toEqual([[7]]);
  });
});
