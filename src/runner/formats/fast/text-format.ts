/** What the kernel must know of a text format. */
import type { CellWriting } from '../../kernel/cell-feed.ts';
import { newKernel, type KernelExports } from '../../kernel/kernel.ts';
import type { Column } from '../../rows.ts';
import { requireColumns } from '../failures.ts';

/** Bytes of constant text around the cells of a row's column; names and nulls are far shorter, and the page must hold any cell with it. */
const AROUND_LIMIT_BYTES = 4096;

/** A text format as the kernel needs it. */
export interface TextFormat {
  /** The largest number of constant bytes around any cell, in front of a row and behind it. */
  compile(columns: readonly Column[]): CompiledText;
}

export interface CompiledText extends CellWriting {
  readonly aroundBytes: number;
  /** Tells the kernel all of the format. */
  setUp(kernel: KernelExports): void;
  /** At the start of the file. */
  readonly start: string;
  readonly beforeFirstRow: string;
  /** At the end of a file with so many rows. */
  end(rows: number): string;
}

/** A kernel that knows the format of a file with these columns; undefined when it cannot write such a file. Throws for what the format cannot hold. */
export function compileForKernel(
  format: TextFormat,
  columns: readonly Column[],
): { readonly kernel: KernelExports; readonly format: CompiledText } | undefined {
  requireColumns(columns);
  const compiled = format.compile(columns);
  const kernel = compiled.aroundBytes > AROUND_LIMIT_BYTES ? undefined : newKernel();
  if (kernel === undefined) return undefined;
  compiled.setUp(kernel);
  return { kernel, format: compiled };
}
