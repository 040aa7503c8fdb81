import { MINUTE } from '../clock.ts';
import { chance, hash32 } from '../ids.ts';
import type { BackgroundTraffic } from '../state/state.ts';

/** What each number that belongs to a seeded request decides. */
export const DRAW = {
  offset: 0,
  caller: 1,
  entity: 2,
  server_error: 3,
  error: 4,
  latency: 5,
  tail: 6,
  queue: 7,
  bytes: 8,
  place: 9,
  caller_error: 10,
  /** The mishap with this number, counted from here. */
  mishap: 50,
} as const;

/** A seeded request before the endpoint handles it. */
export interface Arrival {
  /** Sandbox time, epoch milliseconds. */
  at: number;
  /** Empty for a caller without a name. */
  caller: string;
  /** A number in [0, 1) for one decision about this request. The same request always gets the same numbers. */
  draw(what: number): number;
}

/**
 * The seeded requests of an endpoint in the span from `from` to before `to`, in order of time. A minute has the rate of the seed, give or take a tenth.
 * They depend on the endpoint, the minute and the traffic alone, so that past minutes cost nothing until someone asks for them.
 */
export function* arrivals(
  endpoint: string,
  traffic: BackgroundTraffic,
  from: number,
  to: number,
): Generator<Arrival, void, void> {
  if (traffic.requests_per_minute <= 0) return;
  const begin = Math.max(from, traffic.since);
  for (let minute = Math.floor(begin / MINUTE); minute * MINUTE < to; minute += 1) {
    const seed = hash32(`${endpoint}/${minute}`);
    const wanted = traffic.requests_per_minute * (0.9 + 0.2 * chance(seed, -1, 0));
    // A rate below one a minute needs chance to become a whole number.
    const count = Math.floor(wanted + chance(seed, -1, 1));
    for (let index = 0; index < count; index += 1) {
      const draw = (what: number): number => chance(seed, index, what);
      const at = Math.floor((minute + (index + draw(DRAW.offset)) / count) * MINUTE);
      if (at >= begin && at < to) yield { at, caller: callerOf(traffic, draw(DRAW.caller)), draw };
    }
  }
}

function callerOf(traffic: BackgroundTraffic, point: number): string {
  let left = point;
  for (const { principal, share } of traffic.callers) {
    left -= share;
    if (left < 0) return principal;
  }
  return '';
}
