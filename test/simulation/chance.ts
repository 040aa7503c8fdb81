/** Random numbers from a seed, and the distributions that traffic has. */

/** A generator of numbers in [0, 1): mulberry32, whose short state makes a new generator for each minute cheap. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One seed from several numbers. */
export function seedOf(...parts: readonly number[]): number {
  return parts.reduce((hash, part) => Math.imul(hash ^ part, 0x01000193) ^ (hash >>> 13), 0x811c9dc5) >>> 0;
}

/** A standard normal number (G. Box and M. Muller, 1958). */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Below this mean, counts are exact. Above it they are a rounded normal number, which differs by less than a simulation of this size can see. */
const EXACT = 40;

/** How many of n succeed, each with probability p. */
export function binomial(n: number, p: number, random: () => number): number {
  if (n <= 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - binomial(n, 1 - p, random);
  if (n * p >= EXACT) {
    const drawn = Math.round(n * p + Math.sqrt(n * p * (1 - p)) * normal(random));
    return Math.min(n, Math.max(0, drawn));
  }
  // The gaps between successes are geometric.
  const step = Math.log1p(-p);
  let found = 0;
  for (let at = Math.floor(Math.log(1 - random()) / step); at < n; at += 1 + Math.floor(Math.log(1 - random()) / step))
    found++;
  return found;
}

/** A Poisson count with a mean. */
export function poisson(mean: number, random: () => number): number {
  if (mean >= EXACT) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  // The gaps between events are exponential.
  let [count, left] = [0, mean + Math.log(1 - random())];
  while (left >= 0) {
    count++;
    left += Math.log(1 - random());
  }
  return count;
}

/** How many of n fall into each part. @param shares they sum to 1. */
export function multinomial(n: number, shares: readonly number[], random: () => number): number[] {
  let [left, rest] = [n, 1];
  return shares.map((share) => {
    const drawn = left === 0 ? 0 : binomial(left, Math.min(1, share / rest), random);
    left -= drawn;
    rest = Math.max(Number.EPSILON, rest - share);
    return drawn;
  });
}
