/** The clock of the service, as far as its answers show it. The times of endpoints and configs come from that clock, not from this machine's. */

/** The clocks inside the service may differ by this much, and `Date` has whole seconds only. Milliseconds. */
const ROUNDING = 5_000;
/** Without a `Date`, only this machine's clock is known, which may be wrong by minutes. Milliseconds. */
const WITHOUT_DATE = 10 * 60_000;

export interface ServiceClock {
  /** Reads the `Date` header of an answer (RFC 9110, section 6.6.1). */
  hear(date: string | string[] | undefined): void;
  /** The earliest time that the service can give to something that it does from now on. Epoch milliseconds. */
  earliest(): number;
  /** The time of the service now, to the second. Without any `Date`, the time of this machine. Epoch milliseconds. */
  time(): number;
  /** Minutes of the service in one minute of this machine: 1, but more where a sandbox lets time pass quickly. Known after a second of answers. */
  pace(): number;
}

/** Before that, rounding hides the pace. Milliseconds. */
const PACE_AFTER = 1_000;

/** @param now this machine's clock, epoch milliseconds. */
export function createServiceClock(now: () => number): ServiceClock {
  let ahead: number | undefined;
  let first: { ahead: number; at: number } | undefined;
  let last: typeof first;
  return {
    hear(date) {
      const time = typeof date === 'string' ? Date.parse(date) : Number.NaN;
      if (!Number.isFinite(time)) return;
      ahead = time - now();
      last = { ahead, at: now() };
      first ??= last;
    },
    earliest: () => now() + (ahead === undefined ? -WITHOUT_DATE : ahead - ROUNDING),
    // A smaller difference is as likely the rounding of `Date` and the time of the answer on its way.
    pace() {
      if (!first || !last) return 1;
      const [gained, passed] = [last.ahead - first.ahead, last.at - first.at];
      return passed < PACE_AFTER || gained < ROUNDING ? 1 : 1 + gained / passed;
    },
    time: () => now() + (ahead === undefined || Math.abs(ahead) < ROUNDING ? 0 : ahead),
  };
}
