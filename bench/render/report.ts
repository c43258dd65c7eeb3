/** The measurements as Markdown, a section for each format, and the page in docs/ that they become a part of. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Absence, Contestant } from './contestants.ts';

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
  readonly absent: readonly Absence[];
  readonly disqualified: readonly Absence[];
}

export interface Section {
  readonly title: string;
  readonly text: string;
}

const TITLES: readonly (readonly [title: string, format: Contestant['format'], packed: boolean])[] = [
  ['XLSX', 'xlsx', false],
  ['CSV', 'csv', false],
  ['NDJSON', 'ndjson', false],
  ['CSV, packed by gzip', 'csv', true],
  ['NDJSON, packed by gzip', 'ndjson', true],
];

/** A section for each format that was measured, the least processor time first; of several rounds the median. */
export function sections(results: Results): readonly Section[] {
  return TITLES.flatMap(([title, format, packed]) => {
    const text = section(results, format, packed);
    return text === undefined ? [] : [{ title, text }];
  });
}

function section(
  { rows, rounds, machine, measured, absent, disqualified }: Results,
  format: Contestant['format'],
  packed: boolean,
): string | undefined {
  const lines = [...measured]
    .filter(([contestant]) => contestant.format === format && contestant.packed === packed)
    .map(([contestant, all]) => ({ contestant, median: medianOf(all) }))
    .sort((a, b) => a.median.cpuSeconds - b.median.cpuSeconds);
  const own = lines.find(({ contestant }) => contestant.name === 'Dossier')?.median.cpuSeconds;
  if (own === undefined) return undefined;
  const once = lines.some(({ contestant }) => contestant.slow) ? ' (one for those that take long)' : '';
  const table = lines.map(({ contestant, median: { cpuSeconds, wallSeconds, peakBytes, fileBytes } }) =>
    [
      `| ${contestant.name === 'Dossier' ? '**Dossier**' : contestant.name}`,
      cpuSeconds.toFixed(2),
      `${(cpuSeconds / own).toFixed(1)} x`,
      wallSeconds.toFixed(2),
      (peakBytes / 1e6).toFixed(0),
      `${(fileBytes / 1e6).toFixed(1)} |`,
    ].join(' | '),
  );
  const parts = [
    `${rows.toLocaleString('en-US')} rows of 12 mixed columns, ${rounds === 1 ? 'one round' : `median of ${rounds} rounds${once}`}, on ${machine}.`,
    `| | CPU s | against Dossier | wall s | peak MB | file MB |\n|---|---|---|---|---|---|\n${table.join('\n')}`,
  ];
  const missing = packed ? '' : wordsOf(absent, format);
  if (missing !== '') parts.push(`Not there: ${missing}.`);
  const wrong = packed ? '' : wordsOf(disqualified, format);
  if (wrong !== '') parts.push(`Left out, because what they wrote does not read back as the rows: ${wrong}.`);
  return parts.join('\n\n');
}

function wordsOf(absences: readonly Absence[], format: Contestant['format']): string {
  return absences.flatMap(({ formats, why }) => (formats.includes(format) ? [why] : [])).join('; ');
}

function medianOf(all: readonly Measurement[]): Measurement {
  const sorted = all.toSorted((a, b) => a.cpuSeconds - b.cpuSeconds);
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  if (median === undefined) throw new Error('nothing was measured');
  return median;
}

export function markdownOf({ title, text }: Section): string {
  return `### ${title}\n\n${text}`;
}

/** Puts the sections between the page's two marks, and leaves those there that were not measured. */
export function writePage(measured: readonly Section[]): void {
  const [before = '', between = '', after = ''] = readFileSync(PAGE, 'utf8').split(/<!-- (?:measured|end) -->/);
  const texts = new Map(between.split(/^### /m).map((old) => [old.split('\n', 1)[0] ?? '', `### ${old.trim()}`]));
  for (const one of measured) texts.set(one.title, markdownOf(one));
  const page = TITLES.flatMap(([title]) => texts.get(title) ?? []).join('\n\n');
  writeFileSync(PAGE, `${before}<!-- measured -->\n\n${page}\n\n<!-- end -->${after}`);
}
