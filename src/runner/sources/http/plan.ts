/** What a run is told of an HTTP source: all of `spec.source.http` but its Secrets, which come as environment variables. */

export type HttpFormat = 'JSON' | 'NDJSON' | 'CSV';

export type HttpHeader =
  | { readonly name: string; readonly value: string }
  /** `env`: the variable that the kubelet fills from the Secret. */
  | { readonly name: string; readonly env: string };

interface PageSize {
  /** Rows of a full page. */
  readonly size?: number;
  /** Name in the query that asks for this size. */
  readonly sizeParameter?: string;
}

export type Pagination =
  | { readonly type: 'None' }
  | ({ readonly type: 'Link' } & PageSize)
  | ({ readonly type: 'Page' | 'Offset'; readonly parameter: string; readonly start: number; readonly shortPageEnds: boolean } & PageSize)
  /** `cursor`: JSONPath to the next value of the parameter. */
  | ({ readonly type: 'Cursor'; readonly parameter: string; readonly cursor: string } & PageSize);

export interface HttpPlan {
  readonly kind: 'http';
  readonly url: string;
  /** Values have `{{name}}` for parameters. */
  readonly query: readonly { readonly name: string; readonly value: string }[];
  readonly headers: readonly HttpHeader[];
  readonly format: HttpFormat;
  /** JSONPath to the list of rows, for JSON. */
  readonly rows: string;
  /** Of each column, in order: JSONPath in a row, or for CSV the text of the header as well. */
  readonly paths: readonly string[];
  readonly pagination: Pagination;
  /** Private addresses that may be reached (net/address-policy.ts). */
  readonly allowedHosts: readonly string[];
}
