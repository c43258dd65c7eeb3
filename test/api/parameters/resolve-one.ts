import { expect } from 'vitest';
import type { GivenParameter, ParameterDeclaration } from '../../../src/api/parameters/declaration.ts';
import { resolveParameters } from '../../../src/api/parameters/resolve.ts';
import type { ResolvedParameter } from '../../../src/runner/plan.ts';

export type Value = ResolvedParameter['value'];

/** What one parameter `p` resolves to, or the sentence that says what is wrong. */
export function resolve(
  declaration: Omit<ParameterDeclaration, 'name'>,
  given?: Omit<GivenParameter, 'name'>,
  zone = 'UTC',
): Value | { readonly problem: string } {
  const resolution = resolveParameters([{ name: 'p', ...declaration }], given === undefined ? [] : [{ name: 'p', ...given }], {
    zone,
    createdAt: 0,
  });
  if (!resolution.ok) {
    expect(resolution.problems).toHaveLength(1);
    return { problem: resolution.problems[0] ?? '' };
  }
  expect(resolution.parameters).toHaveLength(1);
  const [parameter] = resolution.parameters;
  expect(parameter).toMatchObject({ name: 'p', type: declaration.type });
  return parameter?.value ?? null;
}
