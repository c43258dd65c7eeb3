/** Alerts and dashboards: every expression is one of Prometheus' grammar and names only metrics that the operator has, and every alert has a page that says what to do. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parser } from '@prometheus-io/lezer-promql';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { anchors, page, REPOSITORY, tableRows } from '../docs/pages.ts';
import { declaredMetrics } from './metrics/declared.ts';

const FILES = join(REPOSITORY, 'charts/dossier/files');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook: string };
}

const { groups } = parse(readFileSync(join(FILES, 'alerts.yaml'), 'utf8')) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules).map((rule) => [rule.alert, rule] as const);

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

const dashboards = readdirSync(join(FILES, 'dashboards')).map((name) => {
  const dashboard = JSON.parse(readFileSync(join(FILES, 'dashboards', name), 'utf8')) as {
    readonly uid: string;
    readonly panels: readonly Panel[];
  };
  return [name, dashboard] as const;
});
const queries = dashboards.flatMap(([, { panels }]) =>
  panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [`${title}: ${expr}`, expr] as const)),
);

/** Metric -> its labels, and those that a scrape adds. Of a histogram, the series that it consists of. */
const known = new Map<string, readonly string[]>(
  declaredMetrics().registry.families.flatMap(({ name, type, labels }): (readonly [string, readonly string[]])[] => {
    const all = [...labels, 'instance', 'pod'];
    return type === 'histogram'
      ? [[`${name}_bucket`, [...all, 'le']] as const, [`${name}_sum`, all] as const, [`${name}_count`, all] as const]
      : [[name, all] as const];
  }),
);

interface Found {
  readonly problems: readonly string[];
  readonly metrics: readonly string[];
  readonly labels: readonly string[];
}

function read(expression: string): Found {
  const text = expression.replaceAll('$__range', '1h');
  const problems: string[] = [];
  const metrics: string[] = [];
  const labels: string[] = [];
  parser.parse(text).iterate({
    enter: (node) => {
      const content = text.slice(node.from, node.to);
      if (node.type.isError) problems.push(`at ${node.from}: ${text.slice(node.from, node.from + 20)}`);
      if (node.name === 'Identifier' && node.node.parent?.name === 'VectorSelector') metrics.push(content);
      if (node.name === 'LabelName') labels.push(content);
    },
  });
  return { problems, metrics, labels };
}

test('the reader finds what is wrong', () => {
  expect(read('sum by (phase (dossier_reports)').problems).not.toEqual([]);
  expect(read('sum by (phase) (rate(dossier_x{reason="y"}[5m]))')).toEqual({
    problems: [],
    metrics: ['dossier_x'],
    labels: ['phase', 'reason'],
  });
});

test.each([...rules.map(([name, { expr }]) => [name, expr] as const), ...queries])('%s', (_, expression) => {
  const { problems, metrics, labels } = read(expression);
  expect(problems).toEqual([]);
  expect(metrics).not.toEqual([]);
  expect(metrics.filter((name) => !known.has(name))).toEqual([]);
  const possible = metrics.flatMap((name) => known.get(name) ?? []);
  expect(labels.filter((label) => !possible.includes(label))).toEqual([]);
});

describe('an alert', () => {
  test.each(rules)('%s has a name of its own, a severity, words, and a runbook', (name, { labels, annotations }) => {
    expect(name).toMatch(/^Dossier[A-Za-z]+$/);
    expect(['critical', 'warning', 'info']).toContain(labels.severity);
    expect(annotations.description).toMatch(/\.$/);
    expect(annotations.summary).not.toMatch(/\.$/);
    expect(annotations.runbook).toBe(`docs/runbooks/${name}.md`);
    expect(existsSync(join(REPOSITORY, annotations.runbook))).toBe(true);
    expect(page(annotations.runbook).text).toMatch(new RegExp(`^# ${name}: `));
    expect(anchors(page(annotations.runbook))).toContain('what-to-do');
  });

  test.each(rules)('%s speaks only of labels that its expression leaves', (_, { expr, annotations }) => {
    const used = [...`${annotations.summary}${annotations.description}`.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label ?? '');
    const kept = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', '));
    expect(used.filter((label) => !kept.includes(label))).toEqual([]);
  });

  test('is in the table of docs/metrics.md, and every runbook has its alert', () => {
    const names = rules.map(([name]) => name);
    const pages = readdirSync(join(REPOSITORY, 'docs/runbooks')).map((file) => basename(file, '.md'));
    const listed = tableRows(page('docs/metrics.md').text).flatMap(([cell = '']) => /^\[(Dossier\w+)\]/.exec(cell)?.[1] ?? []);
    expect(new Set(names).size).toBe(names.length);
    expect(pages.toSorted()).toEqual(names.toSorted());
    expect(listed).toEqual(names);
  });
});

test.each(dashboards)('%s has panels with ids of their own that do not lie on each other', (_, { panels }) => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_unused, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(panels.filter(({ type, targets = [] }) => type !== 'row' && targets.length === 0)).toEqual([]);
});
