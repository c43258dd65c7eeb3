/** What a ReportDownload may say, and what its status may become: each rule and bound of crds/reportdownloads.yaml. */
import { describe, expect, test } from 'vitest';
import type { ReportDownload, ReportDownloadStatus } from '../../../src/api/generated/reportdownload.ts';
import { REPORT_DOWNLOADS } from '../../../src/kube/resources.ts';
import { messageOf, useApiserver } from './apiserver.ts';
import { bounds, expectVerdict, objectName, verdictsOn, type Expected } from './verdicts.ts';

const apiserver = useApiserver();
const { manifest, rows, field } = verdictsOn(apiserver, REPORT_DOWNLOADS, { reportRef: { name: 'invoices' } });

rows('spec.reportRef.name', (name) => ({ reportRef: { name } }), objectName('spec.reportRef.name'));
field('reportRef', [
  ['no name is refused', {}, ['spec.reportRef.name: Required value']],
  ['no reference is refused', undefined, ['spec.reportRef: Required value']],
]);
field('expirationSeconds', bounds('spec.expirationSeconds', 60, 3600));

async function created(spec: object = {}): Promise<ReportDownload> {
  return apiserver.client().create<ReportDownload>(REPORT_DOWNLOADS, manifest(spec, `rules-${crypto.randomUUID()}`), apiserver.signal);
}

test('ten minutes are the default, and nobody has looked at it yet', async () => {
  expect(await created()).toMatchObject({ spec: { expirationSeconds: 600 }, status: { observedGeneration: -1 } });
});

describe('the spec cannot be changed', () => {
  const forbidden = (name: string): Expected => [`spec.${name}: Forbidden: `, 'create a new ReportDownload'];
  test.each<[story: string, after: object, expected: Expected]>([
    ['another Report is refused', { reportRef: { name: 'other' } }, forbidden('reportRef')],
    ['another time is refused', { expirationSeconds: 3600 }, forbidden('expirationSeconds')],
    ['the default written out is no change', { expirationSeconds: 600 }, 'accepted'],
  ])('%s', async (_, after, expected) => {
    const before = await created();
    expectVerdict(await apiserver.replaced(REPORT_DOWNLOADS, before, manifest(after, before.metadata.name)), expected);
  });
});

describe('a status', () => {
  const url = 'https://files.example.com/reports/a?X-Amz-Signature=0';
  test.each<[story: string, before: Partial<ReportDownloadStatus>, after: Partial<ReportDownloadStatus>, expected: Expected]>([
    ['that was Ready may expire', { phase: 'Ready', url }, { phase: 'Expired' }, 'accepted'],
    ['that has expired is never Ready again', { phase: 'Expired' }, { phase: 'Ready', url }, ['status: ', 'stays what it is']],
    ['that has failed is never Ready again', { phase: 'Failed' }, { phase: 'Ready', url }, ['status: ', 'stays what it is']],
    ['that has failed does not lose its phase', { phase: 'Failed' }, {}, ['status: ', 'stays what it is']],
    ['with a link must be Ready', {}, { url }, ['status: ', 'only a Ready']],
    ['that has expired keeps no link', { phase: 'Ready', url }, { phase: 'Expired', url }, ['status: ', 'only a Ready']],
    ['may have a long link', {}, { phase: 'Ready', url: url.padEnd(16_384, '0') }, 'accepted'],
    ['may have no endless link', {}, { phase: 'Ready', url: url.padEnd(16_385, '0') }, ['status.url: Too long']],
  ])('%s', async (_, before, after, expected) => {
    const { metadata } = await created();
    const write = (status: object): Promise<string> =>
      messageOf(() =>
        apiserver
          .client()
          .patchJson(
            REPORT_DOWNLOADS,
            apiserver.namespace,
            metadata.name,
            [{ op: 'replace', path: '/status', value: { observedGeneration: 1, ...status } }],
            apiserver.signal,
            'status',
          ),
      );
    expect(await write(before)).toBe('');
    const verdict = await write(after);
    expectVerdict(verdict, expected);
    expect(verdict).not.toContain('X-Amz-Signature');
  });
});
