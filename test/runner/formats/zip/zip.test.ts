import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ZipEntry, centralHeader, dataDescriptor, endOfArchive, localHeader } from '../../../../src/runner/formats/zip/records.ts';
import { ZipWriter } from '../../../../src/runner/formats/zip/writer.ts';
import { readCentralHeader, readEnd, readZip } from './read-zip.ts';

/** Pieces of what each entry gets. */
type Content = readonly (readonly Uint8Array[])[];

function archiveOf(contents: Content): Buffer {
  const zip = new ZipWriter();
  const taken: Uint8Array[] = [];
  contents.forEach((pieces, index) => {
    zip.open(`part${index}.bin`);
    for (const piece of pieces) {
      zip.write(piece);
      taken.push(zip.take());
    }
    zip.close();
  });
  zip.finish();
  taken.push(zip.take());
  return Buffer.concat(taken);
}

const contents: fc.Arbitrary<Content> = fc.array(fc.array(fc.uint8Array({ maxLength: 500 }), { maxLength: 5 }), { maxLength: 4 });

describe('an archive written in pieces', () => {
  test('reads back whole, its headers and descriptors agreeing', () => {
    fc.assert(
      fc.property(contents, (drawn) => {
        const entries = readZip(archiveOf(drawn));
        expect(entries.map(({ name }) => name)).toEqual(drawn.map((_, index) => `part${index}.bin`));
        entries.forEach((entry, index) => expect(entry.content).toEqual(Buffer.concat([...(drawn[index] ?? [])])));
      }),
    );
  });

  test('holds no trace of when or where it was written', () => {
    const [entry] = readZip(archiveOf([[Buffer.from('content')]]));
    expect(entry).toMatchObject({ name: 'part0.bin', versionNeeded: 45 });
    const archive = archiveOf([[Buffer.from('content')]]);
    // 1980-01-01 00:00 in DOS time, in the local header and in the directory.
    expect(archive.readUInt32LE(10)).toBe(0x0021_0000);
    expect(archive.readUInt32LE(archive.indexOf('PK\x01\x02', 'latin1') + 12)).toBe(0x0021_0000);
  });

  const unzip = spawnSync('unzip', ['-v']).status === 0;
  test.skipIf(!unzip)('passes unzip’s own test (needs unzip)', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dossier-zip-'));
    try {
      const path = join(folder, 'archive.zip');
      writeFileSync(path, archiveOf([[Buffer.alloc(300_000, 'ab'), Buffer.from('end')], [], [Buffer.from('x')]]));
      const result = spawnSync('unzip', ['-t', path], { encoding: 'utf8' });
      expect(result.stdout).toContain('No errors detected');
      expect(result.status).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('refuses to be used out of order', () => {
    const zip = new ZipWriter();
    expect(() => zip.write(Buffer.from('x'))).toThrow('no zip entry is open');
    zip.open('a');
    expect(() => zip.open('b')).toThrow('zip entry a is still open');
  });
});

describe('ZIP64 records', () => {
  const FULL = 0xffff_ffff;
  const small: ZipEntry = { name: 'xl/worksheets/sheet1.xml', offset: 100, crc32: 0xdead_beef, compressedSize: 1000, size: 5000 };

  test.each<[string, Partial<ZipEntry>, number]>([
    ['nothing is large', {}, 0],
    ['the largest sizes that fit', { size: FULL - 1, compressedSize: FULL - 1, offset: FULL - 1 }, 0],
    ['the size of the content', { size: 5e9 }, 12],
    ['both sizes', { size: 5e10, compressedSize: 5e9 }, 20],
    ['the offset alone', { offset: 5e9 }, 12],
    ['everything', { size: 5e10, compressedSize: 5e9, offset: 6e9 }, 28],
    ['sizes that look like the mark of ZIP64', { size: FULL, compressedSize: FULL, offset: FULL }, 28],
  ])('in the directory hold what needs them: %s', (_, large, extraLength) => {
    const entry = { ...small, ...large };
    const record = centralHeader(entry);
    expect(record).toHaveLength(46 + entry.name.length + extraLength);
    expect(readCentralHeader(record, 0).fields).toEqual({ ...entry, versionNeeded: 45 });
  });

  test('make a descriptor’s sizes eight bytes wide when one of them needs it', () => {
    expect(dataDescriptor({ ...small, size: FULL - 1 })).toHaveLength(16);
    const wide = dataDescriptor({ ...small, size: 5e9 });
    expect([wide.readUInt32LE(4), wide.readBigUInt64LE(8), wide.readBigUInt64LE(16)]).toEqual([0xdead_beef, 1000n, 5_000_000_000n]);
    expect(wide).toHaveLength(24);
  });

  test.each([
    ['a small archive', { entries: 3, offset: 1000, size: 300 }, 22],
    ['as many entries as fit', { entries: 0xfffe, offset: 1000, size: 300 }, 22],
    ['one entry more', { entries: 0xffff, offset: 1000, size: 300 }, 98],
    ['a directory beyond 4 GiB', { entries: 3, offset: 5e9, size: 300 }, 98],
    ['a directory of 4 GiB', { entries: 3, offset: 1000, size: 5e9 }, 98],
  ])('end %s', (_, directory, length) => {
    const record = endOfArchive(directory);
    expect(record).toHaveLength(length);
    expect(readEnd(record, length - 22)).toEqual(directory);
  });

  test('are announced in every local header, because nobody knows yet', () => {
    expect(localHeader('a').readUInt16LE(4)).toBe(45);
  });
});
