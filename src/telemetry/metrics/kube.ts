/**
 * Metrics of reconciles, work queues, leader election and requests to the apiserver, under the names, labels and bounds of controller-runtime and client-go, so that dashboards
 * and alerts made for Go operators work here. One label is left out: the path of a request, which would make a series an object.
 */
import type { Controller, ControllerObserver, ReconcileOutcome } from '../../kube/controller.ts';
import type { RequestObserver } from '../../kube/transport.ts';
import type { Counter, Histogram, Registry, Sample } from './registry.ts';

/** controller-runtime's, in seconds. */
const LATENCY_BOUNDS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 4.5,
  5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];
/** client-go's work queue, in seconds: ten nanoseconds to 1,000 s. */
const QUEUE_BOUNDS = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000];
const OUTCOMES: readonly ReconcileOutcome[] = ['success', 'requeue_after', 'requeue', 'error'];

type QueueLabel = 'name' | 'controller';

export class KubeMetrics {
  readonly #controllers: Controller[] = [];
  readonly #reconciles: Counter<'controller' | 'result'>;
  readonly #errors: Counter<'controller'>;
  readonly #times: Histogram<'controller'>;
  readonly #adds: Counter<QueueLabel>;
  readonly #retries: Counter<QueueLabel>;
  readonly #waits: Histogram<QueueLabel>;
  readonly #works: Histogram<QueueLabel>;
  readonly #requests: Counter<'code' | 'method' | 'host'>;
  readonly #requestTimes: Histogram<'verb' | 'host'>;

  constructor(registry: Registry) {
    const controller = ['controller'] as const;
    const queue = ['name', 'controller'] as const;
    this.#reconciles = registry.counter({
      name: 'controller_runtime_reconcile_total',
      help: 'Looks at an object, by how they ended; requeue = somebody else wrote first.',
      labels: ['controller', 'result'],
    });
    this.#errors = registry.counter({
      name: 'controller_runtime_reconcile_errors_total',
      help: 'Looks at an object that failed and will be repeated.',
      labels: controller,
    });
    this.#times = registry.histogram(
      { name: 'controller_runtime_reconcile_time_seconds', help: 'How long a look at an object took.', labels: controller },
      LATENCY_BOUNDS,
    );
    this.#gauge(
      registry,
      'controller_runtime_max_concurrent_reconciles',
      'Workers of a controller.',
      controller,
      (each) => each.concurrency,
    );
    this.#gauge(
      registry,
      'controller_runtime_active_workers',
      'Workers of a controller that are at work.',
      controller,
      (each) => each.queue.running,
    );
    this.#gauge(registry, 'workqueue_depth', 'Objects that wait to be looked at.', queue, (each) => each.queue.depth);
    this.#adds = registry.counter({ name: 'workqueue_adds_total', help: 'Objects that were put into the queue.', labels: queue });
    this.#waits = registry.histogram(
      { name: 'workqueue_queue_duration_seconds', help: 'How long an object waited in the queue.', labels: queue },
      QUEUE_BOUNDS,
    );
    this.#works = registry.histogram(
      { name: 'workqueue_work_duration_seconds', help: 'How long an object was worked on.', labels: queue },
      QUEUE_BOUNDS,
    );
    this.#gauge(registry, 'workqueue_unfinished_work_seconds', 'Work under way, in seconds over all workers.', queue, (each) =>
      seconds(sum(each.queue.runningMs)),
    );
    this.#gauge(
      registry,
      'workqueue_longest_running_processor_seconds',
      'How long the longest look under way has taken so far.',
      queue,
      (each) => seconds(Math.max(0, ...each.queue.runningMs)),
    );
    this.#retries = registry.counter({
      name: 'workqueue_retries_total',
      help: 'Objects that were put back after a failure.',
      labels: queue,
    });
    this.#requests = registry.counter({
      name: 'rest_client_requests_total',
      help: 'Requests to the apiserver by status code; <error> = no answer.',
      labels: ['code', 'method', 'host'],
    });
    this.#requestTimes = registry.histogram(
      { name: 'rest_client_request_duration_seconds', help: 'How long the apiserver took to begin its answer.', labels: ['verb', 'host'] },
      LATENCY_BOUNDS,
    );
  }

  /** For a controller that is about to be made; `watch` tells of it afterwards. */
  observer(name: string): ControllerObserver {
    const labels = { controller: name };
    const queue = { name, controller: name };
    for (const result of OUTCOMES) this.#reconciles.declare({ ...labels, result });
    this.#errors.declare(labels);
    this.#adds.declare(queue);
    this.#retries.declare(queue);
    return {
      reconciled: (result, ms) => {
        this.#reconciles.add({ ...labels, result });
        if (result === 'error') this.#errors.add(labels);
        this.#times.observe(labels, seconds(ms));
      },
      added: () => this.#adds.add(queue),
      taken: (ms) => this.#waits.observe(queue, seconds(ms)),
      done: (ms) => this.#works.observe(queue, seconds(ms)),
      retried: () => this.#retries.add(queue),
    };
  }

  /** Shows the gauges of these controllers. */
  watch(controllers: readonly Controller[]): void {
    this.#controllers.push(...controllers);
  }

  /** `host`: of the apiserver. */
  requestObserver(host: string): RequestObserver {
    return (method, status, ms) => {
      this.#requests.add({ code: status === undefined ? '<error>' : String(status), method, host });
      this.#requestTimes.observe({ verb: method, host }, seconds(ms));
    };
  }

  #gauge<L extends QueueLabel>(
    registry: Registry,
    name: string,
    help: string,
    labels: readonly L[],
    read: (controller: Controller) => number,
  ): void {
    registry.collect({ name, help, labels, type: 'gauge' }, () =>
      this.#controllers.map((each): Sample<L> => ({
        labels: { name: each.name, controller: each.name } as Sample<L>['labels'],
        value: read(each),
      })),
    );
  }
}

/** 1 while this process may write. */
export function leaderMetric(registry: Registry, lease: string, holds: () => boolean): void {
  registry.collect(
    { name: 'leader_election_master_status', help: 'Whether this process leads: 1, or 0.', labels: ['name'], type: 'gauge' },
    () => [{ labels: { name: lease }, value: holds() ? 1 : 0 }],
  );
}

function seconds(ms: number): number {
  return ms / 1000;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
