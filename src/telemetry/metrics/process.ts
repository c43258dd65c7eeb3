/** What the process itself is at, under the names that Prometheus' client libraries use everywhere. */
import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Registry } from './registry.ts';

/** Each sample is a timer that wakes the process. */
const LAG_RESOLUTION_MS = 50;
const NANOSECONDS = 1e9;

/** Declares them; the returned function ends what measures. */
export function processMetrics(registry: Registry): () => void {
  const gauge = (name: string, help: string, read: () => number | undefined): void =>
    registry.collect({ name, help, labels: [], type: 'gauge' }, () => {
      const value = read();
      return value === undefined ? [] : [{ labels: {}, value }];
    });
  registry.collect(
    { name: 'process_cpu_seconds_total', help: 'Processor time in user and system mode, in seconds.', labels: [], type: 'counter' },
    () => {
      const { user, system } = process.cpuUsage();
      return [{ labels: {}, value: (user + system) / 1e6 }];
    },
  );
  gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss());
  gauge('process_start_time_seconds', 'When the process started, in seconds since 1970.', () => performance.timeOrigin / 1000);
  gauge('process_open_fds', 'Open file descriptors (Linux only).', openDescriptors);
  gauge('nodejs_heap_size_used_bytes', 'Heap in use by JavaScript.', () => process.memoryUsage().heapUsed);
  gauge('nodejs_heap_size_total_bytes', 'Heap that is reserved for JavaScript.', () => process.memoryUsage().heapTotal);
  gauge('nodejs_external_memory_bytes', 'Memory outside of the heap that JavaScript objects hold.', () => process.memoryUsage().external);
  return eventLoopLag(gauge);
}

/** Since the last scrape; the sampling interval itself is no lag. */
function eventLoopLag(gauge: (name: string, help: string, read: () => number | undefined) => void): () => void {
  const delay = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  delay.enable();
  const seconds = (nanoseconds: number): number => Math.max(0, nanoseconds / NANOSECONDS - LAG_RESOLUTION_MS / 1000);
  gauge('nodejs_eventloop_lag_p99_seconds', 'How late the event loop was since the last scrape, 99th percentile.', () =>
    delay.count === 0 ? undefined : seconds(delay.percentile(99)),
  );
  gauge('nodejs_eventloop_lag_max_seconds', 'How late the event loop was at most since the last scrape.', () => {
    const max = delay.count === 0 ? undefined : seconds(delay.max);
    delay.reset();
    return max;
  });
  return () => delay.disable();
}

function openDescriptors(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}
