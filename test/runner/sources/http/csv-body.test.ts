import { expect, test } from 'vitest';
import { WallTimes } from '../../../../src/runner/cells/wall-times.ts';
import type { Column } from '../../../../src/runner/rows.ts';
import { openCsv } from '../../../../src/runner/sources/http/csv-body.ts';
import { failed } from '../../../../src/runner/sources/http/errors.ts';

const columns: readonly Column[] = ['id', 'name'].map((name) => ({ name, header: name, type: 'String' }));
const dialect = { delimiter: ',', nulls: ['NULL'] };

function rowsOf(text: string): unknown {
  const body = openCsv(columns, ['id', 'name'], new WallTimes('UTC'), { dialect, textOf: (field) => field, fail: failed })(0);
  return [...body.write(Buffer.from(text)), ...body.end().rows];
}

test('a record that is cut behind its first null is no empty line', () => {
  expect(() => rowsOf('id,name\n1,a\nNULL')).toThrow('row 2 has 1 field, and the header has 2 fields');
});

test('an empty line is no row where a text stands for null, too', () => {
  expect(rowsOf('id,name\n1,a\n\nNULL,\n')).toEqual([['1', 'a'], [null, '']]); // prettier-ignore
});
