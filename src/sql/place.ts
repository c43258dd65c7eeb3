/** Line and column of an offset, as editors and PostgreSQL count them: from 1, columns in characters. */

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** `offset` in UTF-16 units. */
export function placeOf(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  const lines = before.split(/\r\n|\n|\r/);
  const last = lines.at(-1) ?? '';
  return { line: lines.length, column: [...last].length + 1 };
}

/** `line 3, column 7`. */
export function placeAt(text: string, offset: number): string {
  const { line, column } = placeOf(text, offset);
  return `line ${line}, column ${column}`;
}
