/** Who is measured: how its schedules look, what comes of them, and the process that works on them. */
import { join } from 'node:path';
import { execPath } from 'node:process';
import type { Manifest } from '../../src/kube/client.ts';
import { JOBS, REPORT_SCHEDULES, REPORTS, type ResourceType } from '../../src/kube/resources.ts';
import { RUNNER_IMAGE } from '../../src/local/node/runner-image.ts';
import type { ServerSpec } from '../../src/local/process/server-process.ts';

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

/** The CronJob controller alone, as kube-controller-manager runs it. */
function cronJobs(name: string, title: string, flags: readonly string[]): Contestant {
  return {
    name,
    title,
    schedules: CRON_JOBS,
    children: JOBS,
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
