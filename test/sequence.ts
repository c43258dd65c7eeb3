/**
 * The order of test files: the longest first, so that at the end no worker waits for another that has just begun one of a minute. Without this list the order would be
 * that of the files' sizes, and the longest are small.
 */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Those that take long, the longest first, and what mostly waits (for a minute of the clock, a bad server's time-outs) between what mostly computes: three that wait beside
 * each other leave two processors idle.
 */
const LONGEST = [
  'integration/demo/demo.test.ts',
  'integration/schedules/minute.test.ts',
  'integration/reports/crash.test.ts',
  'reliability/both.test.ts',
  'reliability/outage.test.ts',
  'integration/chart/documents.test.ts',
  'integration/chart/install.test.ts',
  'integration/reports/settled.test.ts',
  'integration/templates/git.test.ts',
  'reliability/store.test.ts',
  'integration/cli/plugin.test.ts',
  'integration/reports/quotas.test.ts',
  'integration/templates/system-templates.test.ts',
  'integration/storages/conditions.test.ts',
  'integration/reports/deletion.test.ts',
  'integration/node/outages.test.ts',
  'integration/reports/hostile.test.ts',
  'integration/operator/lacking.test.ts',
  'reliability/apiserver.test.ts',
  'integration/crds/every-field.test.ts',
  'integration/reports/retries.test.ts',
  'integration/reports/formats.test.ts',
  'integration/sources/http-reports.test.ts',
  'integration/schedules/life.test.ts',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: readonly TestSpecification[]): Promise<TestSpecification[]> {
    const missing = LONGEST.filter((file) => !existsSync(join(import.meta.dirname, file)));
    if (missing.length > 0) throw new Error(`test/sequence.ts lists files that are not there: ${missing.join(', ')}`);
    const place = new Map(LONGEST.map((file, index) => [file, index]));
    const placeOf = ({ moduleId }: TestSpecification): number => place.get(relative(import.meta.dirname, moduleId)) ?? LONGEST.length;
    return (await super.sort([...files])).toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}
