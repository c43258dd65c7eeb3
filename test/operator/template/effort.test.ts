/** security.md 6: whoever may write a template cannot make the operator think long about what is wrong with it. While it thinks, it renews no lease. */
import { cpuUsage } from 'node:process';
import { describe, expect, test } from 'vitest';
import type { Template } from '../../../src/operator/template/template.ts';
import { templateProblems } from '../../../src/operator/template/validate.ts';

const ALLOW = { labelPrefixes: [], priorityClassNames: undefined, nodeSelectorKeys: undefined, tolerationKeys: undefined };
/** Of the processor, in ms: a tenth of it is meant, and each of these took seconds. */
const MOST_MS = 1_000;

function template(spec: object): Template {
  const job = {};
  return { kind: 'ClusterReportTemplate', metadata: { name: 'hostile' }, spec: { job, ...spec } } as unknown as Template;
}

function many<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

const kubernetes = { apiVersion: 'v1', kind: 'Pod', allNamespaces: true };
const parameters = many(64, (index) => ({ name: `p${index}`.padEnd(58, 'x'), type: 'Period' }));

describe('what is wrong is told at once of a template', () => {
  test.each<[string, object, RegExp]>([
    [
      'with thousands of misspelt parameters in its query',
      {
        source: {
          http: {
            url: 'https://api.example/',
            query: many(64, (pair) => ({
              name: 'q',
              value: many(140, (index) => `{{${pair.toString(36)}${index.toString(36)}}}`).join(''),
            })),
          },
        },
        columns: [{ name: 'id', type: 'String' }],
        parameters,
      },
      /no parameter of the template/,
    ],
    [
      'with thousands of misspelt columns in its formulas',
      {
        source: { kubernetes },
        columns: many(1000, (index) => ({ name: `c${index}`, type: 'Decimal', formula: many(9, (each) => `z${each}`).join('+') })),
      },
      /is no column before this one/,
    ],
    [
      'with thousands of misspelt keys in its rows',
      {
        source: { inline: { rows: many(6, (row) => Object.fromEntries(many(900, (key) => [`k${row}x${key}`, 1]))) } },
        columns: many(600, (index) => ({ name: `cc${index}`, type: 'String' })),
      },
      /is no column/,
    ],
    [
      'with a pattern to compile for each of its columns',
      {
        source: { kubernetes },
        columns: many(900, (index) => ({ name: `c${index}`, type: 'String', path: '$', extract: '([a\\pL]{999})' })),
      },
      /patterns of all columns together/,
    ],
    [
      'that is larger than a Job, whatever else it is',
      {
        source: { kubernetes },
        columns: many(1000, (index) => ({ name: `c${index}`, type: 'Decimal', formula: many(60, (each) => `z${each}`).join('+') })),
      },
      /bytes of JSON; at most 80000 fit a Job/,
    ],
  ])('%s', (_, spec, says) => {
    const before = cpuUsage();
    const problems = templateProblems(template(spec), ALLOW);
    const { user, system } = cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(MOST_MS);
    expect(problems.join('\n')).toMatch(says);
  });
});
