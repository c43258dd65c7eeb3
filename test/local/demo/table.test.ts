import { expect, test } from 'vitest';
import { columnWidths, narrowTable, tableLines, type ServerTable } from '../../../src/local/demo/table.ts';

const SERVER_TABLE: ServerTable = {
  columnDefinitions: [
    { name: 'Name', priority: 0 },
    { name: 'Phase', priority: 0 },
    { name: 'Reason', priority: 1 },
    { name: 'Rows', priority: 0 },
    { name: 'Age', priority: 0 },
  ],
  rows: [{ cells: ['invoices', 'Ready', 'Completed', 3, '5s'] }, { cells: ['a', 'Deploying', 'Rendering', null, '5s'] }],
};

test('a table is what kubectl prints without -o wide: three spaces between columns, nothing at the end of a line', () => {
  const table = narrowTable(SERVER_TABLE);
  expect(tableLines(table, columnWidths(table))).toEqual([
    'NAME       PHASE       ROWS   AGE',
    'invoices   Ready       3      5s',
    'a          Deploying          5s',
  ]);
});

test('a column that was once wide stays wide', () => {
  const wide = columnWidths(narrowTable(SERVER_TABLE));
  const narrow = { headers: ['NAME', 'PHASE', 'ROWS', 'AGE'], rows: [['a', 'Ready', '1', '9s']] };
  expect(tableLines(narrow, columnWidths(narrow, wide))[1]).toBe('a          Ready       1      9s');
});
