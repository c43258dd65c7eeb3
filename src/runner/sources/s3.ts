/**
 * Rows of objects that lie in a bucket already: files that somebody puts there, or those of earlier Reports. One object after the other in the order of their keys, each a
 * file of its own with a header where it is CSV, packed by gzip or not; which of the two its first bytes say.
 */
import { CsvError } from '../../csv-read/record-reader.ts';
import { DossierError } from '../../errors.ts';
import { JsonError } from '../../json-stream/tokenizer.ts';
import { VisitsError } from '../../json-path/visits.ts';
import type { Bucket } from '../../s3/client.ts';
import { openRunnerBucket, SOURCE_VARIABLES } from '../bucket.ts';
import { WallTimes } from '../cells/wall-times.ts';
import { guarded, unguarded } from '../formats/csv-fields.ts';
import type { RunPlan } from '../plan.ts';
import type { Column, RowBatch, RowSource } from '../rows.ts';
import { REAL_PACING, UPLOAD_RETRIES } from '../upload/retry.ts';
import type { OpenBody } from './http/body.ts';
import { openCsv } from './http/csv-body.ts';
import type { Fail } from './http/errors.ts';
import { jsonRowReader } from './http/json-body.ts';
import { openNdjson } from './http/ndjson-body.ts';
import { inBatches, withoutByteOrderMark } from './http/page.ts';
import { columnHeaders, columnPaths } from './http/paths.ts';
import { unpacked } from './http/unpack.ts';
import { failed, requestFailed, titleOf } from './s3/errors.ts';
import { listObjects, readObject, type FoundObject, type ReadingOptions } from './s3/objects.ts';
import type { S3Plan } from './s3/plan.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const SILENCE_MS = 30_000;
/** No text of UTF-8 begins so (RFC 1952). */
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

/** Opens the body of one object; `fail` says which one it is. */
type OpenObject = (fail: Fail) => OpenBody;

/** Connects with the first batch. @throws DossierError TemplateFailed or SourceFailed */
export function openS3(
  source: S3Plan,
  plan: RunPlan,
  env: Environment,
  surroundings: Omit<ReadingOptions, 'bucket'> = { retries: UPLOAD_RETRIES, pacing: REAL_PACING, silenceMs: SILENCE_MS },
): RowSource {
  const { columns, timeZone, allowLoopback } = plan;
  if (columns === undefined) throw templateFailed('the template declares no columns');
  const open = openerOf(source, columns, new WallTimes(timeZone));
  let bucket: Bucket;
  try {
    bucket = openRunnerBucket(source.bucket, env, { variables: SOURCE_VARIABLES, allowLoopback, connections: 2, streamObjects: true });
  } catch (error) {
    throw error instanceof DossierError ? failed(error.message, false) : requestFailed(error, source.bucket.bucket, source.storage);
  }
  return new S3Source(source, columns, open, { ...surroundings, bucket });
}

class S3Source implements RowSource {
  readonly columns: readonly Column[];
  readonly #plan: S3Plan;
  readonly #open: OpenObject;
  readonly #options: ReadingOptions;

  constructor(plan: S3Plan, columns: readonly Column[], open: OpenObject, options: ReadingOptions) {
    this.#plan = plan;
    this.columns = columns;
    this.#open = open;
    this.#options = options;
  }

  async *batches(signal: AbortSignal): AsyncGenerator<RowBatch> {
    const { bucket, storage } = this.#plan;
    try {
      for (const object of await this.#objects(signal)) yield* this.#rows(object, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw requestFailed(error, bucket.bucket, storage);
    }
  }

  close(): Promise<void> {
    this.#options.bucket.client.destroy();
    return Promise.resolve();
  }

  async #objects(signal: AbortSignal): Promise<readonly FoundObject[]> {
    const { place, bucket } = this.#plan;
    if (place.kind === 'key') return [{ key: place.key, seen: undefined }];
    const found = await listObjects(this.#options, place.prefix, signal);
    if (found.length === 0)
      throw failed(
        `bucket "${bucket.bucket}" has no object whose key begins with "${place.prefix}"; check prefix and storageRef of the source`,
        false,
      );
    return found;
  }

  async *#rows(object: FoundObject, signal: AbortSignal): AsyncGenerator<RowBatch> {
    const title = titleOf(object.key);
    const fail: Fail = (clause, retryable) => failed(`${title}: ${clause}`, retryable);
    const body = this.#open(fail)(0);
    try {
      const bytes = readObject(this.#options, object, signal);
      for await (const piece of withoutByteOrderMark(unpackedByContent(bytes, fail))) yield* inBatches([body.write(piece)]);
      yield* inBatches([body.end().rows]);
    } catch (error) {
      // Every byte of the object has come, so reading it again would find the same.
      if (error instanceof JsonError || error instanceof CsvError) throw failed(`${title} ${error.message}`, false);
      throw error instanceof VisitsError ? fail(error.message, false) : error;
    }
  }
}

async function* unpackedByContent(pieces: AsyncIterable<Buffer>, fail: Fail): AsyncGenerator<Buffer> {
  const iterator = pieces[Symbol.asyncIterator]();
  try {
    let head = Buffer.alloc(0);
    while (head.length < GZIP_MAGIC.length) {
      const next = await iterator.next();
      if (next.done === true) break;
      head = Buffer.concat([head, next.value]);
    }
    const whole = (async function* () {
      if (head.length > 0) yield head;
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
    })();
    const isPacked = head.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC);
    yield* isPacked ? unpacked(whole, 'gzip', (clause) => fail(clause, false)) : whole;
  } finally {
    await iterator.return?.(undefined);
  }
}

function openerOf({ format, paths, csv }: S3Plan, columns: readonly Column[], wall: WallTimes): OpenObject {
  const names = columns.map(({ name }) => name);
  if (format === 'CSV') {
    const found = columnHeaders(paths, names);
    if (!found.ok) throw templateFailed(found.problems.join('; '));
    const isGuarded = csv.formulas === 'Unescape';
    // The null text is guarded as any other where it is written.
    const dialect = { delimiter: csv.delimiter, nulls: isGuarded ? [csv.null, guarded(csv.null)] : [csv.null] };
    const textOf = isGuarded ? unguarded : (text: string) => text;
    return (fail) => openCsv(columns, found.headers, wall, { dialect, textOf, fail });
  }
  const found = columnPaths(paths, names);
  if (!found.ok) throw templateFailed(found.problems.join('; '));
  return (fail) => openNdjson(jsonRowReader(columns, found.paths, wall, fail));
}

function templateFailed(clause: string): DossierError {
  return new DossierError('TemplateFailed', `s3: ${clause}`, { retryable: false });
}
