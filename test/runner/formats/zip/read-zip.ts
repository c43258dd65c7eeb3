/**
 * Reads ZIP archives by the letter of PKWARE's APPNOTE, from the end as strict readers do, and compares what the two headers and the descriptor of an entry
 * say: lenient readers forgive what Excel and .NET do not.
 */
import { crc32, inflateRawSync } from 'node:zlib';

export interface EntryFields {
  readonly name: string;
  readonly versionNeeded: number;
  readonly crc32: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly offset: number;
}

export interface ReadEntry extends EntryFields {
  readonly content: Buffer;
}

/** The entries of a whole archive, in the order of its directory. Throws for anything that does not fit together. */
export function readZip(archive: Buffer): ReadEntry[] {
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  const directory = readEnd(archive, end);
  check(end === archive.length - 22, 'the archive goes on after its end record');
  const entries: ReadEntry[] = [];
  let at = directory.offset;
  let expectedOffset = 0;
  for (let index = 0; index < directory.entries; index += 1) {
    const { fields, length } = readCentralHeader(archive, at);
    check(fields.offset === expectedOffset, `${fields.name} does not begin where the entry before it ends`);
    const { content, end: entryEnd } = readEntry(archive, fields);
    entries.push({ ...fields, content });
    expectedOffset = entryEnd;
    at += length;
  }
  check(expectedOffset === directory.offset, 'there is something between the last entry and the directory');
  check(at === directory.offset + directory.size, 'the directory is not as long as it says');
  return entries;
}

/** The directory's place and size, from the end record at `end` and the ZIP64 records before it when it refers to them. */
export function readEnd(archive: Buffer, end: number): { entries: number; offset: number; size: number } {
  check(archive.readUInt32LE(end) === 0x06054b50, 'no end record');
  const entries = archive.readUInt16LE(end + 10);
  check(archive.readUInt16LE(end + 8) === entries, 'entries on this disk and in all differ');
  const size = archive.readUInt32LE(end + 12);
  const offset = archive.readUInt32LE(end + 16);
  if (entries !== 0xffff && size !== 0xffff_ffff && offset !== 0xffff_ffff) return { entries, offset, size };

  const locator = end - 20;
  check(archive.readUInt32LE(locator) === 0x07064b50, 'no ZIP64 locator');
  check(archive.readUInt32LE(locator + 16) === 1, 'not one disk');
  const wide = locator - 56;
  check(archive.readUInt32LE(wide) === 0x06064b50, 'no ZIP64 end record');
  check(archive.readBigUInt64LE(wide + 4) === 44n, 'ZIP64 end record of another length');
  const result = { entries: number64(archive, wide + 32), offset: number64(archive, wide + 48), size: number64(archive, wide + 40) };
  check(number64(archive, locator + 8) === result.offset + result.size, 'the locator points elsewhere');
  return result;
}

export function readCentralHeader(archive: Buffer, at: number): { fields: EntryFields; length: number } {
  check(archive.readUInt32LE(at) === 0x02014b50, 'no central header');
  const nameLength = archive.readUInt16LE(at + 28);
  const extraLength = archive.readUInt16LE(at + 30);
  let extra = at + 46 + nameLength;
  const extraEnd = extra + extraLength;
  if (extraLength > 0) {
    check(archive.readUInt16LE(extra) === 1 && archive.readUInt16LE(extra + 2) === extraLength - 4, 'not a ZIP64 extra field');
    extra += 4;
  }
  const wideWhenFull = (narrow: number): number => {
    if (narrow !== 0xffff_ffff) return narrow;
    extra += 8;
    check(extra <= extraEnd, 'the ZIP64 extra field is too short');
    return number64(archive, extra - 8);
  };
  const size = wideWhenFull(archive.readUInt32LE(at + 24));
  const compressedSize = wideWhenFull(archive.readUInt32LE(at + 20));
  const offset = wideWhenFull(archive.readUInt32LE(at + 42));
  check(extra === extraEnd, 'the ZIP64 extra field is too long');
  const fields = {
    name: archive.toString('latin1', at + 46, at + 46 + nameLength),
    versionNeeded: archive.readUInt16LE(at + 6),
    crc32: archive.readUInt32LE(at + 16),
    compressedSize,
    size,
    offset,
  };
  return { fields, length: 46 + nameLength + extraLength };
}

function readEntry(archive: Buffer, fields: EntryFields): { content: Buffer; end: number } {
  const at = fields.offset;
  check(archive.readUInt32LE(at) === 0x04034b50, `${fields.name} has no local header`);
  check(archive.readUInt16LE(at + 4) === fields.versionNeeded, `${fields.name} needs different versions in its two headers`);
  check((archive.readUInt16LE(at + 6) & 8) === 8, `${fields.name} has no data descriptor`);
  check(archive.readUInt16LE(at + 8) === 8, `${fields.name} is not deflated`);
  check(
    archive.subarray(at + 14, at + 26).every((byte) => byte === 0),
    `${fields.name} knows its sizes too soon`,
  );
  const nameLength = archive.readUInt16LE(at + 26);
  check(archive.readUInt16LE(at + 28) === 0, `${fields.name} has an extra field in its local header`);
  check(archive.toString('latin1', at + 30, at + 30 + nameLength) === fields.name, `${fields.name} has two names`);

  const start = at + 30 + nameLength;
  const descriptor = start + fields.compressedSize;
  const content = inflateRawSync(archive.subarray(start, descriptor));
  check(content.length === fields.size, `${fields.name} has another size`);
  check(crc32(content) === fields.crc32, `${fields.name} has another checksum`);
  check(archive.readUInt32LE(descriptor) === 0x08074b50, `${fields.name} has no descriptor after its data`);
  check(archive.readUInt32LE(descriptor + 4) === fields.crc32, `${fields.name} has another checksum in its descriptor`);
  check(archive.readUInt32LE(descriptor + 8) === fields.compressedSize, `${fields.name} has another packed size in its descriptor`);
  check(archive.readUInt32LE(descriptor + 12) === fields.size, `${fields.name} has another size in its descriptor`);
  return { content, end: descriptor + 16 };
}

function number64(archive: Buffer, at: number): number {
  return Number(archive.readBigUInt64LE(at));
}

function check(holds: boolean, complaint: string): void {
  if (!holds) throw new Error(`zip: ${complaint}`);
}
