/**
 * The one place that knows which encoder belongs to which format.
 */
import type { CsvOptions, ReportFormat, XlsxOptions } from '../plan.ts';
import type { RowEncoder } from '../rows.ts';
import { CsvEncoder } from './csv.ts';
import { XlsxEncoder } from './xlsx/encoder.ts';

export interface EncoderOptions {
  readonly csv: CsvOptions;
  readonly xlsx: XlsxOptions;
  /** IANA zone of timestamps. */
  readonly timeZone: string;
}

/**
 * An encoder for one file. Its methods throw DossierError RenderFailed for what the format cannot hold.
 *
 * @throws DossierError InvalidParameters when this runtime does not know the zone.
 */
export function createEncoder(format: ReportFormat, options: EncoderOptions): RowEncoder {
  switch (format) {
    case 'CSV':
      return new CsvEncoder(options.csv, options.timeZone);
    case 'XLSX':
      return new XlsxEncoder(options.xlsx, options.timeZone);
  }
}
