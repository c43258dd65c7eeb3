/** What users start from, and what the product ships, must be accepted as it stands. */
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { kubectl, REPOSITORY, useApiserver } from './apiserver.ts';

const apiserver = useApiserver();
const files = ['examples', 'config'].flatMap((folder) =>
  readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: 'utf8' })
    // What a repository says of its templates is no object; test/integration/repositories makes them of it.
    .filter((name) => name.endsWith('.yaml') && basename(name) !== 'dossier.yaml')
    .map((name) => join(folder, name)),
);

test.each(files)('%s is accepted without a warning', async (file) => {
  const text = readFileSync(join(REPOSITORY, file), 'utf8');
  // Their own namespace may belong to another test, or not be there.
  const moved = text.replaceAll(/namespace: (billing|dossier-system)\b/g, `namespace: ${apiserver.namespace}`);
  expect(await kubectl(['apply', '--dry-run=server', '--validate=strict', '-f', '-'], moved)).toMatchObject({ code: 0, stderr: '' });
});
