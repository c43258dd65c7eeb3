/**
 * Rows of JSON bodies. Where the paths allow it, a row leaves as soon as it has come and memory holds one row; else the document is held whole, which is bounded.
 */
import { ByteBuffer } from '../../../byte-buffer.ts';
import { JsonPath } from '../../../json-path/json-path.ts';
import { Visits } from '../../../json-path/visits.ts';
import { JsonNumber, type JsonScalar, type JsonValue } from '../../../json-stream/json-number.ts';
import { JsonRowReader, notACursor, notAList, nothingAtRows } from '../../../json-stream/row-reader.ts';
import { JsonError } from '../../../json-stream/tokenizer.ts';
import { parseJson } from '../../../json-stream/value-builder.ts';
import { count } from '../../cells/misfit.ts';
import type { WallTimes } from '../../cells/wall-times.ts';
import type { Cell, Column, RowBatch } from '../../rows.ts';
import type { BodyEnd, BodyReader, OpenBody } from './body.ts';
import { readRow, wireReader } from './cells.ts';
import { failed, type Fail } from './errors.ts';
import type { DocumentPaths } from './paths.ts';

/** Largest document that is held whole, in bytes; as values it takes a few times of that. */
const DOCUMENT_LIMIT_BYTES = 32 * 1024 * 1024;

/** Reads a row of JSON to cells; `row` counts from 1. */
export type ReadJsonRow = (value: JsonValue, row: number) => readonly Cell[];

/**
 * `paths`: of each column. One that leads nowhere is null; but a row in which all of them do is none of the rows that were asked for: a server that fails when its answer
 * has begun can tell only there.
 */
export function jsonRowReader(columns: readonly Column[], paths: readonly JsonPath[], wall: WallTimes, fail: Fail = failed): ReadJsonRow {
  const readers = columns.map(({ type }) => wireReader(type, wall));
  return (value, row) => {
    const visits = new Visits();
    const context = { $: value };
    let values = 0;
    const valueOf = (index: number): JsonValue | undefined => {
      const found = paths[index]?.first(context, visits) as JsonValue | undefined;
      if (found !== undefined) values += 1;
      return found;
    };
    const cells = readRow(columns, readers, row, valueOf, fail);
    if (values === 0)
      throw fail(
        `row ${count(row)} has nothing at the path of any column, as an error has that stands in the place of rows; correct the paths, or add a column that every row has`,
        false,
      );
    return cells;
  };
}

export function openJson(paths: DocumentPaths, read: ReadJsonRow): OpenBody {
  switch (paths.kind) {
    case 'stream':
      return (rowsBefore) => new StreamedBody(new JsonRowReader(paths.rows, paths.cursor), read, rowsBefore);
    case 'whole':
      return (rowsBefore) => new WholeBody(paths, read, rowsBefore);
  }
}

class StreamedBody implements BodyReader {
  readonly #reader: JsonRowReader;
  readonly #read: ReadJsonRow;
  #rows: number;

  constructor(reader: JsonRowReader, read: ReadJsonRow, rowsBefore: number) {
    this.#reader = reader;
    this.#read = read;
    this.#rows = rowsBefore;
  }

  write(piece: Buffer): RowBatch {
    return this.#reader.write(piece).map((value) => this.#read(value, ++this.#rows));
  }

  end(): BodyEnd {
    return { rows: [], cursor: this.#reader.end() };
  }
}

class WholeBody implements BodyReader {
  readonly #paths: Extract<DocumentPaths, { kind: 'whole' }>;
  readonly #read: ReadJsonRow;
  readonly #rowsBefore: number;
  readonly #document = new ByteBuffer();

  constructor(paths: Extract<DocumentPaths, { kind: 'whole' }>, read: ReadJsonRow, rowsBefore: number) {
    this.#paths = paths;
    this.#read = read;
    this.#rowsBefore = rowsBefore;
  }

  write(piece: Buffer): RowBatch {
    if (this.#document.length + piece.length > DOCUMENT_LIMIT_BYTES) {
      const mebibytes = DOCUMENT_LIMIT_BYTES / 1024 / 1024;
      throw new JsonError(
        `has more than ${mebibytes} MiB, which the paths of rows and pagination.cursor need at once; with names, indexes and * only they need one row at a time`,
      );
    }
    this.#document.append(piece);
    return [];
  }

  end(): BodyEnd {
    const document = parseJson(this.#document.take());
    const { rows, cursor } = this.#paths;
    return {
      rows: rowsOf(rows, document).map((value, index) => this.#read(value, this.#rowsBefore + index + 1)),
      cursor: cursor === undefined ? undefined : cursorOf(cursor, document),
    };
  }
}

/** By the rules of JsonRowReader. */
function rowsOf(path: JsonPath, document: JsonValue): readonly JsonValue[] {
  const nodes = path.find({ $: document }) as readonly JsonValue[];
  if (nodes.length === 0 && !mayFindNothing(path, document)) throw nothingAtRows(path.text);
  return nodes.flatMap((node) => {
    if (isList(node)) return node;
    if (path.singular || !isObject(node)) throw notAList(path.text, node);
    return [node];
  });
}

/** A filter or slice may choose none of what is there, and nothing can be chosen from an empty container; a name that nobody has is a mistake. */
function mayFindNothing(path: JsonPath, document: JsonValue): boolean {
  const choice = path.segments.findIndex(({ kind, selectors: [selector, ...others] }) => {
    return kind === 'descendant' || others.length > 0 || (selector?.kind !== 'name' && selector?.kind !== 'index');
  });
  if (choice < 0) return false;
  const container = new JsonPath(path.text, { root: '$', segments: path.segments.slice(0, choice) }).first({ $: document }) as
    JsonValue | undefined;
  if (container === undefined || !(isList(container) || isObject(container))) return false;
  const chooses = path.segments.some(({ selectors }) => selectors.some(({ kind }) => kind === 'filter' || kind === 'slice'));
  return chooses || Object.keys(container).length === 0;
}

function cursorOf(path: JsonPath, document: JsonValue): JsonScalar | undefined {
  const cursor = path.first({ $: document }) as JsonValue | undefined;
  if (cursor === undefined || (!isList(cursor) && !isObject(cursor))) return cursor;
  throw notACursor(path.text);
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isObject(value: JsonValue): value is { readonly [name: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !isList(value) && !(value instanceof JsonNumber);
}
