/**
 * What a container leaves behind for its status, by the kubelet's rules: the last 4,096 bytes of its termination log; where that is empty, the container failed and asked
 * for it (FallbackToLogsOnError), the last 80 lines of its output, at most 2,048 bytes.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { ContainerLog } from './container-log.ts';
import type { Container } from './pod.ts';
import { cutUtf8 } from './status.ts';

const FILE_BYTES = 4096;
const LOG_LINES = 80;
const LOG_BYTES = 2048;

/** Empty when it left nothing. Never throws: what cannot be read is said in the message, as the kubelet does. */
export async function terminationMessage(container: Container, exitCode: number, file: string, log: ContainerLog): Promise<string> {
  try {
    const written = cutUtf8(await tailOfFile(file));
    if (written !== '' || exitCode === 0 || container.terminationMessagePolicy !== 'FallbackToLogsOnError') return written;
    let tail = Buffer.alloc(0);
    for await (const output of log.read({ tailLines: LOG_LINES }, new AbortController().signal)) {
      tail = Buffer.concat([tail, output]).subarray(-LOG_BYTES);
    }
    return cutUtf8(tail);
  } catch (error) {
    return `Error on reading termination log: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`;
  }
}

async function tailOfFile(path: string): Promise<Uint8Array> {
  // The container may have put a link or a pipe in its place, on which a plain open would follow or wait.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return new Uint8Array();
  try {
    const stat = await file.stat();
    const length = stat.isFile() ? Math.min(stat.size, FILE_BYTES) : 0;
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, stat.size - length);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
