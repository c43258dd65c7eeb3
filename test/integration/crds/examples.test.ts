/** What users start from must be accepted as it stands. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { kubectl, REPOSITORY, useApiserver } from './apiserver.ts';

const apiserver = useApiserver();
const EXAMPLES = join(REPOSITORY, 'examples');

test.each(readdirSync(EXAMPLES).filter((name) => name.endsWith('.yaml')))('examples/%s is accepted without a warning', async (name) => {
  const text = readFileSync(join(EXAMPLES, name), 'utf8');
  // Their own namespace may belong to another test.
  const moved = text.replaceAll('namespace: billing', `namespace: ${apiserver.namespace}`);
  expect(moved).not.toBe(text);
  expect(await kubectl(['apply', '--dry-run=server', '--validate=strict', '-f', '-'], moved)).toMatchObject({ code: 0, stderr: '' });
});
