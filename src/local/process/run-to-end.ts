/** Runs a program to its end, hands over its output line by line, and explains a failure with the last lines it said. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const TAIL_LINES = 20;

export interface RunOptions {
  readonly signal: AbortSignal;
  readonly cwd?: string;
  /** The whole environment; default ours. */
  readonly env?: NodeJS.ProcessEnv;
  /** Called with every line of its standard output and standard error. */
  readonly onLine?: (line: string) => void;
}

/** Throws when the program cannot be started or does not exit with 0; on abort it gets SIGINT, and the signal's reason is thrown when it has ended. */
export async function runToEnd(command: string, args: readonly string[], { signal, cwd, env, onLine }: RunOptions): Promise<void> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGINT',
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
  });
  const tail: string[] = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      if (tail.push(line) > TAIL_LINES) tail.shift();
      onLine?.(line);
    });
  }
  let failure: NodeJS.ErrnoException | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  const [code, killedBy] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.once('close', (...status) => {
      resolve(status);
    });
  });
  signal.throwIfAborted();
  if (failure?.code === 'ENOENT') throw new Error(`${command} is not installed`, { cause: failure });
  if (failure !== undefined) throw failure;
  if (code !== 0) throw new Error([`${command} ended with ${killedBy ?? `exit code ${code}`}`, ...tail].join('\n'));
}
