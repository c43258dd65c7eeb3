/** `kubectl dossier logs`: what the newest pod of a Report wrote. */
import { findCondition } from '../../api/conditions.ts';
import type { Report } from '../../api/generated/report.ts';
import type { Pod } from '../../kube/objects.ts';
import { PODS, REPORTS, pathOf } from '../../kube/resources.ts';
import { query } from '../../kube/client.ts';
import { REPORT_UID_LABEL } from '../../operator/report/job.ts';
import { CommandError, type Command } from '../command.ts';
import { standing } from '../follow.ts';

export const logs: Command = {
  name: 'logs',
  synopsis: 'REPORT [-f] [-c CONTAINER]',
  summary: 'Shows the log of a Report’s run.',
  help: `
The log is that of the newest pod: of the container runner, or of the user's own code with -c code. Pods and their logs are kept for an
hour after the end (job.ttlSecondsAfterFinished of the template).

  kubectl dossier logs invoices-2026-10 -f
`,
  options: [
    { name: 'follow', short: 'f', help: 'go on as the log grows' },
    { name: 'container', short: 'c', value: 'NAME', help: 'runner (default), code or fetch' },
  ],
  words: [1, 1],
  run: async (given, { client, namespace, signal, out }) => {
    const name = given.words[0] ?? '';
    const report = await client.get<Report>(REPORTS, namespace, name, signal);
    const { items } = await client.list<Pod>(PODS, { namespace, labelSelector: `${REPORT_UID_LABEL}=${report.metadata.uid}` }, signal);
    const pod = items.toSorted((a, b) => a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp)).at(-1);
    if (pod === undefined) {
      const where = standing(report.status.phase, findCondition(report.status.conditions, 'Ready'));
      throw new CommandError(`Report ${name} has no pod, and so no log: ${where}`);
    }
    const search = query({ container: given.text('container') ?? 'runner', follow: given.has('follow') || undefined });
    const path = pathOf(PODS, namespace, pod.metadata.name, 'log') + search;
    const stream = await client.transport.stream({ method: 'GET', path, accept: '*/*', signal });
    try {
      for await (const chunk of stream.body) if (!out.write(chunk)) await new Promise((resolve) => out.once('drain', resolve));
    } finally {
      stream.close();
    }
    return 0;
  },
};
