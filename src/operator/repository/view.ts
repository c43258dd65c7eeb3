/** Everything one look at a ReportRepository needs. Gathered once (gather.ts), judged without I/O (decide.ts). */
import type { ReportRepository } from '../../api/generated/reportrepository.ts';
import type { ReportTemplate } from '../../api/generated/reporttemplate.ts';
import type { Described, DescribedTemplate } from '../../descriptor/descriptor.ts';

/** A good descriptor of a commit, as this process has read it for a generation of the repository. Only a cache: it can be read again. */
export interface Known {
  readonly generation: number;
  readonly commit: string;
  readonly templates: readonly DescribedTemplate[];
  readonly warnings: readonly string[];
}

/** The Job that looks the repository up now. */
export type JobView =
  | { readonly kind: 'none' }
  /** One was created and is not in the cache yet. */
  | { readonly kind: 'expected' }
  /** `message`: what its pod is at. */
  | { readonly kind: 'running'; readonly message: string }
  /** `final`: another try cannot help. */
  | { readonly kind: 'failed'; readonly message: string; readonly final: boolean }
  | { readonly kind: 'done'; readonly commit: string; readonly described: Described };

export interface RepositoryView {
  readonly repository: ReportRepository;
  /** Those that this repository controls, as cached. */
  readonly templates: readonly ReportTemplate[];
  readonly known: Known | undefined;
  /** The Secrets that open it are not those with which it could not be had. */
  readonly areSecretsNew: boolean;
  readonly job: JobView;
  /** Why no Job can be made now: a Secret is missing, or may not be used. */
  readonly blocker?: { readonly reason: 'SecretNotFound' | 'SecretNotAllowed'; readonly message: string };
  /** Why it has to wait for other repositories. */
  readonly waits?: string;
  /** Versions of the Secrets that open it. */
  readonly secrets: string;
  /** What the operator does not allow in spec.templates.job, as whole sentences. */
  readonly settingsProblems: readonly string[];
  /** Image for Python functions; undefined: the operator has none. */
  readonly pythonImage: string | undefined;
}
