/** Lines of the Prometheus text format 0.0.4, with its escapes. */

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export function writeFamily(name: string, help: string, type: 'counter' | 'gauge' | 'histogram'): string {
  return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`;
}

export function writeSample(name: string, labels: readonly (readonly [name: string, value: string])[], value: number): string {
  const pairs = labels.map(([label, text]) => `${label}="${escaped(text)}"`).join(',');
  return `${name}${pairs === '' ? '' : `{${pairs}}`} ${numeral(value)}\n`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function numeral(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}
