/** Our reading of selectors beside the apiserver's own: what one refuses the other refuses too. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KubeClient, ListOptions } from '../../../src/kube/client.ts';
import { KubeError } from '../../../src/kube/errors.ts';
import { fieldSelectorProblem, labelSelectorProblem } from '../../../src/kube/selector-syntax.ts';
import { CONFIG_MAPS } from '../../support/observed-reflector.ts';
import { adminClient, newNamespace } from '../support/servers.ts';

let client: KubeClient;
let namespace: string;
beforeAll(async () => {
  client = adminClient();
  namespace = await newNamespace(client, 'selectors');
});
afterAll(() => client.transport.close());

async function isTaken(options: Omit<ListOptions, 'namespace'>): Promise<boolean> {
  try {
    await client.list(CONFIG_MAPS, { namespace, limit: 1, ...options }, AbortSignal.timeout(30_000));
    return true;
  } catch (error) {
    if (error instanceof KubeError && error.status === 400) return false;
    throw error;
  }
}

function partsOf(parts: readonly string[]): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(...parts), { maxLength: 9, minLength: 1 }).map((chosen) => chosen.join(''));
}

test.each([
  [
    'label',
    [
      'app',
      'a.b/c',
      'in',
      'notin',
      ' ',
      ' in ',
      ' notin ',
      '(a)',
      '(',
      ')',
      ',',
      '=',
      '==',
      '!=',
      '!',
      '<',
      '>',
      '7',
      '-',
      'x_Y',
      '_',
      '/',
    ],
  ] as const,
  ['field', ['metadata.name', 'metadata.name=', 'metadata.namespace', '=', '==', '!=', '!', ',', '\\', '\\,', '\\=', 'a', ' ']] as const,
])('a %s selector', async (kind, parts) => {
  await fc.assert(
    fc.asyncProperty(partsOf(parts), async (selector) => {
      const problem = kind === 'label' ? labelSelectorProblem(selector) : fieldSelectorProblem(selector);
      const taken = await isTaken(kind === 'label' ? { labelSelector: selector } : { fieldSelector: selector });
      // A field that the kind has not got is the apiserver's to refuse; a term without a field and a value it leaves out, where we see a mistake.
      if (kind === 'label' || (taken && !/(^|,)!?==?(,|$)/.test(selector)))
        expect({ selector, ok: problem === undefined }).toEqual({ selector, ok: taken });
    }),
    { numRuns: 600, seed: 20_261_128 },
  );
});
