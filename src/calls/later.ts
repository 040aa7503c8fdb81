/** Calls that a server makes by itself between two calls of its client. They end with the process. */
import type { ToolCall } from '../refusal.ts';

/** Starts a timer that does not keep the process alive. @param ms the pause, in milliseconds. @returns what cancels it. */
export type Timer = (work: () => void, ms: number) => () => void;

export interface LaterCalls {
  /** Makes a call after a pause in milliseconds. It replaces the waiting call with the same key. */
  later(key: string, call: ToolCall, ms: number): void;
  /** Whether a call with this key waits or runs. */
  has(key: string): boolean;
  /** Drops the calls that wait, and cancels those that run. */
  stop(): void;
  /** Resolves when none of them runs. */
  settled(): Promise<void>;
}

/** @param make makes a call. It never rejects. */
export function laterCalls(timer: Timer, make: (call: ToolCall, signal: AbortSignal) => Promise<unknown>): LaterCalls {
  const waiting = new Map<string, () => void>();
  const running = new Map<Promise<unknown>, string>();
  const stopped = new AbortController();
  return {
    later(key, call, ms) {
      waiting.get(key)?.();
      if (stopped.signal.aborted) return;
      const cancel = timer(() => {
        waiting.delete(key);
        const made = make(call, stopped.signal).finally(() => running.delete(made));
        running.set(made, key);
      }, ms);
      waiting.set(key, cancel);
    },
    has: (key) => waiting.has(key) || [...running.values()].includes(key),
    stop() {
      for (const cancel of waiting.values()) cancel();
      waiting.clear();
      stopped.abort();
    },
    async settled() {
      while (running.size > 0) await Promise.allSettled(running.keys());
    },
  };
}
