import { expect, test } from 'vitest';
import { declaredMetrics } from '../telemetry/metrics/declared.ts';
import { page, tableRows } from './pages.ts';

const rows = tableRows(page('docs/metrics.md').text).filter(
  ([name = '']) => name !== 'metric' && name !== 'alert' && !name.startsWith('['),
);

test('docs/metrics.md lists every metric as it is declared, and no other', () => {
  const declared = declaredMetrics().registry.families.map(({ name, type, labels, help }) => [
    name,
    type,
    labels.join(', '),
    help.replaceAll('<', '&lt;'),
  ]);
  const byName = (a: readonly (string | undefined)[], b: readonly (string | undefined)[]): number => (a[0] ?? '').localeCompare(b[0] ?? '');
  expect(rows.toSorted(byName)).toEqual(declared.toSorted(byName));
});
