/**
 * The records of a ZIP archive that is written in one pass (PKWARE APPNOTE 6.3): pure functions from an entry to bytes.
 *
 * Sizes are not known when an entry begins, so they follow it in a data descriptor. ZIP64 fields appear only where a number needs them, because some readers
 * refuse archives that carry them needlessly. The one exception is the version: whether an entry will pass 4 GiB is not known in its local header either, Excel
 * refuses one that has and does not ask for version 4.5 there, and .NET refuses an entry whose two headers differ. So every header asks for 4.5, which every
 * reader of workbooks has.
 */

/** Version 4.5 of the format: the first with ZIP64. */
const VERSION = 45;
/** Bit 3: checksum and sizes stand in the data descriptor. */
const FLAGS = 0x0008;
const DEFLATED = 8;
/** 1980-01-01 00:00, the oldest moment of the format: archives of the same content are the same bytes. */
const DOS_TIME = 0;
const DOS_DATE = 0x0021;

/** The value of a field that stands in its ZIP64 counterpart instead. */
const MAX_16 = 0xffff;
const MAX_32 = 0xffff_ffff;

export interface ZipEntry {
  /** Path in the archive, ASCII. */
  readonly name: string;
  /** Where its local header begins, in bytes. */
  readonly offset: number;
  readonly crc32: number;
  readonly compressedSize: number;
  readonly size: number;
}

export function localHeader(name: string): Buffer {
  const record = Buffer.alloc(30 + name.length);
  record.writeUInt32LE(0x04034b50, 0);
  writeCommonFields(record, 4);
  record.writeUInt16LE(name.length, 26);
  record.write(name, 30, 'latin1');
  return record;
}

/** Follows an entry's data. Sizes take eight bytes each as soon as one of them needs them. */
export function dataDescriptor(entry: ZipEntry): Buffer {
  const wide = entry.compressedSize >= MAX_32 || entry.size >= MAX_32;
  const record = Buffer.alloc(wide ? 24 : 16);
  record.writeUInt32LE(0x08074b50, 0);
  record.writeUInt32LE(entry.crc32, 4);
  if (wide) {
    record.writeBigUInt64LE(BigInt(entry.compressedSize), 8);
    record.writeBigUInt64LE(BigInt(entry.size), 16);
  } else {
    record.writeUInt32LE(entry.compressedSize, 8);
    record.writeUInt32LE(entry.size, 12);
  }
  return record;
}

export function centralHeader(entry: ZipEntry): Buffer {
  const extra = zip64Extra(entry);
  const record = Buffer.alloc(46 + entry.name.length);
  record.writeUInt32LE(0x02014b50, 0);
  record.writeUInt16LE(VERSION, 4);
  writeCommonFields(record, 6);
  record.writeUInt32LE(entry.crc32, 16);
  record.writeUInt32LE(Math.min(entry.compressedSize, MAX_32), 20);
  record.writeUInt32LE(Math.min(entry.size, MAX_32), 24);
  record.writeUInt16LE(entry.name.length, 28);
  record.writeUInt16LE(extra.length, 30);
  record.writeUInt32LE(Math.min(entry.offset, MAX_32), 42);
  record.write(entry.name, 46, 'latin1');
  return Buffer.concat([record, extra]);
}

/** What ends the archive: where its central directory lies, in ZIP64 as well when a number needs it. */
export function endOfArchive(directory: { readonly entries: number; readonly offset: number; readonly size: number }): Buffer {
  const record = Buffer.alloc(22);
  record.writeUInt32LE(0x06054b50, 0);
  record.writeUInt16LE(Math.min(directory.entries, MAX_16), 8);
  record.writeUInt16LE(Math.min(directory.entries, MAX_16), 10);
  record.writeUInt32LE(Math.min(directory.size, MAX_32), 12);
  record.writeUInt32LE(Math.min(directory.offset, MAX_32), 16);
  const wide = directory.entries >= MAX_16 || directory.size >= MAX_32 || directory.offset >= MAX_32;
  return wide ? Buffer.concat([zip64EndOfArchive(directory), record]) : record;
}

/** Version, flags, method and time: the same run of fields in both headers of an entry. */
function writeCommonFields(record: Buffer, at: number): void {
  record.writeUInt16LE(VERSION, at);
  record.writeUInt16LE(FLAGS, at + 2);
  record.writeUInt16LE(DEFLATED, at + 4);
  record.writeUInt16LE(DOS_TIME, at + 6);
  record.writeUInt16LE(DOS_DATE, at + 8);
}

/** The numbers that do not fit their fields, in the order the format gives them. */
function zip64Extra(entry: ZipEntry): Buffer {
  const numbers = [entry.size, entry.compressedSize, entry.offset].filter((number) => number >= MAX_32);
  if (numbers.length === 0) return Buffer.alloc(0);
  const extra = Buffer.alloc(4 + 8 * numbers.length);
  extra.writeUInt16LE(0x0001, 0);
  extra.writeUInt16LE(8 * numbers.length, 2);
  numbers.forEach((number, index) => extra.writeBigUInt64LE(BigInt(number), 4 + 8 * index));
  return extra;
}

/** The ZIP64 end record and the locator that points back at it. */
function zip64EndOfArchive(directory: { readonly entries: number; readonly offset: number; readonly size: number }): Buffer {
  const record = Buffer.alloc(56 + 20);
  record.writeUInt32LE(0x06064b50, 0);
  // Length of this record after this field.
  record.writeBigUInt64LE(44n, 4);
  record.writeUInt16LE(VERSION, 12);
  record.writeUInt16LE(VERSION, 14);
  record.writeBigUInt64LE(BigInt(directory.entries), 24);
  record.writeBigUInt64LE(BigInt(directory.entries), 32);
  record.writeBigUInt64LE(BigInt(directory.size), 40);
  record.writeBigUInt64LE(BigInt(directory.offset), 48);
  record.writeUInt32LE(0x07064b50, 56);
  record.writeBigUInt64LE(BigInt(directory.offset + directory.size), 64);
  // The number of disks.
  record.writeUInt32LE(1, 72);
  return record;
}
