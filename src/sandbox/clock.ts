/** One sandbox minute, in milliseconds. */
export const MINUTE = 60_000;

/**
 * The two times of the sandbox. Deployments, idle periods, rate-limit windows and metrics use sandbox time, which may run faster than the
 * wall. Token lifetimes and Retry-After use wall time, because the client that obeys them has no other clock.
 */
export interface Clock {
  /** Sandbox time, epoch milliseconds. */
  now(): number;
  /** Wall time, epoch milliseconds. Equal to `now()` on a manual clock. */
  wall(): number;
  /** Sandbox milliseconds for each real one; 1 on a manual clock. */
  readonly speed: number;
  /** Jumps sandbox time forward (on a manual clock, wall time too). Throws on a negative or non-finite step. */
  advance(ms: number): void;
  /**
   * Lets `ms` of sandbox time pass for one request. On a manual clock it returns at once and moves nothing. Only the owner of the clock
   * moves time, so a request that waited for it would never end.
   */
  sleep(ms: number): Promise<void>;
}

/** How the sandbox clock runs. `minutesPerSecond` is the number of sandbox minutes in a real second. */
export type ClockOptions = { kind: 'scaled'; minutesPerSecond: number } | { kind: 'manual' };

function checkStep(ms: number): number {
  if (!Number.isFinite(ms) || ms < 0) throw new RangeError(`The clock only moves forward; got a step of ${ms} ms.`);
  return ms;
}

/** A clock that moves only when it is advanced. It starts at the wall time of its creation, so that new tokens are valid. */
export function manualClock(start: number): Clock {
  let time = start;
  return {
    now: () => time,
    wall: () => time,
    speed: 1,
    advance(ms) {
      time += checkStep(ms);
    },
    sleep: () => Promise.resolve(),
  };
}

/** A clock that runs at `minutesPerSecond`. `wall` is an argument, so that this module reads no global. */
export function scaledClock(minutesPerSecond: number, wall: () => number): Clock {
  if (!(minutesPerSecond > 0)) throw new RangeError(`minutesPerSecond must be above 0; got ${minutesPerSecond}.`);
  const start = wall();
  const speed = minutesPerSecond * 60;
  let jumped = 0;
  return {
    now: () => Math.round(start + (wall() - start) * speed + jumped),
    wall,
    speed,
    advance(ms) {
      jumped += checkStep(ms);
    },
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms / speed)),
  };
}
