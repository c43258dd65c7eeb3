/**
 * The operator's caches: one reflector a kind (and a namespace, when it works in some only), and what each change wakes.
 */
import type { ClusterReportTemplate } from '../api/generated/clusterreporttemplate.ts';
import type { Report } from '../api/generated/report.ts';
import type { ReportDownload } from '../api/generated/reportdownload.ts';
import type { ReportRepository } from '../api/generated/reportrepository.ts';
import type { ReportSchedule } from '../api/generated/reportschedule.ts';
import type { ReportStorage } from '../api/generated/reportstorage.ts';
import type { ReportTemplate } from '../api/generated/reporttemplate.ts';
import type { KubeClient } from '../kube/client.ts';
import { decodeExact } from '../kube/exact-decode.ts';
import { Reflector, type ReflectorOptions } from '../kube/reflector.ts';
import {
  CLUSTER_REPORT_TEMPLATES,
  JOBS,
  PODS,
  REPORT_DOWNLOADS,
  REPORT_REPOSITORIES,
  REPORT_SCHEDULES,
  REPORT_STORAGES,
  REPORT_TEMPLATES,
  REPORTS,
} from '../kube/resources.ts';
import { withoutNoise } from '../kube/noise.ts';
import { IndexedStore, type IndexFunction, type ObjectKey, type Store } from '../kube/store.ts';
import { controllerOf, type KubeObject, type Pod } from '../kube/objects.ts';
import { namespaceState } from './namespaces.ts';
import { REPORT_INDEXES } from './report/controller.ts';
import { trimJob, trimPod, type CachedJob } from './report/job-facts.ts';
import { MANAGED_SELECTOR } from './report/job.ts';
import { JOBS_BY_REPORT, PODS_BY_JOB, STORAGES_BY_NAMESPACE } from './report/parts.ts';
import { TEMPLATES_BY_OWNER } from './repository/parts.ts';
import type { OperatorSettings } from './settings.ts';
import type { Template } from './template/template.ts';

/** A watch that has said nothing for so long is reported as stale: bookmarks alone come every minute. */
const STALE_MS = 5 * 60_000;

type Change<T> = (key: ObjectKey, before: T | undefined, after: T | undefined) => void;

export interface CacheHandlers {
  readonly report: Change<Report>;
  readonly template: Change<Template>;
  readonly storage: Change<ReportStorage>;
  readonly schedule: Change<ReportSchedule>;
  readonly download: Change<ReportDownload>;
  readonly repository: Change<ReportRepository>;
  readonly job: Change<CachedJob>;
  readonly pod: Change<Pod>;
  readonly onError: (kind: string, error: unknown) => void;
}

/** For metrics. */
export interface CacheFacts {
  readonly kind: string;
  readonly objects: number;
  /** Infinity before the first list. */
  readonly silentMs: number;
  readonly lists: number;
}

type AnyReflector = Pick<Reflector<KubeObject>, 'run' | 'synced' | 'hasSynced' | 'silentMs' | 'kind' | 'relists'>;

export class Caches {
  readonly reports: Store<Report>;
  readonly templates: Store<ReportTemplate>;
  /** Undefined: not read. */
  readonly clusterTemplates: Store<ClusterReportTemplate> | undefined;
  readonly storages: Store<ReportStorage>;
  readonly schedules: Store<ReportSchedule>;
  readonly downloads: Store<ReportDownload>;
  readonly repositories: Store<ReportRepository>;
  readonly jobs: Store<CachedJob>;
  readonly pods: Store<Pod>;
  readonly #reflectors: AnyReflector[] = [];
  readonly #kinds: { readonly kind: string; readonly store: { readonly size: number }; readonly reflectors: readonly AnyReflector[] }[] =
    [];
  readonly #client: KubeClient;
  readonly #namespaces: readonly (string | undefined)[];
  readonly #handlers: CacheHandlers;

  constructor(
    client: KubeClient,
    { namespaces, clusterTemplates }: Pick<OperatorSettings, 'namespaces' | 'clusterTemplates'>,
    handlers: CacheHandlers,
  ) {
    this.#client = client;
    this.#namespaces = namespaces.length === 0 ? [undefined] : namespaces;
    this.#handlers = handlers;
    const { report, template, storage, schedule, download, repository, job, pod } = handlers;
    this.reports = this.#cache<Report>({ type: REPORTS, trim: withoutNoise, decode: decodeExact, onChange: report }, REPORT_INDEXES);
    this.templates = this.#cache<ReportTemplate>(
      { type: REPORT_TEMPLATES, trim: withoutNoise, decode: decodeExact, onChange: template },
      { [TEMPLATES_BY_OWNER]: controllerUid },
    );
    this.clusterTemplates = clusterTemplates
      ? this.#cache<ClusterReportTemplate>(
          { type: CLUSTER_REPORT_TEMPLATES, trim: withoutNoise, decode: decodeExact, onChange: template },
          {},
        )
      : undefined;
    this.storages = this.#cache<ReportStorage>(
      { type: REPORT_STORAGES, trim: withoutNoise, onChange: storage },
      { [STORAGES_BY_NAMESPACE]: namespaceOf },
    );
    this.schedules = this.#cache<ReportSchedule>(
      { type: REPORT_SCHEDULES, trim: withoutNoise, decode: decodeExact, onChange: schedule },
      {},
    );
    this.downloads = this.#cache<ReportDownload>({ type: REPORT_DOWNLOADS, trim: withoutNoise, onChange: download }, {});
    this.repositories = this.#cache<ReportRepository>(
      { type: REPORT_REPOSITORIES, trim: withoutNoise, decode: decodeExact, onChange: repository },
      {},
    );
    this.jobs = this.#cache<CachedJob>(
      { type: JOBS, labelSelector: MANAGED_SELECTOR, trim: trimJob, onChange: job },
      { [JOBS_BY_REPORT]: controllerUid },
    );
    this.pods = this.#cache<Pod>(
      { type: PODS, labelSelector: MANAGED_SELECTOR, trim: trimPod, onChange: pod },
      { [PODS_BY_JOB]: controllerUid },
    );
  }

  /** Until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#reflectors.map((reflector) => reflector.run(signal)));
  }

  /** Resolves once every cache holds one whole list; throws the signal's reason. */
  async synced(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#reflectors.map((reflector) => reflector.synced(signal)));
  }

  /** How each kind is followed; of several namespaces the longest silence, and all lists. */
  facts(): readonly CacheFacts[] {
    return this.#kinds.map(({ kind, store, reflectors }) => ({
      kind,
      objects: store.size,
      silentMs: Math.max(...reflectors.map(({ silentMs }) => silentMs)),
      lists: reflectors.reduce((total, { relists }) => total + relists, 0),
    }));
  }

  /** What is wrong with the caches, for readiness; undefined = nothing. */
  problem(): string | undefined {
    const waiting = this.#reflectors.filter(({ hasSynced }) => !hasSynced).map(({ kind }) => kind);
    if (waiting.length > 0) return `not read yet: ${waiting.join(', ')}`;
    const stale = this.#reflectors.filter(({ silentMs }) => silentMs > STALE_MS).map(({ kind }) => kind);
    return stale.length === 0 ? undefined : `no word from the apiserver about: ${stale.join(', ')}`;
  }

  /** A namespace that is deleted takes our Roles in it along: that must not keep us from our work in the others. */
  async #isOver(namespace: string, signal: AbortSignal): Promise<boolean> {
    return ['terminating', 'gone'].includes(await namespaceState(this.#client, namespace, signal));
  }

  #cache<T extends KubeObject>(
    options: Omit<ReflectorOptions<T>, 'namespace' | 'store' | 'onError'>,
    indexes: Readonly<Record<string, IndexFunction<T>>>,
  ): Store<T> {
    const store = new IndexedStore<T>(indexes);
    const onError = (error: unknown): void => this.#handlers.onError(options.type.kind, error);
    const reflectors = (options.type.namespaced ? this.#namespaces : [undefined]).map((namespace) => {
      const scope = namespace === undefined ? {} : { namespace, isOver: (signal: AbortSignal) => this.#isOver(namespace, signal) };
      return new Reflector<T>(this.#client, { ...options, ...scope, store, onError });
    });
    this.#reflectors.push(...reflectors);
    this.#kinds.push({ kind: options.type.kind, store, reflectors });
    return store;
  }
}

function namespaceOf({ metadata }: KubeObject): readonly string[] {
  return [metadata.namespace ?? ''];
}

function controllerUid(object: KubeObject): readonly string[] {
  const owner = controllerOf(object);
  return owner === undefined ? [] : [owner.uid];
}
