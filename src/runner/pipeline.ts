/**
 * The line from rows to the bucket, and the only place in the runner that waits.
 *
 * Back-pressure goes from the bucket to the source: the next batch is read only when the uploader has taken the bytes of the last one. An error anywhere ends the run
 * before `complete` is called, so a file that is short cannot come into being.
 */
import { createHash } from 'node:crypto';
import type { Progress } from './progress.ts';
import type { RowEncoder, RowSource, StoredFile, Uploader } from './rows.ts';

export interface FileFacts {
  readonly rows: number;
  readonly sheets: number;
  readonly bytes: number;
  /** Lower-case hex of the whole file. */
  readonly sha256: string;
  readonly stored: StoredFile;
}

export interface Line {
  readonly source: RowSource;
  readonly encoder: RowEncoder;
  readonly uploader: Uploader;
  /** Called after every batch; must be quick. */
  readonly onProgress: (progress: Progress) => void;
}

export async function runPipeline({ source, encoder, uploader, onProgress }: Line, signal: AbortSignal): Promise<FileFacts> {
  const hash = createHash('sha256');
  let rows = 0;
  let bytes = 0;
  const write = async (piece: Uint8Array): Promise<void> => {
    signal.throwIfAborted();
    if (piece.byteLength === 0) return;
    hash.update(piece);
    bytes += piece.byteLength;
    await uploader.write(piece);
  };
  const goOn = async (batchRows: number, piece: Uint8Array): Promise<void> => {
    await write(piece);
    rows += batchRows;
    onProgress({ rows, bytes, phase: 'Rendering' });
  };
  await write(encoder.start(source.columns));
  if (source.wireBatches !== undefined && encoder.encodeWire !== undefined)
    for await (const batch of source.wireBatches(signal)) await goOn(batch.length, encoder.encodeWire(batch));
  else for await (const batch of source.batches(signal)) await goOn(batch.length, encoder.encode(batch));
  await write(encoder.end());
  onProgress({ rows, bytes, phase: 'Uploading' });
  signal.throwIfAborted();
  const stored = await uploader.complete();
  return { rows, sheets: encoder.sheets, bytes, sha256: hash.digest('hex'), stored };
}
