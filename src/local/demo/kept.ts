/**
 * A demo that was kept (`--keep`): how a later program finds it and ends it.
 *
 * Its address is a socket in the demo's own folder, which ends with the demo; a file in the cache names it. A process id would not do: by the time of `--stop` it may mean
 * another program. A file whose socket nobody answers belongs to a demo that is gone, and is removed.
 */
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { cacheFolder, type Environment } from '../tools/cache.ts';

const STOP = 'stop\n';

interface Announcement {
  readonly socket: string;
}

export class KeptDemo {
  readonly #server: Server;
  readonly #file: string;

  private constructor(server: Server, file: string) {
    this.#server = server;
    this.#file = file;
  }

  /** Makes the demo that runs in this process findable; `onStop` is called when somebody wants it to end. Throws when another one is announced. */
  static async announce(folder: string, env: Environment, onStop: () => void): Promise<KeptDemo> {
    const socket = join(folder, 'demo.sock');
    let stopping = false;
    // A caller ends its side and waits for the end of ours, which comes with the end of the process, when nothing is left. It must not delay that end.
    const server = createServer({ allowHalfOpen: true }, (caller) => {
      caller.unref();
      caller.on('error', () => undefined);
      caller.on('end', () => {
        if (!stopping) caller.end(); // it only asked whether we are there
      });
      caller.once('data', (order) => {
        if (order.toString() !== STOP) return;
        stopping = true;
        onStop();
      });
    });
    server.listen(socket);
    await once(server, 'listening');
    const file = announcementFile(env);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify({ socket } satisfies Announcement), { mode: 0o600, flag: 'wx' });
    return new KeptDemo(server, file);
  }

  /** Nobody finds it any more. */
  async withdraw(): Promise<void> {
    this.#server.close();
    await rm(this.#file, { force: true });
  }
}

/** Whether a kept demo runs; what a dead one left is removed. */
export async function isDemoKept(env: Environment): Promise<boolean> {
  const caller = await callKept(env);
  caller?.destroy();
  return caller !== undefined;
}

/** Ends the kept demo and waits until nothing of it is left; false = there was none. */
export async function stopKept(env: Environment): Promise<boolean> {
  const caller = await callKept(env);
  if (caller === undefined) return false;
  caller.on('error', () => undefined); // a host that is killed meanwhile has ended as well
  const ended = once(caller, 'close');
  caller.end(STOP);
  caller.resume();
  await ended;
  return true;
}

async function callKept(env: Environment): Promise<Socket | undefined> {
  const file = announcementFile(env);
  let announcement: Announcement;
  try {
    announcement = JSON.parse(await readFile(file, 'utf8')) as Announcement;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const caller = connect({ path: announcement.socket, allowHalfOpen: true });
  try {
    await once(caller, 'connect');
    return caller;
  } catch {
    await rm(file, { force: true });
    return undefined;
  }
}

function announcementFile(env: Environment): string {
  return join(cacheFolder(env), 'demo.json');
}
