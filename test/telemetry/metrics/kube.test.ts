import { pino } from 'pino';
import { expect, test } from 'vitest';
import { Controller, type Result } from '../../../src/kube/controller.ts';
import { KubeError } from '../../../src/kube/errors.ts';
import { KubeMetrics } from '../../../src/telemetry/metrics/kube.ts';
import { Registry } from '../../../src/telemetry/metrics/registry.ts';
import { valueOf } from './read.ts';

const log = pino({ level: 'silent' });

test('a controller is counted as controller-runtime counts', async () => {
  const registry = new Registry();
  const metrics = new KubeMetrics(registry);
  const stop = new AbortController();
  const failed = new Set<string>();
  const seen = Promise.withResolvers<void>();
  const results: Readonly<Record<string, Result>> = {
    calm: { kind: 'done' },
    dated: { kind: 'lookAgainAt', epochMs: Date.now() + 1e9 },
    delayed: { kind: 'requeueAfter', ms: 1e9 },
  };
  const controller = new Controller({
    name: 'report',
    concurrency: 1,
    log,
    observer: metrics.observer('report'),
    reconcile: async (key) => {
      if (!failed.has(key)) {
        failed.add(key);
        if (key === 'broken') throw new Error('broken');
        if (key === 'raced') throw new KubeError(409, 'Conflict', 'somebody was first');
      }
      if (key === 'last') seen.resolve();
      return results[key] ?? { kind: 'done' };
    },
  });
  metrics.watch([controller]);
  for (const key of ['calm', 'dated', 'delayed', 'broken', 'raced']) controller.queue.add(key);
  expect(valueOf(registry.text(), 'workqueue_depth', { name: 'report', controller: 'report' })).toBe(5);
  const running = controller.run(stop.signal);
  while (failed.size < 5 || !controller.queue.idle) await new Promise((resolve) => setImmediate(resolve));
  controller.queue.addAfter('last', 50); // after both retries (5 ms each, with jitter)
  await seen.promise;
  stop.abort();
  await running;
  const text = registry.text();
  const count = (result: string): number | undefined =>
    valueOf(text, 'controller_runtime_reconcile_total', { controller: 'report', result });
  expect([count('success'), count('requeue_after'), count('requeue'), count('error')]).toEqual([4, 2, 1, 1]);
  expect(valueOf(text, 'controller_runtime_reconcile_errors_total', { controller: 'report' })).toBe(1);
  expect(text).toContain('controller_runtime_reconcile_time_seconds_count{controller="report"} 8\n');
  expect(valueOf(text, 'controller_runtime_max_concurrent_reconciles', { controller: 'report' })).toBe(1);
  const queue = (name: string): number | undefined => valueOf(text, `workqueue_${name}`, { name: 'report', controller: 'report' });
  expect([queue('adds_total'), queue('retries_total'), queue('depth'), queue('unfinished_work_seconds')]).toEqual([8, 2, 0, 0]);
  expect(queue('longest_running_processor_seconds')).toBe(0);
  for (const name of ['queue', 'work'])
    expect(text).toContain(`workqueue_${name}_duration_seconds_count{name="report",controller="report"} 8\n`);
});

test('what a worker is stuck in can be seen', async () => {
  const registry = new Registry();
  const metrics = new KubeMetrics(registry);
  const stop = new AbortController();
  const begun = Promise.withResolvers<void>();
  const controller = new Controller({
    name: 'storage',
    concurrency: 2,
    log,
    observer: metrics.observer('storage'),
    reconcile: async (_key, { signal }) => {
      begun.resolve();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return { kind: 'done' };
    },
  });
  metrics.watch([controller]);
  controller.queue.add('stuck');
  const running = controller.run(stop.signal);
  await begun.promise;
  const labels = { name: 'storage', controller: 'storage' };
  expect(valueOf(registry.text(), 'controller_runtime_active_workers', { controller: 'storage' })).toBe(1);
  expect(valueOf(registry.text(), 'workqueue_longest_running_processor_seconds', labels)).toBeGreaterThan(0);
  expect(valueOf(registry.text(), 'workqueue_unfinished_work_seconds', labels)).toBeGreaterThan(0);
  stop.abort();
  await running;
});

test('requests are counted by code, and those without an answer too, but never by path', () => {
  const registry = new Registry();
  const observe = new KubeMetrics(registry).requestObserver('10.0.0.1:443');
  observe('GET', 200, 12);
  observe('GET', 200, 30);
  observe('PATCH', 409, 5);
  observe('GET', undefined, 5000);
  const count = (code: string, method: string): number | undefined =>
    valueOf(registry.text(), 'rest_client_requests_total', { code, method, host: '10.0.0.1:443' });
  expect([count('200', 'GET'), count('409', 'PATCH'), count('<error>', 'GET')]).toEqual([2, 1, 1]);
  expect(registry.text()).toContain('rest_client_request_duration_seconds_count{verb="GET",host="10.0.0.1:443"} 3\n');
});
