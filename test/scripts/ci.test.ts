/** What decides whether a change lands, with a `make` and a program for clusters that only say what happens: whatever goes wrong, nothing that was not shown looks green. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'vitest';

const CHECKOUT = join(import.meta.dirname, '../..');
const report = (passed: number, failed = 0): string =>
  JSON.stringify({ numPassedTests: passed, numFailedTests: failed, success: failed === 0 }).replaceAll('"', '\\"');
const TESTS = `echo "${report(40)}" >coverage/tests.json`;
const E2E = `echo "${report(20)}" >coverage/e2e.json`;

/** Shell code for each thing that is started; what is not given does nothing and succeeds. */
interface Story {
  readonly test?: string;
  readonly soak?: string;
  readonly e2e?: string;
  /** By command of the program for clusters; without any, there is no such program. */
  readonly cluster?: Readonly<Record<string, string>>;
  readonly user?: number;
  /** Gigabytes that are free on the disk, and once old images are removed. */
  readonly room?: readonly [number, number];
}

interface Place {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** What was called, a line each. */
  readonly calls: () => Promise<readonly string[]>;
}

async function place({ onTestFinished }: TestContext, story: Story): Promise<Place> {
  const { test: tests = TESTS, soak = '', e2e = E2E, cluster = {}, user = 0, room = [99, 99] } = story;
  const root = await mkdtemp(join(tmpdir(), 'dossier-ci-'));
  onTestFinished(() => rm(root, { recursive: true }));
  const folder = join(root, 'main');
  const script = (path: string, cases: Readonly<Record<string, string>>): Promise<void> =>
    writeFile(
      path,
      [
        '#!/bin/bash',
        `echo "$(basename "$0") $*" >>"${root}/calls"`,
        'case $1 in',
        ...Object.entries(cases).map(([name, code]) => `${name}) ${code || ':'} ;;`),
        'esac',
      ].join('\n'),
      { mode: 0o755 },
    );
  for (const path of ['main', 'bin', 'shared/cluster']) await mkdir(join(root, path), { recursive: true });
  for (const path of ['.ci', 'scripts/verdict.ts']) await cp(join(CHECKOUT, path), join(folder, path), { recursive: true });
  await script(join(root, 'bin/make'), { test: tests, soak, e2e });
  await script(join(root, 'bin/id'), { '-u': `echo ${user}` });
  await writeFile(join(root, 'room'), `Avail\n${room[0]}\n`);
  await script(join(root, 'bin/df'), { '*': `cat "${root}/room"` });
  await script(join(root, 'bin/buildah'), { '*': `case $* in *rmi*) printf 'Avail\\n${room[1]}\\n' >"${root}/room" ;; esac` });
  if (Object.keys(cluster).length > 0)
    await script(join(root, 'shared/cluster/cluster'), { up: 'echo "export KUBECONFIG=/k PATH=$PATH"', ...cluster });
  return {
    folder,
    env: { ...process.env, PATH: `${root}/bin:${process.env['PATH'] ?? ''}`, DOSSIER_CLUSTER_HOME: join(root, 'cluster') },
    calls: async () => (await readFile(join(root, 'calls'), 'utf8')).trimEnd().split('\n'),
  };
}

async function run({ folder, env }: Place): Promise<{ readonly code: number; readonly lines: readonly string[] }> {
  return new Promise((resolve) => {
    execFile(join(folder, '.ci/run'), { env }, (error, stdout) => {
      resolve({ code: Number(error?.code ?? 0), lines: stdout.trimEnd().split('\n') });
    });
  });
}

const UP = { down: '' };
const FAILS_HERE = 'case $* in *probe*) exit 1 ;; *runner*) exit 1 ;; esac';

// By GNU's timeout and util-linux' flock.
describe.skipIf(process.platform !== 'linux')('what decides', { concurrent: true }, () => {
  test.for<readonly [string, Story, number, string, string]>([
    ['all is well', { cluster: UP }, 0, '61 passed, 0 failed', 'The end-to-end suite was run.'],
    ['there is no cluster', {}, 0, '41 passed, 0 failed', 'NOT RUN: there is no program'],
    ['somebody else than root', { cluster: UP, user: 1000 }, 0, '41 passed, 0 failed', 'NOT RUN: a cluster needs root'],
    ['the cluster cannot be built', { cluster: { build: 'echo no network >&2; exit 1' } }, 0, '41 passed, 0 failed', 'no network'],
    ['the cluster does not come up', { cluster: { up: 'exit 1' } }, 0, '41 passed, 0 failed', "NOT RUN: 'cluster up' failed"],
    [
      'the disk is full',
      { cluster: UP, room: [3, 14] },
      0,
      '41 passed, 0 failed',
      'NOT RUN: 14 GB are left on the disk, and images take 15',
    ],
    ['the disk is full of old images', { cluster: UP, room: [3, 30] }, 0, '61 passed, 0 failed', 'The end-to-end suite was run.'],
    [
      'the node takes no pods',
      { cluster: { ...UP, kubectl: 'case $* in *DiskPressure=False*) exit 1 ;; esac' } },
      0,
      '41 passed, 0 failed',
      'NOT RUN: the node takes no pods, because its disk is nearly full: 99 GB',
    ],
    ['the cluster is nowhere', { cluster: { up: ':' } }, 0, '41 passed, 0 failed', 'has not said where'],
    ['no image can be built at all', { cluster: { image: FAILS_HERE } }, 0, '41 passed, 0 failed', 'NOT RUN: no image can be built'],
    [
      'our image cannot be built',
      { cluster: { image: 'case $* in *runner*) exit 1 ;; esac' } },
      1,
      '41 passed, 1 failed',
      'of the runner cannot',
    ],
    ['the cluster takes too long', { cluster: { build: 'exit 124' } }, 0, '41 passed, 0 failed', "build' was not done in time"],
    [
      'our image takes too long',
      { cluster: { image: 'case $* in *python*) exit 124 ;; esac' } },
      0,
      '41 passed, 0 failed',
      'of the python was not built in time',
    ],
    ['the end-to-end suite takes too long', { cluster: UP, e2e: 'exit 124' }, 1, '41 passed, 1 failed', 'suite failed'],
    [
      'an end-to-end test fails',
      { cluster: UP, e2e: `echo "${report(19, 1)}" >coverage/e2e.json; exit 1` },
      1,
      '60 passed, 1 failed',
      'suite failed',
    ],
    ['the end-to-end suite has no report', { cluster: UP, e2e: 'exit 1' }, 1, '41 passed, 1 failed', 'No report of a suite'],
    ['the end-to-end suite says it is well, without a report', { cluster: UP, e2e: '' }, 1, '41 passed, 1 failed', 'No report of a suite'],
    [
      'the end-to-end suite has half a report',
      { cluster: UP, e2e: 'echo "{" >coverage/e2e.json' },
      1,
      '41 passed, 1 failed',
      'No report of a suite',
    ],
    [
      'the end-to-end suite has no tests',
      { cluster: UP, e2e: `echo "${report(0)}" >coverage/e2e.json` },
      1,
      '41 passed, 1 failed',
      'was run',
    ],
    ['a test fails', { test: `echo "${report(39, 2)}" >coverage/tests.json; exit 1` }, 1, '40 passed, 2 failed', ''],
    ['a file of tests cannot be loaded', { test: `${TESTS}; exit 1` }, 1, '41 passed, 1 failed', ''],
    ['a check fails before the tests', { test: 'exit 2' }, 1, '1 passed, 1 failed', 'No report of a suite'],
    ['the soak fails', { soak: 'echo memory grew; exit 1' }, 1, '40 passed, 1 failed', 'memory grew'],
  ])('%s', async ([, story, code, last, said], context) => {
    const result = await run(await place(context, story));
    context.expect([result.code, result.lines.at(-1)]).toEqual([code, last]);
    context.expect(result.lines.join('\n')).toContain(said);
  });

  test('what failed is said right before the last line, briefly', async (context) => {
    const { expect } = context;
    const files = [
      { status: 'passed', message: '', assertionResults: [{ status: 'passed', fullName: 'well' }] },
      { status: 'failed', message: 'no cluster', assertionResults: [{ status: 'skipped', fullName: 'later' }] },
      {
        status: 'failed',
        message: '',
        assertionResults: [{ status: 'failed', fullName: 'a sum', failureMessages: ['1 is not 2\n'.repeat(99)] }],
      },
      { status: 'failed', message: '', assertionResults: [{ status: 'passed', fullName: 'in a group' }] },
      {
        status: 'failed',
        message: '',
        assertionResults: [{ status: 'failed', fullName: 'a wait', failureMessages: ['Error: STACK_TRACE_ERROR\n    at x'] }],
      },
      ...Array.from({ length: 20 }, () => ({ status: 'failed', message: 'x'.repeat(9_999) })),
    ];
    const there = await place(context, { test: 'cp ../report coverage/tests.json; exit 1' });
    const testResults = files.map((file, index) => ({ ...file, name: join(there.folder, `test/${index}.test.ts`) }));
    const content = { numPassedTests: 3, numFailedTests: 1, success: false, testResults };
    await writeFile(join(there.folder, '../report'), JSON.stringify(content));
    const { lines } = await run(there);
    const said = lines.slice(lines.findIndex((line) => line.startsWith('FAILED')));
    expect(said.slice(0, 12)).toEqual([
      'FAILED test/1.test.ts',
      '    no cluster',
      'FAILED test/2.test.ts > a sum',
      ...Array<string>(8).fill('    1 is not 2'),
      'FAILED test/3.test.ts',
    ]);
    expect(said.slice(12, 16)).toEqual([
      '    failed outside of its tests',
      'FAILED test/4.test.ts > a wait',
      '    Error: it was not done within its time limit',
      '        at x',
    ]);
    expect(said.slice(-3)).toEqual([`    ${'x'.repeat(300)}`, '... and 14 more', '4 passed, 1 failed']);
  });

  test('where there is no Node that can count, nothing has passed', async (context) => {
    const there = await place(context, {});
    await writeFile(join(there.folder, '../bin/node'), '#!/bin/bash\nexit 1', { mode: 0o755 });
    const { code, lines } = await run(there);
    context.expect([code, lines.at(-1)]).toEqual([1, '0 passed, 1 failed']);
  });

  test('reports of an earlier run do not count', async (context) => {
    const { expect } = context;
    const there = await place(context, { test: 'exit 2', cluster: UP, e2e: 'exit 1' });
    await mkdir(join(there.folder, 'coverage'));
    for (const name of ['tests', 'e2e']) await writeFile(join(there.folder, `coverage/${name}.json`), report(9).replaceAll('\\', ''));
    expect((await run(there)).lines.at(-1)).toBe('1 passed, 1 failed');
  });

  test('the cluster is taken down before and after, also when the suite fails', async (context) => {
    const { expect } = context;
    const there = await place(context, { cluster: UP, e2e: 'exit 1' });
    await run(there);
    const all = await there.calls();
    // With room enough, old images stay: they make the next build quick.
    expect(all.filter((line) => line.startsWith('buildah'))).toEqual([]);
    const calls = all.filter((line) => line.startsWith('cluster') || line === 'make e2e');
    expect(calls.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      ...['down', 'build', 'base', 'up', 'image', 'ctr', 'image', 'ctr', 'image', 'ctr', 'kubectl'].map((step) => `cluster ${step}`),
      'make e2e',
      'cluster down',
    ]);
  });

  test('when it is stopped, it stops what it has started and takes the cluster down', async (context) => {
    const { expect } = context;
    const there = await place(context, {
      cluster: UP,
      soak: `trap 'echo soak stopped >>../calls' TERM; echo soaking >>../calls; sleep 100`,
      // Both are started beside each other; whoever is stopped before it listens has nothing to say.
      e2e: 'until grep -q soaking ../calls; do sleep 0.02; done; echo testing; sleep 100',
    });
    const child = spawn(join(there.folder, '.ci/run'), { env: there.env, stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.includes('testing')) child.kill('SIGTERM');
    });
    // What is left running would keep standard output open.
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code).toBe(143);
    const calls = await there.calls();
    expect(calls).toContain('soak stopped');
    // Either of the two may be the last.
    expect(calls.slice(calls.indexOf('make e2e')).filter((line) => line.startsWith('cluster'))).toEqual(['cluster down']);
  });
});
