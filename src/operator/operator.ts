/**
 * The operator as one value: caches, controllers, leader election, health. main.ts runs it as a process, tests run several of them beside each other.
 *
 * Caches fill while another instance leads, so that a takeover begins with warm ones; controllers run only while the lease is held, and a lost lease ends everything.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { KubeClient } from '../kube/client.ts';
import type { ClusterConfig } from '../kube/config.ts';
import { Controller } from '../kube/controller.ts';
import { isNotFound } from '../kube/errors.ts';
import { EventRecorder } from '../kube/events.ts';
import { LeaderElection } from '../kube/leader.ts';
import { HttpTransport, REQUEST_DEADLINE_MS } from '../kube/transport.ts';
import { startHealthServer } from '../telemetry/health.ts';
import { KubeMetrics, leaderMetric } from '../telemetry/metrics/kube.ts';
import { processMetrics } from '../telemetry/metrics/process.ts';
import { Registry } from '../telemetry/metrics/registry.ts';
import { startMetricsServer } from '../telemetry/metrics/server.ts';
import { Caches } from './caches.ts';
import { reconcileDownload } from './download/controller.ts';
import { operatorMetrics } from './metrics.ts';
import { NamespaceReader } from './namespaces.ts';
import { CleanupMemory } from './report/cleanup-memory.ts';
import { AliveJobs, reconcileReport, reportOfPod, runOf } from './report/controller.ts';
import { ExpectedJobs } from './report/expected-jobs.ts';
import { FreshReports } from './report/fresh-reports.ts';
import { RunLimiter } from './report/limits.ts';
import { REPORTS_BY_NAMESPACE, type ReportParts } from './report/parts.ts';
import { ProgressReader } from './report/progress-reader.ts';
import { LOOKUP_LIMITS, lookupOf, reconcileRepository } from './repository/controller.ts';
import { RepositoryMemory } from './repository/memory.ts';
import type { RepositoryParts } from './repository/parts.ts';
import { SCHEDULE_WORKERS, ScheduleController } from './schedule/controller.ts';
import { SecretReader } from './secrets.ts';
import type { OperatorSettings } from './settings.ts';
import { StorageClients } from './storage/clients.ts';
import { StorageController } from './storage/controller.ts';
import { reconcileTemplate } from './template/controller.ts';
import { TemplateVerdicts } from './template/verdicts.ts';
import { Troubles } from './troubles.ts';
import { Wakes } from './wakes.ts';

/** More than the S3 calls that may be under way at once (storage/clients.ts), so that slow buckets never hold the last worker. */
const REPORT_WORKERS = 100;
const STORAGE_WORKERS = 20;
const TEMPLATE_WORKERS = 2;
const DOWNLOAD_WORKERS = 20;
/** Each may ask the apiserver about a hundred templates. */
const REPOSITORY_WORKERS = 4;
/** For Events that wait and the lease that is given back. */
const FAREWELL_MS = 2_000;

export class Operator {
  readonly #settings: OperatorSettings;
  readonly #log: Logger;
  readonly #troubles: Troubles;
  readonly #transport: HttpTransport;
  /** Of the lease alone: behind a thousand writes of its own work, an operator would renew it too late and end. */
  readonly #leaseTransport: HttpTransport;
  readonly #leader: LeaderElection | undefined;
  readonly #client: KubeClient;
  readonly #events: EventRecorder;
  readonly #caches: Caches;
  readonly #wakes: Wakes;
  readonly #alive = new AliveJobs(runOf);
  readonly #reports: Controller;
  readonly #templates: Controller;
  readonly #storages: Controller;
  readonly #schedules: Controller;
  readonly #downloads: Controller;
  readonly #repositories: Controller;
  readonly #scheduleController: ScheduleController;
  readonly #limiter: RunLimiter;
  readonly #lookups: RunLimiter;
  readonly #stop = new AbortController();
  readonly #metrics = new Registry();
  #leading = false;

  /** `apiserver`: its `address:port` entries, which no storage may be at. */
  constructor(settings: OperatorSettings, cluster: ClusterConfig, apiserver: readonly string[], version: string, log: Logger) {
    this.#settings = settings;
    this.#log = log;
    this.#troubles = new Troubles(log);
    const kubeMetrics = new KubeMetrics(this.#metrics);
    const observeRequest = kubeMetrics.requestObserver(cluster.server.host);
    this.#transport = new HttpTransport(cluster, `dossier-operator/${version}`, REQUEST_DEADLINE_MS, observeRequest);
    this.#leaseTransport = new HttpTransport(cluster, `dossier-operator/${version}`, REQUEST_DEADLINE_MS, observeRequest);
    const identity = `${hostname()}_${randomUUID()}`;
    this.#leader = settings.leaderElection.enabled
      ? new LeaderElection(new KubeClient(this.#leaseTransport, () => undefined), {
          ...settings.leaderElection,
          identity,
          onError: (error) => {
            // An uninstallation takes the rights away before it ends the pod: nobody is left to be told.
            if (this.#stop.signal.aborted) return log.debug({ err: error }, 'the lease was not given back; it runs out by itself');
            // What a Lease does not find is its namespace.
            if (isNotFound(error) || !this.#troubles.met('Lease', error)) log.warn({ err: error }, 'leader election');
          },
        })
      : undefined;
    if (this.#leader !== undefined) leaderMetric(this.#metrics, settings.leaderElection.name, () => this.#leader?.holds() === true);
    this.#client = new KubeClient(this.#transport, () => this.#mayWrite());
    this.#events = new EventRecorder(this.#client, identity, (error) => log.debug({ err: error }, 'an Event was not recorded'), {
      busy: () => this.#schedulesWait(),
    });
    const expected = new ExpectedJobs();
    const fresh = new FreshReports();
    const memory = new RepositoryMemory();
    const aliveLookups = new AliveJobs(lookupOf);
    this.#wakes = new Wakes({
      isLeading: () => this.#leading,
      caches: () => this.#caches,
      queues: () => ({
        report: this.#reports.queue,
        template: this.#templates.queue,
        storage: this.#storages.queue,
        schedule: this.#schedules.queue,
        download: this.#downloads.queue,
        repository: this.#repositories.queue,
      }),
      runs: () => this.#scheduleController,
      limiter: () => this.#limiter,
      alive: this.#alive,
      lookups: () => this.#lookups,
      aliveLookups,
      expected,
      fresh,
      memory,
      onError: (kind, error) => {
        if (!this.#troubles.met(kind, error)) log.warn({ kind, err: error }, 'watch');
      },
    });
    this.#caches = new Caches(this.#client, settings, this.#wakes.handlers);
    const observer = operatorMetrics(this.#metrics, {
      caches: this.#caches,
      runningJobs: () => this.#alive.size,
      runningLimit: settings.limits.total,
      version,
    });
    const secrets = new SecretReader(this.#client, this.#stop.signal);
    const accesses = new StorageClients(secrets, settings, apiserver);
    this.#limiter = new RunLimiter(
      settings.limits,
      () => this.#alive.values(),
      (key) => this.#reports.queue.add(key),
    );
    this.#lookups = new RunLimiter(
      LOOKUP_LIMITS,
      () => aliveLookups.values(),
      (key) => this.#wakes.repository(key),
      'repositories are being looked up',
    );
    const progress = new ProgressReader({
      transport: this.#transport,
      pods: () => this.#caches.pods.values(),
      onProgress: (pod) => this.#wakes.report(reportOfPod(pod)),
      log,
    });
    const { reports, templates, clusterTemplates, storages, schedules, downloads, repositories, jobs, pods } = this.#caches;
    const verdicts = new TemplateVerdicts(settings.allow);
    const parts: ReportParts = {
      client: this.#client,
      events: this.#events,
      log,
      reports,
      templates,
      clusterTemplates,
      verdicts,
      namespaces: new NamespaceReader(this.#client),
      storages,
      jobs,
      pods,
      secrets,
      accesses,
      limiter: this.#limiter,
      expected,
      fresh,
      cleanups: new CleanupMemory(),
      observer,
      progressOf: (podUid) => progress.of(podUid),
      wake: (key) => this.#wakes.report(key),
      runner: settings.runner,
      requireAllowedHosts: settings.requireAllowedHosts,
      allowLoopback: settings.allowLoopback,
    };
    this.#reports = new Controller({
      name: 'report',
      observer: kubeMetrics.observer('report'),
      concurrency: REPORT_WORKERS,
      // A run that is made late cannot be made up for; one that goes on a few seconds later is none the worse.
      giveWay: () => this.#schedulesWait(),
      log,
      reconcile: (key, context) => reconcileReport(parts, key, context),
    });
    this.#templates = new Controller({
      name: 'template',
      observer: kubeMetrics.observer('template'),
      concurrency: TEMPLATE_WORKERS,
      log,
      reconcile: (key, { signal }) =>
        reconcileTemplate(
          {
            client: this.#client,
            templates,
            clusterTemplates,
            verdicts,
            events: this.#events,
            speaksForCluster: settings.namespaces.length === 0,
          },
          key,
          signal,
        ),
    });
    const storageController = new StorageController({
      client: this.#client,
      events: this.#events,
      storages,
      usersIn: (namespace) => reports.byIndex(REPORTS_BY_NAMESPACE, namespace),
      accesses,
      secrets,
      wake: (key) => this.#storages.queue.add(key),
    });
    this.#storages = new Controller({
      name: 'storage',
      observer: kubeMetrics.observer('storage'),
      concurrency: STORAGE_WORKERS,
      log,
      reconcile: (key, { signal }) => storageController.reconcile(key, signal),
    });
    this.#scheduleController = new ScheduleController({
      client: this.#client,
      events: this.#events,
      schedules,
      reports,
      observer,
      busy: () => this.#schedulesWait(),
    });
    this.#schedules = new Controller({
      name: 'schedule',
      observer: kubeMetrics.observer('schedule'),
      concurrency: SCHEDULE_WORKERS,
      log,
      reconcile: (key, context) => this.#scheduleController.reconcile(key, context),
    });
    const downloadParts = { client: this.#client, events: this.#events, downloads, reports, storages, accesses, observer };
    this.#downloads = new Controller({
      name: 'download',
      observer: kubeMetrics.observer('download'),
      concurrency: DOWNLOAD_WORKERS,
      log,
      reconcile: (key, context) => reconcileDownload(downloadParts, key, context),
    });
    const repositoryParts: RepositoryParts = {
      client: this.#client,
      events: this.#events,
      repositories,
      templates,
      jobs,
      pods,
      secrets,
      expected,
      lookups: this.#lookups,
      memory,
      wake: (key) => this.#wakes.repository(key),
      runner: settings.runner,
      pythonImage: settings.pythonImage,
      allow: settings.allow,
      requireAllowedHosts: settings.requireAllowedHosts,
      allowLoopback: settings.allowLoopback,
    };
    this.#repositories = new Controller({
      name: 'repository',
      observer: kubeMetrics.observer('repository'),
      concurrency: REPOSITORY_WORKERS,
      log,
      reconcile: (key, context) => reconcileRepository(repositoryParts, key, context),
    });
    kubeMetrics.watch(this.#controllers);
    this.#startProgress = () => (settings.progress ? progress.run(this.#stop.signal) : undefined);
  }

  readonly #startProgress: () => void;

  /** Runs until the signal aborts (resolves) or the lease is lost (rejects). */
  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => this.#stop.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const health = await startHealthServer(this.#settings.healthPort, () => this.#caches.problem());
    const metrics = await this.#startMetrics().catch(async (error: unknown) => {
      await health.close();
      throw error;
    });
    this.#log.info({ healthPort: health.port, metricsPort: metrics.port }, 'started');
    const caches = this.#caches.run(this.#stop.signal);
    try {
      await this.#lead(this.#stop.signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#leading = false;
      await this.#events.close(FAREWELL_MS);
      this.#stop.abort();
      await caches;
      await this.#leader?.release(AbortSignal.timeout(FAREWELL_MS));
      await Promise.all([health.close(), metrics.close()]);
      await Promise.all([this.#transport.close(), this.#leaseTransport.close()]);
      signal.removeEventListener('abort', stop);
      this.#log.info('stopped');
    }
  }

  get #controllers(): readonly Controller[] {
    return [this.#reports, this.#templates, this.#storages, this.#schedules, this.#downloads, this.#repositories];
  }

  async #startMetrics(): Promise<{ readonly port: number; close(): Promise<void> }> {
    const server = await startMetricsServer(this.#settings.metricsPort, this.#metrics);
    const stop = processMetrics(this.#metrics);
    return {
      port: server.port,
      close: async () => {
        stop();
        await server.close();
      },
    };
  }

  async #lead(signal: AbortSignal): Promise<void> {
    await this.#leader?.acquire(signal);
    const kept = this.#leader?.keep(signal) ?? Promise.resolve();
    kept.catch((error: unknown) => this.#stop.abort(error));
    await this.#caches.synced(signal);
    this.#leading = true;
    this.#log.info({ reports: this.#caches.reports.size }, 'leading');
    this.#wakes.all();
    this.#startProgress();
    await Promise.all([...this.#controllers.map((controller) => controller.run(signal)), kept]);
  }

  #schedulesWait(): boolean {
    return this.#schedules.queue.depth > 0;
  }

  #mayWrite(): void {
    if (this.#leader?.holds() === false) throw new Error('not the leader any more: nothing is written');
  }
}
