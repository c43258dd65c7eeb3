/**
 * The Job that looks a repository up: two steps in one pod, without a token, without storage rights and without anything of the repository being run.
 *
 * The init container `fetch` has what opens the repository and gets its tree; the container after it has no Secret, reads the descriptor in that tree, and prints it. The pod
 * carries the label of custom code, so that the same network policies hold for it.
 */
import type { ReportRepository } from '../../api/generated/reportrepository.ts';
import type { Manifest } from '../../kube/client.ts';
import { apiVersionOf, JOBS, REPORT_REPOSITORIES } from '../../kube/resources.ts';
import { DESCRIBE_ENV } from '../../runner/describe/plan.ts';
import { EXIT_MISTAKE } from '../../runner/exit.ts';
import { TREE, type GitPlan } from '../../runner/fetch/plan.ts';
import { PLAN_ENV } from '../../runner/plan.ts';
import { envText } from '../plan-json.ts';
import { CHECKOUT, checkoutParts, CONFINED, CUSTOM_CODE_LABEL, FETCH_CONTAINER, fetchContainer } from '../report/custom-code.ts';
import { MANAGED_LABEL, RUNNER_CONTAINER } from '../report/job.ts';
import { effectiveResources } from '../report/resources.ts';
import type { RunnerSettings } from '../settings.ts';
import { gitPlan } from '../template/code-parts.ts';
import { REPOSITORY_LABEL, type Target } from './fetching.ts';

const TERMINATION_LOG = '/dev/termination-log';
/** All of it, tries and a quota's refusals included. */
export const JOB_DEADLINE_SECONDS = 15 * 60;
const TRIES_AGAIN = 2;
/** For whoever wants to read its log; the result has been taken long before. */
const TTL_SECONDS = 10 * 60;
const GRACE_SECONDS = 10;

/** What is told of a Job that has the name of one of ours. */
export function notOurs(jobName: string): string {
  return `a Job named ${jobName} exists that is not this repository's; remove it`;
}

export function repositoryGitPlan({ spec }: ReportRepository, target: Target, allowLoopback: boolean): GitPlan {
  return gitPlan({ ...spec.git, ...(spec.path === undefined ? {} : { path: spec.path }), trusted: false }, target.commit, allowLoopback);
}

export function jobManifest(repository: ReportRepository, target: Target, runner: RunnerSettings, allowLoopback: boolean): Manifest {
  const { name, namespace = '', uid } = repository.metadata;
  const { job = undefined } = repository.spec.templates;
  const labels = {
    'app.kubernetes.io/name': 'dossier',
    'app.kubernetes.io/component': 'repository',
    ...MANAGED_LABEL,
    [REPOSITORY_LABEL]: name,
  };
  const resources = effectiveResources(undefined, runner.resources);
  const plan = repositoryGitPlan(repository, target, allowLoopback);
  const checkout = checkoutParts(undefined);
  const pullSecrets = [...runner.imagePullSecrets.map((secret) => ({ name: secret })), ...(job?.imagePullSecrets ?? [])];
  const owner = { apiVersion: apiVersionOf(REPORT_REPOSITORIES), kind: REPORT_REPOSITORIES.kind, name, uid };
  return {
    apiVersion: apiVersionOf(JOBS),
    kind: JOBS.kind,
    metadata: {
      name: target.jobName,
      namespace,
      labels: { ...job?.labels, ...labels },
      ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
    },
    spec: {
      backoffLimit: TRIES_AGAIN,
      activeDeadlineSeconds: JOB_DEADLINE_SECONDS,
      ttlSecondsAfterFinished: TTL_SECONDS,
      podReplacementPolicy: 'Failed',
      podFailurePolicy: {
        rules: [
          ...[FETCH_CONTAINER, RUNNER_CONTAINER].map((containerName) => ({
            action: 'FailJob',
            onExitCodes: { containerName, operator: 'In', values: [EXIT_MISTAKE] },
          })),
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] },
        ],
      },
      template: {
        metadata: { labels: { ...labels, [CUSTOM_CODE_LABEL]: 'true' } },
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: GRACE_SECONDS,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          ...(job?.priorityClassName === undefined ? {} : { priorityClassName: job.priorityClassName }),
          ...(job?.nodeSelector === undefined ? {} : { nodeSelector: job.nodeSelector }),
          ...(job?.tolerations === undefined ? {} : { tolerations: job.tolerations }),
          ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets }),
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
          initContainers: [fetchContainer({ runner, resources }, repository.spec.git, plan, undefined)],
          containers: [
            {
              name: RUNNER_CONTAINER,
              image: runner.image,
              imagePullPolicy: runner.imagePullPolicy,
              args: ['describe'],
              env: [
                { name: DESCRIBE_ENV, value: envText([CHECKOUT, TREE, ...(plan.path === '' ? [] : [plan.path])].join('/')) },
                { name: PLAN_ENV.terminationLog, value: TERMINATION_LOG },
              ],
              resources,
              terminationMessagePath: TERMINATION_LOG,
              terminationMessagePolicy: 'File',
              securityContext: CONFINED,
              volumeMounts: checkout.mounts,
            },
          ],
          volumes: checkout.volumes,
        },
      },
    },
  };
}
