/** The measurements as Markdown, and the page in docs/ that they become a part of. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Contestant } from './contestants.ts';

const PAGE = join(import.meta.dirname, '../../docs/benchmarks/render.md');

export interface Measurement {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  /** Largest resident set. */
  readonly peakBytes: number;
  readonly fileBytes: number;
}

interface Results {
  readonly rows: number;
  readonly rounds: number;
  readonly machine: string;
  readonly measured: ReadonlyMap<Contestant, readonly Measurement[]>;
  readonly absent: readonly string[];
  readonly disqualified: readonly string[];
}

const TITLES: readonly (readonly [title: string, format: Contestant['format'], packed: boolean])[] = [
  ['XLSX', 'xlsx', false],
  ['CSV', 'csv', false],
  ['NDJSON', 'ndjson', false],
  ['CSV, packed by gzip', 'csv', true],
  ['NDJSON, packed by gzip', 'ndjson', true],
];

/** One table a format, the least processor time first; of several rounds the median. */
export function tables({ rows, rounds, machine, measured, absent, disqualified }: Results): string {
  const parts = [
    `${rows.toLocaleString('en-US')} rows of 12 mixed columns, ${rounds === 1 ? 'one round' : `median of ${rounds} rounds (one for those that take long)`}, on ${machine}.`,
  ];
  for (const [title, format, packed] of TITLES) {
    const lines = [...measured]
      .filter(([contestant]) => contestant.format === format && contestant.packed === packed)
      .map(([contestant, all]) => ({ contestant, median: medianOf(all) }))
      .sort((a, b) => a.median.cpuSeconds - b.median.cpuSeconds);
    const own = lines.find(({ contestant }) => contestant.name === 'Dossier')?.median.cpuSeconds;
    if (own === undefined) continue;
    parts.push(
      `### ${title}\n\n| | CPU s | against Dossier | wall s | peak MB | file MB |\n|---|---|---|---|---|---|\n` +
        lines
          .map(({ contestant, median: { cpuSeconds, wallSeconds, peakBytes, fileBytes } }) =>
            [
              `| ${contestant.name === 'Dossier' ? '**Dossier**' : contestant.name}`,
              cpuSeconds.toFixed(2),
              `${(cpuSeconds / own).toFixed(1)} x`,
              wallSeconds.toFixed(2),
              (peakBytes / 1e6).toFixed(0),
              `${(fileBytes / 1e6).toFixed(1)} |`,
            ].join(' | '),
          )
          .join('\n'),
    );
  }
  if (absent.length > 0) parts.push(`Not there: ${absent.join('; ')}.`);
  if (disqualified.length > 0) parts.push(`Left out, because what they wrote does not read back as the rows: ${disqualified.join('; ')}.`);
  return parts.join('\n\n');
}

function medianOf(all: readonly Measurement[]): Measurement {
  const sorted = all.toSorted((a, b) => a.cpuSeconds - b.cpuSeconds);
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  if (median === undefined) throw new Error('nothing was measured');
  return median;
}

/** Replaces what stands between the page's two marks. */
export function writePage(report: string): void {
  const [before, , after] = readFileSync(PAGE, 'utf8').split(/<!-- (?:measured|end) -->/);
  writeFileSync(PAGE, `${before ?? ''}<!-- measured -->\n\n${report}\n\n<!-- end -->${after ?? ''}`);
}
