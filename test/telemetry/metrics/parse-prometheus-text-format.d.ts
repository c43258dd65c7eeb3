declare module 'parse-prometheus-text-format' {
  /** Families as test/telemetry/metrics/read.ts has them. */
  export default function parsePrometheusTextFormat(text: string): never;
}
