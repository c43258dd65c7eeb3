/**
 * Says of each ReportTemplate whether Reports can be made from it, in its Ready condition. Reports wait for that word (TemplateNotReady) and repeat its message.
 */
import { toCondition } from '../../api/conditions.ts';
import type { ReportTemplate } from '../../api/generated/reporttemplate.ts';
import type { Result } from '../../kube/controller.ts';
import { REPORT_TEMPLATES } from '../../kube/resources.ts';
import type { ObjectKey, Store } from '../../kube/store.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { EventRecorder } from '../../kube/events.ts';
import { rfc3339 } from '../report/status.ts';
import type { JobAllowList } from '../settings.ts';
import { writeStatus } from '../write-status.ts';
import { templateProblems } from './validate.ts';

export interface TemplateControllerParts {
  readonly client: KubeClient;
  readonly templates: Store<ReportTemplate>;
  readonly events: EventRecorder;
  readonly allow: JobAllowList;
}

export async function reconcileTemplate(parts: TemplateControllerParts, key: ObjectKey, signal: AbortSignal): Promise<Result> {
  const template = parts.templates.get(key);
  if (template === undefined || template.metadata.deletionTimestamp !== undefined) return { kind: 'done' };
  const status = nextTemplateStatus(template, templateProblems(template, parts.allow), Date.now());
  const written = await writeStatus(parts.client, REPORT_TEMPLATES, template, status, signal);
  const [ready] = status.conditions ?? [];
  if (written !== template && ready?.status === 'False') {
    parts.events.record(template, { type: 'Warning', reason: ready.reason, action: 'Validate', note: ready.message });
  }
  return { kind: 'done' };
}

export function nextTemplateStatus(
  template: ReportTemplate,
  problems: readonly string[],
  now: number,
): NonNullable<ReportTemplate['status']> {
  const generation = template.metadata.generation ?? 0;
  const note =
    problems.length === 0
      ? ({ type: 'Ready', status: 'True', reason: 'Valid', message: 'Reports can be made from this template' } as const)
      : ({ type: 'Ready', status: 'False', reason: 'InvalidTemplate', message: problems.join('; ') } as const);
  return { observedGeneration: generation, conditions: [toCondition(template.status.conditions, note, generation, rfc3339(now))] };
}
