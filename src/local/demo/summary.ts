/** What the demo says of its Reports when all have ended: the files with their first rows, and what failed and why. Text only. */
import { findCondition } from '../../api/conditions.ts';
import type { Report, ReportStatusFile } from '../../api/generated/report.ts';

export interface CopiedFile {
  readonly file: ReportStatusFile;
  /** Where the copy is, as a person would type it. */
  readonly path: string;
  readonly firstLines: readonly string[];
}

/** Rows longer than `width`, where there is one, are cut. */
export function filesText(files: readonly CopiedFile[], width: number | undefined): string {
  const blocks = files.map(({ file, path, firstLines }) => {
    const rows = firstLines.map((line) => cut(`    ${line}`, width));
    return [`  ${path}`, `    ${countOfRows(file)}, ${file.size}, ${file.uri}`, ...rows].join('\n');
  });
  return ['The files, checked and copied here, with their first rows:', ...blocks].join('\n\n');
}

export function countOfRows({ rows }: ReportStatusFile): string {
  return rows === 1 ? '1 row' : `${rows} rows`;
}

/** `meant` is the name of the example that is meant to fail. */
export function failureText({ metadata: { name }, status }: Report, meant: string): string {
  const { reason = 'unknown', message = '' } = findCondition(status.conditions, 'Ready') ?? {};
  const title = name === meant ? `One Report failed, because it is meant to (examples/report-${name}.yaml):` : `The Report ${name} failed:`;
  return [title, '', `  ${reason}`, ...message.split('\n').map((line) => `  ${line}`)].join('\n');
}

function cut(line: string, width: number | undefined): string {
  return width === undefined || width === 0 || line.length < width ? line : `${line.slice(0, width - 2)}…`;
}
