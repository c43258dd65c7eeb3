/**
 * What is wrong with a template under this operator's settings, worked out once a version.
 *
 * Reports trust the Ready condition of a ReportTemplate, which has one operator. A ClusterReportTemplate may be shared by operators of different namespaces, each with an
 * allow-list of its own, and its one status tells what only one of them thinks; so for these the operator asks itself.
 */
import type { JobAllowList } from '../settings.ts';
import type { Template } from './template.ts';
import { templateProblems } from './validate.ts';

export class TemplateVerdicts {
  readonly #allow: JobAllowList;
  /** By the cached object: a changed template is another object. */
  readonly #known = new WeakMap<Template, readonly string[]>();

  constructor(allow: JobAllowList) {
    this.#allow = allow;
  }

  /** Whole sentences; empty = Reports can be made from it. */
  problemsOf(template: Template): readonly string[] {
    const known = this.#known.get(template);
    if (known !== undefined) return known;
    const problems = templateProblems(template, this.#allow);
    this.#known.set(template, problems);
    return problems;
  }
}
