/** Quantiles of histograms in exposition format. Pure, and linear in the number of samples except for one sort. */
import type { Sample } from './exposition.ts';

/** How many observations are at or below a bound, in the unit of the histogram. */
export interface Step {
  bound: number;
  count: number;
}

/**
 * The histogram of a name, merged over all its series, in the order of its bounds. Bounds can differ between replicas: the count of a series up to
 * a bound is its largest count at or below it.
 */
export function histogram(samples: readonly Sample[], name: string): Step[] {
  const buckets = samples.flatMap(({ name: found, labels: { le, ...series }, value, reading }) => {
    const bound = found !== `${name}_bucket` ? Number.NaN : le === '+Inf' ? Infinity : Number(le);
    return Number.isNaN(bound) ? [] : [{ bound, series: JSON.stringify([reading, series]), value }];
  });
  const steps: Step[] = [];
  const highest = new Map<string, number>();
  let count = 0;
  for (const { bound, series, value } of buckets.sort((a, b) => (a.bound < b.bound ? -1 : a.bound > b.bound ? 1 : 0))) {
    const before = highest.get(series) ?? 0;
    if (value > before) {
      highest.set(series, value);
      count += value - before;
    }
    const last = steps.at(-1);
    if (last?.bound === bound) last.count = count;
    else steps.push({ bound, count });
  }
  return steps;
}

/** A quantile in the unit of the bounds. */
export interface Quantile {
  value: number;
  /** It lies above the last finite bound, so only this minimum is known. */
  atLeast: boolean;
}

/** A quantile, linear within a bucket. Undefined without observations. Above the last finite bound the result is that bound. */
export function quantile(steps: readonly Step[], q: number): Quantile | undefined {
  const total = steps.at(-1)?.count ?? 0;
  if (total === 0) return undefined;
  const rank = q * total;
  const index = steps.findIndex(({ count }) => count >= rank);
  const { bound: upper, count } = steps[index] ?? { bound: Infinity, count: total };
  const { bound: lower, count: below } = steps[index - 1] ?? { bound: 0, count: 0 };
  if (upper === Infinity) return { value: lower, atLeast: true };
  const inside = count - below;
  return { value: inside === 0 ? upper : lower + ((upper - lower) * (rank - below)) / inside, atLeast: false };
}
