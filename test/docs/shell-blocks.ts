/**
 * Where each block of shell in the documentation is run: a test that runs blocks takes them from here, so that this list is what is really run.
 *
 * `make demo`, `make test` and Docker are run by no test of these; `why` says what shows them instead.
 */
import { blocks, pages } from './pages.ts';

/** Files of tests, below test/. */
export type RunBy =
  | 'integration/demo/demo.test.ts'
  | 'integration/downloads/downloads.test.ts'
  | 'integration/cli/plugin.test.ts'
  | 'integration/chart/documents.test.ts';

export interface Run {
  readonly page: string;
  /** How the block begins; no two blocks of a page begin so. */
  readonly begins: string;
  /** Blocks that need what a test has no business to do say what shows them instead. */
  readonly by: RunBy | { readonly why: string };
}

const CHART = 'integration/chart/documents.test.ts';
const IMAGES = {
  why: 'needs Docker and a registry; scripts/e2e.sh builds the same targets of the Dockerfile, and the e2e suite runs them',
};

const RUNS: readonly Run[] = [
  { page: 'README.md', begins: 'make demo', by: { why: 'integration/demo/demo.test.ts runs the demo as a program' } },
  { page: 'README.md', begins: 'make test', by: { why: 'is what runs this test' } },
  { page: 'README.md', begins: 'make images', by: IMAGES },
  { page: 'README.md', begins: 'helm install', by: CHART },
  { page: 'docs/benchmarks/schedules.md', begins: 'npm run bench:schedules', by: { why: 'takes half an hour; its figures are committed' } },
  { page: 'docs/downloads.md', begins: 'DOWNLOAD=', by: 'integration/downloads/downloads.test.ts' },
  { page: 'docs/gitops.md', begins: 'helm upgrade', by: CHART },
  { page: 'docs/gitops.md', begins: 'helm template', by: CHART },
  { page: 'docs/on-a-cluster.md', begins: 'make images', by: IMAGES },
  { page: 'docs/on-a-cluster.md', begins: 'helm install', by: CHART },
  { page: 'docs/on-a-cluster.md', begins: 'helm upgrade', by: CHART },
  { page: 'docs/on-a-cluster.md', begins: 'helm uninstall', by: CHART },
  {
    page: 'docs/on-a-cluster.md',
    begins: 'npm ci',
    by: { why: 'docs/commands.test.ts checks the flags; the operator as a program is run by reports/crash.test.ts' },
  },
  { page: 'docs/operations.md', begins: 'kubectl annotate report', by: CHART },
  { page: 'docs/operations.md', begins: 'helm upgrade', by: CHART },
  {
    page: 'docs/plugin.md',
    begins: 'npm ci',
    by: { why: 'integration/cli/plugin.test.ts makes the same bundle and puts it on PATH elsewhere' },
  },
  { page: 'docs/plugin.md', begins: 'kubectl dossier describe', by: 'integration/cli/plugin.test.ts' },
  {
    page: 'docs/quick-start.md',
    begins: 'make demo ARGS=--keep',
    by: { why: 'integration/demo/demo.test.ts runs it with a folder of its own for the files' },
  },
  ...[
    'kubectl get reports',
    'kubectl explain',
    ...['ReportTemplate', 'Report\nmetadata:\n  name: revenue-2026-09', 'Report\nmetadata:\n  name: revenue-wrong'].map(manifest),
    'ENDPOINT=',
    ...['Report\nmetadata:\n  name: revenue-partners', 'ReportSchedule'].map(manifest),
    'kubectl annotate',
    'kubectl delete',
  ].map((begins) => ({ page: 'docs/quick-start.md', begins, by: 'integration/demo/demo.test.ts' }) as const),
  {
    page: 'docs/quick-start.md',
    begins: 'make demo ARGS=--stop',
    by: { why: 'integration/demo/demo.test.ts runs it once the other blocks have run' },
  },
  { page: 'docs/reasons.md', begins: 'kubectl get reports', by: CHART },
  { page: 'docs/repositories.md', begins: 'kubectl annotate rptrepo', by: CHART },
  {
    page: 'docs/repositories.md',
    begins: 'npm run try-connect',
    by: { why: 'fetches a repository of others; scripts/try-connect.test.ts runs it on one of its own' },
  },
  { page: 'docs/schedules.md', begins: 'kubectl get rptsched', by: CHART },
  { page: 'docs/schedules.md', begins: 'kubectl annotate rptsched daily-orders', by: CHART },
  { page: 'docs/schedules.md', begins: 'kubectl annotate rptsched monthly-invoices', by: CHART },
  { page: 'docs/system-templates.md', begins: 'helm upgrade', by: CHART },
  { page: 'docs/system-templates.md', begins: 'kubectl apply', by: CHART },
];

function manifest(kind: string): string {
  return `kubectl apply -f - <<'END'\napiVersion: dossier.dev/v1alpha1\nkind: ${kind}`;
}

export interface ShellBlock {
  readonly page: string;
  readonly text: string;
  /** Of RUNS, those that are of this block. */
  readonly runs: readonly Run[];
}

/** Every block of shell in every page, in the order of pages and blocks. */
export function shellBlocks(): readonly ShellBlock[] {
  return pages().flatMap((page) =>
    blocks(page)
      .filter(({ language }) => language === 'sh')
      .map(({ text }) => ({ page: page.path, text, runs: RUNS.filter((run) => run.page === page.path && text.startsWith(run.begins)) })),
  );
}

/** What `by` has to run, by page. */
export function blocksRunBy(by: RunBy): ReadonlyMap<string, readonly string[]> {
  const own = shellBlocks().filter(({ runs }) => runs.some((run) => run.by === by));
  return new Map(Object.entries(Object.groupBy(own, ({ page }) => page)).map(([page, of = []]) => [page, of.map(({ text }) => text)]));
}

/** Entries of the list that no block begins like. */
export function staleRuns(): readonly Run[] {
  const found = new Set(shellBlocks().flatMap(({ runs }) => runs));
  return RUNS.filter((run) => !found.has(run));
}
