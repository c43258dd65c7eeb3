/** The demo's command line. */
import { parseArgs } from 'node:util';

export type DemoCommand =
  | { readonly kind: 'help' }
  /** End a demo that was kept. */
  | { readonly kind: 'stop' }
  /** `keep`: leave everything running when the program ends. `output`: folder for the finished files. */
  | { readonly kind: 'run'; readonly keep: boolean; readonly output: string | undefined };

/** What is wrong with the command line; shown as it is. */
export class UsageError extends Error {}

export const HELP = `Usage: npm run demo -- [--keep | --stop] [--output DIR]
       make demo [ARGS="--keep"]

Runs Dossier on this machine with real servers: Kubernetes (etcd, kube-apiserver, kube-controller-manager), Postgres with a
billing database, an S3 server, the operator, and a node that runs pods as local processes. No Docker, no root; everything
listens on 127.0.0.1 only. It applies examples/, shows the Reports until all have ended, and copies their files to a folder.

On a terminal it then stays up until Ctrl-C, so that you can go on with kubectl; elsewhere it ends by itself with exit code 0.

  --keep        leave everything running in the background when the program ends; one demo can be kept at a time
  --stop        end the demo that was kept
  --output DIR  folder for the finished files (default ./demo-output)
  --help        show this

Ctrl-C ends everything, at any moment. The Kubernetes programs are downloaded or built once and cached outside of this folder.
`;

/** Throws UsageError. */
export function parseCommand(args: readonly string[]): DemoCommand {
  const { help, keep, stop, output } = read(args);
  if (help === true) return { kind: 'help' };
  if (stop === true) {
    if (keep === true || output !== undefined) throw new UsageError('--stop goes with no other option');
    return { kind: 'stop' };
  }
  if (output === '') throw new UsageError('--output needs the name of a folder');
  return { kind: 'run', keep: keep === true, output };
}

function read(args: readonly string[]): {
  readonly help?: boolean;
  readonly keep?: boolean;
  readonly stop?: boolean;
  readonly output?: string;
} {
  const options = { help: { type: 'boolean' }, keep: { type: 'boolean' }, stop: { type: 'boolean' }, output: { type: 'string' } } as const;
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message} (--help shows all options)`);
  }
}
