import { describe, expect, test } from 'vitest';
import { createScreen, type Terminal } from '../../../src/local/demo/screen.ts';
import type { Table } from '../../../src/local/demo/table.ts';

function look(...rows: readonly (readonly string[])[]): Table {
  return { headers: ['NAME', 'PHASE', 'AGE'], rows };
}

/** What was written, piece by piece. */
function recorder(size: Omit<Terminal, 'write'> = {}): Terminal & { readonly written: readonly string[] } {
  const written: string[] = [];
  return { ...size, written, write: (text) => written.push(text) };
}

describe('elsewhere than on a terminal', () => {
  test('a line is written for each change, and age is no change', () => {
    const terminal = recorder();
    const screen = createScreen(terminal);
    screen.show(look());
    screen.show(look(['a', 'Pending', '0s'], ['b', 'Pending', '0s']));
    screen.show(look(['a', 'Pending', '1s'], ['b', 'Ready', '1s']));
    screen.show(look(['a', 'Pending', '2s'], ['b', 'Ready', '2s']));
    expect(terminal.written).toEqual(['NAME   PHASE     AGE\n', 'a      Pending   0s\n', 'b      Pending   0s\n', 'b      Ready     1s\n']);
  });

  test('nothing moves a cursor', () => {
    const terminal = recorder();
    const screen = createScreen(terminal);
    screen.show(look(['a', 'Pending', '0s']));
    screen.show(look(['a', 'Ready', '0s']));
    expect(terminal.written.join('')).not.toContain('\u001b');
  });
});

describe('on a terminal', () => {
  test('each look takes the place of the one before', () => {
    const terminal = recorder({ isTTY: true, columns: 80, rows: 24 });
    const screen = createScreen(terminal);
    screen.show(look(['a', 'Pending', '0s'], ['b', 'Pending', '0s']));
    screen.show(look(['a', 'Ready', '1s']));
    screen.show(look(['a', 'Ready', '2s']));
    expect(terminal.written).toEqual([
      'NAME   PHASE     AGE\na      Pending   0s\nb      Pending   0s\n',
      '\u001b[3A\u001b[JNAME   PHASE     AGE\na      Ready     1s\n',
      '\u001b[2A\u001b[JNAME   PHASE     AGE\na      Ready     2s\n',
    ]);
  });

  test('a small window is never left: lines are cut and rows left out', () => {
    const terminal = recorder({ isTTY: true, columns: 10, rows: 3 });
    createScreen(terminal).show(look(['a', 'Pending', '0s'], ['b', 'Pending', '0s'], ['c', 'Pending', '0s']));
    expect(terminal.written).toEqual(['NAME   PH\na      Pe\n']);
  });

  test('a window without a size is one of 80 by 24', () => {
    const terminal = recorder({ isTTY: true, columns: 0, rows: 0 });
    createScreen(terminal).show(look(['a', 'Pending', '0s'], ['b', 'Pending', '0s']));
    expect(terminal.written).toEqual(['NAME   PHASE     AGE\na      Pending   0s\nb      Pending   0s\n']);
  });
});
