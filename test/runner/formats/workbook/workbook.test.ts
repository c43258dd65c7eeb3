/** Rows in a user's own workbook (form.xlsx, by make-form.py): read by exceljs, by openpyxl where it is there, and part by part. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ExcelJS from 'exceljs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DossierError } from '../../../../src/errors.ts';
import { readArchive } from '../../../../src/runner/formats/workbook/archive.ts';
import { WorkbookEncoder } from '../../../../src/runner/formats/workbook/encoder.ts';
import { extendedFormula, extendedRange } from '../../../../src/runner/formats/workbook/ranges.ts';
import type { InfoFacts } from '../../../../src/runner/formats/xlsx/info.ts';
import { ZipWriter } from '../../../../src/runner/formats/zip/writer.ts';
import type { Cell, Column, RowBatch } from '../../../../src/runner/rows.ts';
import { column } from '../encode.ts';

const FORM = readFileSync(join(import.meta.dirname, 'form.xlsx'));
const DATA = { sheet: 'Data & more', startRow: 4, startColumn: 1 };
const COLUMNS: readonly Column[] = [
  column('Integer', { name: 'id' }),
  column('String', { name: 'customer' }),
  column('Decimal', { name: 'total' }),
  column('Date', { name: 'issued' }),
];
const ROWS: RowBatch = Array.from({ length: 700 }, (_, index): Cell[] => [
  index + 1,
  `<&"${index}>`,
  `${index}.25`,
  index === 3 ? null : '2026-10-01',
]);
const INFO: InfoFacts = { lines: [['Report', 'billing/invoices']], madeAt: () => '2026-11-01 06:00:00 +01:00' };

interface Making {
  readonly bytes?: Buffer;
  readonly place?: Partial<typeof DATA>;
  readonly columns?: readonly Column[];
  readonly rows?: RowBatch;
  readonly info?: InfoFacts;
}

function make({ bytes = FORM, place = {}, columns = COLUMNS, rows = ROWS, info }: Making = {}): Buffer {
  const encoder = new WorkbookEncoder({ bytes, place: { ...DATA, ...place }, info, timeZone: 'UTC' });
  const pieces = [Buffer.from(encoder.start(columns))];
  for (let at = 0; at < rows.length; at += 250) pieces.push(Buffer.from(encoder.encode(rows.slice(at, at + 250))));
  return Buffer.concat([...pieces, encoder.end()]);
}

function failureOf(making: Making): DossierError {
  try {
    make(making);
  } catch (error) {
    if (error instanceof DossierError) return error;
    throw error;
  }
  throw new Error('it was made');
}

function part(file: Buffer, path: string): string {
  return readArchive(file).get(path)?.content.toString() ?? '';
}

/** The form with some parts changed, and others added. */
function changed(parts: Readonly<Record<string, (text: string) => string>>): Buffer {
  const zip = new ZipWriter();
  const entries = readArchive(FORM);
  for (const path of new Set([...entries.keys(), ...Object.keys(parts)]))
    zip.add(path, (parts[path] ?? ((text) => text))(entries.get(path)?.content.toString() ?? ''));
  zip.finish();
  return Buffer.from(zip.take());
}

describe('rows in a user’s own workbook', () => {
  const file = make();

  test('are read by exceljs with the styles of the first row, under what the sheet had above them', async () => {
    const book = new ExcelJS.Workbook();
    await book.xlsx.load(file as unknown as ExcelJS.Buffer);
    const sheet = book.getWorksheet('Data & more')!;
    expect(sheet.rowCount).toBe(703);
    expect([sheet.getCell('A1').value, sheet.getCell('B3').value]).toEqual(['Invoices of the month', 'Customer']);
    expect(ROWS.map((_, index) => ['A', 'B', 'C'].map((letter) => sheet.getCell(`${letter}${index + 4}`).value))).toEqual(
      ROWS.map(([id, customer, total]) => [id, customer, Number(total)]),
    );
    expect(sheet.getCell('D5').value).toEqual(new Date('2026-10-01T00:00:00Z'));
    expect(sheet.getCell('D7').value).toBeNull();
    expect(sheet.getCell('C703').numFmt).toBe('#,##0.00 [$€-407]');
    expect(sheet.getCell('C703').font.color).toMatchObject({ argb: 'FFC00000' });
    expect(sheet.getCell('A703').font.italic).toBe(true);
    // Its column is bold in the workbook, and has no number format, so a date gets one.
    expect([sheet.getCell('D703').numFmt, sheet.getCell('D703').font.bold]).toEqual(['yyyy-mm-dd', true]);
    expect(sheet.pageSetup).toMatchObject({ orientation: 'landscape', paperSize: 9, printTitlesRow: '3:3' });
    expect(sheet.views[0]).toMatchObject({ state: 'frozen', ySplit: 3 });
    expect(book.worksheets.map(({ name }) => name)).toEqual(['Summary', 'Data & more', 'Table']);
    expect(book.getWorksheet('Summary')?.getCell('B1').formula).toBe("SUM('Data & more'!C:C)");
  });

  test('leave every other part byte for byte as it was', () => {
    const [before, after] = [readArchive(FORM), readArchive(file)];
    expect([...after.keys()].toSorted()).toEqual([...before.keys()].toSorted());
    const differ = [...before.values()].filter(({ name, content }) => !after.get(name)?.content.equals(content)).map(({ name }) => name);
    expect(differ).toEqual([
      'xl/worksheets/sheet1.xml',
      'xl/worksheets/sheet2.xml',
      'xl/workbook.xml',
      'xl/charts/chart1.xml',
      'xl/styles.xml',
    ]);
  });

  test('take chart, filter and names along, and nothing that does not cover them', () => {
    const chart = part(file, 'xl/charts/chart1.xml');
    expect([...chart.matchAll(/<c:f>([^<]*)/g)].map(([, formula]) => formula)).toEqual([
      "'Data &amp; more'!$B$4:$B$703",
      "'Data &amp; more'!$C$4:$C$703",
    ]);
    expect(part(file, 'xl/worksheets/sheet2.xml')).toContain('<autoFilter ref="A3:D703"/>');
    const book = part(file, 'xl/workbook.xml');
    expect(book).toContain(`<definedName name="Totals">'Data &amp; more'!$C$4:$C$703</definedName>`);
    expect(book).toContain(`hidden="1">'Data &amp; more'!$A$3:$D$703</definedName>`);
    expect(book).toContain(`<definedName name="Fixed">'Data &amp; more'!$A$1:$C$1</definedName>`);
    expect(book).toContain('fullCalcOnLoad="1"');
  });

  test.each([
    ["'Data &amp; more'!$A$1:$D$4", "'Data &amp; more'!$A$1:$D$703"],
    ["'Data &amp; more'!$A$1:$D$9000", "'Data &amp; more'!$A$1:$D$9000"],
    ["'Data &amp; more'!$A$1:$B$2,'Data &amp; more'!$A$2:$D$40", "'Data &amp; more'!$A$1:$B$2,'Data &amp; more'!$A$2:$D$703"],
    ['Summary!$A$1:$D$4', 'Summary!$A$1:$D$4'],
  ])('are printed to the last one: %s', (area, whole) => {
    const name = (range: string): string => `<definedName name="_xlnm.Print_Area" localSheetId="1">${range}</definedName>`;
    const bytes = changed({ 'xl/workbook.xml': (text) => text.replace('</definedNames>', `${name(area)}</definedNames>`) });
    expect(part(make({ bytes }), 'xl/workbook.xml')).toContain(name(whole));
  });

  test('have conditional formats to the last one', () => {
    const marked = (cells: string): string =>
      `<conditionalFormatting sqref="${cells}"><cfRule type="expression" dxfId="0" priority="1"><formula>$C4&gt;9</formula></cfRule></conditionalFormatting>`;
    const later = (cells: string): string =>
      `<x14:conditionalFormattings><x14:conditionalFormatting><x14:cfRule type="dataBar"/><xm:sqref>${cells}</xm:sqref></x14:conditionalFormatting></x14:conditionalFormattings>` +
      // Where a small chart stands is one cell.
      '<x14:sparkline><xm:f>Summary!A1:A3</xm:f><xm:sqref>F4</xm:sqref></x14:sparkline>';
    const bytes = changed({
      'xl/worksheets/sheet2.xml': (text) =>
        text
          .replace('<pageMargins', `${marked('A1 B4 C4:D4 A3:A4 F1:F2')}<pageMargins`)
          .replace('</worksheet>', `${later('C4')}</worksheet>`),
    });
    const sheet = part(make({ bytes }), 'xl/worksheets/sheet2.xml');
    expect(sheet).toContain(marked('A1 B4:B703 C4:D703 A3:A703 F1:F2'));
    expect(sheet).toContain(later('C4:C703'));
  });

  test('are not written over by an array that a formula above them fills', () => {
    const filling = (kind: string): Buffer => {
      const cells = `<c r="A1"><f ${kind}>Summary!A1:A5</f><v>1</v></c>`;
      return changed({
        'xl/worksheets/sheet2.xml': (text) =>
          text
            .replace(/<row r="1"[^]*?<\/row>/, `<row r="1">${cells}</row>`)
            .replace('</sheetData>', '<row r="5"><c r="A5"><v>7</v></c></row></sheetData>'),
      });
    };
    expect(failureOf({ bytes: filling('t="array" ref="A1:A5"') }).message).toContain(
      'has a formula that fills cells A1:A5 of sheet "Data & more", where rows are written; keep it above row 4',
    );
    expect(failureOf({ bytes: filling('t="array" ref="A1:A3"') }).message).toContain('has content in cell A5');
  });

  test('have no links of the sample, and all others stay', () => {
    const linked = (...links: readonly string[]): string => {
      const list = `<hyperlinks>${links.map((ref) => `<hyperlink ref="${ref}" location="Summary!A1" display="a > b"/>`).join('')}</hyperlinks>`;
      const bytes = changed({ 'xl/worksheets/sheet2.xml': (text) => text.replace('<pageMargins', `${list}<pageMargins`) });
      return part(make({ bytes }), 'xl/worksheets/sheet2.xml');
    };
    expect(linked('B4').includes('hyperlink')).toBe(false);
    const links = [...linked('A1', 'D2:E4', 'D4:E900', 'E4', 'B5', 'A3').matchAll(/<hyperlink ref="([^"]*)/g)].map(([, ref]) => ref);
    expect(links).toEqual(['A1', 'E4', 'A3']);
  });

  test('leave no result of other rows: formulas are worked out by whoever opens the file', async () => {
    expect(part(FORM, 'xl/worksheets/sheet1.xml')).toContain('!C:C)</f><v>0</v></c>');
    expect(part(file, 'xl/worksheets/sheet1.xml')).toContain('!C:C)</f></c>');
    const book = new ExcelJS.Workbook();
    await book.xlsx.load(file as unknown as ExcelJS.Buffer);
    expect(book.getWorksheet('Summary')?.getCell('B1').result).toBeUndefined();
    // What is no formula stays.
    expect(book.getWorksheet('Summary')?.getCell('A1').value).toBe('Total');
  });

  test('make a table go on', async () => {
    const table = make({
      place: { sheet: 'table', startRow: 3, startColumn: 2 },
      columns: COLUMNS.slice(0, 2),
      rows: [
        [1, 'x'],
        [2, null],
        [3, 'y'],
      ],
    });
    expect(part(table, 'xl/tables/table1.xml')).toMatch(/<table [^>]*ref="B2:C5"[^>]*><autoFilter ref="B2:C5"\/>/);
    const book = new ExcelJS.Workbook();
    await book.xlsx.load(table as unknown as ExcelJS.Buffer);
    expect(book.getWorksheet('Table')?.getCell('C5').value).toBe('y');
  });

  test('end the state of a table that was saved empty', () => {
    const place = { sheet: 'table', startRow: 3, startColumn: 2 };
    const bytes = changed({ 'xl/tables/table1.xml': (text) => text.replace('<table ', '<table insertRow="1" ') });
    const tableOf = (rows: RowBatch): string => part(make({ bytes, place, columns: COLUMNS.slice(0, 2), rows }), 'xl/tables/table1.xml');
    expect(tableOf([[1, 'x']])).toContain('<table insertRow="0" ');
    expect(tableOf([])).toContain('<table insertRow="1" ');
  });

  test('may be none: the sample goes, and all else stays', async () => {
    const book = new ExcelJS.Workbook();
    await book.xlsx.load(make({ rows: [] }) as unknown as ExcelJS.Buffer);
    expect(book.getWorksheet('Data & more')?.rowCount).toBe(3);
  });

  test('are told apart from one sheet more that says what they are of', async () => {
    const book = new ExcelJS.Workbook();
    await book.xlsx.load(make({ info: INFO }) as unknown as ExcelJS.Buffer);
    const info = book.getWorksheet('Info')!;
    expect(book.worksheets.map(({ name }) => name)).toEqual(['Summary', 'Data & more', 'Table', 'Info']);
    expect(
      info
        .getSheetValues()
        .slice(1)
        .map((row) => (row as unknown[]).slice(1)),
    ).toEqual([
      ['Report', 'billing/invoices'],
      ['Rows', 700],
      ['Made at', '2026-11-01 06:00:00 +01:00'],
    ]);
  });

  test('do not depend on how they were batched, and memory does not grow with them', () => {
    const encoder = new WorkbookEncoder({ bytes: FORM, place: DATA, info: undefined, timeZone: 'UTC' });
    const pieces = [Buffer.from(encoder.start(COLUMNS)), ...ROWS.map((row) => Buffer.from(encoder.encode([row]))), encoder.end()];
    expect(Buffer.concat(pieces).equals(file)).toBe(true);
  });
});

const python = process.env['PYTHON'] ?? 'python3';
const present = spawnSync(python, ['-c', 'import openpyxl']).status === 0;
const SCRIPT = `
import json, sys, openpyxl
book = openpyxl.load_workbook(sys.argv[1])
data = book['Data & more']
print(json.dumps({'charts': len(book['Summary']._charts), 'rows': data.max_row, 'last': data['C703'].value, 'table': book['Table'].tables['Lines'].ref,
  'landscape': data.page_setup.orientation, 'validations': len(data.data_validations.dataValidation)}))
`;

test.skipIf(!present)('openpyxl finds the chart and the rows (needs openpyxl, found by $PYTHON or python3)', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'dossier-workbook-'));
  try {
    writeFileSync(join(folder, 'book.xlsx'), make());
    const { stdout, stderr } = spawnSync(python, ['-c', SCRIPT, join(folder, 'book.xlsx')], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({ charts: 1, rows: 703, last: 699.25, table: 'B2:C3', landscape: 'landscape', validations: 1 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe('a workbook that cannot be used is told as the template’s mistake', () => {
  const rels = (line: string) => (text: string) => text.replace('</Relationships>', `${line}</Relationships>`);
  const external = (type: string) => rels(`<Relationship Id="x" Type="http://x/${type}" Target="file:///c" TargetMode="External"/>`);
  const sheet = 'xl/worksheets/sheet2.xml';
  const other = 'xl/worksheets/sheet1.xml';
  const links = 'xl/worksheets/_rels/sheet2.xml.rels';
  const outside = (prefix: string, target = 'file:///c'): string =>
    `<${prefix}Relationship Id="x" Target="${target}" Type="http://x/image" TargetMode="External"/>`;
  const inSheet = (from: string | RegExp, to: string): Buffer => changed({ [sheet]: (text) => text.replace(from, to) });

  test.each<[string, () => Making, string]>([
    ['no such sheet', () => ({ place: { sheet: 'Daten' } }), 'has no sheet "Daten"; it has: "Summary", "Data & more", "Table"'],
    ['no workbook', () => ({ bytes: Buffer.from('PDF') }), 'is no .xlsx file'],
    ['one that is cut', () => ({ bytes: Buffer.concat([FORM.subarray(0, 3000), FORM.subarray(-22)]) }), 'is damaged'],
    ['a byte that flipped', () => ({ bytes: Buffer.from(FORM.map((byte, at) => (at === 2000 ? byte ^ 1 : byte))) }), 'is damaged'],
    ['macros', () => ({ bytes: changed({ 'xl/vbaProject.bin': () => 'x' }) }), 'has macros ("xl/vbaProject.bin")'],
    [
      'macros by content type',
      () => ({ bytes: changed({ '[Content_Types].xml': (text) => text.replace('sheet.main+xml', 'sheet.macroEnabled.main+xml') }) }),
      'has macros',
    ],
    [
      'a link to another workbook',
      () => ({ bytes: changed({ 'xl/externalLinks/externalLink1.xml': () => '<x/>' }) }),
      'refers to other workbooks',
    ],
    [
      'something outside',
      () => ({ bytes: changed({ 'xl/_rels/workbook.xml.rels': external('image') }) }),
      'refers to something outside of it',
    ],
    ['an object', () => ({ bytes: changed({ 'xl/embeddings/oleObject1.bin': () => 'x' }) }), 'has embedded objects or controls'],
    ['a connection', () => ({ bytes: changed({ 'xl/connections.xml': () => '<x/>' }) }), 'has connections to data elsewhere'],
    ['a query table', () => ({ bytes: changed({ 'xl/queryTables/queryTable1.xml': () => '<x/>' }) }), 'has connections to data elsewhere'],
    [
      'a document type',
      () => ({ bytes: changed({ 'xl/theme/theme1.xml': (text) => text.replace('?>', '?><!DOCTYPE x [<!ENTITY a "b">]>') }) }),
      'has a document type',
    ],
    ['another encoding', () => ({ bytes: changed({ 'xl/theme/theme1.xml': (text) => text.replace('UTF-8', 'UTF-7') }) }), 'not UTF-8'],
    [
      'WEBSERVICE',
      () => ({ bytes: inSheet('<c r="A3"', '<c r="E1"><f>_xlfn.WEBSERVICE("http://x")</f></c><c r="A3"') }),
      'has a formula with WEBSERVICE',
    ],
    [
      'WEBSERVICE in references to characters',
      () => ({ bytes: inSheet('<c r="A3"', '<c r="E1"><f>&#87;EBSERVICE&#x28;"http://x")</f></c><c r="A3"') }),
      'has a formula with WEBSERVICE',
    ],
    [
      'WEBSERVICE in CDATA, on a sheet that no rows are written to',
      () => ({ bytes: changed({ [other]: (text) => text.replace('<c ', '<c r="Z1"><f><![CDATA[WEBSERVICE("http://x")]]></f></c><c ') }) }),
      'has a formula with CDATA, a comment or the like',
    ],
    [
      'WEBSERVICE around a comment',
      () => ({ bytes: changed({ [other]: (text) => text.replace('<c ', '<c r="Z1"><f>WEB<!-- -->SERVICE("http://x")</f></c><c ') }) }),
      'has a formula with CDATA, a comment or the like',
    ],
    [
      'WEBSERVICE under a prefix',
      () => ({ bytes: changed({ [other]: (text) => text.replace('<c ', '<c r="Z1"><x-1:f>WEBSERVICE("http://x")</x-1:f></c><c ') }) }),
      'has a formula with WEBSERVICE',
    ],
    ['DDE in references to characters', () => ({ bytes: inSheet('<c r="A3"', '<c r="E1"><f>cmd&#124;x!A0</f></c><c r="A3"') }), 'with a |'],
    [
      'something outside, under a prefix',
      () => ({ bytes: changed({ [links]: () => `<p:Relationships xmlns:p="p">${outside('p:')}</p:Relationships>` }) }),
      'has XML with prefixes in xl/worksheets/_rels/sheet2.xml.rels',
    ],
    [
      'something outside, behind an angle bracket',
      () => ({ bytes: changed({ [links]: () => `<Relationships>${outside('', 'http://x/?a>b')}</Relationships>` }) }),
      'refers to something outside of it',
    ],
    [
      'something outside, in a part named in capitals',
      () => ({
        bytes: changed({ [links.replace('rels', 'RELS').replace(/rels$/, 'RELS')]: () => `<Relationships>${outside('')}</Relationships>` }),
      }),
      'refers to something outside of it',
    ],
    [
      'a sheet under another name than one of XML',
      () => ({
        bytes: changed({
          '[Content_Types].xml': (text) =>
            text.replace('</Types>', '<Override PartName="/xl/more.txt" ContentType="a/x.worksheet+xml"/></Types>'),
          'xl/more.txt': () => '<f>WEBSERVICE("http://x")</f>',
        }),
      }),
      'has a part of XML that is not named so ("/xl/more.txt")',
    ],
    [
      'a name that is taken for XML',
      () => ({
        bytes: changed({
          '[Content_Types].xml': (text) => text.replace('</Types>', '<Default Extension="txt" ContentType="text/xml"/></Types>'),
        }),
      }),
      'has a part of XML that is not named so ("txt")',
    ],
    ['DDE', () => ({ bytes: inSheet('<c r="A3"', '<c r="E1"><f>cmd|\'/c calc\'!A0</f></c><c r="A3"') }), 'has a formula with a |'],
    [
      'a name with CALL',
      () => ({ bytes: changed({ 'xl/workbook.xml': (text) => text.replace("'Data &amp; more'!$A$1:$C$1", 'CALL("x","y")') }) }),
      'has a formula with CALL',
    ],
    [
      'content below the first row',
      () => ({ bytes: inSheet('</sheetData>', '<row r="9"><c r="B9"><v>1</v></c></row></sheetData>') }),
      'has content in cell B9 of sheet "Data & more", where rows are written',
    ],
    [
      'content behind an empty cell',
      () => ({ bytes: inSheet('</c></row></sheetData>', '</c><c r="D4" s="2"/><c r="E4"><v>1</v></c></row></sheetData>') }),
      'has content in cell E4',
    ],
    [
      'content behind an empty row',
      () => ({ bytes: inSheet('</sheetData>', '<row r="5"/><row r="9"><c r="B9"><f>A1</f></c></row></sheetData>') }),
      'has content in cell B9',
    ],
    ['content beside the columns', () => ({ columns: COLUMNS.slice(0, 2) }), 'has content in cell C4'],
    ['merged cells among the rows', () => ({ bytes: inSheet('ref="B1:C1"', 'ref="A4:A5"') }), 'has merged cells in or below row 4'],
    [
      'days that are counted from 1904',
      () => ({ bytes: changed({ 'xl/workbook.xml': (text) => text.replace(/<workbookPr[^>]*>/, '<workbookPr date1904="true"/>') }) }),
      'counts days from 1904',
    ],
    ['a sheet without rows', () => ({ bytes: inSheet(/<sheetData>.*<\/sheetData>/, '') }), 'has no rows that can be filled'],
  ])('%s', (_, making, says) => {
    const failure = failureOf(making());
    expect([failure.reason, failure.retryable]).toEqual(['TemplateFailed', false]);
    expect(failure.message.replaceAll('(xl', '("xl').replaceAll('bin)', 'bin")')).toContain(says);
  });

  test('a bomb is refused before it is unpacked', () => {
    const bomb = changed({ 'xl/theme/theme2.xml': () => ' '.repeat(201 * 1024 * 1024) });
    expect(failureOf({ bytes: bomb }).message).toBe('xlsx.workbook: the workbook has more than 200 MiB when it is unpacked');
    // A header that says less than there is.
    const at = bomb.lastIndexOf(Buffer.from('xl/theme/theme2.xml')) - 46;
    bomb.writeUInt32LE(10, at + 24);
    expect(failureOf({ bytes: bomb }).message).toContain('is damaged');
  });

  test('more parts or bytes than any form has are refused', () => {
    const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`xl/media/${index}.png`, () => 'x']));
    expect(failureOf({ bytes: changed(many) }).message).toContain('has more than 2,000 parts');
    expect(failureOf({ bytes: Buffer.concat([Buffer.alloc(20 * 1024 * 1024), FORM]) }).message).toContain('has more than 20 MiB');
  });

  test('rows beyond the sheet fail the Report and say how many there is room for', () => {
    const failure = failureOf({ place: { startRow: 1_048_575 } });
    expect([failure.reason, failure.message]).toEqual([
      'RenderFailed',
      'sheet "Data & more" of the workbook holds 2 rows from row 1,048,575 on, and there are more; ask for a shorter period, or for CSV',
    ]);
  });

  test('whatever bytes are changed in a file, or in one of its parts, it is made or told what is wrong', () => {
    const parts = [...readArchive(FORM).keys()];
    const cut = fc.record({
      part: fc.constantFrom(...parts),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      length: fc.nat(80),
      text: fc.constantFrom('', '<', '>', '"', '<!--', '/>', '&#1;', 'r="0"'),
    });
    const bytes = fc.array(fc.tuple(fc.nat(FORM.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    const isTold = (file: Buffer): boolean => {
      try {
        return make({ bytes: file, rows: ROWS.slice(0, 3) }).length > 0;
      } catch (error) {
        if (error instanceof DossierError) return error.reason === 'TemplateFailed';
        throw error;
      }
    };
    fc.assert(
      fc.property(bytes, (changes) => {
        const file = Buffer.from(FORM);
        for (const [at, byte] of changes) file[at] = byte;
        return isTold(file);
      }),
      { numRuns: 60 },
    );
    fc.assert(
      fc.property(cut, ({ part: path, at, length, text }) => {
        const splice = (whole: string): string => {
          const from = Math.floor(at * whole.length);
          return whole.slice(0, from) + text + whole.slice(from + length);
        };
        return isTold(changed({ [path]: splice }));
      }),
      { numRuns: 60 },
    );
  });

  test('an SVG image and properties as .NET libraries name them are let be', () => {
    const types =
      '<Default Extension="svg" ContentType="image/svg+xml"/>' +
      '<Default Extension="psmdcp" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>';
    const file = changed({
      '[Content_Types].xml': (text) => text.replace('</Types>', `${types}</Types>`),
      'xl/media/image1.svg': () => '<svg/>',
      'package/a.psmdcp': () => '<coreProperties/>',
    });
    expect(part(make({ bytes: file }), 'xl/media/image1.svg')).toBe('<svg/>');
  });

  test('hyperlinks are let be', () => {
    expect(part(make(), 'xl/worksheets/_rels/sheet1.xml.rels')).toContain('https://example.com/help');
  });
});

describe('ranges', () => {
  const span = { sheet: "It's", startRow: 4, lastRow: 90 };

  test.each([
    ['$A$4:$C$4', '$A$4:$C$90'],
    ['A3:C7', 'A3:C90'],
    ['A1:C7', undefined],
    ['A3:C3', undefined],
    ['A5:C7', undefined],
    ['A:C', undefined],
    ['A4', undefined],
  ])('%s', (range, extended) => {
    expect(extendedRange(range, span)).toBe(extended);
  });

  test('in a formula of megabytes are not looked for', () => {
    const endless = `${'x'.repeat(2_000_000)}'`;
    expect(extendedFormula(endless, span, true)).toBe(endless);
  });

  test.each([
    ["'It''s'!$A$4:$A$5,Other!$A$4:$A$5", "'It''s'!$A$4:$A$90,Other!$A$4:$A$5"],
    ['&apos;It&apos;&apos;s&apos;!$A$4', '&apos;It&apos;&apos;s&apos;!$A$4:$A$90'],
    ["'IT''S'!A4:B4+1", "'IT''S'!A4:B90+1"],
    ["'It''s'!$A$3", "'It''s'!$A$3"],
    ["'It''s'!$A$40", "'It''s'!$A$40"],
  ])('in %s', (formula, extended) => {
    expect(extendedFormula(formula, span, true)).toBe(extended);
  });
});
