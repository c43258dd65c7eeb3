/** docs/benchmarks/operator.md. */
import type { Start } from './start.ts';

export interface Measured {
  readonly reports: number;
  readonly starts: readonly Start[];
}

export interface Goal {
  readonly reports: number;
  readonly bytes: number;
}

export const GOALS: readonly Goal[] = [
  { reports: 1_000, bytes: 100e6 },
  { reports: 10_000, bytes: 200e6 },
];
export const FIRST_RECONCILE_GOAL_MS = 500;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** What is over its goal. */
export function misses(measured: readonly Measured[]): readonly string[] {
  return measured.flatMap(({ reports, starts }) => {
    const goal = GOALS.find((each) => each.reports === reports);
    const settled = median(starts.map(({ settledBytes }) => settledBytes));
    const first = median(starts.map(({ firstReconcileMs }) => firstReconcileMs));
    return [
      ...(goal !== undefined && settled > goal.bytes
        ? [`${reports} Reports: ${megabytes(settled)} MB resident, goal ${megabytes(goal.bytes)} MB`]
        : []),
      ...(reports === 0 && first > FIRST_RECONCILE_GOAL_MS
        ? [`first reconcile after ${first.toFixed(0)} ms, goal ${FIRST_RECONCILE_GOAL_MS} ms`]
        : []),
    ];
  });
}

export function page(measured: readonly Measured[], machine: string): string {
  const rows = measured.map(({ reports, starts }) => {
    const of = (read: (start: Start) => number): number => median(starts.map(read));
    const goal = GOALS.find((each) => each.reports === reports);
    return `| ${reports.toLocaleString('en-US')} | ${of((each) => each.firstReconcileMs).toFixed(0)} ms | ${of((each) => each.processorMs).toFixed(0)} ms | ${megabytes(of((each) => each.settledBytes))} MB | ${goal === undefined ? '' : `${megabytes(goal.bytes)} MB`} | ${megabytes(of((each) => each.peakBytes))} MB |`;
  });
  return `<!-- Written by \`npm run bench:operator\`; not edited by hand. -->

# The operator: start and memory

The operator as its image runs it (bundled, with the image's flags and the token of a service account), against a real apiserver on the same machine. Where the load average is above the number of processors, the time of the first reconcile says little; the processor time is what an idle machine needs at least. The Reports are Ready, with parameters, a file and conditions. Goals: from the start of the process to the first look at a Report at most ${FIRST_RECONCILE_GOAL_MS} ms; resident memory once it has settled as in the table.

${machine} Medians of ${measured[0]?.starts.length ?? 0} starts.

| Reports | first reconcile | processor time by then | resident, settled | goal | resident, at most |
|---|---|---|---|---|---|
${rows.join('\n')}
`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
