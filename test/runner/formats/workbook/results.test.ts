import { describe, expect, test } from 'vitest';
import { refreshedPivotCache, withoutPoints, withoutResults } from '../../../../src/runner/formats/workbook/results.ts';

describe('a sheet keeps its formulas and loses their results', () => {
  test.each([
    ['a number', '<c r="A1" s="2"><f>SUM(B:B)</f><v>7</v></c>', '<c r="A1" s="2"><f>SUM(B:B)</f></c>'],
    ['a text', '<c r="A1" t="str" s="2"><f>B1</f><v>a &lt; b</v></c>', '<c r="A1" s="2"><f>B1</f></c>'],
    ['a text with spaces', `<c r="A1" t = 'str'><f>B1</f><v xml:space="preserve"> a</v></c>`, '<c r="A1"><f>B1</f></c>'],
    ['nothing', '<c r="A1"><f>B1</f><v/></c>', '<c r="A1"><f>B1</f></c>'],
    ['an error', '<c r="A1" t="e"><f>1/0</f><v>#DIV/0!</v></c>', '<c r="A1"><f>1/0</f></c>'],
    ['a formula that is shared', '<c r="A2"><f t="shared" si="0"/><v>1</v></c>', '<c r="A2"><f t="shared" si="0"/></c>'],
    ['a prefix', '<x:c r="A1" t="b"><x:f>TRUE()</x:f><x:v>1</x:v></x:c>', '<x:c r="A1"><x:f>TRUE()</x:f></x:c>'],
    [
      'neighbours that are none',
      '<c r="A1"/><c r="B1" t="s"><v>0</v></c><c r="C1"><f>A1</f><v>1</v></c><c r="D1"><v>4</v></c><cols/>',
      '<c r="A1"/><c r="B1" t="s"><v>0</v></c><c r="C1"><f>A1</f></c><c r="D1"><v>4</v></c><cols/>',
    ],
    [
      'an array of cells',
      '<c r="B2"><f t="array" ref="B2:C3">A1:B2</f><v>1</v></c><c r="C2" t="str"><v>x</v></c><c r="D2"><v>3</v></c><c r="C3"><v>4</v></c><c r="B4"><v>5</v></c>',
      '<c r="B2"><f t="array" ref="B2:C3">A1:B2</f></c><c r="C2"></c><c r="D2"><v>3</v></c><c r="C3"></c><c r="B4"><v>5</v></c>',
    ],
    ['no formula at all', '<c r="A1" t="str"><v>1</v></c>', '<c r="A1" t="str"><v>1</v></c>'],
  ])('%s', (_, cells, without) => {
    const sheet = (row: string): string => `<sheetData><row r="1">${row}</row></sheetData>`;
    expect(withoutResults(sheet(cells))).toBe(sheet(without));
  });
});

test('a chart keeps its ranges and loses its points', () => {
  const chart =
    '<c:cat><c:strRef><c:f>A!$A$1</c:f><c:strCache><c:ptCount val="1"/><c:pt idx="0"><c:v>x</c:v></c:pt></c:strCache></c:strRef></c:cat>' +
    '<c:val><c:numRef><c:f>A!$B$1</c:f><c:numCache><c:formatCode>General</c:formatCode></c:numCache></c:numRef></c:val>';
  expect(withoutPoints(chart)).toBe(
    '<c:cat><c:strRef><c:f>A!$A$1</c:f></c:strRef></c:cat><c:val><c:numRef><c:f>A!$B$1</c:f></c:numRef></c:val>',
  );
});

test('labels that a chart takes from cells are points, too', () => {
  const labels =
    '<c15:datalabelsRange><c15:f>A!$C$1</c15:f><c15:dlblRangeCache><c:ptCount val="1"/></c15:dlblRangeCache></c15:datalabelsRange>';
  expect(withoutPoints(labels)).toBe('<c15:datalabelsRange><c15:f>A!$C$1</c15:f></c15:datalabelsRange>');
});

describe('a pivot table is filled anew when the file is opened, from all rows', () => {
  const span = { sheet: 'Data & more', startRow: 4, lastRow: 90 };
  const cache = (source: string, refresh = ''): string =>
    `<pivotCacheDefinition r:id="rId1"${refresh}><cacheSource type="worksheet">${source}</cacheSource></pivotCacheDefinition>`;

  test.each([
    [
      'of the rows and their header',
      '<worksheetSource ref="A3:D4" sheet="data &amp; more"/>',
      '<worksheetSource ref="A3:D90" sheet="data &amp; more"/>',
    ],
    ['of other rows', '<worksheetSource ref="A1:D2" sheet="Data &amp; more"/>', '<worksheetSource ref="A1:D2" sheet="Data &amp; more"/>'],
    ['of another sheet', '<worksheetSource ref="A3:D4" sheet="Other"/>', '<worksheetSource ref="A3:D4" sheet="Other"/>'],
    ['of a table', '<worksheetSource name="Lines"/>', '<worksheetSource name="Lines"/>'],
  ])('%s', (_, before, after) => {
    expect(refreshedPivotCache(cache(before), span)).toBe(cache(after, ' refreshOnLoad="1"'));
    expect(refreshedPivotCache(cache(before, ' refreshOnLoad="0"'), span)).toBe(cache(after, ' refreshOnLoad="1"'));
  });

  test('one that cannot be read stays as it is', () => {
    expect(refreshedPivotCache('<x:pivotCacheDefinition/>', span)).toBe('<x:pivotCacheDefinition/>');
  });
});
