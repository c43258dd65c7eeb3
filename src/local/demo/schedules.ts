/** The schedules of the demo's namespace: when they are due, and the first Report that one of them makes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { findCondition } from '../../api/conditions.ts';
import type { Report } from '../../api/generated/report.ts';
import { pathOf, REPORT_SCHEDULES, REPORTS } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import { SCHEDULE_LABEL } from '../../operator/schedule/marks.ts';
import { countOfRows } from './summary.ts';
import { AS_TABLE, columnWidths, narrowTable, tableLines, type ServerTable } from './table.ts';

const LOOK_EVERY_MS = 500;

/** What `kubectl get reportschedules` prints, a text a line. */
export async function scheduleLines(transport: Transport, namespace: string, signal: AbortSignal): Promise<readonly string[]> {
  const path = pathOf(REPORT_SCHEDULES, namespace);
  const table = narrowTable(JSON.parse(await transport.request({ method: 'GET', path, accept: AS_TABLE, signal })) as ServerTable);
  return tableLines(table, columnWidths(table));
}

/** Resolves to the first Report of the schedule that has ended, the one that is there already or the next to come. Throws the signal's reason. */
export async function firstOfSchedule(transport: Transport, namespace: string, schedule: string, signal: AbortSignal): Promise<Report> {
  const path = `${pathOf(REPORTS, namespace)}?labelSelector=${encodeURIComponent(`${SCHEDULE_LABEL}=${schedule}`)}`;
  for (;;) {
    const { items } = JSON.parse(await transport.request({ method: 'GET', path, signal })) as { readonly items: readonly Report[] };
    const ended = items.find(({ status }) => status.phase === 'Ready' || status.phase === 'Failed');
    if (ended !== undefined) return ended;
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}

/** One sentence; `schedule` has made the Report. */
export function arrivalText(schedule: string, { metadata: { name }, status }: Report): string {
  const { file } = status;
  if (file !== undefined) return `The schedule ${schedule} has made ${name}: ${countOfRows(file)}, ${file.size}, ${file.uri}`;
  return `The schedule ${schedule} has made ${name}, which failed: ${findCondition(status.conditions, 'Ready')?.message ?? 'no message'}`;
}
