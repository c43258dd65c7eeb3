/**
 * The texts of one row of an XLSX workbook, and nothing else of it: where a report's columns have their names.
 *
 * The workbook comes from a repository, so it may be anything: sizes are bounded before something is unpacked, and markup is scanned once from left to right, without
 * entities, patterns that could run long, or a tree.
 */
import { inflateRawSync } from 'node:zlib';

/** Packed (security.md 18). */
export const WORKBOOK_LIMIT_BYTES = 20 * 1024 * 1024;
/** Of one part, unpacked. */
const PART_LIMIT_BYTES = 64 * 1024 * 1024;
const ENTRIES_LIMIT = 2_000;
/** More columns than a sheet has. */
const COLUMNS_LIMIT = 16_384;

export type Header =
  /** From the first column on, up to the first cell without a text. */
  | { readonly kind: 'headers'; readonly headers: readonly string[] }
  /** A clause that follows the workbook's name. */
  | { readonly kind: 'invalid'; readonly problem: string };

class Invalid extends Error {}

/** `row` and `column` count from 1; a row 0 has no texts. */
export function workbookHeader(bytes: Buffer, sheet: string, row: number, column: number): Header {
  try {
    const parts = unpack(bytes);
    const target = sheetPart(parts, sheet);
    const cells = rowCells(parts.read(target), row);
    if (cells.some(({ shared }) => shared !== undefined)) {
      const strings = sharedStrings(parts.read('xl/sharedStrings.xml'));
      for (const cell of cells) if (cell.shared !== undefined) cell.text = strings[cell.shared] ?? '';
    }
    const byColumn = new Map(cells.map(({ column: at, text }) => [at, text.trim()]));
    const headers: string[] = [];
    for (let at = column; (byColumn.get(at) ?? '') !== ''; at += 1) headers.push(byColumn.get(at) ?? '');
    return { kind: 'headers', headers };
  } catch (error) {
    if (error instanceof Invalid) return { kind: 'invalid', problem: error.message };
    return { kind: 'invalid', problem: 'is no valid XLSX workbook' }; // zlib, or a number that leads outside of the file
  }
}

interface Parts {
  /** UTF-8 text. */
  read(name: string): string;
}

/** https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT: the directory at the end says what there is. */
function unpack(bytes: Buffer): Parts {
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0) throw new Invalid('is no XLSX workbook');
  const count = bytes.readUInt16LE(end + 10);
  if (count > ENTRIES_LIMIT) throw new Invalid(`has more than ${ENTRIES_LIMIT.toLocaleString('en-US')} parts`);
  const places = new Map<string, { readonly offset: number; readonly size: number; readonly method: number }>();
  for (let entry = 0, at = bytes.readUInt32LE(end + 16); entry < count; entry += 1) {
    if (bytes.readUInt32LE(at) !== 0x02014b50) throw new Invalid('is no valid XLSX workbook');
    const [name, extra, comment] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset));
    places.set(bytes.toString('utf8', at + 46, at + 46 + (name ?? 0)), {
      offset: bytes.readUInt32LE(at + 42),
      size: bytes.readUInt32LE(at + 20),
      method: bytes.readUInt16LE(at + 10),
    });
    at += 46 + (name ?? 0) + (extra ?? 0) + (comment ?? 0);
  }
  return {
    read: (name) => {
      const place = places.get(name);
      if (place === undefined) throw new Invalid(`is no valid XLSX workbook: it has no ${name.length > 80 ? 'such part' : name}`);
      const start = place.offset + 30 + bytes.readUInt16LE(place.offset + 26) + bytes.readUInt16LE(place.offset + 28);
      const packed = bytes.subarray(start, start + place.size);
      const text = (place.method === 0 ? packed : inflateRawSync(packed, { maxOutputLength: PART_LIMIT_BYTES })).toString('utf8');
      if (text.includes('<!DOCTYPE')) throw new Invalid('has a part with a DOCTYPE, which no workbook needs');
      return text;
    },
  };
}

/** The part of the sheet with that name. */
function sheetPart(parts: Parts, sheet: string): string {
  let relation: string | undefined;
  for (const tag of tags(parts.read('xl/workbook.xml'))) {
    if (tag.name === 'sheet' && unescaped(attribute(tag, 'name') ?? '') === sheet) relation = attribute(tag, 'r:id');
  }
  if (relation === undefined) throw new Invalid(`has no sheet "${sheet}"`);
  for (const tag of tags(parts.read('xl/_rels/workbook.xml.rels'))) {
    const target = attribute(tag, 'Target');
    if (tag.name !== 'Relationship' || attribute(tag, 'Id') !== relation || target === undefined) continue;
    return target.startsWith('/') ? target.slice(1) : `xl/${target}`;
  }
  throw new Invalid(`has no sheet "${sheet}"`);
}

interface Cell {
  readonly column: number;
  text: string;
  /** Its text is that of the table with this index. */
  readonly shared?: number;
}

function rowCells(markup: string, row: number): readonly Cell[] {
  const cells: Cell[] = [];
  let inRow = false;
  let number = 0;
  let cell: { column: number; type: string | undefined; text: string } | undefined;
  const put = (): void => {
    if (cell === undefined) return;
    const { column, type, text } = cell;
    cells.push(type === 's' ? { column, text: '', shared: Number(text) } : { column, text: unescaped(text) });
    cell = undefined;
  };
  for (const tag of tags(markup)) {
    if (tag.name === 'row') {
      number = Number(attribute(tag, 'r') ?? number + 1);
      inRow = number === row;
    } else if (tag.name === '/row' && inRow) break;
    else if (!inRow) continue;
    else if (tag.name === 'c') {
      put();
      cell = { column: columnOf(attribute(tag, 'r')) ?? (cells.at(-1)?.column ?? 0) + 1, type: attribute(tag, 't'), text: '' };
      if (cells.length > COLUMNS_LIMIT) break;
    } else if (tag.name === '/c') put();
    else if ((tag.name === 'v' || tag.name === 't') && cell !== undefined) cell.text += tag.text;
  }
  put();
  return cells;
}

/** `AB12` -> 28. */
function columnOf(reference: string | undefined): number | undefined {
  const letters = /^[A-Z]{1,3}/.exec(reference ?? '')?.[0];
  return letters === undefined ? undefined : [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0);
}

function sharedStrings(markup: string): readonly string[] {
  const strings: string[] = [];
  let phonetic = false;
  for (const tag of tags(markup)) {
    if (tag.name === 'si') strings.push('');
    else if (tag.name === 'rPh') phonetic = true;
    else if (tag.name === '/rPh') phonetic = false;
    else if (tag.name === 't' && !phonetic && strings.length > 0) strings[strings.length - 1] += unescaped(tag.text);
  }
  return strings;
}

interface Tag {
  /** With a slash before it where it is an end; without the prefix of a namespace. */
  readonly name: string;
  readonly attributes: string;
  /** Up to the next tag. */
  readonly text: string;
}

function* tags(markup: string): Generator<Tag> {
  for (let start = markup.indexOf('<'); start >= 0;) {
    const end = markup.indexOf('>', start);
    if (end < 0) return;
    const next = markup.indexOf('<', end);
    const inside = markup.slice(start + 1, end).replace(/\/$/, '');
    const space = inside.search(/\s/);
    const name = space < 0 ? inside : inside.slice(0, space);
    const isEnd = name.startsWith('/');
    yield {
      name: `${isEnd ? '/' : ''}${name.slice(Math.max(name.indexOf(':') + 1, isEnd ? 1 : 0))}`,
      attributes: space < 0 ? '' : inside.slice(space),
      text: markup.slice(end + 1, next < 0 ? undefined : next),
    };
    start = next;
  }
}

/** Of a tag; attributes have no angle brackets in them. */
function attribute({ attributes }: Tag, name: string): string | undefined {
  for (const quote of ['"', "'"]) {
    for (const space of [' ', '\n', '\t', '\r']) {
      const start = attributes.indexOf(`${space}${name}=${quote}`);
      if (start < 0) continue;
      const from = start + name.length + 3;
      const end = attributes.indexOf(quote, from);
      return end < 0 ? undefined : attributes.slice(from, end);
    }
  }
  return undefined;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|(lt|gt|amp|quot|apos));/g,
    (all, decimal?: string, hex?: string, named?: string) => {
      if (named !== undefined) return ENTITIES[named] ?? all;
      const code = decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal);
      return code <= 0x10ffff ? String.fromCodePoint(code) : all;
    },
  );
}
