import { effectUnknown } from './effect.ts';
import { ApiError } from './errors.ts';

/**
 * Sends a write. When its answer is lost, `check` decides: its result is the answer. Undefined means that the write had no visible effect, and the
 * first error is thrown. The same holds when a later try of the write meets the effect of an earlier one.
 */
export async function confirmIfLost<T>(send: () => Promise<T>, check: () => Promise<T | undefined>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    if (!effectUnknown(error) && !isEcho(error)) throw error;
    // When the check fails too, the first error says more: the effect of the write is unknown.
    const found = await check().catch(() => undefined);
    if (found === undefined) throw error;
    return found;
  }
}

/**
 * Whether a refusal may come from our own first try (fact H7): the change exists already, or its target is gone. A 503 hid that success. Without an
 * earlier try, someone else made the change.
 */
function isEcho(error: unknown): boolean {
  if (!(error instanceof ApiError) || !error.afterBusy) return false;
  return error.status === 409 || (error.status === 404 && error.method === 'DELETE');
}
