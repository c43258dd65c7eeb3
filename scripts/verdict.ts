/**
 * verdict.ts STATUS SOAKED REPORT...: the end of `.ci/run`. Says what failed, briefly, because often only the end of an output is kept, and counts.
 *
 * STATUS is 0 when all commands succeeded, SOAKED `passed` when the soak did; each REPORT is the path of a vitest JSON report. The last line is `N passed, N failed`; the exit
 * code is 0 when nothing failed.
 */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const MOST_FAILURES = 10;
/** Of a failure. */
const MOST_LINES = 8;
const MOST_COLUMNS = 300;
/** Of a test that was ended by its time limit, the report holds a place of vitest's own and no words. */
const TIMED_OUT = /^Error: STACK_TRACE_ERROR$/m;

/** What is read of a report. */
interface TestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly success: boolean;
  readonly testResults?: readonly {
    readonly name: string;
    readonly status: string;
    /** What failed outside of tests, as in a hook. */
    readonly message?: string;
    readonly assertionResults?: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

const [status, soaked, ...paths] = process.argv.slice(2);
let passed = soaked === 'passed' ? 1 : 0;
let failed = 1 - passed;
let whole = status === '0';
const failures: string[] = [];
for (const path of paths) {
  try {
    const report = JSON.parse(readFileSync(path, 'utf8')) as TestReport;
    passed += report.numPassedTests;
    failed += report.numFailedTests;
    whole &&= report.success && report.numPassedTests > 0;
    failures.push(...failuresOf(report));
  } catch (error) {
    console.log(`No report of a suite: ${(error as Error).message}`);
    whole = false;
  }
}
for (const failure of failures.slice(0, MOST_FAILURES)) console.log(failure);
if (failures.length > MOST_FAILURES) console.log(`... and ${failures.length - MOST_FAILURES} more`);
// A file that cannot be loaded, a check and a suite without a report fail without a failed test; they must not look like success.
if (!whole) failed = Math.max(failed, 1);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function failuresOf({ testResults = [] }: TestReport): readonly string[] {
  return testResults
    .filter((file) => file.status === 'failed')
    .flatMap(({ name, message = '', assertionResults = [] }) => {
      const file = relative(process.cwd(), name);
      const tests = assertionResults.filter((result) => result.status === 'failed');
      // Of a hook of a group of tests the report says nothing.
      const outside = message === '' && tests.length === 0 ? 'failed outside of its tests' : message;
      return [
        ...(outside === '' ? [] : [`FAILED ${file}\n${brief(outside)}`]),
        ...tests.map(({ fullName, failureMessages = [] }) => `FAILED ${file} > ${fullName}\n${brief(failureMessages.join('\n'))}`),
      ];
    });
}

function brief(text: string): string {
  return text
    .replace(TIMED_OUT, 'Error: it was not done within its time limit')
    .split('\n')
    .slice(0, MOST_LINES)
    .map((line) => `    ${line.slice(0, MOST_COLUMNS)}`)
    .join('\n');
}
