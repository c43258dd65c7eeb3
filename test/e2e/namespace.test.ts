import { expect, onTestFinished, test } from 'vitest';
import { bucketContent } from '../integration/support/bucket-content.ts';
import { kubectl, useWorkplace } from './cluster.ts';
import { Gate } from './gate.ts';

const workplace = useWorkplace('namespace');

test('a namespace is deleted with everything in it, files of finished Reports and uploads of running ones', async () => {
  const { billing } = workplace();
  const gate = await Gate.make(workplace());
  onTestFinished(() => gate.close());
  await billing.priceList();
  await billing.report('finished', { templateRef: { name: 'prices' } });
  await billing.finished('finished');
  expect((await bucketContent(billing.bucket)).objects).toHaveLength(1);
  for (const name of ['running-1', 'running-2']) await billing.report(name, { templateRef: { name: 'gated' } });
  await gate.reached(1);
  await kubectl('delete', 'namespace', billing.namespace, '--timeout=180s');
  expect(await bucketContent(billing.bucket)).toEqual({ objects: [], uploads: [] });
});
