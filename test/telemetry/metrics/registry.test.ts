import { describe, expect, test } from 'vitest';
import { Registry } from '../../../src/telemetry/metrics/registry.ts';
import { readMetrics, valueOf } from './read.ts';

describe('the text', () => {
  test('is read by others as it was meant: families, labels, values', () => {
    const registry = new Registry();
    const runs = registry.counter({ name: 'runs_total', help: 'Runs.', labels: ['result', 'reason'] });
    runs.declare({ result: 'Failed', reason: 'OutOfMemory' });
    runs.add({ result: 'Ready', reason: 'Completed' });
    runs.add({ result: 'Ready', reason: 'Completed' }, 2);
    registry.collect({ name: 'open', help: 'Open.', type: 'gauge', labels: [] }, () => [{ labels: {}, value: 0.25 }]);
    expect(readMetrics(registry.text())).toEqual([
      {
        name: 'runs_total',
        help: 'Runs.',
        type: 'COUNTER',
        metrics: [
          { labels: { result: 'Failed', reason: 'OutOfMemory' }, value: '0' },
          { labels: { result: 'Ready', reason: 'Completed' }, value: '3' },
        ],
      },
      { name: 'open', help: 'Open.', type: 'GAUGE', metrics: [{ value: '0.25' }] },
    ]);
  });

  test.each(['plain', 'with "quotes"', 'back\\slash', 'two\nlines', 'a{b="c"} 1', '\\n', 'ü 請求書', ''])('keeps the label %j', (text) => {
    const registry = new Registry();
    registry.counter({ name: 'x_total', help: 'X.', labels: ['label'] }).add({ label: text });
    expect(readMetrics(registry.text())).toMatchObject([{ metrics: [{ labels: { label: text }, value: '1' }] }]);
  });

  test.each([
    [Infinity, '+Inf'],
    [-Infinity, '-Inf'],
    [NaN, 'NaN'],
    [1e21, '1e+21'],
    [5e-7, '5e-7'],
  ])('writes %d as %s', (value, text) => {
    const registry = new Registry();
    registry.collect({ name: 'x', help: 'X.', type: 'gauge', labels: [] }, () => [{ labels: {}, value }]);
    expect(registry.text()).toBe(`# HELP x X.\n# TYPE x gauge\nx ${text}\n`);
  });
});

describe('a histogram', () => {
  test('counts what is at most each bound, and everything', () => {
    const registry = new Registry();
    const times = registry.histogram({ name: 'seconds', help: 'S.', labels: [] }, [1e-8, 0.5, 1]);
    for (const value of [0, 0.5, 0.75, 1, 7]) times.observe({}, value);
    expect(readMetrics(registry.text())).toEqual([
      {
        name: 'seconds',
        help: 'S.',
        type: 'HISTOGRAM',
        metrics: [{ buckets: { '1e-08': '1', '0.5': '2', '1': '4', '+Inf': '5' }, count: '5', sum: '9.25' }],
      },
    ]);
  });

  test('keeps the series of its labels apart', () => {
    const registry = new Registry();
    const times = registry.histogram({ name: 'seconds', help: 'S.', labels: ['of'] }, [1]);
    times.observe({ of: 'x' }, 0.5);
    times.observe({ of: 'y' }, 2);
    expect(registry.text().split('\n').slice(2)).toEqual([
      'seconds_bucket{of="x",le="1"} 1',
      'seconds_bucket{of="x",le="+Inf"} 1',
      'seconds_sum{of="x"} 0.5',
      'seconds_count{of="x"} 1',
      'seconds_bucket{of="y",le="1"} 0',
      'seconds_bucket{of="y",le="+Inf"} 1',
      'seconds_sum{of="y"} 2',
      'seconds_count{of="y"} 1',
      '',
    ]);
  });

  test('of nothing has no series yet', () => {
    const registry = new Registry();
    registry.histogram({ name: 'seconds', help: 'S.', labels: [] }, [1]);
    expect(registry.text()).toBe('# HELP seconds S.\n# TYPE seconds histogram\n');
  });
});

test('what is read at the scrape goes with what it was read from', () => {
  const registry = new Registry();
  const there = new Map([['a', 1]]);
  registry.collect({ name: 'x', help: 'X.', type: 'gauge', labels: ['of'] }, () =>
    [...there].map(([of, value]) => ({ labels: { of }, value })),
  );
  expect(valueOf(registry.text(), 'x', { of: 'a' })).toBe(1);
  there.delete('a');
  expect(valueOf(registry.text(), 'x', { of: 'a' })).toBeUndefined();
});

test('no name is declared twice', () => {
  const registry = new Registry();
  registry.counter({ name: 'x_total', help: 'X.', labels: [] });
  expect(() => registry.counter({ name: 'x_total', help: 'X.', labels: [] })).toThrow('the metric x_total is declared twice');
});
