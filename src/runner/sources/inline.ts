/** Rows that stand in the template itself: a thousand at most, all checked before the first one is written. */
import { DossierError } from '../../errors.ts';
import type { RunPlan, SourcePlan } from '../plan.ts';
import type { Column, RowBatch, RowSource } from '../rows.ts';
import { readInlineRows } from './inline-rows.ts';

const BATCH_ROWS = 250;

/** @throws DossierError TemplateFailed with every mistake: the operator refuses such a template, so this one changed or came another way. */
export function openInline(source: Extract<SourcePlan, { kind: 'inline' }>, plan: RunPlan): RowSource {
  const { columns, timeZone } = plan;
  if (columns === undefined) throw new DossierError('TemplateFailed', 'inline: the template declares no columns', { retryable: false });
  const { rows, mistakes } = readInlineRows(source.rows, columns, timeZone);
  if (mistakes.length > 0) throw new DossierError('TemplateFailed', `inline: ${mistakes.join('; ')}`, { retryable: false });
  return new InlineSource(columns, rows);
}

class InlineSource implements RowSource {
  readonly columns: readonly Column[];
  readonly #rows: RowBatch;

  constructor(columns: readonly Column[], rows: RowBatch) {
    this.columns = columns;
    this.#rows = rows;
  }

  async *batches(signal: AbortSignal): AsyncGenerator<RowBatch> {
    for (let at = 0; at < this.#rows.length; at += BATCH_ROWS) {
      signal.throwIfAborted();
      yield this.#rows.slice(at, at + BATCH_ROWS);
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
