/** What a Report's file may be called, and what it is called and said to be in each format and compression. */
import { quoted } from '../foreign-text.ts';
import type { Compression, ReportFormat } from '../runner/plan.ts';

/** In bytes of UTF-8, without the extension. */
export const FILE_NAME_LIMIT_BYTES = 200;
/** And with the longest one, `.ndjson.gz`. */
export const WHOLE_NAME_LIMIT_BYTES = 210;

// Controls, format characters (they can reverse what a person reads), line and paragraph separators, noncharacters (no XML listing of a bucket can hold
// U+FFFE), and the two separators of paths.
const FORBIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Noncharacter_Code_Point}/\\]/u;

const GZIP_EXTENSION = '.gz';

interface FormatFacts {
  readonly extension: string;
  readonly contentType: string;
  /** A workbook is packed already. */
  readonly compressible: boolean;
}

const FORMATS: Readonly<Record<ReportFormat, FormatFacts>> = {
  CSV: { extension: '.csv', contentType: 'text/csv; charset=utf-8', compressible: true },
  JSON: { extension: '.json', contentType: 'application/json', compressible: true },
  NDJSON: { extension: '.ndjson', contentType: 'application/x-ndjson', compressible: true },
  XLSX: {
    extension: '.xlsx',
    contentType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    compressible: false,
  },
};

/** What is wrong with `spec.fileName`, or with a file's whole name under its own limit; undefined when nothing is. */
export function fileNameProblem(name: string, limitBytes: number = FILE_NAME_LIMIT_BYTES): string | undefined {
  if (name === '' || name === '.' || name === '..') return `fileName ${quoted(name)} is not a name`;
  const bytes = Buffer.byteLength(name);
  if (bytes > limitBytes) return `fileName has ${bytes} bytes; at most ${limitBytes} are allowed`;
  if (FORBIDDEN.test(name)) return `fileName ${quoted(name)} must not hold slashes, backslashes, control or invisible format characters`;
  return undefined;
}

export function isCompressible(format: ReportFormat): boolean {
  return FORMATS[format].compressible;
}

export function fileNameOf(base: string, format: ReportFormat, compression: Compression): string {
  return base + FORMATS[format].extension + (compression === 'Gzip' ? GZIP_EXTENSION : '');
}

/** Under Gzip that of the packed file: without a Content-Encoding, which would let clients unpack it and find neither its size nor its checksum. */
export function contentTypeOf(format: ReportFormat, compression: Compression): string {
  return compression === 'Gzip' ? 'application/gzip' : FORMATS[format].contentType;
}

/** Every name a Report's file could have; clean-up must find the file without knowing which format was rendered, and how. */
export function possibleFileNames(base: string): readonly string[] {
  return Object.values(FORMATS).flatMap(({ extension, compressible }) => [
    base + extension,
    ...(compressible ? [base + extension + GZIP_EXTENSION] : []),
  ]);
}
