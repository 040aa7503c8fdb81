/** The traffic of a simulated rollout, minute by minute. */
import type { Minute, Side } from '../../src/rollout/measure.ts';
import { binomial, generator, multinomial, normal, poisson, seedOf } from './chance.ts';

/** Bounds of the histogram in milliseconds. The service documents the first and the last. */
const BOUNDS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000];

/** A fault of the new version, or none. */
export type Fault = 'healthy' | '+4 points 5xx' | '1.5 x latency' | 'every request fails';
/** Those of the comparison. */
export const FAULTS: readonly Fault[] = ['healthy', '+4 points 5xx', '1.5 x latency'];

export interface Cell {
  perMinute: number;
  /** Share of failed requests of both versions. */
  base: number;
  fault: Fault;
}

/**
 * Latencies as people measure them: most requests are quick, some are several times slower. Two lognormal parts; their place differs from rollout to
 * rollout, so that the p95 falls anywhere between two bounds.
 */
interface Latency {
  medianMs: number;
  spread: number;
  slowShare: number;
  slowTimes: number;
  slowSpread: number;
}

function latencyOf(seed: number): Latency {
  const random = generator(seedOf(seed, 7));
  return {
    medianMs: 15 * 40 ** random(),
    spread: 0.3 + 0.5 * random(),
    slowShare: 0.02 + 0.1 * random(),
    slowTimes: 3 + 5 * random(),
    slowSpread: 0.6 + 0.4 * random(),
  };
}

/** Φ of the standard normal distribution (M. Abramowitz and I. Stegun, 7.1.26). */
function phi(z: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(z)) / Math.SQRT2);
  const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const erf = 1 - tail * Math.exp((-z * z) / 2);
  return (1 + Math.sign(z) * erf) / 2;
}

/** The share of requests in each bucket. @param times how much slower than usual. */
function bucketShares({ medianMs, spread, slowShare, slowTimes, slowSpread }: Latency, times: number): number[] {
  const below = (bound: number) =>
    (1 - slowShare) * phi(Math.log(bound / (medianMs * times)) / spread) +
    slowShare * phi(Math.log(bound / (medianMs * times * slowTimes)) / slowSpread);
  const upTo = [...BOUNDS.map(below), 1];
  return upTo.map((share, at) => Math.max(0, share - (upTo[at - 1] ?? 0)));
}

/** The minutes of one rollout. The same minute with the same weight is the same for every rule. */
export interface Traffic {
  /** @param at number of the minute. @param percent weight of the new version. */
  minute(at: number, percent: number): { canary: Side; baseline: Side; excess: number };
}

/** Minutes by their counts. */
export function traffic({ perMinute, base, fault }: Cell, seed: number): Traffic {
  const latency = latencyOf(seed);
  const usual = bucketShares(latency, 1);
  const canaryShares = fault === '1.5 x latency' ? bucketShares(latency, 1.5) : usual;
  const extra = fault === '+4 points 5xx' ? 0.04 : fault === 'every request fails' ? 1 - base : 0;
  const side = (requests: number, shares: readonly number[], more: number, random: () => number) => {
    const failed = binomial(requests, base, random);
    const excess = binomial(requests - failed, more / (1 - base), random);
    let count = 0;
    const histogram = multinomial(requests, shares, random).map((drawn, at) => {
      count += drawn;
      return { bound: BOUNDS[at] ?? Infinity, count };
    });
    const found: Side = {
      requests,
      errors_5xx: failed + excess,
      errors_4xx: binomial(requests, CLIENT_ERRORS, random),
      latency: histogram,
    };
    return { found, excess };
  };
  return {
    minute(at, percent) {
      const random = generator(seedOf(seed, at));
      const all = poisson(perMinute, random);
      const own = binomial(all, percent / 100, random);
      const { found: canary, excess } = side(own, canaryShares, extra, random);
      const { found: baseline } = side(all - own, usual, 0, random);
      return { canary, baseline, excess };
    },
  };
}

/** Share of requests that clients send in a wrong form, to both versions. */
const CLIENT_ERRORS = 0.005;

/** The same minutes request by request, to check the counts: each request arrives, reaches a version, fails or not, and takes its own time. */
export function trafficByRequest({ perMinute, base, fault }: Cell, seed: number): Traffic {
  const latency = latencyOf(seed);
  const took = (random: () => number, times: number) => {
    const slow = random() < latency.slowShare;
    const median = latency.medianMs * times * (slow ? latency.slowTimes : 1);
    return median * Math.exp(normal(random) * (slow ? latency.slowSpread : latency.spread));
  };
  return {
    minute(at, percent) {
      const random = generator(seedOf(seed, at));
      const sides = [0, 1].map(() => ({ requests: 0, errors_5xx: 0, errors_4xx: 0, times: [] as number[] }));
      let excess = 0;
      for (let time = -Math.log(1 - random()) / perMinute; time < 1; time += -Math.log(1 - random()) / perMinute) {
        const isCanary = random() * 100 < percent;
        const side = sides[isCanary ? 0 : 1];
        if (!side) continue;
        side.requests++;
        if (random() < base) side.errors_5xx++;
        else if (isCanary && fault === '+4 points 5xx' && random() < 0.04 / (1 - base)) {
          side.errors_5xx++;
          excess++;
        }
        if (random() < CLIENT_ERRORS) side.errors_4xx++;
        side.times.push(took(random, isCanary && fault === '1.5 x latency' ? 1.5 : 1));
      }
      const [canary, baseline] = sides.map(
        ({ times, ...counts }): Side => ({
          ...counts,
          latency: [...BOUNDS, Infinity].map((bound) => ({
            bound,
            count: times.filter((each) => each <= bound).length,
          })),
        }),
      );
      const none: Side = { requests: 0, latency: [] };
      return { canary: canary ?? none, baseline: baseline ?? none, excess };
    },
  };
}

export type { Minute };
