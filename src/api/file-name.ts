/** What a Report's file may be called, and what it is called in each format. */
import { quoted } from '../foreign-text.ts';
import type { ReportFormat } from '../runner/plan.ts';

/** In bytes of UTF-8, without the extension. */
export const FILE_NAME_LIMIT_BYTES = 200;

// Controls, format characters (they can reverse what a person reads), line and paragraph separators, noncharacters (no XML listing of a bucket can hold
// U+FFFE), and the two separators of paths.
const FORBIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Noncharacter_Code_Point}/\\]/u;

const FORMATS: Readonly<Record<ReportFormat, { readonly extension: string; readonly contentType: string }>> = {
  CSV: { extension: '.csv', contentType: 'text/csv; charset=utf-8' },
  XLSX: { extension: '.xlsx', contentType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' },
};

/** What is wrong with `spec.fileName`; undefined when nothing is. */
export function fileNameProblem(name: string): string | undefined {
  if (name === '' || name === '.' || name === '..') return `fileName ${quoted(name)} is not a name`;
  const bytes = Buffer.byteLength(name);
  if (bytes > FILE_NAME_LIMIT_BYTES) return `fileName has ${bytes} bytes; at most ${FILE_NAME_LIMIT_BYTES} are allowed`;
  if (FORBIDDEN.test(name)) return `fileName ${quoted(name)} must not hold slashes, backslashes, control or invisible format characters`;
  return undefined;
}

export function fileNameOf(base: string, format: ReportFormat): string {
  return base + FORMATS[format].extension;
}

export function contentTypeOf(format: ReportFormat): string {
  return FORMATS[format].contentType;
}

/** Every name a Report's file could have; clean-up must find the file without knowing which format was rendered. */
export function possibleFileNames(base: string): readonly string[] {
  return Object.values(FORMATS).map(({ extension }) => base + extension);
}
