/**
 * A table as `kubectl get` prints it, from what the apiserver gives kubectl: columns and cells made by the server.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
 *
 * kubectl itself is not run for it: starting it twice a second would cost the reports on screen the processor.
 */

export interface Table {
  readonly headers: readonly string[];
  /** In the order of the headers. */
  readonly rows: readonly (readonly string[])[];
}

/** What to accept for a ServerTable. */
export const AS_TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

/** kubectl's space between two columns. */
const GAP = 3;

/** The part of a meta/v1 Table that is read. */
export interface ServerTable {
  /** `priority` 0 = shown without `-o wide`. */
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[];
  readonly rows: readonly { readonly cells: readonly (string | number | boolean | null)[] }[];
}

export function narrowTable({ columnDefinitions, rows }: ServerTable): Table {
  const shown = columnDefinitions.flatMap(({ priority }, index) => (priority === 0 ? [index] : []));
  return {
    headers: shown.map((index) => columnDefinitions[index]?.name.toUpperCase() ?? ''),
    rows: rows.map(({ cells }) => shown.map((index) => String(cells[index] ?? ''))),
  };
}

/** Width of each column, at least what it was `before`: a table that is printed again and again must not jump. */
export function columnWidths({ headers, rows }: Table, before: readonly number[] = []): readonly number[] {
  return headers.map((header, index) =>
    Math.max(before[index] ?? 0, header.length + GAP, ...rows.map((row) => (row[index]?.length ?? 0) + GAP)),
  );
}

/** One line for the headers, then one for each row. */
export function tableLines({ headers, rows }: Table, widths: readonly number[]): readonly string[] {
  return [headers, ...rows].map((cells) =>
    cells
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('')
      .trimEnd(),
  );
}
