/**
 * What stands before and after the rows of a sheet. The order of the elements is the schema's (CT_Worksheet); the filter comes after the rows, when their
 * number is known.
 */
import type { Column } from '../../rows.ts';

/** Excel's widest column, in characters. */
const WIDTH_LIMIT = 255;

/** Up to and with the start of the rows. `first` = the sheet that is open when the workbook is. */
export function sheetHead(columns: readonly Column[], options: { readonly freezeHeader: boolean; readonly first: boolean }): string {
  const selected = options.first ? ' tabSelected="1"' : '';
  const pane = options.freezeHeader
    ? '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft" activeCell="A2" sqref="A2"/>'
    : '';
  return (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' +
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">' +
    `<sheetViews><sheetView${selected} workbookViewId="0">${pane}</sheetView></sheetViews>` +
    `${widths(columns)}<sheetData>`
  );
}

/** From the end of the rows on; `filterRange` is `A1:C9`. */
export function sheetFoot(filterRange: string | undefined): string {
  return `</sheetData>${filterRange === undefined ? '' : `<autoFilter ref="${filterRange}"/>`}</worksheet>`;
}

function widths(columns: readonly Column[]): string {
  const list = columns.map((column, index) => {
    const width = column.width ?? dateWidth(column);
    return width === undefined
      ? ''
      : `<col min="${index + 1}" max="${index + 1}" width="${Math.min(width, WIDTH_LIMIT)}" customWidth="1"/>`;
  });
  const all = list.join('');
  return all === '' ? '' : `<cols>${all}</cols>`;
}

/** Dates that are wider than their column show as `#####`, and the default width is too small for them. */
function dateWidth(column: Column): number | undefined {
  if (column.type === 'Date') return 11;
  return column.type === 'Timestamp' ? 20 : undefined;
}
