import { expect, test } from 'vitest';
import { namespaceOf } from '../../scripts/install-yaml.ts';

test.each<[readonly string[], string]>([
  [[], 'dossier-system'],
  [['--set', 'image.tag=1'], 'dossier-system'],
  [['--namespace', 'reports'], 'reports'],
  [['--namespace=reports'], 'reports'],
  [['-n', 'reports', '--set', 'a=b'], 'reports'],
  [['-n=reports'], 'reports'],
  [['-nreports'], 'reports'],
  [['-n', 'first', '--namespace', 'last'], 'last'],
])('the namespace that is made is the one that %j puts everything into', (flags, expected) => {
  expect(namespaceOf(flags)).toBe(expected);
});
