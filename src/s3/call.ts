/** Every call of the SDK goes through here: it ends when its signal does, and fails with a StoreError or the signal's reason, never with an error of the SDK. */
import { abortable } from '../net/abortable.ts';
import { toStoreError } from './error-mapping.ts';

/** What each command is sent with. */
export interface CallOptions {
  readonly abortSignal: AbortSignal;
}

/** `send` gets the options for `client.send(command, options)`. */
export async function storeCall<T>(signal: AbortSignal, send: (options: CallOptions) => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  try {
    // Finding credentials heeds no signal.
    return await abortable(send({ abortSignal: signal }), signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw toStoreError(error);
  }
}
