/** A template whose rows come from custom code: what its run is told, which Secrets the code gets, and what is wrong with it beyond the schema. */
import type { CodePlan } from '../../runner/sources/code/plan.ts';
import type { Template } from './template.ts';

/** The Secret behind a variable of the code's environment. */
export interface CodeSecret {
  readonly variable: string;
  readonly secret: { readonly name: string; readonly key: string };
}

/** Undefined when the template has another source. */
export function codePlan({ spec }: Template): CodePlan | undefined {
  return spec.source.container === undefined ? undefined : { kind: 'code', from: 'container' };
}

export function isCustomCode(template: Template): boolean {
  return codePlan(template) !== undefined;
}

/** Whether the code may use what its pod may. */
export function isTrusted({ spec }: Template): boolean {
  return spec.source.container?.trusted === true;
}

export function codeSecrets({ spec }: Template): readonly CodeSecret[] {
  return (spec.source.container?.env ?? []).flatMap(({ name, valueFrom }) =>
    valueFrom === undefined ? [] : [{ variable: name, secret: valueFrom.secretKeyRef }],
  );
}
