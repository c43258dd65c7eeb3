/**
 * Reads a workbook by the letter of ECMA-376, with a strict XML parser and no spreadsheet library, because those forgive mistakes that Excel does not.
 *
 * Knows what Dossier writes and nothing more: whatever else comes up is an error.
 */
import { SaxesParser, type SaxesTagPlain } from 'saxes';
import { readZip } from '../zip/read-zip.ts';

export type ReadCell =
  | { readonly kind: 'number'; readonly value: number; readonly style: number }
  | { readonly kind: 'text'; readonly value: string; readonly style: number }
  | { readonly kind: 'boolean'; readonly value: boolean; readonly style: number };

export interface SheetSettings {
  /** Attributes of `pane`, and of each `col`. */
  readonly pane: Readonly<Record<string, string>> | undefined;
  readonly columns: readonly Readonly<Record<string, string>>[];
  readonly selected: boolean;
  readonly filter: string | undefined;
  readonly rows: number;
}

export interface ReadSheet extends SheetSettings {
  readonly name: string;
  /** Row by row, the header first; undefined = no cell. */
  readonly cells: readonly (readonly (ReadCell | undefined)[])[];
}

export interface ReadWorkbook {
  readonly sheets: readonly ReadSheet[];
  /** By the index of a cell's style; undefined = the default format. */
  readonly numberFormats: readonly (string | undefined)[];
  /** Text of each defined name by name and sheet index. */
  readonly definedNames: readonly { readonly name: string; readonly sheet: number; readonly text: string }[];
}

export function readWorkbook(file: Buffer): ReadWorkbook {
  const parts = new Map(readZip(file).map(({ name, content }) => [name, content]));
  const part = (name: string): Buffer => parts.get(name) ?? fail(`there is no part ${name}`);
  checkContentTypes(part('[Content_Types].xml'), [...parts.keys()]);
  const [workbookPath] = targets(part('_rels/.rels'), '', '/officeDocument');
  if (workbookPath !== 'xl/workbook.xml') fail('no workbook');

  const relationships = relationshipsOf(part('xl/_rels/workbook.xml.rels'), 'xl/');
  const book = elements(part(workbookPath));
  const sheets = book
    .filter(({ name }) => name === 'sheet')
    .map(({ attributes }): ReadSheet => {
      const target = relationships.find(({ id }) => id === attributes['r:id']) ?? fail('a sheet without a part');
      const cells: (ReadCell | undefined)[][] = [];
      const settings = readSheet(part(target.path), (row) => cells.push(row));
      return { name: decodeText(attributes['name'] ?? ''), ...settings, cells };
    });
  const [stylesPath = fail('no styles')] = relationships.filter(({ type }) => type.endsWith('/styles')).map(({ path }) => path);
  const definedNames = book
    .filter(({ name }) => name === 'definedName')
    .map(({ attributes, text }) => ({ name: attributes['name'] ?? '', sheet: Number(attributes['localSheetId']), text }));
  return { sheets, numberFormats: readStyles(part(stylesPath)), definedNames };
}

/** Reads a sheet's part row by row; only one row is held. */
export function readSheet(xml: Buffer, onRow: (cells: (ReadCell | undefined)[]) => void): SheetSettings {
  let pane: Record<string, string> | undefined;
  let filter: string | undefined;
  let selected = false;
  const columns: Record<string, string>[] = [];
  let rows = 0;
  let row: (ReadCell | undefined)[] = [];
  let cell: Record<string, string> = {};
  let text = '';
  const order: string[] = [];

  parseXml(xml, {
    open({ name, attributes, isSelfClosing }, depth) {
      if (depth === 1) order.push(name);
      if (name === 'sheetView') selected = attributes['tabSelected'] === '1';
      else if (name === 'pane') pane = attributes;
      else if (name === 'col') columns.push(attributes);
      else if (name === 'autoFilter') filter = attributes['ref'];
      else if (name === 'row') {
        rows += 1;
        row = [];
        if (attributes['r'] !== String(rows)) fail(`row ${attributes['r']} is the ${rows}th`);
      } else if (name === 'c') cell = attributes;
      else if (name === 't' || name === 'v') {
        text = '';
        if (name === 't' && attributes['xml:space'] === undefined) cell['trimmed'] = 'yes';
      } else if (!['worksheet', 'sheetViews', 'selection', 'cols', 'sheetData', 'is'].includes(name)) fail(`unknown element ${name}`);
      if (isSelfClosing && (name === 'row' || name === 'c')) fail(`empty ${name}`);
    },
    text(piece) {
      text += piece;
    },
    close(name) {
      if (name === 'row') onRow(row);
      if (name === 'c') {
        const index = columnIndex(cell['r'] ?? '', rows);
        if (index < row.length) fail(`cell ${cell['r']} comes too late`);
        row[index] = readCell(cell, text);
      }
    },
  });
  const schemaOrder = ['sheetViews', 'cols', 'sheetData', 'autoFilter'].filter((name) => order.includes(name));
  if (order.join() !== schemaOrder.join()) fail(`elements in the order ${order.join()}`);
  return { pane, columns, selected, filter, rows };
}

function readCell(attributes: Readonly<Record<string, string>>, text: string): ReadCell {
  const style = Number(attributes['s'] ?? 0);
  switch (attributes['t']) {
    case undefined:
      if (!/^-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?$/.test(text)) fail(`"${text}" is no number`);
      return { kind: 'number', value: Number(text), style };
    case 'b':
      return { kind: 'boolean', value: text === '1' ? true : text === '0' ? false : fail('no boolean'), style };
    case 'inlineStr':
      // A reader may drop white space at the ends of text that does not ask to keep it.
      return {
        kind: 'text',
        value: decodeText(attributes['trimmed'] === 'yes' ? text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '') : text),
        style,
      };
    default:
      return fail(`unknown cell type ${attributes['t']}`);
  }
}

/** ST_Xstring (ECMA-376 part 1, 22.9.2.19). */
export function decodeText(text: string): string {
  return text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

function columnIndex(reference: string, row: number): number {
  const letters = reference.slice(0, reference.length - String(row).length);
  if (!/^[A-Z]{1,3}$/.test(letters) || reference !== `${letters}${row}`) fail(`cell ${reference} in row ${row}`);
  return [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

function readStyles(xml: Buffer): (string | undefined)[] {
  const all = elements(xml);
  const formats = new Map(
    all.filter(({ name }) => name === 'numFmt').map(({ attributes }) => [attributes['numFmtId'], attributes['formatCode']]),
  );
  for (const list of ['numFmts', 'fonts', 'fills', 'borders', 'cellStyleXfs', 'cellXfs', 'cellStyles']) {
    const counted = all.find(({ name }) => name === list);
    if (counted !== undefined && Number(counted.attributes['count']) !== counted.children) fail(`${list} counts wrong`);
  }
  return all
    .filter(({ name, parent }) => name === 'xf' && parent === 'cellXfs')
    .map(({ attributes }) => {
      const id = attributes['numFmtId'];
      return id === '0' ? undefined : decodeText(formats.get(id) ?? fail(`no number format ${id}`));
    });
}

/** Every part must have a type, and every type a part. */
function checkContentTypes(xml: Buffer, parts: readonly string[]): void {
  const overrides = elements(xml).flatMap(({ attributes }) => attributes['PartName'] ?? []);
  const untyped = parts.filter((part) => part !== '[Content_Types].xml' && !part.endsWith('.rels') && !overrides.includes(`/${part}`));
  if (untyped.length > 0) fail(`parts without a type: ${untyped.join()}`);
  const missing = overrides.filter((name) => !parts.includes(name.slice(1)));
  if (missing.length > 0) fail(`types without a part: ${missing.join()}`);
}

function relationshipsOf(xml: Buffer, base: string): { id: string; type: string; path: string }[] {
  return elements(xml)
    .filter(({ name }) => name === 'Relationship')
    .map(({ attributes }) => ({ id: attributes['Id'] ?? '', type: attributes['Type'] ?? '', path: base + (attributes['Target'] ?? '') }));
}

function targets(xml: Buffer, base: string, type: string): string[] {
  return relationshipsOf(xml, base)
    .filter((relationship) => relationship.type.endsWith(type))
    .map(({ path }) => path);
}

interface Element {
  readonly name: string;
  readonly parent: string | undefined;
  readonly attributes: Readonly<Record<string, string>>;
  text: string;
  children: number;
}

/** All elements of a small part in document order. */
function elements(xml: Buffer): Element[] {
  const all: Element[] = [];
  const open: Element[] = [];
  parseXml(xml, {
    open({ name, attributes }) {
      const parent = open.at(-1);
      if (parent !== undefined) parent.children += 1;
      const element = { name, parent: parent?.name, attributes, text: '', children: 0 };
      all.push(element);
      open.push(element);
    },
    text(piece) {
      const element = open.at(-1);
      if (element !== undefined) element.text += piece;
    },
    close() {
      open.pop();
    },
  });
  return all;
}

interface Handlers {
  /** `depth` is 0 for the root. */
  open(tag: SaxesTagPlain, depth: number): void;
  text(piece: string): void;
  close(name: string): void;
}

function parseXml(xml: Buffer, handlers: Handlers): void {
  const parser = new SaxesParser();
  let depth = 0;
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', (tag) => {
    handlers.open(tag, depth);
    depth += 1;
  });
  parser.on('text', (piece) => handlers.text(piece));
  parser.on('closetag', ({ name }) => {
    depth -= 1;
    handlers.close(name);
  });
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  for (let from = 0; from < xml.length; from += 1 << 20)
    parser.write(decoder.decode(xml.subarray(from, from + (1 << 20)), { stream: true }));
  decoder.decode();
  parser.close();
}

function fail(complaint: string): never {
  throw new Error(`workbook: ${complaint}`);
}
