/**
 * The schedule controller and nothing else as a process, as `--controllers=cronjob-controller` runs Kubernetes' own: the caches, the controller and the workers of the
 * operator, without those that turn Reports into Jobs.
 *
 * Bundled and run by measure.ts, with a service account as in a pod.
 */
import type { Report } from '../../src/api/generated/report.ts';
import type { ReportSchedule } from '../../src/api/generated/reportschedule.ts';
import { KubeClient } from '../../src/kube/client.ts';
import { loadClusterConfig } from '../../src/kube/config.ts';
import { Controller } from '../../src/kube/controller.ts';
import { EventRecorder } from '../../src/kube/events.ts';
import { decodeExact } from '../../src/kube/exact-decode.ts';
import { withoutNoise } from '../../src/kube/noise.ts';
import { Reflector } from '../../src/kube/reflector.ts';
import { REPORT_SCHEDULES, REPORTS } from '../../src/kube/resources.ts';
import { IndexedStore, keyOf } from '../../src/kube/store.ts';
import { HttpTransport } from '../../src/kube/transport.ts';
import { turnedReports } from '../../src/operator/report/siblings.ts';
import { SCHEDULE_WORKERS, ScheduleController } from '../../src/operator/schedule/controller.ts';
import { REPORTS_BY_SCHEDULE, scheduleKeyOf, scheduleUidOf } from '../../src/operator/schedule/marks.ts';
import { createLogger } from '../../src/telemetry/log.ts';

const log = createLogger('info');
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort(new Error('SIGTERM')));

const transport = new HttpTransport(await loadClusterConfig(undefined, process.env), 'dossier-schedules-alone');
const client = new KubeClient(transport, () => undefined);
const events = new EventRecorder(client, 'alone', () => undefined, { busy: () => queue.queue.depth > 0 });
const schedules = new IndexedStore<ReportSchedule>({});
const reports = new IndexedStore<Report>({ [REPORTS_BY_SCHEDULE]: scheduleUidOf });
const onError = (error: unknown): void => log.warn({ err: error }, 'watch');

const queue: Controller = new Controller({
  name: 'schedule',
  concurrency: SCHEDULE_WORKERS,
  log,
  reconcile: (key, context) => controller.reconcile(key, context),
});
const controller = new ScheduleController({
  client,
  events,
  schedules,
  reports,
  observer: { scheduleRan: () => undefined },
  busy: () => queue.queue.depth > 0,
});
const common = { trim: withoutNoise, decode: decodeExact, onError };
const reflectors = [
  new Reflector<ReportSchedule>(client, {
    ...common,
    type: REPORT_SCHEDULES,
    store: schedules,
    onChange: (key, before, after) => {
      if (after === undefined || !controller.caughtUp(after)) queue.queue.add(key);
      if (before !== undefined && before.metadata.uid !== after?.metadata.uid) controller.forget(before.metadata.uid);
    },
  }),
  new Reflector<Report>(client, {
    ...common,
    type: REPORTS,
    store: reports,
    onChange: (_key, before, after) => {
      for (const turned of turnedReports(before, after)) {
        controller.seen(turned);
        const key = scheduleKeyOf(turned);
        if (key !== undefined) queue.queue.add(key);
      }
    },
  }),
];
const running = reflectors.map((reflector) => reflector.run(stop.signal));
await Promise.all(reflectors.map((reflector) => reflector.synced(stop.signal)));
for (const schedule of schedules.values()) queue.queue.add(keyOf(schedule));
await Promise.all([...running, queue.run(stop.signal)]);
await events.close(0);
await transport.close();
