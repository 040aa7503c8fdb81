import { ApiError } from './errors.ts';
import { fateUnknown } from './fate.ts';

/**
 * Makes a write that must not be sent twice. When its answer is lost, `look` decides: what it returns is the answer, and undefined means
 * that the write had no effect, so the first error stands.
 */
export async function onceOnly<T>(
  write: () => Promise<T>,
  look: (error: unknown) => Promise<T | undefined>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    // A conflict can come from our own first try (fact H7), when a 503 hid its success from the retry.
    const conflict = error instanceof ApiError && error.status === 409;
    if (!fateUnknown(error) && !conflict) throw error;
    // When the look fails as well, the first error tells more: the fate of the write is unknown.
    const found = await look(error).catch(() => undefined);
    if (found === undefined) throw error;
    return found;
  }
}
