/** Follows the Reports of the demo's namespace until every one that was applied has ended, and hands over each look at them as the table that kubectl would print. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '../../api/generated/report.ts';
import { pathOf, REPORTS } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import { SCHEDULE_LABEL } from '../../operator/schedule/marks.ts';
import { AS_TABLE, narrowTable, type ServerTable, type Table } from './table.ts';

const LOOK_EVERY_MS = 400;
/** Far more than a slow machine needs; a demo that hangs should say so. */
const DEADLINE_MS = 10 * 60_000;

interface ReportTable extends ServerTable {
  readonly rows: readonly { readonly cells: readonly (string | number | boolean | null)[]; readonly object: Report }[];
}

/** Resolves to the Reports that are Ready or Failed; those of schedules, which never stop coming, are not waited for. Throws when they do not end within ten minutes. */
export async function untilEnded(
  transport: Transport,
  namespace: string,
  onLook: (table: Table) => void,
  signal: AbortSignal,
): Promise<readonly Report[]> {
  const path = `${pathOf(REPORTS, namespace)}?includeObject=Object`;
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const table = JSON.parse(await transport.request({ method: 'GET', path, accept: AS_TABLE, signal })) as ReportTable;
    onLook(narrowTable(table));
    const reports = table.rows.map(({ object }) => object);
    const ended = reports.filter(({ status }) => status.phase === 'Ready' || status.phase === 'Failed');
    const running = reports.filter((report) => !ended.includes(report) && report.metadata.labels?.[SCHEDULE_LABEL] === undefined);
    if (running.length === 0) return ended;
    if (performance.now() > deadline) {
      const names = running.map(({ metadata }) => metadata.name).join(', ');
      throw new Error(`these Reports have not ended within ${DEADLINE_MS / 60_000} minutes: ${names}`);
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}
