import { expect, test } from 'vitest';
import { DEPLOYING_REASONS, DOWNLOAD_REASONS, FAILURE_REASONS, PENDING_REASONS, REPOSITORY_REASONS } from '../../src/api/reasons.ts';
import type { StorageReason } from '../../src/s3/errors.ts';
import { headings, page, section } from './pages.ts';

const PAGE = page('docs/reasons.md');
/** The compiler completes this list. */
const STORAGE_REASONS = Object.keys({
  Available: true,
  AccessDenied: true,
  BucketNotFound: true,
  Unreachable: true,
  InvalidCredentials: true,
  IdentityNotAllowed: true,
  EndpointNotAllowed: true,
} satisfies Record<StorageReason, true>);
const TEMPLATE_REASONS = ['Valid', 'InvalidTemplate'];
/** Reasons of Events that no status gives. */
const EVENTS = ['ResultLost', 'CleanUpFailed', 'FileAbandoned', 'TemplateReverted'];

test('every reason is explained once, and nothing else is', () => {
  const reasons = new Set([
    ...PENDING_REASONS,
    ...DEPLOYING_REASONS,
    'Completed',
    ...FAILURE_REASONS,
    ...TEMPLATE_REASONS,
    ...STORAGE_REASONS,
    ...DOWNLOAD_REASONS,
    ...REPOSITORY_REASONS,
    ...EVENTS,
  ]);
  expect(headings(PAGE, '###').toSorted()).toEqual([...reasons].toSorted());
});

test('no explanation is empty', () => {
  expect(headings(PAGE, '###').filter((reason) => !/\w+ \w+/.test(section(PAGE, reason)))).toEqual([]);
});
