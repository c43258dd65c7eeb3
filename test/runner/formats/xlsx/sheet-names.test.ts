import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextSheetName } from '../../../../src/runner/formats/xlsx/sheet-names.ts';
import { nastyText } from '../arbitraries.ts';

/** The first names that a workbook gets. */
function namesFor(wanted: string, count: number): string[] {
  const names: string[] = [];
  while (names.length < count) names.push(nextSheetName(wanted, names));
  return names;
}

describe('names of sheets', () => {
  test.each<[string, string, string[]]>([
    ['count from the second on', 'Invoices', ['Invoices', 'Invoices (2)', 'Invoices (3)']],
    ['keep letters of all scripts', 'Rechnungen für 日本', ['Rechnungen für 日本', 'Rechnungen für 日本 (2)']],
    ['lose what Excel forbids', 'a[b]c:d*e?f/g\\h\ti', ['a_b_c_d_e_f_g_h_i']],
    ['lose apostrophes at their ends only', "''Bob's''", ["Bob's"]],
    ['are cut to 31 characters', 'a'.repeat(40), ['a'.repeat(31), `${'a'.repeat(27)} (2)`]],
    ['are cut between characters', 'a'.repeat(30) + '\u{1F600}', ['a'.repeat(30), `${'a'.repeat(27)} (2)`]],
    ['are cut before an apostrophe', `${'a'.repeat(30)}'b`, ['a'.repeat(30)]],
    ['differ also when they end like a number', 'Data (2)', ['Data (2)', 'Data (2) (2)']],
    ['differ also after the cut', `${'a'.repeat(27)} (2)`, [`${'a'.repeat(27)} (2)`, `${'a'.repeat(27)} (3)`]],
    ['are never empty', "''", ['Report', 'Report (2)']],
    ['are never blank', '  ', ['Report']],
    ['are never the one Excel keeps for itself', 'HISTORY', ['HISTORY_', 'HISTORY_ (2)']],
  ])('%s', (_, wanted, expected) => {
    expect(namesFor(wanted, expected.length)).toEqual(expected);
  });

  test('are legal and different, whatever is wanted', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          nastyText,
          nastyText.map((text) => text.repeat(20)),
          fc.constant(`${'x'.repeat(26)} (10)`),
        ),
        (wanted) => {
          const names = namesFor(wanted, 12);
          for (const name of names) {
            expect(name.length).toBeLessThanOrEqual(31);
            expect(name).not.toMatch(/[[\]:*?/\\\u0000-\u001F\uFFFE\uFFFF]|^'|'$|^\s*$/);
            expect(name.isWellFormed()).toBe(true);
          }
          expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
        },
      ),
      { numRuns: 500 },
    );
  });
});
