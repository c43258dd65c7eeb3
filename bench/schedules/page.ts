/** The table of docs/benchmarks/schedules.md, and what is kept of a measurement so that rows may be measured one by one. */
import { RUN_MS } from './endings.ts';

export const GOAL = { p99Seconds: 12, peakMegabytes: 150 };

/** What a run asks of the apiserver on its schedule's behalf. */
export interface Cost {
  /** On schedules and for making their children. */
  readonly requests: number;
  /** On schedules. */
  readonly events: number;
}

/** What results.json keeps of one contestant. */
export interface Row extends Cost {
  readonly name: string;
  readonly title: string;
  readonly count: number;
  readonly made: number;
  /** Start skew. */
  readonly p50Seconds: number;
  readonly p99Seconds: number;
  readonly lastSeconds: number;
  /** From the minute until nothing happened any more. */
  readonly settledSeconds: number;
  /** Of the controller and of the apiserver, from the minute until then. */
  readonly processorSeconds: number;
  readonly apiserverSeconds: number;
  readonly peakMegabytes: number;
  /** Longest delay of its event loop, from the minute on; absent: it does not tell. */
  readonly eventLoopLagMs?: number;
  /** With fewer schedules, whose runs end. */
  readonly toTheEnd: Cost & { readonly count: number };
  /** Load average a moment before the minute. */
  readonly load: number;
  readonly machine: string;
}

/** `before` with `measured` in the place of rows of the same contestant, in the order given. */
export function merged(before: readonly Row[], measured: readonly Row[], order: readonly string[]): readonly Row[] {
  const count = measured[0]?.count;
  const rows = new Map([...before.filter((row) => row.count === count), ...measured].map((row) => [row.name, row]));
  return order.map((name) => rows.get(name)).filter((row) => row !== undefined);
}

/** What does not reach its goal, one line each. */
export function misses(rows: readonly Row[]): readonly string[] {
  const peers = rows.filter(({ name }) => name.startsWith('cronjob'));
  const peer = Math.min(...peers.map(({ toTheEnd }) => inAll(toTheEnd)));
  return rows
    .filter(({ name }) => !name.startsWith('cronjob'))
    .flatMap(({ title, count, made, p99Seconds, peakMegabytes, toTheEnd }) => [
      ...(made === count ? [] : [`${title}: ${made} of ${count} Reports were made`]),
      ...(p99Seconds <= GOAL.p99Seconds ? [] : [`${title}: p99 ${p99Seconds.toFixed(1)} s, goal ${GOAL.p99Seconds} s`]),
      ...(peakMegabytes <= GOAL.peakMegabytes ? [] : [`${title}: ${peakMegabytes.toFixed(0)} MB, goal ${GOAL.peakMegabytes} MB`]),
      ...(inAll(toTheEnd) < peer ? [] : [`${title}: ${inAll(toTheEnd).toFixed(2)} requests a run, CronJob ${peer.toFixed(2)}`]),
    ]);
}

export function table(rows: readonly Row[]): string {
  const head = ['', 'made', 'p50 s', 'p99 s', 'last s', 'CPU s', 'peak MB', 'loop late ms', 'apiserver CPU s', 'settled s', 'load before'];
  const lines = rows.map((row) => [
    row.title,
    row.made.toLocaleString('en'),
    ...[row.p50Seconds, row.p99Seconds, row.lastSeconds, row.processorSeconds].map((value) => value.toFixed(1)),
    row.peakMegabytes.toFixed(0),
    row.eventLoopLagMs?.toFixed(0) ?? '',
    ...[row.apiserverSeconds, row.settledSeconds].map((value) => value.toFixed(0)),
    row.load.toFixed(1),
  ]);
  return markdown(head, lines);
}

export function costTable(rows: readonly Row[]): string {
  const head = ['', 'runs that go on', 'requests a run', 'Events a run', 'runs that end', 'requests a run', 'Events a run', 'together'];
  const lines = rows.map(({ title, count, requests, events, toTheEnd }) => [
    ...[title, count.toLocaleString('en'), requests.toFixed(2), events.toFixed(2)],
    ...[toTheEnd.count.toLocaleString('en'), toTheEnd.requests.toFixed(2), toTheEnd.events.toFixed(2), inAll(toTheEnd).toFixed(2)],
  ]);
  return markdown(head, lines);
}

function inAll({ requests, events }: Cost): number {
  return requests + events;
}

function markdown(head: readonly string[], lines: readonly (readonly string[])[]): string {
  return [head, ['---', ...head.slice(1).map(() => '---:')], ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export function page(rows: readonly Row[]): string {
  const missed = misses(rows);
  const verdict =
    missed.length === 0 ? 'All rows of Dossier reach the goals.' : `**Not reached**:\n\n${missed.map((line) => `- ${line}`).join('\n')}`;
  return `<!-- Written by \`npm run bench:schedules -- --write\`; not edited by hand. -->

# Thousands of schedules in one minute

How late is a run when thousands of schedules share a minute, and what does that cost? Dossier's schedule controller and Kubernetes' own CronJob controller, one after the other, each against a real apiserver and etcd of its own, on one machine. Goals for Dossier, without any tuning by its user: Reports are made with a p99 of at most ${GOAL.p99Seconds} s after 5,000 schedules came due, in at most ${GOAL.peakMegabytes} MB, with fewer requests a run, from its time to its end, than CronJob.

## Measured

${(rows[0]?.count ?? 0).toLocaleString('en')} schedules; ${[...new Set(rows.map(({ machine }) => machine))].join('; ')}.

${table(rows)}

What a run asks of the apiserver on its schedule's behalf:

${costTable(rows)}

${verdict}

- **p50, p99, last**: the time from the minute until a watch shows the Report, or the Job of a CronJob. It holds the apiserver's and the watcher's share for everybody alike. etcd, apiserver, controller and watcher share the processors: where the load before the minute is not near 0, other work took its share, too, and these times say little; processor time, memory and requests hold better.
- **CPU**: the controller's processor time from the minute until nothing happens any more; **apiserver CPU** is the apiserver's in that time. **Peak** is the most memory that the controller's process ever had resident. **Loop late** is how late the whole operator's event loop was at most from the minute on (its metric \`nodejs_eventloop_lag_max_seconds\`): while it is late, nothing else is done, neither a renewal of the lease nor an answer to a probe.
- **Requests** are those that the apiserver counted from the minute on, on schedules and for making Reports (or Jobs of CronJobs), without lists and watches, and beside them those for Events on schedules. CronJob drops Events when many wait; with fewer runs, as in those that end, it tells of the making and of the end of each. A run of Dossier that takes longer than ten seconds costs three requests, as one of CronJob does, and one Event instead of two; where Reports wait for a place, most do: the more there are at once, the nearer the last row comes to 3.00. In the first minute after an operator began to lead, which is not measured, a run costs two requests more: its caches may lack what the one before it wrote, so it asks. A run that ends does so ${RUN_MS / 1000} s after its Report, its Job or, where Jobs are made, its pod came to be: by the status that a kubelet, the report controller or the Job controller would write.
- Two contestants are Dossier: the schedule controller alone, as \`--controllers=cronjob-controller\` runs the other, and the whole operator with Reports and Jobs being made under the default running limits (there is no node, so no pod ends, and the Reports beyond the limit wait; where runs are ended, those that wait get their turn). Both run as in the image: its bundle, its flags, a service account's token. The raised API rate is \`--kube-api-qps=1000 --kube-api-burst=2000 --concurrent-cron-job-syncs=50\`.

## Measure it

\`\`\`sh
npm run bench:schedules                                         # all rows, about forty minutes, of which CronJob as it comes takes fifteen
npm run bench:schedules -- --count 500 --only alone,cronjob-raised
npm run bench:schedules -- --write                              # also writes this page; with --only, the other rows stay as they are
\`\`\`

## What keeps it low

- When others wait for a worker, a schedule lets go of its worker once its Report is made and writes its status on its next turn. All Reports are there before the first status is written; an operator that dies in between finds the Reports by the plan that stands in the status.
- While schedules wait for a worker, Events wait, and for 15 s at most so does the work on Reports: nobody is late because somebody else's run is told of or goes on.
- A status that tells only that a run was made waits for up to ten seconds: if the run ends meanwhile, one write tells both ([0018](../decisions/0018-patient-status.md)).
- The plan of the next run is computed once a change, and the periods of one moment once for all schedules that name them.
- What this process has written counts before the watch shows it, so that a look never writes against an old version, and its own writes cause no further look.
- The caches keep no managedFields; the old generation of the heap may grow by 30 % between collections.
`;
}
