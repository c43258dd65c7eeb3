/** Who is measured: how its schedules look, what comes of them, and the process that works on them. */
import { join } from 'node:path';
import { execPath } from 'node:process';
import type { Manifest } from '../../src/kube/client.ts';
import type { Pod } from '../../src/kube/objects.ts';
import { JOBS, PODS, REPORT_SCHEDULES, REPORTS, type ResourceType } from '../../src/kube/resources.ts';
import { RUNNER_IMAGE } from '../../src/local/node/runner-image.ts';
import type { ServerSpec } from '../../src/local/process/server-process.ts';
import { EXIT_MISTAKE } from '../../src/runner/exit.ts';
import { formatResult, type RunFailure } from '../../src/runner/result.ts';
import type { Ending } from './endings.ts';

const CRON_JOBS: ResourceType = { group: 'batch', version: 'v1', kind: 'CronJob', plural: 'cronjobs', namespaced: true };

export interface Start {
  readonly kubeconfig: string;
  readonly controllerManager: string;
  readonly port: number;
  /** Takes logs. */
  readonly folder: string;
  /** For a contestant that is ours: the bundled program, flags of Node and what tells it where the apiserver is. */
  readonly program: string;
  readonly nodeFlags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface Contestant {
  readonly name: string;
  readonly title: string;
  readonly schedules: ResourceType;
  readonly children: ResourceType;
  readonly manifest: (name: string, namespace: string, expression: string) => Manifest;
  readonly ending: Ending;
  /** Of a contestant that is ours: the module it begins with. */
  readonly entry: string | undefined;
  readonly process: (start: Start) => ServerSpec;
  /** Whether templates, a bucket and the Job controller are there, so that Reports get Jobs. */
  readonly whole: boolean;
  /** Whether it tells of its event loop in its metrics, at the port that it is given. */
  readonly tellsLag: boolean;
  /** Whether it writes each schedule's status when it sees it first; the measurement begins after that. */
  readonly greets: boolean;
}

/** The Job controller's last word. */
const JOB_COMPLETE: Ending = {
  type: JOBS,
  status: ({ metadata }, now) => ({
    startTime: metadata.creationTimestamp,
    completionTime: now,
    succeeded: 1,
    conditions: ['SuccessCriteriaMet', 'Complete'].map((type) => ({ type, status: 'True', lastProbeTime: now, lastTransitionTime: now })),
  }),
};

const MISTAKE: RunFailure = { ok: false, reason: 'TemplateFailed', message: 'the end of a run that nobody ran', retryable: false };

/** The report controller's last word. */
const REPORT_FAILED: Ending = {
  type: REPORTS,
  status: (_, now) => ({
    phase: 'Failed',
    completionTime: now,
    conditions: [{ type: 'Ready', status: 'False', reason: MISTAKE.reason, message: MISTAKE.message, lastTransitionTime: now }],
  }),
};

/** What a kubelet says of a pod whose runner found that another try cannot help. */
const POD_FAILED: Ending = {
  type: PODS,
  status: (pod, now) => ({
    phase: 'Failed',
    containerStatuses: (pod as Pod).spec.containers.map(({ name, image = '' }) => ({
      ...{ name, image, imageID: image, ready: false, restartCount: 0, lastState: {} },
      state: { terminated: { exitCode: EXIT_MISTAKE, reason: 'Error', startedAt: now, finishedAt: now, message: formatResult(MISTAKE) } },
    })),
  }),
};

/** The CronJob controller alone, as kube-controller-manager runs it. */
function cronJobs(name: string, title: string, flags: readonly string[]): Contestant {
  return {
    name,
    title,
    schedules: CRON_JOBS,
    children: JOBS,
    ending: JOB_COMPLETE,
    entry: undefined,
    whole: false,
    tellsLag: false,
    greets: false,
    manifest: (object, namespace, schedule) => ({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: object, namespace },
      spec: {
        schedule,
        concurrencyPolicy: 'Forbid',
        jobTemplate: {
          spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'report', image: 'busybox', command: ['true'] }] } } },
        },
      },
    }),
    process: ({ kubeconfig, controllerManager, port, folder }) => ({
      name,
      logFile: join(folder, `${name}.log`),
      command: controllerManager,
      args: [
        `--kubeconfig=${kubeconfig}`,
        `--authorization-kubeconfig=${kubeconfig}`,
        '--authentication-skip-lookup=true',
        '--bind-address=127.0.0.1',
        `--secure-port=${port}`,
        `--cert-dir=${folder}`,
        '--leader-elect=false',
        '--controllers=cronjob-controller',
        ...flags,
      ],
    }),
  };
}

function dossier(name: string, title: string, entry: string, whole: boolean, args: readonly string[]): Contestant {
  return {
    name,
    title,
    schedules: REPORT_SCHEDULES,
    children: REPORTS,
    ending: whole ? POD_FAILED : REPORT_FAILED,
    entry,
    whole,
    tellsLag: whole,
    greets: true,
    manifest: (object, namespace, schedule) => ({
      apiVersion: 'dossier.dev/v1alpha1',
      kind: 'ReportSchedule',
      metadata: { name: object, namespace },
      spec: {
        schedule,
        report: { spec: { templateRef: { name: 'prices' }, parameters: [{ name: 'day', period: { relative: 'Yesterday' } }] } },
      },
    }),
    process: ({ folder, program, nodeFlags, env, port }) => ({
      name,
      logFile: join(folder, `${name}.log`),
      command: execPath,
      args: [...nodeFlags, program, ...args, ...(whole ? ['--metrics-port', String(port)] : [])],
      env,
    }),
  };
}

export const CONTESTANTS: readonly Contestant[] = [
  cronJobs('cronjob', 'CronJob, as it comes', []),
  cronJobs('cronjob-raised', 'CronJob, API rate raised', [
    '--kube-api-qps=1000',
    '--kube-api-burst=2000',
    '--concurrent-cron-job-syncs=50',
  ]),
  dossier('alone', 'Dossier, schedule controller alone', 'bench/schedules/alone.ts', false, []),
  dossier('whole', 'Dossier, Reports and Jobs being made', 'src/operator/main.ts', true, [
    ...['--leader-namespace', 'default'],
    ...['--health-port', '0'],
    ...['--runner-image', RUNNER_IMAGE],
    ...['--allow-loopback', 'true'],
  ]),
];
