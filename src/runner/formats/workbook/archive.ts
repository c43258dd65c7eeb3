/**
 * The ZIP archive of a workbook that a user made, read whole and with suspicion: bounds on entries and sizes before anything is unpacked, and each entry held to what its
 * header says. What is in it has not been looked at yet (refusals.ts).
 */
import { crc32, inflateRawSync } from 'node:zlib';
import { count } from '../failures.ts';
import { workbookFailed } from './failures.ts';

/** security.md 18. */
const PACKED_LIMIT_BYTES = 20 * 1024 * 1024;
const INFLATED_LIMIT_BYTES = 200 * 1024 * 1024;
const ENTRIES_LIMIT = 2_000;

const END_SIGNATURE = 0x06054b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;

export interface ArchiveEntry {
  readonly name: string;
  readonly crc32: number;
  readonly size: number;
  /** As raw deflate. */
  readonly deflated: Buffer | undefined;
  /** Unpacked, and checked. */
  readonly content: Buffer;
}

/** In the order of the archive. @throws DossierError TemplateFailed */
export function readArchive(bytes: Buffer): ReadonlyMap<string, ArchiveEntry> {
  if (bytes.length > PACKED_LIMIT_BYTES) throw workbookFailed(`has more than ${PACKED_LIMIT_BYTES / 1024 / 1024} MiB`);
  try {
    return entriesOf(bytes);
  } catch (error) {
    // Offsets that lead out of the file, and data that does not unpack.
    if (error instanceof RangeError || isZlibError(error)) throw broken();
    throw error;
  }
}

function entriesOf(bytes: Buffer): ReadonlyMap<string, ArchiveEntry> {
  const end = endOf(bytes);
  const entries = bytes.readUInt16LE(end + 10);
  if (entries > ENTRIES_LIMIT) throw workbookFailed(`has more than ${count(ENTRIES_LIMIT)} parts`);
  const found = new Map<string, ArchiveEntry>();
  /** In lower case: readers do not tell names apart by it. */
  const names = new Set<string>();
  let at = bytes.readUInt32LE(end + 16);
  let inflated = 0;
  for (let number = 0; number < entries; number += 1) {
    if (bytes.readUInt32LE(at) !== CENTRAL_SIGNATURE) throw broken();
    const flags = bytes.readUInt16LE(at + 8);
    const method = bytes.readUInt16LE(at + 10);
    const packedSize = bytes.readUInt32LE(at + 20);
    const size = bytes.readUInt32LE(at + 24);
    const nameLength = bytes.readUInt16LE(at + 28);
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    if ((flags & ENCRYPTED) !== 0) throw workbookFailed('is encrypted; save it without a password');
    if (method !== STORED && method !== DEFLATED) throw workbookFailed('is packed in a way that is not supported; save it again as .xlsx');
    inflated += size;
    if (inflated > INFLATED_LIMIT_BYTES)
      throw workbookFailed(`has more than ${INFLATED_LIMIT_BYTES / 1024 / 1024} MiB when it is unpacked`);
    // Names become names again: only what every reader takes for the same part.
    if (!/^[!-~][ -~]*$/.test(name) || name.includes('\\') || name.startsWith('/') || name.split('/').includes('..')) throw broken();
    if (names.has(name.toLowerCase())) throw broken();
    names.add(name.toLowerCase());
    if (!name.endsWith('/')) {
      const packed = dataAt(bytes, bytes.readUInt32LE(at + 42), packedSize);
      const content = method === STORED ? packed : inflateRawSync(packed, { maxOutputLength: Math.max(size, 1) });
      const checksum = bytes.readUInt32LE(at + 16);
      if (content.length !== size || crc32(content) !== checksum) throw broken();
      found.set(name, { name, crc32: checksum, size, content, deflated: method === DEFLATED ? packed : undefined });
    }
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return found;
}

function endOf(bytes: Buffer): number {
  for (let at = bytes.length - END_BYTES; at >= 0 && at >= bytes.length - END_BYTES - LONGEST_COMMENT; at -= 1)
    if (bytes.readUInt32LE(at) === END_SIGNATURE) return at;
  throw workbookFailed('is no .xlsx file');
}

/** Behind the local header, whose name and extra field may differ from the central one's. */
function dataAt(bytes: Buffer, header: number, size: number): Buffer {
  if (bytes.readUInt32LE(header) !== LOCAL_SIGNATURE) throw broken();
  const start = header + 30 + bytes.readUInt16LE(header + 26) + bytes.readUInt16LE(header + 28);
  if (start + size > bytes.length) throw broken();
  return bytes.subarray(start, start + size);
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && /^(?:Z_|ERR_BUFFER_TOO_LARGE)/.test(error.code);
}

function broken(): Error {
  return workbookFailed('is damaged, or no .xlsx file; save it again');
}
