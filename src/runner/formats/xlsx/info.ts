/** The sheet that says where a workbook comes from: report, template, parameters, periods, number of rows, and when it was made. */
import type { ResolvedParameter, RunPlan } from '../../plan.ts';
import { textCell } from './cells.ts';
import { nextSheetName } from './sheet-names.ts';

/** What is known before the first row. */
export interface InfoFacts {
  readonly lines: readonly (readonly [label: string, value: string])[];
  /** When the workbook is made, as text in the Report's zone. */
  readonly madeAt: () => string;
}

export const INFO_SHEET = 'Info';

export function infoFacts(plan: Pick<RunPlan, 'report' | 'template' | 'parameters' | 'timeZone'>, now: () => Temporal.Instant): InfoFacts {
  const { report, template, parameters, timeZone } = plan;
  return {
    lines: [
      ['Report', `${report.namespace}/${report.name}`],
      ['Report UID', report.uid],
      ['Template', `${template.kind} ${template.name}, generation ${template.generation}`],
      ...parameters.map((parameter) => [`Parameter ${parameter.name}`, textOf(parameter, timeZone)] as const),
      ['Time zone', timeZone],
    ],
    madeAt: () => zonedText(now().toString(), timeZone),
  };
}

/** The name of the sheet in a workbook with these sheets. */
export function infoSheetName(taken: readonly string[]): string {
  return taken.some((name) => name.toLowerCase() === INFO_SHEET.toLowerCase()) ? nextSheetName(INFO_SHEET, taken) : INFO_SHEET;
}

export function infoSheet({ lines, madeAt }: InfoFacts, rows: number): string {
  const all: readonly (readonly [string, string])[] = [...lines, ['Rows', String(rows)], ['Made at', madeAt()]];
  const markup = all.map(([label, value], index) => {
    const row = index + 1;
    const second = label === 'Rows' ? `<c r="B${row}"><v>${value}</v></c>` : textCell(`B${row}`, 0, value);
    return `<row r="${row}">${textCell(`A${row}`, 0, label)}${second}</row>`;
  });
  return (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' +
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">' +
    `<cols><col min="1" max="1" width="24" customWidth="1"/><col min="2" max="2" width="60" customWidth="1"/></cols><sheetData>${markup.join('')}</sheetData></worksheet>`
  );
}

/** In a cell of text; a list may be long. */
const VALUE_LIMIT = 1_000;

function textOf(parameter: ResolvedParameter, timeZone: string): string {
  if (parameter.value === null) return '(not given)';
  switch (parameter.type) {
    case 'Period':
      return `from ${zonedText(parameter.value.from, timeZone)} to ${zonedText(parameter.value.to, timeZone)} (not included)`;
    case 'Timestamp':
      return zonedText(parameter.value, timeZone);
    case 'Strings':
    case 'Choices': {
      const text = parameter.value.join(', ');
      return text.length > VALUE_LIMIT ? `${text.slice(0, VALUE_LIMIT).replace(/[\uD800-\uDBFF]$/, '')}…` : text;
    }
    case 'String':
    case 'Choice':
    case 'Date':
    case 'Decimal':
    case 'Integer':
    case 'Boolean':
      return String(parameter.value);
  }
}

/** `2026-10-01 00:00:00 +02:00`. */
function zonedText(instant: string, timeZone: string): string {
  const moment = Temporal.Instant.from(instant).toZonedDateTimeISO(timeZone);
  return `${moment.toPlainDate().toString()} ${moment.toPlainTime().toString({ smallestUnit: 'second' })} ${moment.offset}`;
}
