/** The table of Reports while they run: redrawn in place on a terminal, and a line for every change elsewhere (a log, a pipe). */
import { columnWidths, tableLines, type Table } from './table.ts';

/** What the demo writes to; process.stdout is one. A size of 0 is one that nobody has set, as in some containers. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

export interface Screen {
  show(table: Table): void;
}

export function createScreen(terminal: Terminal): Screen {
  return terminal.isTTY === true ? new LiveScreen(terminal) : new PlainScreen(terminal);
}

class LiveScreen implements Screen {
  readonly #terminal: Terminal;
  #height = 0;
  #widths: readonly number[] = [];

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(table: Table): void {
    const columns = this.#terminal.columns || 80;
    const rows = this.#terminal.rows || 24;
    // A line that wraps or a table beyond the screen would put the cursor where we do not expect it.
    this.#widths = columnWidths(table, this.#widths);
    const lines = tableLines(table, this.#widths)
      .slice(0, rows - 1)
      .map((line) => line.slice(0, columns - 1));
    const back = this.#height === 0 ? '' : `\u001b[${this.#height}A\u001b[J`;
    this.#terminal.write(`${back}${lines.join('\n')}\n`);
    this.#height = lines.length;
  }
}

class PlainScreen implements Screen {
  readonly #terminal: Terminal;
  readonly #seen = new Map<string, string>();
  #widths: readonly number[] = [];

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(table: Table): void {
    const age = table.headers.indexOf('AGE');
    this.#widths = columnWidths(table, this.#widths);
    const [header = '', ...lines] = tableLines(table, this.#widths);
    if (this.#seen.size === 0 && lines.length > 0) this.#terminal.write(`${header}\n`);
    for (const [index, cells] of table.rows.entries()) {
      const [name = ''] = cells;
      const state = cells.filter((_, column) => column !== age).join('\n');
      if (this.#seen.get(name) === state) continue;
      this.#seen.set(name, state);
      this.#terminal.write(`${lines[index] ?? ''}\n`);
    }
  }
}
