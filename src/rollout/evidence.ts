/**
 * The statistics of a rollout, for any kind of bad request: a failed one, or a slow one. Pure.
 *
 * **Evidence** that the canary is worse is an e-process: a number that starts at 1 and, while both versions are equally bad, exceeds 1/α with
 * probability at most α, however often one looks (Ville's inequality, 1939). It is a mixture of likelihood ratios over the size of the difference, as
 * in H. Robbins, "Statistical methods related to the law of the iterated logarithm", 1970. For the view as confidence sequences see S. Howard,
 * A. Ramdas, J. McAuliffe and J. Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences", 2021.
 *
 * Take the K bad requests of one minute, with n of the canary's requests and m of the baseline's. If both versions are equally bad, each of the K is
 * one of the canary's with probability n / (n + m). If the canary's rate is r times as high, the probability is r·n / (r·n + m). The evidence
 * multiplies the ratio of the two likelihoods over the minutes, so traffic and weights may change from minute to minute. Given K, the canary's part is
 * hypergeometric, which is less spread than the binomial of the formula (W. Hoeffding, 1963, theorem 4), so the evidence is conservative.
 *
 * **Absence** of a difference is an upper bound: R. Newcombe's interval for the difference of two proportions ("Interval estimation for the difference
 * between independent proportions", 1998, method 10), with the strata weighted by the canary's requests (G. Zou and A. Donner's MOVER, 2008).
 */

/** Requests, and how many of them were bad. */
export interface Count {
  requests: number;
  bad: number;
}

const NONE: Count = { requests: 0, bad: 0 };

/** Both versions in the same time. */
export interface Pair {
  canary: Count;
  baseline: Count;
}

/** How many times more often the canary may be bad, and the weight of each in the mixture. A bad version is close to one of them. */
export type Mixture = readonly { ratio: number; weight: number }[];

/** Failed requests are rare on most endpoints, so a bad version fails many times as often, and each request that it fails should count. */
export const RARE: Mixture = [
  { ratio: 2, weight: 0.15 },
  { ratio: 4, weight: 0.15 },
  { ratio: 12, weight: 0.2 },
  { ratio: 30, weight: 0.5 },
];

/** Requests above the latency bound are common, so a slower version has only some times as many of them. */
export const COMMON: Mixture = [
  { ratio: 1.5, weight: 0.3 },
  { ratio: 2.2, weight: 0.4 },
  { ratio: 4, weight: 0.3 },
];

/** Counts added up. */
export function total(counts: readonly Count[]): Count {
  const sum = { requests: 0, bad: 0 };
  for (const { requests, bad } of counts) {
    sum.requests += requests;
    sum.bad += bad;
  }
  return sum;
}

/** The bad part of the requests, from 0 to 1. Without requests: 0. */
export function share({ requests, bad }: Count): number {
  return requests === 0 ? 0 : bad / requests;
}

/**
 * Log-likelihoods of a pair, one for each ratio: how much likelier its counts are if the canary is that much worse. The evidence of several minutes is
 * the sum of theirs.
 */
export function logRatios({ canary, baseline }: Pair, ratios: Mixture): number[] {
  const [n, m] = [canary.requests, baseline.requests];
  if (n === 0 || m === 0) return noLogs(ratios);
  const [k, j] = [Math.min(canary.bad, n), Math.min(baseline.bad, m)];
  return ratios.map(({ ratio }) => k * Math.log(ratio) + (k + j) * Math.log((n + m) / (ratio * n + m)));
}

/** The evidence: the weighted mean over the ratios. 1 says nothing either way. @param logs the sums of {@link logRatios}. */
export function evidence(logs: readonly number[], ratios: Mixture): number {
  return ratios.reduce((sum, { weight }, at) => sum + weight * Math.exp(logs[at] ?? 0), 0);
}

/** No evidence either way. */
export function noLogs(ratios: Mixture): number[] {
  return ratios.map(() => 0);
}

/**
 * Evidence of the canary's minutes at 100 %, against all earlier minutes of the baseline. The formula is the same with the sums of both. As a process in
 * time it is the Bayes factor with the right Haar prior for the common rate, which keeps the guarantee under any number of looks (A. Hendriksen,
 * R. de Heide and P. Grünwald, "Optional stopping with Bayes factors", 2021). It assumes that the rate itself does not change with the time of day.
 */
export function laterEvidence(canary: Count, earlier: Count, ratios: Mixture): number {
  return evidence(logRatios({ canary, baseline: earlier }, ratios), ratios);
}

/** Evidence that the canary is bad more often than a fixed share, whatever the baseline does: likelihood ratios of Poisson counts. */
export function capEvidence({ requests, bad }: Count, cap: number, ratios: Mixture): number {
  const expected = Math.max(cap, Number.EPSILON) * requests;
  return evidence(
    ratios.map(({ ratio }) => bad * Math.log(ratio) - (ratio - 1) * expected),
    ratios,
  );
}

/** One-sided 90 %: a worse version must pass at every step, and the evidence watches it meanwhile. */
const Z = 1.282;

/** E. B. Wilson's score interval for a share, 1927. Without requests, everything is possible. */
function wilson({ requests: n, bad: k }: Count): { lower: number; upper: number } {
  if (n === 0) return { lower: 0, upper: 1 };
  const p = Math.min(1, k / n);
  const middle = p + (Z * Z) / (2 * n);
  const spread = Z * Math.sqrt((p * (1 - p)) / n + (Z * Z) / (4 * n * n));
  const scale = 1 + (Z * Z) / n;
  return { lower: Math.max(0, (middle - spread) / scale), upper: Math.min(1, (middle + spread) / scale) };
}

/** The difference of two shares, and the bound that it stays below with 90 % confidence. As shares: 0.01 is one point. */
export interface Difference {
  difference: number;
  upper: number;
}

/**
 * The difference of the canary's share from the baseline's. Within one stratum, both have a fixed part of the traffic, so a busy hour with many errors
 * does not count as the canary's fault. The canary's requests without any of the baseline's in the same time are compared with all of the baseline's.
 * Those then have the weight of both uses, because one sample used twice varies more than two samples.
 * @param strata one for each step.
 * @param alone the canary's requests at 100 %.
 */
export function differenceOf(strata: readonly Pair[], alone: Count = NONE): Difference {
  const lone = total([alone, ...strata.filter(({ baseline }) => baseline.requests === 0).map(({ canary }) => canary)]);
  const pairs = strata.filter(({ baseline }) => baseline.requests > 0);
  const requests = pairs.reduce((sum, { canary }) => sum + canary.requests, lone.requests);
  const all = pairs.reduce((sum, { baseline }) => sum + baseline.requests, 0);
  if (requests === 0 || all === 0) return { difference: 0, upper: 1 };
  const part = lone.requests / requests;
  let difference = part * share(lone);
  let variance = part === 0 ? 0 : (part * (wilson(lone).upper - share(lone))) ** 2;
  for (const { canary, baseline } of pairs) {
    const weight = canary.requests / requests;
    const used = weight + (part * baseline.requests) / all;
    const [p, q] = [share(canary), share(baseline)];
    difference += weight * p - used * q;
    if (weight > 0) variance += (weight * (wilson(canary).upper - p)) ** 2;
    variance += (used * (q - wilson(baseline).lower)) ** 2;
  }
  return { difference, upper: Math.min(1, difference + Math.sqrt(variance)) };
}

/** The bound that a share stays below with 90 % confidence. Without requests: 1. */
export function upperShare(count: Count): number {
  return wilson(count).upper;
}
