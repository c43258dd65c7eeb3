/** The demo as a child process, as somebody's shell or CI starts it: not on a terminal, in a temporary folder and a cache of its own, so that whatever it leaves can be seen. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { onTestFailed, onTestFinished } from 'vitest';
import { SERVER_TOOLS, TOOLS } from '../../../src/local/tools/catalog.ts';
import { REPOSITORY } from '../../docs/pages.ts';
import { tools } from '../support/servers.ts';

const PROGRAM = join(REPOSITORY, 'src/local/demo/main.ts');
/** What make takes as the sign that `npm ci` is done. */
const INSTALLED = 'node_modules/.package-lock.json';
const POLL_MS = 100;
/** Servers of a killed parent have some four seconds of the guardian; a busy machine takes longer. */
const GONE_DEADLINE_MS = 60_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A place for demos of one test; everything in it is removed afterwards. */
export class DemoPlace {
  /** Folder for temporary files of the demo. */
  readonly temporary: string;
  readonly output: string;
  /** For whatever a test writes. */
  readonly scratch: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(root: string, temporary: string) {
    this.temporary = temporary;
    this.output = join(root, 'files');
    this.scratch = root;
    const named = SERVER_TOOLS.map((name) => [TOOLS[name].variable, tools()[name]] as const);
    this.#env = { ...process.env, TMPDIR: temporary, DOSSIER_CACHE: join(root, 'cache'), ...Object.fromEntries(named) };
  }

  static async make(): Promise<DemoPlace> {
    const root = await mkdtemp(join(tmpdir(), 'demo-'));
    onTestFinished(() => rm(root, { recursive: true, force: true }));
    const temporary = await mkdtemp(join(root, 'tmp-'));
    // Under root a database server passes through here as another user.
    for (const folder of [root, temporary]) await chmod(folder, 0o711);
    return new DemoPlace(root, temporary);
  }

  /** Starts `npm run demo -- <args>`, files to `output`. It is killed when the test is over. */
  start(args: readonly string[] = []): DemoProgram {
    const output = args.includes('--stop') ? [] : ['--output', this.output];
    const child = spawn(process.execPath, [PROGRAM, ...args, ...output], { env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] });
    return this.#follow(child, () => child.kill('SIGKILL'));
  }

  /** Starts `make demo ARGS="<args>"`, as the documentation has it, in the checkout, which is taken to be installed. Files and end as with `start`. */
  throughMake(args: readonly string[]): DemoProgram {
    const output = args.includes('--stop') ? [] : ['--output', this.output];
    const words = ['--no-print-directory', `--old-file=${INSTALLED}`, 'demo', `ARGS=${[...args, ...output].join(' ')}`];
    // A group of its own, because make is only the first of four processes.
    const env = { ...this.#env, MAKEFLAGS: '' }; // This test may run under make itself.
    const child = spawn('make', words, { cwd: REPOSITORY, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    return this.#follow(child, () => {
      if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    });
  }

  #follow(child: ChildProcess, kill: () => unknown): DemoProgram {
    const program = new DemoProgram(child);
    onTestFinished(() => void kill());
    onTestFailed(() => console.log(program.text));
    return program;
  }

  /** What is left of demos here: folders, and command lines of processes. Waits a little for those that are on their way out. */
  async leftovers(): Promise<readonly string[]> {
    const deadline = performance.now() + GONE_DEADLINE_MS;
    for (;;) {
      const left = [...(await readdir(this.temporary)), ...(await this.#processes())];
      if (left.length === 0 || performance.now() > deadline) return left;
      await sleep(POLL_MS);
    }
  }

  /** Resolves once a process of the demo runs that program. */
  async runs(program: string): Promise<void> {
    const deadline = performance.now() + GONE_DEADLINE_MS;
    while (!(await this.#processes()).some((line) => line.includes(`${program} --`))) {
      if (performance.now() > deadline) throw new Error(`nothing of the demo runs ${program}`);
      await sleep(POLL_MS);
    }
  }

  /** Every process that has our temporary folder in its arguments or its environment. */
  async #processes(): Promise<readonly string[]> {
    const { stdout } = await promisify(execFile)('ps', ['axeww', '-o', 'args='], { maxBuffer: 64 << 20 });
    return stdout.split('\n').filter((line) => line.includes(this.temporary));
  }
}

export class DemoProgram {
  readonly child: ChildProcess;
  /** Everything it has written, errors included. */
  text = '';
  readonly #ended: Promise<Ended>;

  constructor(child: ChildProcess) {
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (this.text += chunk.toString()));
    this.#ended = once(child, 'close').then((status) => {
      const [code, signal] = status as [number | null, NodeJS.Signals | null];
      return { code, signal };
    });
  }

  async ended(): Promise<Ended> {
    return this.#ended;
  }

  /** Resolves when it has written something that matches; throws when it ends before. */
  async says(pattern: RegExp): Promise<void> {
    const ended = this.#ended.then(() => {
      throw new Error(`the demo ended before it said ${pattern.source}:\n${this.text}`);
    });
    const said = new Promise<void>((resolve) => {
      const look = (): void => {
        if (pattern.test(this.text)) resolve();
      };
      this.child.stdout?.on('data', look);
      look();
    });
    await Promise.race([said, ended]);
  }
}
