import { effectUnknown } from './effect.ts';
import { ApiError } from './errors.ts';

/**
 * Sends a write. When its answer is lost, `check` decides: its result is the answer. Undefined means that the write had no effect, and the first
 * error is thrown. `check` also decides when the service reports that the change already exists or that its target is already gone.
 */
export async function confirmIfLost<T>(
  send: () => Promise<T>,
  check: (error: unknown) => Promise<T | undefined>,
): Promise<T> {
  try {
    return await send();
  } catch (error) {
    // A conflict can come from our own first try (fact H7), when a 503 hid its success from the retry.
    const conflict = error instanceof ApiError && error.status === 409;
    const gone = error instanceof ApiError && error.status === 404 && error.method === 'DELETE';
    if (!effectUnknown(error) && !conflict && !gone) throw error;
    // When the check fails too, the first error says more: the effect of the write is unknown.
    const found = await check(error).catch(() => undefined);
    if (found === undefined) throw error;
    return found;
  }
}
