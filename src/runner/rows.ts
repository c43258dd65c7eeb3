/**
 * The shapes between a source and a file: columns, cells, batches, and the two interfaces that keep sources, formats and storage ignorant of each other.
 *
 * A cell's JavaScript type follows from its column's type alone, never from its value, so an encoder compiles one writer a column and trusts it.
 */

/** Types a column can have (`spec.columns[].type`). */
export const COLUMN_TYPES = ['String', 'Integer', 'Decimal', 'Number', 'Boolean', 'Date', 'Timestamp', 'JSON', 'Quantity'] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

export interface Column {
  /** Key in JSON formats and name in messages: `^[A-Za-z][A-Za-z0-9_]{0,62}$` when declared, a result's own name for SQL. */
  readonly name: string;
  /** Header in CSV and XLSX. */
  readonly header: string;
  readonly type: ColumnType;
  /** ECMA-376 number format of XLSX cells, e.g. `#,##0.00`. */
  readonly numberFormat?: string;
  /** Width of the XLSX column in characters of the default font. */
  readonly width?: number;
}

/**
 * One value, by column type (null = no value, in every type):
 *
 * | type | cell |
 * |---|---|
 * | String | string |
 * | Integer | number (a safe integer) or bigint (any other) |
 * | Decimal | string: `-?digits[.digits]`, exact; or `NaN`, `Infinity`, `-Infinity` |
 * | Number | number, NaN and infinities included |
 * | Boolean | boolean |
 * | Date | string: ISO 8601 `YYYY-MM-DD`, years outside 0000..9999 expanded (`+012026-01-01`, `-000043-03-15`); or `Infinity`, `-Infinity` |
 * | Timestamp | bigint: nanoseconds since 1970-01-01T00:00:00Z; or the strings `Infinity`, `-Infinity` |
 * | JSON | string: JSON text |
 * | Quantity | string: `-?digits[.digits]`, exact, in the base unit (cores, bytes, pieces); always finite |
 */
export type Cell = null | string | number | bigint | boolean;

/** Rows in column order. A batch is small (hundreds of rows), so that a slow sink holds back the source soon. */
export type RowBatch = readonly (readonly Cell[])[];

/** The usual shapes of a value's text; `text` is any. What they say of it, postgres-cells.ts tells. */
export type TextReading = 'text' | 'integer' | 'decimal' | 'number' | 'boolean' | 'date' | 'timestamp';

/** Where a column's values are in a row of WireRows. */
export interface WireColumn {
  /** Number of the field, from 0. */
  readonly field: number;
  /** What the text usually is; undefined = always to be read by `cell`. */
  readonly reading: TextReading | undefined;
}

/**
 * Rows as the bytes that a source got: messages of PostgreSQL's protocol (DataRow), each whole, values as text. An encoder that can reads them where they lie; any
 * other asks for cells.
 */
export interface WireRows {
  /** Rows. */
  readonly length: number;
  readonly bytes: Uint8Array;
  /** One for each column of the source. */
  readonly columns: readonly WireColumn[];
  /** A cell of the `index`th row, whose message begins at `offset`. @throws DossierError when the value does not fit, or the row is none. */
  cell(offset: number, index: number, column: number): Cell;
  /** A row, as `cell`. */
  row(offset: number, index: number): readonly Cell[];
  /** All rows. @throws as `cell` */
  cells(): RowBatch;
  /** The rows from the `from`th to before the `to`th. */
  slice(from: number, to: number): WireRows;
}

/** Where rows come from. A source validates what it reads: a cell that reaches an encoder fits its column. */
export interface RowSource {
  readonly columns: readonly Column[];
  /** Reads to the end or throws; rows that stop early without an error do not exist. May be called once. */
  batches(signal: AbortSignal): AsyncIterable<RowBatch>;
  /** As `batches`, without making cells; absent where rows do not come this way. One of the two may be called, once. */
  wireBatches?(signal: AbortSignal): AsyncIterable<WireRows>;
  /** Releases connections; safe to call at any time and twice. */
  close(): Promise<void>;
}

/**
 * Turns rows into the bytes of a file, synchronously: the pipeline owns waiting. `start`, then any number of `encode`, then `end`, each once but `encode`.
 * What they return may be memory of the encoder, which its next call overwrites.
 */
export interface RowEncoder {
  start(columns: readonly Column[]): Uint8Array;
  encode(batch: RowBatch): Uint8Array;
  /** As `encode`, for rows that are no cells yet; absent in encoders that only know cells. */
  encodeWire?(rows: WireRows): Uint8Array;
  end(): Uint8Array;
  /** Sheets of the workbook so far; 1 in formats that have none. */
  readonly sheets: number;
}

/** What the store says of a finished object. */
export interface StoredFile {
  readonly etag: string;
  readonly versionId?: string;
}

/** Takes bytes to the bucket. `write` resolves when it has copied the bytes and more may come (back-pressure); after `complete` or `abort` no request is under way. */
export interface Uploader {
  write(bytes: Uint8Array): Promise<void>;
  complete(): Promise<StoredFile>;
  abort(): Promise<void>;
}
