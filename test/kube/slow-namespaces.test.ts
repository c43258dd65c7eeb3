import { beforeEach, expect, test } from 'vitest';
import { SlowNamespaces } from '../../src/kube/slow-namespaces.ts';

let now: number;
let slow: SlowNamespaces;

beforeEach(() => {
  now = 0;
  slow = new SlowNamespaces(2, () => now);
});

test('a namespace may have any number of quick reconciles under way', () => {
  for (let index = 0; index < 100; index += 1) {
    expect(slow.mayStart('billing')).toBe(true);
    slow.started('billing');
  }
});

test('one that was found slow has its share, and nobody else is held back', () => {
  for (let index = 0; index < 3; index += 1) slow.started('billing');
  slow.foundSlow('billing');
  expect(slow.mayStart('billing')).toBe(false);
  expect(slow.mayStart('sales')).toBe(true);
  slow.ended('billing', true);
  expect(slow.mayStart('billing')).toBe(false);
  slow.ended('billing', true);
  expect(slow.mayStart('billing')).toBe(true);
});

test('a minute after its last slow reconcile it is like any other', () => {
  for (let index = 0; index < 3; index += 1) slow.started('billing');
  slow.foundSlow('billing');
  now = 30_000;
  slow.ended('billing', true);
  now = 89_999;
  expect(slow.mayStart('billing')).toBe(false);
  now = 90_000;
  expect(slow.mayStart('billing')).toBe(true);
});
