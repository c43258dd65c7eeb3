import { CreateMultipartUploadCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import type { S3Operation } from '../../support/s3-proxy.ts';
import { FakePacing } from '../../runner/upload/pacing.ts';
import { beginUpload, BucketView, content, MIB, newPlace, PART, sha256Of, TARGET } from './support.ts';

const FILE = content(60 * MIB);
/** How long to look for what must come; it comes at once. */
const PATIENT = { timeout: 30_000, interval: 5 };

describe('a file arrives whole', () => {
  test.each<[string, number, number, 'MD5' | 'SHA256', readonly S3Operation[]]>([
    ['nothing', 0, 1, 'MD5', ['PutObject']],
    ['nothing, with SHA-256', 0, 1, 'SHA256', ['PutObject']],
    ['one byte', 1, 1, 'MD5', ['PutObject']],
    ['one byte less than a part', PART - 1, 1_000_003, 'MD5', ['PutObject']],
    ['exactly one part', PART, PART, 'MD5', ['PutObject']],
    ['exactly one part, with SHA-256', PART, 70_001, 'SHA256', ['PutObject']],
    [
      'one byte more than a part',
      PART + 1,
      PART + 1,
      'MD5',
      ['CreateMultipartUpload', 'UploadPart', 'UploadPart', 'CompleteMultipartUpload'],
    ],
    ['exactly two parts', 2 * PART, 3 * MIB, 'SHA256', ['CreateMultipartUpload', 'UploadPart', 'UploadPart', 'CompleteMultipartUpload']],
    ['60 MiB in one write', 60 * MIB, 60 * MIB, 'MD5', ['CreateMultipartUpload', ...parts(12), 'CompleteMultipartUpload']],
    ['60 MiB in odd pieces', 60 * MIB, 1_234_567, 'MD5', ['CreateMultipartUpload', ...parts(12), 'CompleteMultipartUpload']],
    ['60 MiB in odd pieces, with SHA-256', 60 * MIB, 65_537, 'SHA256', ['CreateMultipartUpload', ...parts(12), 'CompleteMultipartUpload']],
  ])('%s', async (_, bytes, piece, checksums, operations) => {
    const { proxy, plan, view } = await newPlace({ checksums });
    const file = FILE.subarray(0, bytes);
    const uploader = await beginUpload(plan);
    for (let start = 0; start < bytes; start += piece) await uploader.write(file.subarray(start, Math.min(start + piece, bytes)));
    const stored = await uploader.complete();

    expect(await view.sha256(TARGET.key)).toBe(sha256Of(file));
    const head = await view.client.send(new HeadObjectCommand({ Bucket: view.name, Key: TARGET.key }));
    expect(head).toMatchObject({
      ContentLength: bytes,
      ETag: `"${stored.etag}"`,
      ContentType: TARGET.contentType,
      ContentDisposition: TARGET.contentDisposition,
      Metadata: { 'dossier-report-uid': TARGET.reportUid },
    });
    expect(proxy.operations).toEqual(['ListMultipartUploads', ...operations, 'HeadObject']);
    expect(await view.uploads()).toEqual([]);
    const header = checksums === 'MD5' ? 'content-md5' : 'x-amz-checksum-sha256';
    const bodies = proxy.seen.filter(({ operation }) => operation === 'PutObject' || operation === 'UploadPart');
    expect(bodies.map(({ headers }) => typeof headers[header])).toEqual(bodies.map(() => 'string'));
  });

  test('whose writes are reused by the writer at once', async () => {
    const { plan, view } = await newPlace();
    const uploader = await beginUpload(plan);
    const piece = Buffer.alloc(MIB);
    const whole: Buffer[] = [];
    for (let index = 0; index < 12; index += 1) {
      piece.fill(index);
      whole.push(Buffer.from(piece));
      await uploader.write(piece);
    }
    await uploader.complete();
    expect(await view.sha256(TARGET.key)).toBe(sha256Of(Buffer.concat(whole)));
  });

  test('over the file of an earlier attempt', async () => {
    const { plan, view } = await newPlace();
    for (const stamp of ['attempt-1', 'attempt-2']) {
      const uploader = await beginUpload(plan, { target: { stamp } });
      await uploader.write(Buffer.from(stamp));
      await uploader.complete();
    }
    expect(await view.sha256(TARGET.key)).toBe(sha256Of(Buffer.from('attempt-2')));
  });
});

describe('memory', () => {
  test('is three buffers, however slow the store is, and writing waits', async () => {
    const { proxy, plan, view } = await newPlace();
    const gate = Promise.withResolvers<void>();
    proxy.weather = ({ operation }) => (operation === 'UploadPart' ? { after: gate.promise } : 'pass');
    const allocated: number[] = [];
    const allocate = (bytes: number): Buffer => {
      allocated.push(bytes);
      return Buffer.alloc(bytes);
    };
    const uploader = await beginUpload(plan, { allocate });
    let written = 0;
    const writing = (async () => {
      for (let start = 0; start < FILE.byteLength; start += MIB) {
        await uploader.write(FILE.subarray(start, start + MIB));
        written += MIB;
      }
    })();
    await expect.poll(() => [written, proxy.count('UploadPart')], PATIENT).toEqual([3 * PART, 2]);
    expect(allocated).toEqual([PART, PART, PART]);
    gate.resolve();
    await writing;
    await uploader.complete();
    expect(allocated).toEqual([PART, PART, PART]);
    expect(await view.sha256(TARGET.key)).toBe(sha256Of(FILE));
  });

  test('grows with the parts, and the file stays whole', async () => {
    const { proxy, plan, view } = await newPlace();
    const steps = [
      { lastPart: 2, partBytes: PART },
      { lastPart: 4, partBytes: 8 * MIB },
      { lastPart: 9, partBytes: 16 * MIB },
    ];
    const uploader = await beginUpload(plan, { schedule: { steps } });
    await uploader.write(FILE);
    await uploader.complete();
    expect(proxy.count('UploadPart')).toBe(7);
    expect(await view.sha256(TARGET.key)).toBe(sha256Of(FILE));
  });
});

describe('what earlier attempts left', () => {
  test('is aborted before the first byte, and nothing of a neighbour', async () => {
    const { plan, view } = await newPlace();
    const neighbours = [`${TARGET.key}.gz`, TARGET.key.slice(0, -1), 'another'];
    for (const Key of [TARGET.key, TARGET.key, ...neighbours])
      await view.client.send(new CreateMultipartUploadCommand({ Bucket: view.name, Key }));
    await beginUpload(plan);
    expect((await view.uploads()).toSorted()).toEqual(neighbours.toSorted());
  });
});

describe('an abort leaves nothing', () => {
  test('before the first byte, without asking the store', async () => {
    const { proxy, plan } = await newPlace();
    const uploader = await beginUpload(plan);
    const asked = proxy.seen.length;
    await uploader.abort();
    expect(proxy.seen.length).toBe(asked);
  });

  test('while parts are under way and one waits', async () => {
    const { proxy, plan, view } = await newPlace();
    proxy.weather = ({ operation }) => (operation === 'UploadPart' ? 'hang' : 'pass');
    const uploader = await beginUpload(plan);
    const writing = uploader.write(FILE);
    writing.catch(() => undefined);
    await expect.poll(() => proxy.count('UploadPart'), PATIENT).toBe(2);
    expect(await view.uploads()).toEqual([TARGET.key]);
    await uploader.abort();
    expect([await view.uploads(), await view.objects()]).toEqual([[], []]);
    await expect(writing).rejects.toThrow('the upload was aborted');
  });

  test('after parts have arrived, twice, and with a lost answer', async () => {
    const { proxy, plan, view } = await newPlace();
    const uploader = await beginUpload(plan);
    await uploader.write(FILE.subarray(0, 3 * PART));
    await expect.poll(() => proxy.count('UploadPart'), PATIENT).toBe(2);
    proxy.weather = ({ operation, nth }) => (operation === 'AbortMultipartUpload' && nth === 1 ? 'loseReply' : 'pass');
    await Promise.all([uploader.abort(), uploader.abort()]);
    await uploader.abort();
    expect([await view.uploads(), await view.objects()]).toEqual([[], []]);
  });

  test('when the answer to the creation was lost, so that nobody knows the id', async () => {
    const { proxy, plan, view } = await newPlace();
    proxy.weather = ({ operation }) => (operation === 'CreateMultipartUpload' ? 'loseReply' : 'pass');
    const uploader = await beginUpload(plan, { pacing: new FakePacing() });
    await expect(uploader.write(FILE)).rejects.toMatchObject({ reason: 'StorageFailed', retryable: true });
    expect((await view.uploads()).length).toBeGreaterThan(1);
    await uploader.abort();
    expect(await view.uploads()).toEqual([]);
  });

  test('of a completed file: that stays', async () => {
    const { plan, view } = await newPlace();
    const uploader = await beginUpload(plan);
    await uploader.write(Buffer.from('x'));
    await uploader.complete();
    await uploader.abort();
    expect(await view.objects()).toEqual([TARGET.key]);
  });

  test('by SIGTERM: writing ends with its reason, and the clean-up works on', async () => {
    const { proxy, plan, view } = await newPlace();
    const stop = new AbortController();
    const reason = new Error('SIGTERM');
    proxy.weather = ({ operation }) => (operation === 'UploadPart' ? 'hang' : 'pass');
    const uploader = await beginUpload(plan, { signal: stop.signal });
    const writing = uploader.write(FILE);
    writing.catch(() => undefined);
    await expect.poll(() => proxy.count('UploadPart'), PATIENT).toBe(2);
    stop.abort(reason);
    await expect(writing).rejects.toBe(reason);
    await expect(uploader.write(FILE)).rejects.toBe(reason);
    await uploader.abort();
    expect(await view.uploads()).toEqual([]);
  });

  test('says so when the store cannot be asked', async () => {
    const { proxy, plan } = await newPlace();
    const uploader = await beginUpload(plan, { pacing: new FakePacing() });
    await uploader.write(FILE.subarray(0, 2 * PART));
    proxy.weather = () => 'cut';
    await expect(uploader.abort()).rejects.toMatchObject({ reason: 'StorageFailed', retryable: true });
  });
});

describe('the end of a file', () => {
  test('larger than all parts is a failure before the store says so', async () => {
    const { plan } = await newPlace();
    const uploader = await beginUpload(plan, { schedule: { steps: [{ lastPart: 3, partBytes: PART }] } });
    await uploader.write(FILE.subarray(0, 3 * PART));
    const failure = { reason: 'StorageFailed', retryable: false };
    await expect(uploader.write(Buffer.from('x'))).rejects.toMatchObject(failure);
    await expect(uploader.complete()).rejects.toMatchObject(failure);
  });

  test('is the end: nothing can be written afterwards', async () => {
    const { plan } = await newPlace();
    const uploader = await beginUpload(plan);
    await uploader.complete();
    await expect(uploader.write(Buffer.from('x'))).rejects.toThrow('completed');
    await expect(uploader.complete()).rejects.toThrow('completed');
  });

  test('is not confirmed by an object that somebody else has put there', async () => {
    const { proxy, plan, view } = await newPlace();
    const foreign = new PutObjectCommand({ Bucket: view.name, Key: TARGET.key, Body: 'x', Metadata: { 'dossier-report-uid': 'uid-2' } });
    const put = Promise.withResolvers<void>();
    proxy.weather = ({ operation }) => (operation === 'HeadObject' ? { after: put.promise } : 'pass');
    const uploader = await beginUpload(plan);
    await uploader.write(Buffer.from('y'));
    const completing = uploader.complete();
    completing.catch(() => undefined);
    await expect.poll(() => proxy.count('HeadObject'), PATIENT).toBe(1);
    await new BucketView(view.name).client.send(foreign);
    put.resolve();
    await expect(completing).rejects.toMatchObject({ reason: 'StorageFailed', retryable: true });
  });
});

function parts(count: number): readonly S3Operation[] {
  return Array.from({ length: count }, () => 'UploadPart');
}
