/** Waiting for work that cannot be cancelled (a system call, a library without signals), but not longer than somebody wants the result. */

/** As `work`, or the signal's reason as soon as it aborts; what `work` does afterwards is ignored. */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const stopped = Promise.withResolvers<never>();
  const stop = (): void => {
    stopped.reject(signal.reason);
  };
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Does `work`, and calls `end`, by which it fails, as soon as the signal aborts. @throws what `work` does, or the signal's reason */
export async function endingOnAbort<T>(signal: AbortSignal, end: () => void, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  signal.addEventListener('abort', end, { once: true });
  try {
    return await work();
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', end);
  }
}
