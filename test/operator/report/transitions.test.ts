/** Every reason that a Report can have is an Event, so that `kubectl describe report` tells the whole story; what somebody may have to act on is a Warning. */
import { expect, test } from 'vitest';
import type { Report } from '../../../src/api/generated/report.ts';
import { DEPLOYING_REASONS, FAILURE_REASONS, PENDING_REASONS, type DeployingReason, type PendingReason } from '../../../src/api/reasons.ts';
import type { Standing } from '../../../src/operator/report/status.ts';
import { transitionEvents } from '../../../src/operator/report/transitions.ts';

/** The compiler completes these lists. */
const PENDING: Readonly<Record<PendingReason, 'Normal' | 'Warning'>> = {
  Accepted: 'Normal',
  TemplateNotFound: 'Warning',
  TemplateNotReady: 'Warning',
  StorageNotFound: 'Warning',
  StorageUnavailable: 'Warning',
  SecretNotFound: 'Warning',
  ServiceAccountNotFound: 'Warning',
  Queued: 'Normal',
  QuotaExceeded: 'Warning',
  JobCreated: 'Normal',
};
const DEPLOYING: Readonly<Record<DeployingReason, 'Normal' | 'Warning'>> = {
  Queued: 'Normal',
  QuotaExceeded: 'Warning',
  PodScheduling: 'Normal',
  ImagePull: 'Warning',
  Rendering: 'Normal',
  Uploading: 'Normal',
};

const ALL: readonly (readonly [Standing['phase'], Standing['reason'], 'Normal' | 'Warning'])[] = [
  ...PENDING_REASONS.map((reason) => ['Pending', reason, PENDING[reason]] as const),
  ...DEPLOYING_REASONS.map((reason) => ['Deploying', reason, DEPLOYING[reason]] as const),
  ['Ready', 'Completed', 'Normal'],
  ...FAILURE_REASONS.map((reason) => ['Failed', reason, 'Warning'] as const),
];

function reportAt(reason: string | undefined): Report {
  const conditions = reason === undefined ? [] : [{ type: 'Ready', status: 'False', reason, message: '' }];
  return { metadata: { name: 'one' }, status: { conditions } } as unknown as Report;
}

test.each(ALL)('%s, %s is one Event, a %s one, with the message of the status', (phase, reason, type) => {
  const standing: Standing = { phase, reason, message: 'what a person should read' };
  for (const before of [undefined, reason === 'Rendering' ? 'PodScheduling' : 'Rendering'])
    expect(transitionEvents(reportAt(before), standing)).toEqual([
      { type, reason, action: expect.stringMatching(/^\w+$/) as string, note: 'what a person should read' },
    ]);
});

test('a reason that stays is told once, whatever becomes of its message', () => {
  for (const [phase, reason] of ALL) expect(transitionEvents(reportAt(reason), { phase, reason, message: 'new' })).toEqual([]);
});
