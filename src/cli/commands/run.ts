/** `kubectl dossier run`: asks a schedule for a run now, by its annotation, and tells which Report comes of it. */
import { randomBytes } from 'node:crypto';
import type { ReportSchedule } from '../../api/generated/reportschedule.ts';
import { isConflict } from '../../kube/errors.ts';
import { REPORT_SCHEDULES } from '../../kube/resources.ts';
import { RUN_ANNOTATION } from '../../operator/schedule/marks.ts';
import { requestedRunName } from '../../schedule/run-name.ts';
import { numberOf, type Command, type World } from '../command.ts';
import { followReport, until } from '../follow.ts';

/** The operator answers within a second; a run that has to wait for another one stays asked for. */
const ANSWER_SECONDS = 30;
const TRIES = 5;

export const run: Command = {
  name: 'run',
  synopsis: 'SCHEDULE [--wait]',
  summary: 'Runs a schedule now, without touching its spec.',
  help: `
The schedule makes one Report, whether it is suspended or not; its name is printed. With --wait the exit code is 0 when the Report is
Ready and 1 when it has Failed.

  kubectl dossier run monthly-invoices --wait
`,
  options: [
    { name: 'wait', help: 'wait for the Report’s end' },
    { name: 'timeout', value: 'SECONDS', help: 'how long to wait for it at most; default 3600' },
  ],
  words: [1, 1],
  run: async (given, world) => {
    const name = given.words[0] ?? '';
    const seconds = numberOf(given, 'timeout', 3_600, 1, 604_800);
    const value = `${Math.floor(Date.now() / 1000)}-${randomBytes(4).toString('hex')}`;
    await annotate(world, name, value);
    await until<ReportSchedule>(world, REPORT_SCHEDULES, name, ANSWER_SECONDS, ({ status }) => status.lastHandledRun === value);
    const report = requestedRunName(name, value);
    world.out.write(`report.dossier.dev/${report}\n`);
    return given.has('wait') ? followReport(world, report, seconds) : 0;
  },
};

/** By a patch that is refused when somebody annotates at the same time, because an annotation that is overwritten is a run that is lost. */
async function annotate({ client, namespace, signal }: World, name: string, value: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const { metadata } = await client.get<ReportSchedule>(REPORT_SCHEDULES, namespace, name, signal);
    try {
      await client.patchJson(
        REPORT_SCHEDULES,
        namespace,
        name,
        [
          { op: 'replace', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
          { op: 'add', path: '/metadata/annotations', value: { ...metadata.annotations, [RUN_ANNOTATION]: value } },
        ],
        signal,
      );
      return;
    } catch (error) {
      if (!isConflict(error) || tries >= TRIES) throw error;
    }
  }
}
