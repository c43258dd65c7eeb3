/** What the ReportRepository controller works with; operator.ts wires it, tests may replace a part. */
import type { ReportRepository } from '../../api/generated/reportrepository.ts';
import type { ReportTemplate } from '../../api/generated/reporttemplate.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { EventRecorder } from '../../kube/events.ts';
import type { Pod } from '../../kube/objects.ts';
import type { Store } from '../../kube/store.ts';
import type { ExpectedJobs } from '../report/expected-jobs.ts';
import type { RunLimiter } from '../report/limits.ts';
import type { CachedJob } from '../report/job-facts.ts';
import type { SecretReader } from '../secrets.ts';
import type { JobAllowList, RunnerSettings } from '../settings.ts';
import type { RepositoryMemory } from './memory.ts';

/** Index of templates by the UID of the object that controls them. */
export const TEMPLATES_BY_OWNER = 'owner';

export interface RepositoryParts {
  readonly client: KubeClient;
  readonly events: EventRecorder;
  readonly repositories: Store<ReportRepository>;
  readonly templates: Store<ReportTemplate>;
  readonly jobs: Store<CachedJob>;
  readonly pods: Store<Pod>;
  readonly secrets: SecretReader;
  readonly expected: ExpectedJobs;
  /** Who may have a Job now. */
  readonly lookups: RunLimiter;
  readonly memory: RepositoryMemory;
  /** Look at this ReportRepository again. */
  readonly wake: (key: string) => void;
  readonly runner: RunnerSettings;
  readonly pythonImage: string | undefined;
  readonly allow: JobAllowList;
  readonly requireAllowedHosts: boolean;
  readonly allowLoopback: boolean;
}
