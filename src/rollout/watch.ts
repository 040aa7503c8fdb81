/** Looks at a rollout until there is something to decide or the time is up. */
import type { Clock } from '../clock.ts';
import type { Decision } from './decide.ts';
import type { Minute } from './measure.ts';

/** What is known of a rollout. */
export interface Look {
  /** All minutes since the first step, oldest first. */
  minutes: readonly Minute[];
  /** The end of the newest minute that may be judged, by the clock of the service. Epoch milliseconds. */
  asOf: number;
  /** Why the latest look failed, and since when they have failed. */
  failure?: unknown;
  failingSince?: number | undefined;
  /** When the next look may show more, by the clock of the service. */
  due: number;
}

export interface WatchContext {
  http: { time(): number; pace(): number };
  clock: Clock;
}

/** Shortest pause between two looks, in milliseconds of this machine. */
const PAUSE_MS = 50;

/**
 * @param waitMs the longest time to watch, in milliseconds of this machine.
 * @param look reads what is new. A failure of the source is a part of the look.
 * @throws what a cancellation throws.
 */
export async function watch(
  waitMs: number,
  look: () => Promise<Look>,
  judge: (seen: Look, now: number) => Decision,
  { http, clock }: WatchContext,
  onWait: (decision: Decision) => void = () => {},
): Promise<Look & { decision: Decision }> {
  const end = clock.now() + waitMs;
  for (;;) {
    const seen = await look();
    const decision = judge(seen, http.time());
    const left = end - clock.now();
    if (decision.kind !== 'wait' || left <= 0) return { ...seen, decision };
    onWait(decision);
    await clock.sleep(Math.min(left, Math.max(PAUSE_MS, (seen.due - http.time()) / http.pace())));
  }
}
