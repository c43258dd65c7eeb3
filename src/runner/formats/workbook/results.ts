/**
 * What a workbook remembers of other rows: results of formulas, points of charts, contents of pivot tables.
 *
 * Only a program that works formulas out when it opens a file replaces them (`fullCalcOnLoad`). Others, such as LibreOffice as it comes, previews and most libraries, would
 * show old results beside new rows. So results are left out: whoever can works them out, and whoever cannot shows none.
 */
import { columnNumber, extendedRange, type RowSpan } from './ranges.ts';
import { attribute, tags, withAttribute } from './xml.ts';

const CELL = /<((?:[A-Za-z_][\w.-]*:)?)c(?=[\s>])[^>]*(?<!\/)>[^]*?<\/\1c>/g;
const FORMULA = /<(?:[A-Za-z_][\w.-]*:)?f(?=[\s/>])[^>]*>/g;
const VALUE = /<((?:[A-Za-z_][\w.-]*:)?)v(?=[\s/>])[^>]*?(?:\/>|>[^<]*<\/\1v>)/;
/** In a start tag: the kind of a value. */
const TYPE = /^(<[^>]*?)\st\s*=\s*(?:"[^"]*"|'[^']*')/;
const POINTS = /<((?:[A-Za-z_][\w.-]*:)?)((?:num|str|multiLvlStr|dlblRange)Cache)>[^]*?<\/\1\2>/g;

/** A sheet's part (ECMA-376 part 1, 18.3.1.4) without the results of its formulas, which are worked out anew; the same text when it has none. */
export function withoutResults(sheet: string): string {
  const formulas = sheet.match(FORMULA) ?? [];
  if (formulas.length === 0) return sheet;
  const areas = formulas.flatMap(areaOf);
  return sheet.replace(CELL, (cell) => {
    const isResult = cell.search(FORMULA) >= 0 || (areas.length > 0 && areas.some((has) => has(cell)));
    return isResult ? cell.replace(VALUE, '').replace(TYPE, '$1') : cell;
  });
}

/** A chart's part without the points that were last drawn (ECMA-376 part 1, 21.2.2.120). */
export function withoutPoints(chart: string): string {
  return chart.replace(POINTS, '');
}

/** The definition of a pivot table's cache (ECMA-376 part 1, 18.10.1.67): its range goes on to the last row, and it is filled anew when the file is opened. */
export function refreshedPivotCache(definition: string, span: RowSpan): string {
  const open = tags(definition, 'pivotCacheDefinition')[0];
  const source = tags(definition, 'worksheetSource')[0];
  const range =
    source !== undefined && attribute(source, 'sheet')?.toLowerCase() === span.sheet.toLowerCase() ? attribute(source, 'ref') : '';
  const extended = extendedRange(range ?? '', span);
  return definition
    .replace(open ?? '', (tag) => (tag === '' ? '' : withAttribute(tag, 'refreshOnLoad', '1')))
    .replace(source ?? '', (tag) => (extended === undefined ? tag : withAttribute(tag, 'ref', extended)));
}

/** Whether a cell is in the area that one formula fills (array formulas and data tables), whose other cells have a value only. */
function areaOf(formula: string): readonly ((cell: string) => boolean)[] {
  const [, from = '', to = ''] = /^([A-Z]{1,3}\d{1,7}):([A-Z]{1,3}\d{1,7})$/.exec(attribute(formula, 'ref') ?? '') ?? [];
  if (from === '' || !['array', 'dataTable'].includes(attribute(formula, 't') ?? '')) return [];
  const [left, right, first, last] = [columnNumber(from), columnNumber(to), rowNumber(from), rowNumber(to)];
  return [
    (cell) => {
      const reference = attribute(cell.slice(0, cell.indexOf('>') + 1), 'r') ?? '';
      const [column, row] = [columnNumber(reference), rowNumber(reference)];
      return left <= column && column <= right && first <= row && row <= last;
    },
  ];
}

function rowNumber(reference: string): number {
  return Number(/\d+$/.exec(reference)?.[0] ?? 0);
}
