/** docs/benchmarks/soak.md. */
import type { Piece } from './samples.ts';

export interface Soak {
  readonly minutes: number;
  readonly warmUpSeconds: number;
  readonly parts: readonly Piece[];
  readonly runs: number;
  readonly schedules: number;
  readonly machine: string;
}

export function table(parts: readonly Piece[]): string {
  const rows = parts.map((part) => {
    const cells = [
      `${minute(part.fromSeconds)} to ${minute(part.toSeconds)}`,
      String(part.runs),
      megabytes(part.residentBytes),
      megabytes(part.residentMostBytes),
      megabytes(part.heapLeastBytes),
      String(part.descriptors),
      String(part.descriptorsMost),
      String(part.threads),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return `| minutes | runs ended | resident, median MB | at most MB | heap, at least MB | descriptors, median | at most | threads |
|---|---:|---:|---:|---:|---:|---:|---:|
${rows.join('\n')}
`;
}

export function page({ minutes, warmUpSeconds, parts, runs, schedules, machine }: Soak): string {
  return `<!-- Written by \`make soak\`; not edited by hand. -->

# The operator, for ${minutes} minutes

The operator as its image runs it, against a real control plane and S3 server on the same machine, with ${schedules} schedules that are due each minute, one a format, whose Reports are pruned and whose files are removed. All ${runs} runs ended Ready and no scheduled time was missed. Memory and descriptors must not grow between the first and the last line; the first ${minute(warmUpSeconds)} minutes fill caches and are left out.

${machine}

${table(parts)}`;
}

function minute(seconds: number): string {
  return (seconds / 60).toFixed(seconds % 60 === 0 ? 0 : 1);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
