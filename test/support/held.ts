/** How long a piece of work would hold the event loop, whatever else the machine does: the CPU time of this thread. */

/** security.md 6: nothing of a user's may hold the event loop longer. */
export const HELD_LIMIT_MS = 100;

export interface Held<T> {
  readonly value: T;
  readonly ms: number;
}

export function held<T>(work: () => T): Held<T> {
  const before = process.threadCpuUsage();
  const value = work();
  const { user, system } = process.threadCpuUsage(before);
  return { value, ms: (user + system) / 1000 };
}

/** Fails for a message of more characters than a status, an Event or a log should hold. */
export function expectShort(message: string | undefined, limit = 2_000): void {
  if (message !== undefined && message.length > limit) throw new Error(`a message of ${message.length} characters`);
}
