/**
 * Says of each template whether Reports can be made from it, in its Ready condition. Reports wait until that is so (TemplateNotReady) and repeat the message.
 *
 * A ClusterReportTemplate has one status and may have several operators. The one that works in all namespaces always writes it; one that works in some writes it only where
 * nobody has judged the present generation, or two with different allow-lists would correct each other for ever. The chart gives it the right to do so only for templates
 * that come with the release, which is no trouble: Reports are judged by what this operator finds itself.
 */
import { toCondition } from '../../api/conditions.ts';
import type { Result } from '../../kube/controller.ts';
import { isForbidden } from '../../kube/errors.ts';
import { inOneMessage } from '../../mistakes.ts';
import type { ObjectKey } from '../../kube/store.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { EventRecorder } from '../../kube/events.ts';
import { rfc3339 } from '../report/status.ts';
import { writeStatus } from '../write-status.ts';
import { templateAt, typeOf, type Template, type TemplateStores } from './template.ts';
import type { TemplateVerdicts } from './verdicts.ts';

export interface TemplateControllerParts extends TemplateStores {
  readonly client: KubeClient;
  readonly events: EventRecorder;
  readonly verdicts: TemplateVerdicts;
  /** This operator works in all namespaces. */
  readonly speaksForCluster: boolean;
}

export async function reconcileTemplate(parts: TemplateControllerParts, key: ObjectKey, signal: AbortSignal): Promise<Result> {
  const template = templateAt(parts, key);
  if (template === undefined || template.metadata.deletionTimestamp !== undefined) return { kind: 'done' };
  const isShared = template.kind === 'ClusterReportTemplate' && !parts.speaksForCluster;
  if (isShared && template.status.observedGeneration === template.metadata.generation) return { kind: 'done' };
  const status = nextTemplateStatus(template, parts.verdicts.problemsOf(template), Date.now());
  const written = await writeStatus(parts.client, typeOf(template), template, status, signal).catch((error: unknown) => {
    if (isShared && isForbidden(error)) return template;
    throw error;
  });
  const [ready] = status.conditions ?? [];
  if (written !== template && ready?.status === 'False') {
    parts.events.record(template, { type: 'Warning', reason: ready.reason, action: 'Validate', note: ready.message });
  }
  return { kind: 'done' };
}

export function nextTemplateStatus(template: Template, problems: readonly string[], now: number): Template['status'] {
  const generation = template.metadata.generation ?? 0;
  const note =
    problems.length === 0
      ? ({ type: 'Ready', status: 'True', reason: 'Valid', message: 'Reports can be made from this template' } as const)
      : ({ type: 'Ready', status: 'False', reason: 'InvalidTemplate', message: inOneMessage(problems) } as const);
  return { observedGeneration: generation, conditions: [toCondition(template.status.conditions, note, generation, rfc3339(now))] };
}
