import { expect, test } from 'vitest';
import { useBilling } from '../support/billing.ts';
import { showLogOnFailure } from '../support/operator.ts';

const { billing, operator } = useBilling('first');

test('a Report becomes a file', async () => {
  showLogOnFailure(operator());
  await billing().storage();
  await billing().priceList();
  await billing().report('prices', { templateRef: { name: 'prices' } });
  const report = await billing().finished('prices');
  expect(report.status).toMatchObject({ phase: 'Ready', file: { rows: 2, format: 'CSV', name: 'prices.csv' } });
});
