/** Every metric that an operator has, declared as it declares them. */
import { KubeMetrics, leaderMetric } from '../../../src/telemetry/metrics/kube.ts';
import { processMetrics } from '../../../src/telemetry/metrics/process.ts';
import { Registry } from '../../../src/telemetry/metrics/registry.ts';
import { IndexedStore } from '../../../src/kube/store.ts';
import { operatorMetrics, type MetricSources, type OperatorObserver } from '../../../src/operator/metrics.ts';

export interface DeclaredMetrics {
  readonly registry: Registry;
  readonly kube: KubeMetrics;
  readonly observer: OperatorObserver;
}

/** `sources`: default an empty cluster. */
export function declaredMetrics(sources: Partial<MetricSources['caches']> = {}): DeclaredMetrics {
  const registry = new Registry();
  const kube = new KubeMetrics(registry);
  leaderMetric(registry, 'dossier-operator', () => true);
  const caches = {
    reports: new IndexedStore<never>({}),
    schedules: new IndexedStore<never>({}),
    storages: new IndexedStore<never>({}),
    facts: () => [],
    ...sources,
  };
  const observer = operatorMetrics(registry, { caches, runningJobs: () => 3, runningLimit: 200, version: '0.1.0' });
  processMetrics(registry)();
  return { registry, kube, observer };
}
