import { effectUnknown } from './effect.ts';
import { ApiError } from './errors.ts';

/**
 * Makes a write that must not be sent twice. When its answer is lost, `check` decides. What it returns is the answer. Undefined means
 * that the write had no effect, and the first error is thrown.
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
    if (!effectUnknown(error) && !conflict) throw error;
    // When the check fails as well, the first error says more: the effect of the write is unknown.
    const found = await check(error).catch(() => undefined);
    if (found === undefined) throw error;
    return found;
  }
}
