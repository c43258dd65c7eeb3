/** What a run is told of an s3 source: all of `spec.source.s3` but the Secrets of its storage, which come as environment variables. */
import type { BucketPlan } from '../../plan.ts';

export interface S3Plan {
  readonly kind: 's3';
  readonly bucket: BucketPlan;
  /** The ReportStorage, for messages. */
  readonly storage: string;
  /** Whole keys in the bucket, with the storage's own prefix. */
  readonly place: { readonly kind: 'key'; readonly key: string } | { readonly kind: 'prefix'; readonly prefix: string };
  readonly format: 'CSV' | 'NDJSON';
  readonly csv: {
    readonly delimiter: string;
    readonly null: string;
    /** Unescape takes off the apostrophe that guards text from being run as a formula. */
    readonly formulas: 'Keep' | 'Unescape';
  };
  /** Of each column, in order: JSONPath in a row, or for CSV the text of the header as well. */
  readonly paths: readonly string[];
}
