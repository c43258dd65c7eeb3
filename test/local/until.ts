/** Waits for something to become true: polled, with a deadline that fails the test and names what did not happen. */
import { setTimeout as sleep } from 'node:timers/promises';

export async function until(what: string, holds: () => boolean | Promise<boolean>, deadlineMs: number = 15_000): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await holds())) {
    if (performance.now() >= deadline) throw new Error(`did not happen within ${deadlineMs} ms: ${what}`);
    await sleep(10);
  }
}
