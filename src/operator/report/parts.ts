/** What the Report controller works with; main.ts wires it, tests may replace a part. */
import type { Logger } from 'pino';
import type { Report } from '../../api/generated/report.ts';
import type { ReportStorage } from '../../api/generated/reportstorage.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { EventRecorder } from '../../kube/events.ts';
import type { Pod } from '../../kube/objects.ts';
import type { Store } from '../../kube/store.ts';
import type { Progress } from '../../runner/progress.ts';
import type { OperatorObserver } from '../metrics.ts';
import type { NamespaceReader } from '../namespaces.ts';
import type { SecretReader } from '../secrets.ts';
import type { RunnerSettings } from '../settings.ts';
import type { StorageAccesses } from '../storage/access.ts';
import type { TemplateStores } from '../template/template.ts';
import type { TemplateVerdicts } from '../template/verdicts.ts';
import type { CleanupMemory } from './cleanup-memory.ts';
import type { ExpectedJobs } from './expected-jobs.ts';
import type { FreshReports } from './fresh-reports.ts';
import type { CachedJob } from './job-facts.ts';
import type { RunLimiter } from './limits.ts';

/** Index of Jobs by the UID of the Report that controls them. */
export const JOBS_BY_REPORT = 'report';
/** Index of pods by the UID of the Job that controls them. */
export const PODS_BY_JOB = 'job';
/** Index of Reports that are not at their end, by the key of their template. */
export const REPORTS_BY_TEMPLATE = 'template';
/** Index of Reports that still need a bucket (not at their end, or with our finalizer), by namespace. */
export const REPORTS_BY_NAMESPACE = 'namespace';
/** Index of storages by namespace. */
export const STORAGES_BY_NAMESPACE = 'namespace';

export interface ReportParts extends TemplateStores {
  readonly client: KubeClient;
  readonly events: EventRecorder;
  readonly log: Logger;
  readonly reports: Store<Report>;
  readonly fresh: FreshReports;
  readonly verdicts: TemplateVerdicts;
  readonly namespaces: NamespaceReader;
  readonly storages: Store<ReportStorage>;
  readonly jobs: Store<CachedJob>;
  readonly pods: Store<Pod>;
  readonly secrets: SecretReader;
  readonly accesses: StorageAccesses;
  readonly limiter: RunLimiter;
  readonly expected: ExpectedJobs;
  readonly cleanups: CleanupMemory;
  readonly progressOf: (podUid: string) => Progress | undefined;
  readonly observer: Pick<OperatorObserver, 'reportEnded' | 'fileAbandoned'>;
  /** Look at this Report again. */
  readonly wake: (key: string) => void;
  readonly runner: RunnerSettings;
  readonly requireAllowedHosts: boolean;
  readonly allowLoopback: boolean;
}
