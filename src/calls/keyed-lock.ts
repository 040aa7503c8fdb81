/**
 * Writes of one thing take turns: each reads, plans and sends before the next one reads. Otherwise two calls at once would both plan on the same
 * reading, and the second would write the first one's change away.
 */

/** One call's place in the queue of the thing that it writes. */
export interface Turn {
  /** Waits until it is this call's turn. Rejects when the call is cancelled before. */
  take(signal: AbortSignal): Promise<void>;
  /** Lets the next one begin; for waits and questions, which may take minutes, and at the end. May be called again. */
  give(): void;
}

/** @returns the turn of a call; `key` names what it writes, undefined when it writes nothing. */
export function createTurns(): (key: string | undefined) => Turn {
  const last = new Map<string, Promise<void>>();
  return (key) => {
    let mine: { over: Promise<void>; end: () => void } | undefined;
    const give = () => {
      if (!mine || key === undefined) return;
      if (last.get(key) === mine.over) last.delete(key);
      mine.end();
      mine = undefined;
    };
    return {
      give,
      async take(signal) {
        if (key === undefined || mine) return;
        const before = last.get(key);
        let end = () => {};
        const over = new Promise<void>((resolve) => {
          end = resolve;
        });
        mine = { over, end };
        // Whoever comes next waits for this call and for all before it.
        last.set(key, over);
        if (!before) return;
        await Promise.race([before, aborted(signal)]);
        if (!signal.aborted) return;
        // Cancelled in the queue: the place is given on only when those before are done.
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
