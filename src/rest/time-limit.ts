/** A time limit for work that sends several requests. */
import { setMaxListeners } from 'node:events';

/** The work did not end in time. */
export class TimeUp extends Error {
  override readonly name = 'TimeUp';
}

/**
 * Runs work whose signal ends with the outer one, and at the latest after `ms` milliseconds. The work must listen to it.
 * @throws TimeUp after the limit, the reason of the outer signal, or what the work throws.
 */
export async function within<T>(ms: number, outer: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  outer.throwIfAborted();
  const own = new AbortController();
  const stop = () => own.abort(outer.reason);
  // Many works may run at once, and each listens to the same signal. Joined signals would keep a reference to all of them.
  setMaxListeners(0, outer, own.signal);
  outer.addEventListener('abort', stop, { once: true });
  const timer = setTimeout(() => own.abort(new TimeUp(`no result within ${ms} ms`)), ms);
  try {
    return await work(own.signal);
  } catch (error) {
    own.signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
    outer.removeEventListener('abort', stop);
  }
}
