/**
 * The part `xl/styles.xml`: one cell style for each number format in use, after the default one.
 */
import { escapeAttribute } from './text.ts';

/** Below it are the formats that every reader knows by number. */
const FIRST_CUSTOM_FORMAT = 164;

export class Styles {
  readonly #formats: string[] = [];

  /** The index of the style with this number format (`s` of a cell); 0, the default style, for none. */
  indexOf(numberFormat: string | undefined): number {
    if (numberFormat === undefined) return 0;
    const known = this.#formats.indexOf(numberFormat);
    return known >= 0 ? known + 1 : this.#formats.push(numberFormat);
  }

  xml(): string {
    const formats = this.#formats.map(
      (code, index) => `<numFmt numFmtId="${FIRST_CUSTOM_FORMAT + index}" formatCode="${escapeAttribute(code)}"/>`,
    );
    const styles = this.#formats.map(
      (_, index) => `<xf numFmtId="${FIRST_CUSTOM_FORMAT + index}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>`,
    );
    return (
      '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' +
      '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">' +
      (formats.length === 0 ? '' : `<numFmts count="${formats.length}">${formats.join('')}</numFmts>`) +
      '<fonts count="1"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>' +
      // Excel takes the first two fills for these, whatever stands there.
      '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>' +
      '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>' +
      '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>' +
      `<cellXfs count="${styles.length + 1}"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>${styles.join('')}</cellXfs>` +
      '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>' +
      '</styleSheet>'
    );
  }
}
