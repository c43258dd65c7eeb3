/**
 * The Job of one run, and what can be read back from it.
 *
 * Everything a later pass needs to know about a run stands in the Job itself, in the plan that its pod template carries and that nobody can change afterwards; so an
 * operator that died between creating the Job and writing the status has lost nothing, and an edited template cannot change what a running Report says about itself.
 */
import { createHash } from 'node:crypto';
import type { Report } from '../../api/generated/report.ts';
import type { ReportStorage } from '../../api/generated/reportstorage.ts';
import { apiVersionOf, JOBS, REPORTS } from '../../kube/resources.ts';
import type { Manifest } from '../../kube/client.ts';
import { base32 } from '../../base32.ts';
import { EXIT_MISTAKE } from '../../runner/exit.ts';
import { PLAN_ENV, type RunPlan } from '../../runner/plan.ts';
import type { RunnerSettings } from '../settings.ts';
import { isCustomCode, isTrusted } from '../template/code-parts.ts';
import { headerSecrets } from '../template/http-parts.ts';
import type { Template } from '../template/template.ts';
import { checkoutOf, codeSteps } from './custom-code.ts';
import { kubernetesAccess } from './kubernetes-access.ts';
import { nodeOptions } from './node-options.ts';
import { effectiveResources } from './resources.ts';
import type { RunStorages } from './run.ts';
import { workbookAccess } from './workbook-volume.ts';

/** Only this container speaks for a run. */
export const RUNNER_CONTAINER = 'runner';
export const REPORT_LABEL = 'dossier.dev/report';
export const REPORT_UID_LABEL = 'dossier.dev/report-uid';
export const MANAGED_LABEL = { 'app.kubernetes.io/managed-by': 'dossier' };
/** Selects everything the operator watches of Jobs and pods. */
export const MANAGED_SELECTOR = 'app.kubernetes.io/managed-by=dossier';
/** How long the finished Job is kept, in seconds. */
export const TTL_ANNOTATION = 'dossier.dev/ttl-seconds-after-finished';

const TERMINATION_LOG = '/dev/termination-log';
const TMP = '/tmp';
/** Time to abort an upload after SIGTERM. */
export const GRACE_SECONDS = 30;

/** `<report>-<10 characters of base32(sha256(uid + attempt))>`: at most 52 + 1 + 10 = 63 characters, and the same one after every crash. */
export function jobName(report: Report, attempt: number): string {
  const hash = createHash('sha256').update(`${report.metadata.uid}${attempt}`).digest();
  return `${report.metadata.name}-${base32(hash).slice(0, 10)}`;
}

export function jobManifest(
  report: Report,
  template: Template,
  storages: RunStorages,
  plan: RunPlan,
  planJson: string,
  runner: RunnerSettings,
): Manifest {
  const { name, namespace = '', uid } = report.metadata;
  const { job } = template.spec;
  const labels = {
    'app.kubernetes.io/name': 'dossier',
    'app.kubernetes.io/component': 'runner',
    ...MANAGED_LABEL,
    [REPORT_LABEL]: name,
    [REPORT_UID_LABEL]: uid,
  };
  // The schema says so too; whose identity code of users has is not left to one line of YAML.
  const account = isCustomCode(template) && !isTrusted(template) ? undefined : job.serviceAccountName;
  const startSeconds = report.spec.startDeadlineSeconds;
  const resources = effectiveResources(job.resources, runner.resources);
  const access = kubernetesAccess(template);
  const code = codeSteps(template, plan, runner, jobName(report, plan.attempt), report.status.template?.revision);
  const workbook = workbookAccess(plan, checkoutOf(template));
  const pullSecrets = [...runner.imagePullSecrets.map((secret) => ({ name: secret })), ...(job.imagePullSecrets ?? [])];
  return {
    apiVersion: apiVersionOf(JOBS),
    kind: JOBS.kind,
    metadata: {
      name: jobName(report, plan.attempt),
      namespace,
      labels: { ...job.labels, ...labels },
      annotations: { [TTL_ANNOTATION]: String(job.ttlSecondsAfterFinished) },
      ownerReferences: [{ apiVersion: apiVersionOf(REPORTS), kind: REPORTS.kind, name, uid, controller: true, blockOwnerDeletion: true }],
    },
    spec: {
      backoffLimit: job.backoffLimit,
      // The Job's clock runs from its creation, also while a quota keeps every pod away: so it carries both deadlines, and the operator holds the run to its own.
      ...(startSeconds === 0 ? {} : { activeDeadlineSeconds: startSeconds + plan.activeDeadlineSeconds }),
      podReplacementPolicy: 'Failed', // never two pods that write the same object
      podFailurePolicy: {
        rules: [
          { action: 'FailJob', onExitCodes: { containerName: RUNNER_CONTAINER, operator: 'In', values: [EXIT_MISTAKE] } },
          ...code.failureRules,
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] },
        ],
      },
      template: {
        metadata: {
          labels: { ...labels, ...code.labels },
          ...(Object.keys(code.annotations).length === 0 ? {} : { annotations: code.annotations }),
        },
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: GRACE_SECONDS,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          ...(account === undefined ? {} : { serviceAccountName: account }),
          ...(job.priorityClassName === undefined ? {} : { priorityClassName: job.priorityClassName }),
          ...(job.nodeSelector === undefined ? {} : { nodeSelector: job.nodeSelector }),
          ...(job.tolerations === undefined ? {} : { tolerations: job.tolerations }),
          ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets }),
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
          ...(code.initContainers.length === 0 ? {} : { initContainers: code.initContainers }),
          containers: [
            {
              name: RUNNER_CONTAINER,
              image: runner.image,
              imagePullPolicy: runner.imagePullPolicy,
              env: [
                ...environment(template, storages, planJson),
                { name: 'NODE_OPTIONS', value: nodeOptions(resources.limits['memory']) },
                ...access.env,
                ...code.env,
                ...workbook.env,
              ],
              resources,
              terminationMessagePath: TERMINATION_LOG,
              terminationMessagePolicy: 'File',
              securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
              volumeMounts: [{ name: 'tmp', mountPath: TMP }, ...access.volumeMounts, ...code.volumeMounts, ...workbook.volumeMounts],
            },
          ],
          volumes: [
            // Counts against the runner's own limit, so that any other size would promise what the kubelet does not keep.
            { name: 'tmp', emptyDir: { sizeLimit: resources.limits['ephemeral-storage'] ?? String(job.scratchSize) } },
            ...access.volumes,
            ...code.volumes,
            ...workbook.volumes,
          ],
        },
      },
    },
  };
}

/** Literals hold no secret; secrets are references that the kubelet resolves. Paths are told, never assumed. */
function environment(template: Template, { output, source }: RunStorages, planJson: string): readonly unknown[] {
  const literal = (name: string, value: string): unknown => ({ name, value });
  const secret = (name: string, from: { readonly name: string; readonly key: string }, optional = false): unknown => ({
    name,
    valueFrom: { secretKeyRef: { name: from.name, key: from.key, ...(optional ? { optional } : {}) } },
  });
  const { http, mysql, postgres } = template.spec.source;
  const sql = postgres ?? mysql;
  const authority = sql?.caSecretRef ?? http?.caSecretRef ?? source?.spec.s3.caSecretRef;
  const { caSecretRef } = output.spec.s3;
  const keys = (
    { spec }: ReportStorage,
    [accessKeyId, secretAccessKey, sessionToken]: readonly [string, string, string],
  ): readonly unknown[] => {
    const { credentialsSecretRef } = spec.s3;
    if (credentialsSecretRef === undefined) return [];
    const { name } = credentialsSecretRef;
    return [
      secret(accessKeyId, { name, key: 'AWS_ACCESS_KEY_ID' }),
      secret(secretAccessKey, { name, key: 'AWS_SECRET_ACCESS_KEY' }),
      secret(sessionToken, { name, key: 'AWS_SESSION_TOKEN' }, true),
    ];
  };
  return [
    literal(PLAN_ENV.plan, planJson),
    literal(PLAN_ENV.terminationLog, TERMINATION_LOG),
    literal('TMPDIR', TMP),
    ...(sql === undefined ? [] : [secret(PLAN_ENV.sourceUrl, sql.urlFrom.secretKeyRef)]),
    ...headerSecrets(template).map(({ env, secret: from }) => secret(env, from)),
    ...(authority === undefined ? [] : [secret(PLAN_ENV.sourceCa, authority)]),
    ...(caSecretRef === undefined ? [] : [secret(PLAN_ENV.storageCa, caSecretRef)]),
    ...keys(output, [PLAN_ENV.accessKeyId, PLAN_ENV.secretAccessKey, PLAN_ENV.sessionToken]),
    ...(source === undefined
      ? []
      : keys(source, [PLAN_ENV.sourceAccessKeyId, PLAN_ENV.sourceSecretAccessKey, PLAN_ENV.sourceSessionToken])),
  ];
}
