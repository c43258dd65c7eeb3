/** What custom code is told: the JSON file that DOSSIER_PARAMETERS names. */
import { stringifyExact } from '../../../exact-json.ts';
import type { ResolvedParameter, RunPlan } from '../../plan.ts';

/** One line of JSON. A parameter that was not given is null; integers beyond 2^53 and all decimals are strings, so that any language's JSON reader keeps their digits. */
export function codeParameters({ report, template, parameters, timeZone }: RunPlan): string {
  return stringifyExact({
    report: { name: report.name, namespace: report.namespace, uid: report.uid },
    template: template.name,
    parameters: codeValues(parameters),
    timeZone,
  });
}

/** By name, as code sees them. */
export function codeValues(parameters: readonly ResolvedParameter[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(parameters.map((parameter) => [parameter.name, valueOf(parameter)]));
}

function valueOf({ type, value }: ResolvedParameter): unknown {
  if (type !== 'Integer' || value === null) return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
