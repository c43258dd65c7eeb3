/**
 * The one place that knows which encoder belongs to which format and compression.
 */
import { GzipEncoder } from '../compression/gzip.ts';
import type { Compression, CsvOptions, JsonOptions, ReportFormat, XlsxOptions } from '../plan.ts';
import type { RowEncoder } from '../rows.ts';
import { CsvEncoder } from './csv.ts';
import { CsvFormat } from './fast/csv-format.ts';
import { fastGzipEncoder } from './fast/gzip-encoder.ts';
import { JsonFormat } from './fast/json-format.ts';
import { fastTextEncoder } from './fast/text-encoder.ts';
import type { TextFormat } from './fast/text-format.ts';
import { fastXlsxEncoder } from './fast/xlsx-encoder.ts';
import { JsonEncoder } from './json.ts';
import { WorkbookEncoder } from './workbook/encoder.ts';
import { XlsxEncoder } from './xlsx/encoder.ts';
import type { InfoFacts } from './xlsx/info.ts';

export interface EncoderOptions {
  readonly compression: Compression;
  readonly csv: CsvOptions;
  readonly json: JsonOptions;
  readonly xlsx: XlsxOptions;
  /** IANA zone of timestamps. */
  readonly timeZone: string;
  /** For XLSX: what its sheet Info says; absent = there is none. */
  readonly info?: InfoFacts | undefined;
  /** For XLSX: the file of `xlsx.workbook`. */
  readonly workbook?: Buffer | undefined;
}

/**
 * An encoder for one file. Its methods throw DossierError RenderFailed for what the format cannot hold.
 *
 * @throws DossierError InvalidParameters when this runtime does not know the zone.
 */
export function createEncoder(format: ReportFormat, options: EncoderOptions): RowEncoder {
  const { workbook, xlsx, info, timeZone } = options;
  if (format === 'XLSX' && workbook !== undefined && xlsx.workbook !== undefined)
    return new WorkbookEncoder({ bytes: workbook, place: xlsx.workbook, info, timeZone });
  const reference = referenceEncoder(format, options);
  if (format === 'XLSX') return fastXlsxEncoder(options.xlsx, options.timeZone, reference, info);
  const text = textFormat(format, options);
  if (text === undefined) return reference;
  switch (options.compression) {
    case 'None':
      return fastTextEncoder(text, reference);
    case 'Gzip':
      return fastGzipEncoder(text, reference);
  }
}

/** Undefined when the kernel cannot write the format with these options. */
function textFormat(format: Exclude<ReportFormat, 'XLSX'>, options: EncoderOptions): TextFormat | undefined {
  if (format !== 'CSV') return new JsonFormat(format, options.json, options.timeZone);
  return CsvFormat.takes(options.csv) ? new CsvFormat(options.csv, options.timeZone) : undefined;
}

/** The encoder that says what is right: plain, without the kernel. The fast ones write what it writes, and tests compare them. */
export function referenceEncoder(format: ReportFormat, options: EncoderOptions): RowEncoder {
  const encoder = plainEncoder(format, options);
  switch (options.compression) {
    case 'None':
      return encoder;
    case 'Gzip':
      return new GzipEncoder(encoder);
  }
}

function plainEncoder(format: ReportFormat, options: EncoderOptions): RowEncoder {
  switch (format) {
    case 'CSV':
      return new CsvEncoder(options.csv, options.timeZone);
    case 'JSON':
    case 'NDJSON':
      return new JsonEncoder(format, options.json, options.timeZone);
    case 'XLSX':
      return new XlsxEncoder(options.xlsx, options.timeZone, options.info);
  }
}
