/** The table of docs/benchmarks/memory.md. */
import os from 'node:os';
import type { ReportFormat } from '../../src/runner/plan.ts';
import type { Outcome } from './run.ts';

export interface Run extends Outcome {
  readonly format: ReportFormat;
  readonly rows: number;
  readonly sink: string;
}

export const GOAL_BYTES = 150e6;

/** `memoryLimit`: of the runner's container, as a quantity. */
export function page(runs: readonly Run[], memoryLimit: string): string {
  const lines = runs.map(({ format, rows, sink, fileBytes, peakBytes, seconds }) =>
    tableRow([format, rows.toLocaleString('en'), sink, megabytes(fileBytes), megabytes(peakBytes), `${seconds.toFixed(0)} s`]),
  );
  return `# Memory of a runner

Peak memory (resident set, as the kernel counts it: program, heap and buffers) of the runner while it renders a report from PostgreSQL into an S3 bucket. It must stay under ${megabytes(GOAL_BYTES)} and must not grow with the number of rows or with a bucket that takes its bytes slowly.

${tableRow(['format', 'rows', 'bucket', 'file', 'peak memory', 'time'])}
|---|---:|---|---:|---:|---:|
${lines.join('\n')}

Largest against smallest: ${spreads(runs).join(', ')}.

\`npm run bench:memory\` makes this page. It starts a PostgreSQL and an S3 server of its own (versitygw), and for each line the runner's program as its image has it, with the environment that its Job has under a memory limit of ${memoryLimit}: Node ${process.versions.node}, ${os.type()} ${os.arch()}, ${os.availableParallelism()} processors. Rows have nine columns of all kinds and about 116 bytes as CSV; the server makes them while they are read. A slow bucket stands behind a line that carries so many bytes a second; the whole file goes through it. Times are those of a machine that did other work, too: only memory is measured here.
`;
}

/** For each format, how much the worst run took more than the best one. */
function spreads(runs: readonly Run[]): readonly string[] {
  return [...Map.groupBy(runs, ({ format }) => format)].map(([format, ofFormat]) => {
    const peaks = ofFormat.map(({ peakBytes }) => peakBytes);
    return `${format} +${((Math.max(...peaks) / Math.min(...peaks) - 1) * 100).toFixed(0)} %`;
  });
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
