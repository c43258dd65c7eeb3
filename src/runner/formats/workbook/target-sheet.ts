/**
 * The sheet of a user's workbook that receives rows: what stands before them and after them, and the styles that its cells have there.
 *
 * Rows above the first one stay. The first one itself is the pattern: its cells give each column its style and are replaced. Anything else in or below it would be lost or
 * overwritten, so it is refused by name.
 */
import { workbookFailed } from './failures.ts';
import { columnNumber } from './ranges.ts';
import { attribute, tags } from './xml.ts';

export interface TargetSheet {
  /** Up to and with the rows before the first one. */
  readonly head: string;
  /** From the end of the rows on. */
  readonly foot: string;
  /** Index of the style of each column, from `startColumn` on. */
  readonly styles: readonly number[];
}

export interface Area {
  /** From 1. */
  readonly startRow: number;
  readonly startColumn: number;
  /** How many columns. */
  readonly columns: number;
}

/** `text`: of the sheet's part. @throws DossierError TemplateFailed */
export function targetSheet(text: string, name: string, area: Area): TargetSheet {
  if (text.includes('<!'))
    throw workbookFailed(`has comments or CDATA in the XML of sheet "${name}"; save it again with a spreadsheet program`);
  const data = /<sheetData\s*\/>|<sheetData(?:\s[^>]*)?>([^]*?)<\/sheetData>/.exec(text);
  if (data === null)
    throw workbookFailed(`has no rows that can be filled in sheet "${name}"; it must be a plain sheet, saved by a spreadsheet program`);
  const rows = [...(data[1] ?? '').matchAll(/<row(?:\s[^>]*?)?(?:\/>|>([^]*?)<\/row>)/g)].map((match) => ({
    text: match[0],
    cells: match[1] ?? '',
  }));
  let kept = '';
  let number = 0;
  let pattern: { readonly open: string; readonly cells: string } | undefined;
  for (const row of rows) {
    const open = /^<row[^>]*>/.exec(row.text)?.[0] ?? '';
    number = Number(attribute(open, 'r') ?? number + 1);
    if (number < area.startRow) kept += row.text;
    else {
      refuseContent(row.cells, number, name, area);
      if (number === area.startRow) pattern = { open, cells: row.cells };
    }
  }
  // Arrays and data tables: the other cells of their area have been emptied (results.ts), and would be worked out over the rows.
  for (const tag of tags(kept, 'f')) {
    const filled = attribute(tag, 'ref') ?? '';
    if (attribute(tag, 't') !== 'shared' && Number(/(\d+)$/.exec(filled)?.[1] ?? 0) >= area.startRow)
      throw workbookFailed(
        `has a formula that fills cells ${filled} of sheet "${name}", where rows are written; keep it above row ${area.startRow}`,
      );
  }
  for (const tag of tags(text, 'mergeCell')) {
    const last = Number(/(\d+)$/.exec(attribute(tag, 'ref') ?? '')?.[1] ?? 0);
    if (last >= area.startRow) throw workbookFailed(`has merged cells in or below row ${area.startRow} of sheet "${name}"; split them`);
  }
  return {
    // What a sheet measures is not known before its last row; it may be left out.
    head: `${text.slice(0, data.index).replace(/<dimension(?:\s[^>]*)?\/>/, '')}<sheetData>${kept}`,
    foot: `</sheetData>${withoutLinks(text.slice(data.index + data[0].length), area)}`,
    styles: stylesOf(text, pattern, area),
  };
}

function refuseContent(cells: string, row: number, sheet: string, { startRow, startColumn, columns }: Area): void {
  for (const [cell] of cells.matchAll(/<c(?:\s[^>]*?)?(?:\/>|>[^]*?<\/c>)/g)) {
    if (!/<(?:v|f|is)[\s>/]/.test(cell)) continue;
    const reference = attribute(cell.slice(0, cell.indexOf('>') + 1), 'r') ?? `row ${row}`;
    const column = columnNumber(reference);
    if (row === startRow && column >= startColumn && column < startColumn + columns) continue;
    throw workbookFailed(
      `has content in cell ${reference} of sheet "${sheet}", where rows are written; put totals and notes above row ${startRow}, or on another sheet`,
    );
  }
}

/** Without links of the sample's cells, which would lead from a row to something else than its own. */
function withoutLinks(foot: string, { startRow, startColumn, columns }: Area): string {
  const isOfRows = (link: string): boolean => {
    const [from = '', to = from] = (attribute(link, 'ref') ?? '').split(':');
    return Number(/\d+$/.exec(to)?.[0] ?? 0) >= startRow && columnNumber(to) >= startColumn && columnNumber(from) < startColumn + columns;
  };
  return (
    foot
      .replace(/<hyperlink(?=[\s/>])(?:[^<>"']|"[^"<]*"|'[^'<]*')*>(?:<\/hyperlink>)?/g, (link) => (isOfRows(link) ? '' : link))
      // By the schema it has at least one.
      .replace(/<hyperlinks(?:\s[^>]*)?>\s*<\/hyperlinks>/, '')
  );
}

/** A cell's own style, else its row's, else its column's. */
function stylesOf(
  text: string,
  pattern: { readonly open: string; readonly cells: string } | undefined,
  { startColumn, columns }: Area,
): readonly number[] {
  const ofRow = pattern !== undefined && attribute(pattern.open, 'customFormat') === '1' ? styleIn(pattern.open) : undefined;
  const ofCells = new Map(tags(pattern?.cells ?? '', 'c').map((tag) => [columnNumber(attribute(tag, 'r') ?? ''), styleIn(tag)]));
  const ofColumns = tags(text, 'col').map((tag) => ({
    min: Number(attribute(tag, 'min')),
    max: Number(attribute(tag, 'max')),
    style: Number(attribute(tag, 'style') ?? 0),
  }));
  return Array.from({ length: columns }, (_, index) => {
    const column = startColumn + index;
    return ofCells.get(column) ?? ofRow ?? ofColumns.find(({ min, max }) => min <= column && column <= max)?.style ?? 0;
  });
}

function styleIn(tag: string): number {
  return Number(attribute(tag, 's') ?? 0);
}
