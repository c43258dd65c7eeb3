/**
 * The few shapes of metric that the operator has, and their text for Prometheus (docs/decisions/0011 says why they are our own).
 *
 * A family is declared once with all its labels; there is no default registry, because tests run several operators in one process. What is known elsewhere (caches,
 * queues, the process) is not counted twice but read at the scrape: series of objects that are gone then vanish by themselves.
 * https://github.com/prometheus/docs/blob/main/docs/instrumenting/exposition_formats.md
 */
import { writeFamily, writeSample } from './text.ts';

export type Labels<L extends string> = Readonly<Record<L, string>>;

/** One value at the moment of the scrape. */
export interface Sample<L extends string> {
  readonly labels: Labels<L>;
  readonly value: number;
}

export type MetricType = 'counter' | 'gauge' | 'histogram';

/** A family as it was declared. */
export interface Family {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  readonly labels: readonly string[];
}

interface Description<L extends string> {
  /** snake_case with the unit; counters end in `_total`. */
  readonly name: string;
  readonly help: string;
  /** In the order in which they are written. */
  readonly labels: readonly L[];
}

export class Registry {
  readonly #families = new Map<string, { readonly family: Family; readonly write: () => string }>();

  /** The whole exposition, families in the order of their declaration. */
  text(): string {
    return [...this.#families.values()].map(({ write }) => write()).join('');
  }

  get families(): readonly Family[] {
    return [...this.#families.values()].map(({ family }) => family);
  }

  counter<L extends string>(description: Description<L>): Counter<L> {
    const counter = new Counter(description.labels);
    this.collect({ ...description, type: 'counter' }, () => counter.samples());
    return counter;
  }

  histogram<L extends string>(description: Description<L>, bounds: readonly number[]): Histogram<L> {
    const histogram = new Histogram(description, bounds);
    this.#add({ ...description, type: 'histogram' }, () => histogram.text());
    return histogram;
  }

  /** A family whose samples are read at every scrape. Label values must come from a closed set, or be names of objects that exist now. */
  collect<L extends string>(
    { name, help, type, labels }: Description<L> & { readonly type: 'counter' | 'gauge' },
    read: () => Iterable<Sample<L>>,
  ): void {
    this.#add({ name, help, type, labels }, () => {
      let text = '';
      for (const sample of read()) {
        text += writeSample(
          name,
          labels.map((label) => [label, sample.labels[label]]),
          sample.value,
        );
      }
      return text;
    });
  }

  #add({ name, type, help, labels }: Family, samples: () => string): void {
    if (this.#families.has(name)) throw new Error(`the metric ${name} is declared twice`);
    this.#families.set(name, { family: { name, type, help, labels }, write: () => writeFamily(name, help, type) + samples() });
  }
}

export class Counter<L extends string> {
  readonly #labels: readonly L[];
  readonly #values = new Map<string, { readonly labels: Labels<L>; value: number }>();

  constructor(labels: readonly L[]) {
    this.#labels = labels;
  }

  /** Shows the series from now on, with 0: Prometheus sees no increase in a series that begins with 1. */
  declare(labels: Labels<L>): void {
    this.add(labels, 0);
  }

  /** `by` must not be negative. */
  add(labels: Labels<L>, by = 1): void {
    const key = keyOf(this.#labels, labels);
    const known = this.#values.get(key);
    if (known === undefined) this.#values.set(key, { labels, value: by });
    else known.value += by;
  }

  samples(): Iterable<Sample<L>> {
    return this.#values.values();
  }
}

interface Distribution<L extends string> {
  readonly labels: Labels<L>;
  /** Observations up to each bound and above the one before; the last is above all bounds. */
  readonly counts: number[];
  sum: number;
}

export class Histogram<L extends string> {
  readonly #description: Description<L>;
  /** Upper bounds, growing, without infinity. */
  readonly #bounds: readonly number[];
  readonly #values = new Map<string, Distribution<L>>();

  constructor(description: Description<L>, bounds: readonly number[]) {
    this.#description = description;
    this.#bounds = bounds;
  }

  observe(labels: Labels<L>, value: number): void {
    const key = keyOf(this.#description.labels, labels);
    const known = this.#values.get(key) ?? { labels, counts: new Array<number>(this.#bounds.length + 1).fill(0), sum: 0 };
    this.#values.set(key, known);
    const found = this.#bounds.findIndex((bound) => value <= bound);
    const index = found < 0 ? this.#bounds.length : found;
    known.counts[index] = (known.counts[index] ?? 0) + 1;
    known.sum += value;
  }

  text(): string {
    const { name, labels: names } = this.#description;
    let text = '';
    for (const { labels, counts, sum } of this.#values.values()) {
      const pairs = names.map((label) => [label, labels[label]] as const);
      let below = 0;
      for (const [index, count] of counts.entries()) {
        below += count;
        const bound = this.#bounds[index];
        text += writeSample(`${name}_bucket`, [...pairs, ['le', bound === undefined ? '+Inf' : boundText(bound)]], below);
      }
      text += writeSample(`${name}_sum`, pairs, sum) + writeSample(`${name}_count`, pairs, below);
    }
    return text;
  }
}

/** As Go writes it, whose programs the names of some histograms come from: `1e-08`. */
function boundText(bound: number): string {
  return String(bound).replace(/e-(\d)$/, 'e-0$1');
}

function keyOf<L extends string>(names: readonly L[], labels: Labels<L>): string {
  return names.map((name) => labels[name]).join('\u0000');
}
