/**
 * Writes to the same target run one after the other: each reads, plans and sends before the next one reads. Otherwise two calls at the same time
 * would plan on the same state, and the second would overwrite the change of the first.
 */

/** A call's place in the queue for its target. */
export interface Lock {
  /** Waits until the lock is free. Rejects when the call is cancelled first. */
  acquire(signal: AbortSignal): Promise<void>;
  /** Lets the next call start: during waits and questions, which may take minutes, and at the end. It may be called more than once. */
  release(): void;
}

/** @returns a function that makes the lock of a call. The key names the target. */
export function createLocks(): (key: string) => Lock {
  const last = new Map<string, Promise<void>>();
  return (key) => {
    let mine: { over: Promise<void>; end: () => void } | undefined;
    const release = () => {
      if (!mine) return;
      if (last.get(key) === mine.over) last.delete(key);
      mine.end();
      mine = undefined;
    };
    return {
      release,
      async acquire(signal) {
        if (mine) return;
        const before = last.get(key);
        let end = () => {};
        const over = new Promise<void>((resolve) => {
          end = resolve;
        });
        mine = { over, end };
        // The next call waits for this one and for all earlier ones.
        last.set(key, over);
        if (!before) return;
        await Promise.race([before, aborted(signal)]);
        if (!signal.aborted) return;
        // Cancelled in the queue. The next call may start only when the earlier ones are done.
        const place = mine;
        mine = undefined;
        void before.then(() => {
          if (last.get(key) === place.over) last.delete(key);
          place.end();
        });
        signal.throwIfAborted();
      },
    };
  };
}

/** Resolves when the signal is aborted. */
function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
