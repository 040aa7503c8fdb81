/** The harness of a test file: servers that are closed, and searched for planted secrets, when their test ends. */
import { afterEach } from 'vitest';
import { type Harness, type HarnessOptions, start } from './harness.ts';

/**
 * Call it once at the top of a test file: files share support modules, so only a hook that the file itself registers runs for it.
 *
 * @param options what a server of this file starts with, from the arguments of a test.
 * @returns starts such a server.
 */
export function useHarness<Args extends unknown[]>(
  options: (...args: Args) => HarnessOptions,
): (...args: Args) => Promise<Harness> {
  const open: Harness[] = [];
  afterEach(async () => {
    const closed = await Promise.allSettled(open.splice(0).map((harness) => harness.close()));
    for (const end of closed) if (end.status === 'rejected') throw end.reason;
  });
  return async (...args) => {
    const harness = await start(options(...args));
    open.push(harness);
    return harness;
  };
}
