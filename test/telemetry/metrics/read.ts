/** Prometheus' text format, read by a parser of others. */
import parsePrometheusTextFormat from 'parse-prometheus-text-format';

interface ReadMetric {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value?: string;
}

export interface ReadFamily {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly metrics: readonly ReadMetric[];
}

export function readMetrics(text: string): readonly ReadFamily[] {
  return parsePrometheusTextFormat(text);
}

/** Value of the series with exactly these labels; undefined = there is none. Not for histograms, whose labels this parser drops. */
export function valueOf(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
  const family = readMetrics(text).find((each) => each.name === name);
  const wanted = JSON.stringify(Object.entries(labels).toSorted());
  const found = family?.metrics.find((metric) => JSON.stringify(Object.entries(metric.labels ?? {}).toSorted()) === wanted);
  return found === undefined ? undefined : Number(found.value);
}
