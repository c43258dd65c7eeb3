/** What the operator holds, looked at from outside, and whether that stays the same. Pure but for `look`. */
import { readdir, readFile } from 'node:fs/promises';

export interface Sample {
  /** Since the operator was started. */
  readonly seconds: number;
  /** As the kernel counts them. */
  readonly residentBytes: number;
  readonly descriptors: number;
  readonly threads: number;
  /** As its metrics say. */
  readonly heapBytes: number;
  readonly ready: number;
  readonly failed: number;
  readonly missed: number;
}

/** Samples of a piece of time, summed up. */
export interface Piece {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly residentBytes: number;
  readonly residentMostBytes: number;
  /** The least is what was left after a collection. */
  readonly heapLeastBytes: number;
  readonly descriptors: number;
  readonly descriptorsMost: number;
  readonly threads: number;
  /** Runs that ended in this piece. */
  readonly runs: number;
}

/** Growth between the first piece after the warm-up and the last one that still counts as flat. */
export const DESCRIPTORS_MAY_GROW = 3;
/** A heap is collected when it likes: less than this says nothing. */
export const RESIDENT_MAY_GROW_BYTES = 8e6;
/** After minutes, caches and the heap are still finding their size. */
export const SHORT_RESIDENT_MAY_GROW_BYTES = 20e6;

export async function look(pid: number, metricsUrl: string, startedAt: number, signal: AbortSignal): Promise<Sample> {
  const response = await fetch(metricsUrl, { signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]) });
  const metrics = await response.text();
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const number = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return {
    seconds: (performance.now() - startedAt) / 1000,
    residentBytes: number('VmRSS') * 1024,
    threads: number('Threads'),
    descriptors: (await readdir(`/proc/${pid}/fd`)).length,
    heapBytes: total(metrics, /^nodejs_heap_size_used_bytes /),
    ready: total(metrics, /^dossier_report_runs_total\{[^}]*result="Ready"/),
    failed: total(metrics, /^dossier_report_runs_total\{[^}]*result="Failed"/),
    missed: total(metrics, /^dossier_schedule_missed_total/),
  };
}

/** Sum of all series whose line begins so. */
export function total(metrics: string, series: RegExp): number {
  return metrics
    .split('\n')
    .filter((line) => series.test(line))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

/** Cuts the time after the warm-up into `count` pieces of the same length. */
export function pieces(samples: readonly Sample[], warmUpSeconds: number, count: number): readonly Piece[] {
  const end = samples.at(-1)?.seconds ?? 0;
  const length = (end - warmUpSeconds) / count;
  return Array.from({ length: count }, (_, index) => {
    const [from, to] = [warmUpSeconds + index * length, warmUpSeconds + (index + 1) * length];
    const within = samples.filter(({ seconds }) => seconds >= from && seconds <= to);
    const of = (read: (sample: Sample) => number): readonly number[] => within.map(read).toSorted((a, b) => a - b);
    const median = (values: readonly number[]): number => values[Math.floor(values.length / 2)] ?? NaN;
    const resident = of((sample) => sample.residentBytes);
    const descriptors = of((sample) => sample.descriptors);
    const runs = of((sample) => sample.ready + sample.failed);
    return {
      fromSeconds: from,
      toSeconds: to,
      residentBytes: median(resident),
      residentMostBytes: resident.at(-1) ?? NaN,
      heapLeastBytes: of((sample) => sample.heapBytes)[0] ?? NaN,
      descriptors: median(descriptors),
      descriptorsMost: descriptors.at(-1) ?? NaN,
      threads: median(of((sample) => sample.threads)),
      runs: (runs.at(-1) ?? 0) - (runs[0] ?? 0),
    };
  });
}

/** What is not flat, and which runs were not as they should be; one sentence each. `expected`: runs that must have ended by the last sample. */
export function faults(samples: readonly Sample[], parts: readonly Piece[], expected: number, mayGrowBytes: number): readonly string[] {
  const [first, last] = [parts[0], parts.at(-1)];
  const end = samples.at(-1);
  if (first === undefined || last === undefined || end === undefined) return ['nothing was measured'];
  const grown = last.residentBytes - first.residentBytes;
  const more = last.descriptors - first.descriptors;
  return [
    ...(grown <= mayGrowBytes ? [] : [`resident memory grew by ${(grown / 1e6).toFixed(1)} MB`]),
    ...(more <= DESCRIPTORS_MAY_GROW ? [] : [`there are ${more} descriptors more than in the beginning`]),
    ...(end.failed === 0 ? [] : [`${end.failed} runs failed`]),
    ...(end.missed === 0 ? [] : [`${end.missed} scheduled times got no Report`]),
    ...(end.ready >= expected ? [] : [`${end.ready} runs ended Ready of ${expected}`]),
  ];
}
