/** A template's own workbook: what its run is told, and what is wrong with it beyond the schema. The operator never opens it (security.md 18). */
import type { WorkbookPlan, XlsxOptions } from '../../runner/plan.ts';
import type { Template } from './template.ts';

export function xlsxOptions({ spec: { xlsx } }: Template): XlsxOptions {
  const { workbook, ...options } = xlsx;
  if (workbook === undefined) return options;
  const { configMapRef, path = '', sheet, startRow, startColumn } = workbook;
  const from: WorkbookPlan['from'] =
    configMapRef === undefined ? { kind: 'git', path } : { kind: 'configMap', name: configMapRef.name, key: configMapRef.key };
  return { ...options, workbook: { from, sheet, startRow, startColumn } };
}
