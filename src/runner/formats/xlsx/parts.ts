/**
 * The parts of a workbook around its sheets (ECMA-376 part 1, 12.2 and 12.3): without any of them Excel calls the file broken.
 *
 * Nothing in them depends on the machine or the time, so that the same rows are the same bytes.
 */
import { escapeAttribute, escapeText } from './text.ts';

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const OFFICE_RELATIONSHIPS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE_RELATIONSHIPS = 'http://schemas.openxmlformats.org/package/2006/relationships';
const CONTENT_TYPES = 'http://schemas.openxmlformats.org/package/2006/content-types';
const SPREADSHEET_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

/** A finished sheet; `filterRange` (`$A$1:$C$9`) only when it has a filter. */
export interface SheetPart {
  readonly name: string;
  readonly filterRange?: string;
}

/** Path of the sheet with this number, counted from 1. */
export function sheetPath(number: number): string {
  return `xl/worksheets/sheet${number}.xml`;
}

export function packageRelationships(): string {
  return (
    `${XML}<Relationships xmlns="${PACKAGE_RELATIONSHIPS}">` +
    `<Relationship Id="rId1" Type="${OFFICE_RELATIONSHIPS}/officeDocument" Target="xl/workbook.xml"/>` +
    `<Relationship Id="rId2" Type="${OFFICE_RELATIONSHIPS}/extended-properties" Target="docProps/app.xml"/>` +
    '</Relationships>'
  );
}

export function applicationProperties(): string {
  return `${XML}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Application>Dossier</Application></Properties>`;
}

export function workbook(sheets: readonly SheetPart[]): string {
  const list = sheets.map(({ name }, index) => `<sheet name="${escapeAttribute(name)}" sheetId="${index + 1}" r:id="rId${index + 1}"/>`);
  // Excel keeps the range of a sheet's filter under this name as well; without it LibreOffice and sorting in Excel lose the range.
  const filters = sheets.map(({ name, filterRange }, index) =>
    filterRange === undefined
      ? ''
      : `<definedName name="_xlnm._FilterDatabase" localSheetId="${index}" hidden="1">'${escapeText(name.replaceAll("'", "''"))}'!${filterRange}</definedName>`,
  );
  const names = filters.join('');
  return (
    `${XML}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE_RELATIONSHIPS}">` +
    `<workbookPr/><bookViews><workbookView/></bookViews><sheets>${list.join('')}</sheets>` +
    (names === '' ? '' : `<definedNames>${names}</definedNames>`) +
    '</workbook>'
  );
}

export function workbookRelationships(sheets: readonly SheetPart[]): string {
  const list = sheets.map(
    (_, index) => `<Relationship Id="rId${index + 1}" Type="${OFFICE_RELATIONSHIPS}/worksheet" Target="worksheets/sheet${index + 1}.xml"/>`,
  );
  const styles = `<Relationship Id="rId${sheets.length + 1}" Type="${OFFICE_RELATIONSHIPS}/styles" Target="styles.xml"/>`;
  return `${XML}<Relationships xmlns="${PACKAGE_RELATIONSHIPS}">${list.join('')}${styles}</Relationships>`;
}

export function contentTypes(sheets: readonly SheetPart[]): string {
  const list = sheets.map((_, index) => override(sheetPath(index + 1), `${SPREADSHEET_TYPE}.worksheet+xml`));
  return (
    `${XML}<Types xmlns="${CONTENT_TYPES}">` +
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
    '<Default Extension="xml" ContentType="application/xml"/>' +
    override('xl/workbook.xml', `${SPREADSHEET_TYPE}.sheet.main+xml`) +
    list.join('') +
    override('xl/styles.xml', `${SPREADSHEET_TYPE}.styles+xml`) +
    override('docProps/app.xml', 'application/vnd.openxmlformats-officedocument.extended-properties+xml') +
    '</Types>'
  );
}

function override(path: string, type: string): string {
  return `<Override PartName="/${path}" ContentType="${type}"/>`;
}
