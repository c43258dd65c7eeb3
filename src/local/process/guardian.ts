/**
 * The parent's end of the guardian (guardian-main.ts): one helper process that ends our servers and removes our temporary folders when we are gone.
 *
 * The order of things closes the gaps: a folder is reported before it is made, and a server is held at a gate until the guardian has its process id
 * (server-process.ts), so a parent that is killed between any two steps leaves nothing behind.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export type GuardianOrder =
  /** End the process group of `pid`, with `signal` first. */
  | { readonly kind: 'watch'; readonly pid: number; readonly signal: NodeJS.Signals }
  | { readonly kind: 'forget'; readonly pid: number }
  /** Remove this folder and what is in it. */
  | { readonly kind: 'remove'; readonly folder: string };

export class Guardian {
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(guardian: ChildProcess) {
    this.#process = guardian;
    this.#ended = once(guardian, 'exit');
    guardian.unref();
  }

  static async start(): Promise<Guardian> {
    const program = fileURLToPath(new URL('./guardian-main.ts', import.meta.url));
    const guardian = spawn(process.execPath, [program], { detached: true, stdio: ['pipe', 'ignore', 'inherit'], cwd: '/' });
    await once(guardian, 'spawn');
    // A guardian that was killed is noticed by the next order; between orders there is nobody to tell.
    guardian.stdin.on('error', () => undefined);
    return new Guardian(guardian);
  }

  /** Process id of the guardian itself. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Resolves once the order is in the pipe, where the guardian finds it even if this process dies at once. */
  async order(order: GuardianOrder): Promise<void> {
    const { stdin } = this.#process;
    if (stdin === null) throw new Error('the guardian has no standard input');
    await new Promise<void>((resolve, reject) => {
      stdin.write(`${JSON.stringify(order)}\n`, (error) => {
        if (error) reject(new Error('the guardian process is gone: servers could outlive this program', { cause: error }));
        else resolve();
      });
    });
  }

  /** Has it end what it still watches, remove the folders, and waits until it is done. */
  async close(): Promise<void> {
    this.#process.ref();
    this.#process.stdin?.end();
    await this.#ended;
  }
}
