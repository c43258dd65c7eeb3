/** Drives an encoder as the pipeline does. */
import { type EncoderOptions, createEncoder } from '../../../src/runner/formats/create.ts';
import type { Compression, CsvOptions, JsonOptions, ReportFormat, XlsxOptions } from '../../../src/runner/plan.ts';
import type { Column, ColumnType, RowBatch, RowEncoder } from '../../../src/runner/rows.ts';

export const FORMATS: readonly ReportFormat[] = ['CSV', 'JSON', 'NDJSON', 'XLSX'];
export const CSV_DEFAULTS: CsvOptions = {
  delimiter: ',',
  header: true,
  bom: false,
  quote: 'Minimal',
  lineEnding: 'LF',
  null: '',
  formulas: 'Escape',
};
export const JSON_DEFAULTS: JsonOptions = { decimals: 'String', integers: 'Number' };
export const XLSX_DEFAULTS: XlsxOptions = { sheetName: 'Invoices', freezeHeader: true, autoFilter: true, info: false };

export interface Options {
  readonly compression?: Compression;
  readonly csv?: Partial<CsvOptions>;
  readonly json?: Partial<JsonOptions>;
  readonly xlsx?: Partial<XlsxOptions>;
  readonly timeZone?: string;
  /** Rows of each batch but the last. */
  readonly batchSize?: number;
}

export function encoderOf(format: ReportFormat, options: Options = {}): RowEncoder {
  const whole: EncoderOptions = {
    compression: options.compression ?? 'None',
    csv: { ...CSV_DEFAULTS, ...options.csv },
    json: { ...JSON_DEFAULTS, ...options.json },
    xlsx: { ...XLSX_DEFAULTS, ...options.xlsx },
    timeZone: options.timeZone ?? 'UTC',
  };
  return createEncoder(format, whole);
}

/** The whole file. */
export function encode(format: ReportFormat, columns: readonly Column[], rows: RowBatch, options: Options = {}): Buffer {
  const encoder = encoderOf(format, options);
  const batchSize = options.batchSize ?? 100;
  const pieces: Uint8Array[] = [Buffer.from(encoder.start(columns))];
  for (let from = 0; from < rows.length; from += batchSize) pieces.push(Buffer.from(encoder.encode(rows.slice(from, from + batchSize))));
  pieces.push(encoder.end());
  return Buffer.concat(pieces);
}

/** A column named after its type or as said. */
export function column(type: ColumnType, more: Partial<Column> = {}): Column {
  const name = more.name ?? type.toLowerCase();
  return { name, header: name, type, ...more };
}
