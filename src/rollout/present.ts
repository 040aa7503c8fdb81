/** What the readings of an endpoint say about its traffic before a rollout. Pure. */
import { merged, type Side } from './measure.ts';
import type { TESTED } from './plan.ts';
import { clearest, exceeding } from './slow-requests.ts';

export interface Present {
  perMinute: number;
  /** Minutes that were read. */
  minutes: number;
  /** The shares are measured. Otherwise they are the usual ones, and only the number of requests is forecast. */
  measured: boolean;
  /** Bad parts of the requests, from 0 to 1. Undefined without a histogram. */
  shares: Record<(typeof TESTED)[number], number | undefined>;
}

/**
 * Few requests say little about a share, so a usual share counts as some requests more. Most endpoints fail one request in some hundred, and the latency
 * gate chooses a bound that a quarter or half of the requests exceed.
 */
const USUAL = { errors: { share: 0.005, requests: 100 }, slow: { share: 0.35, requests: 20 } };

/** @param sides the old version, minute by minute. */
export function presentOf(sides: readonly Side[]): Present {
  const sum = (of: (side: Side) => number | undefined) => sides.reduce((all, side) => all + (of(side) ?? 0), 0);
  const requests = sum((side) => side.requests);
  const errors = (name: 'errors_5xx' | 'errors_4xx') => {
    const all = sum((side) => (side[name] === undefined ? 0 : side.requests));
    return mixed(
      Math.min(
        all,
        sum((side) => side[name]),
      ),
      all,
      USUAL.errors,
    );
  };
  const mixed = (bad: number, all: number, usual: { share: number; requests: number }) =>
    (bad + usual.share * usual.requests) / (all + usual.requests);
  const histogram = merged(sides.flatMap(({ latency }) => (latency.length > 0 ? [latency] : [])));
  const timed = histogram.at(-1)?.count ?? 0;
  const bounds = histogram.flatMap(({ bound }) => (bound > 0 && Number.isFinite(bound) ? [bound] : []));
  const bound = clearest(histogram, bounds);
  return {
    perMinute: sides.length === 0 ? 0 : requests / sides.length,
    minutes: sides.length,
    measured: true,
    shares: {
      errors_5xx: errors('errors_5xx'),
      errors_4xx: errors('errors_4xx'),
      latency: bound === undefined ? undefined : mixed(timed * exceeding(histogram, bound), timed, USUAL.slow),
    },
  };
}

/** Where only the traffic is known, with the usual shares. @param minutes that were read. */
export function usualPresent(perMinute: number, minutes: number): Present {
  const { errors, slow } = USUAL;
  return {
    perMinute,
    minutes,
    measured: false,
    shares: { errors_5xx: errors.share, errors_4xx: errors.share, latency: slow.share },
  };
}
