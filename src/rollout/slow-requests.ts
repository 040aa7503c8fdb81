/** Which requests of a rollout count as slow: the choice of one bound of the histogram, and the counts above it. Pure. */
import type { Step as Bound } from '../digest/histogram.ts';
import type { Count } from './evidence.ts';
import { atBound, type Minute, merged, type Side } from './measure.ts';

/** Requests of the baseline from which the latency bound is chosen. */
export const BOUND_REQUESTS = 200;
/** A slowdown that the bound should show. */
const SLOWER = 1.5;

export interface SlowBound {
  /** Milliseconds. */
  bound: number;
  /** How many minutes chose it. */
  chosen: number;
  /** All minutes with a histogram have it, at both versions. Otherwise the service changed its bounds, and some minutes do not count. */
  everywhere: boolean;
}

/**
 * The bound above which a request counts as slow: the one at which a version that is 1.5 times slower would differ most, in standard errors, by the
 * baseline's own histogram. (The bound nearest to the p95 may lie in a long tail that a slowdown hardly moves. A ratio of one-minute p95 values says
 * little, because a thin canary has a handful of requests there.) The first minutes choose the bound and do not count, so that the choice does not
 * depend on what it is used for. Only the bounds that most minutes have at both versions can be chosen, for elsewhere the counts are not known.
 * @returns undefined before the baseline had enough requests, or where both versions have no bound in common.
 */
export function slowBound(minutes: readonly Minute[]): SlowBound | undefined {
  const told = minutes.find((each) => each.told)?.told?.bound;
  if (told !== undefined) return { bound: told, chosen: 0, everywhere: minutes.every((each) => hasBound(each, told)) };
  let seen = 0;
  const at = minutes.findIndex(({ baseline }) => {
    seen += allOf(baseline.latency);
    return seen >= BOUND_REQUESTS;
  });
  if (at < 0) return undefined;
  const pooled = merged(
    minutes.slice(0, at + 1).flatMap(({ baseline: { latency } }) => (latency.length > 0 ? [latency] : [])),
  );
  const { bounds, everywhere } = sharedBounds(minutes);
  const bound = clearest(pooled, bounds);
  return bound === undefined ? undefined : { bound, chosen: at + 1, everywhere };
}

/** Whether the canary's histogram has a bound, if there is one. */
function hasBound({ canary: { latency } }: Minute, bound: number): boolean {
  return latency.length === 0 || atBound(latency, bound) !== undefined;
}

/** The bound at which a slower version would differ most. Undefined where the histogram or the list is empty. */
export function clearest(histogram: readonly Bound[], bounds: readonly number[]): number | undefined {
  // A bound of zero says nothing about a time, and has no logarithm.
  const timed = histogram.filter(({ bound }) => bound > 0);
  const all = allOf(histogram);
  if (all === 0) return undefined;
  const shows = (bound: number) => {
    const [now, slower] = [exceeding(timed, bound), exceeding(timed, bound / SLOWER)];
    const mean = (now + slower) / 2;
    return (slower - now) / Math.sqrt(Math.max(mean * (1 - mean), 1 / all));
  };
  let best: { bound: number; shown: number } | undefined;
  for (const bound of bounds) {
    const shown = shows(bound);
    if (best === undefined || shown > best.shown) best = { bound, shown };
  }
  return best?.bound;
}

/** The requests of a version above the bound. Undefined where its histogram does not say. */
export function slowOf({ requests, latency }: Side, bound: number): Count | undefined {
  const all = allOf(latency);
  if (all === 0) return requests === 0 ? { requests: 0, bad: 0 } : undefined;
  const quick = atBound(latency, bound);
  return quick === undefined ? undefined : { requests: all, bad: Math.max(0, all - quick) };
}

function allOf(histogram: readonly Bound[]): number {
  return histogram.at(-1)?.count ?? 0;
}

/** The finite bounds that most minutes have at each version with a histogram. */
function sharedBounds(minutes: readonly Minute[]): { bounds: number[]; everywhere: boolean } {
  const layouts = new Map<string, { bounds: readonly number[]; minutes: number }>();
  let all = 0;
  for (const minute of minutes) {
    const found = layoutOf(minute);
    if (!found) continue;
    all++;
    const same = layouts.get(found.key);
    if (same) same.minutes++;
    else layouts.set(found.key, { bounds: found.bounds, minutes: 1 });
  }
  const counts = new Map<number, number>();
  for (const layout of layouts.values())
    for (const bound of layout.bounds) counts.set(bound, (counts.get(bound) ?? 0) + layout.minutes);
  let most = 0;
  for (const count of counts.values()) most = Math.max(most, count);
  const bounds = [...counts].flatMap(([bound, count]) => (count === most ? [bound] : [])).sort((a, b) => a - b);
  return { bounds, everywhere: most === all };
}

interface Layout {
  key: string;
  bounds: readonly number[];
}

/** A minute does not change, and is looked at again with each minute that follows. */
const layouts = new WeakMap<Minute, Layout | 'none'>();

/** The bounds that both histograms of a minute have, or the only one. Undefined without a histogram. */
function layoutOf(minute: Minute): Layout | undefined {
  const known = layouts.get(minute);
  if (known) return known === 'none' ? undefined : known;
  const [own, other] = [minute.canary.latency, minute.baseline.latency].filter((each) => allOf(each) > 0);
  const usable = (each: readonly Bound[]) =>
    each.flatMap(({ bound }) => (bound > 0 && Number.isFinite(bound) ? [bound] : []));
  const others = other && new Set(usable(other));
  const bounds = own ? usable(own).filter((bound) => others?.has(bound) ?? true) : [];
  const found: Layout | 'none' = own ? { key: bounds.join(' '), bounds } : 'none';
  layouts.set(minute, found);
  return found === 'none' ? undefined : found;
}

/** The share of requests that took longer than a time, linear in its logarithm between two bounds. */
export function exceeding(histogram: readonly Bound[], time: number): number {
  const all = allOf(histogram);
  const at = histogram.findIndex(({ bound }) => bound >= time);
  const [upper, lower] = [histogram[at], histogram[at - 1] ?? { bound: (histogram[0]?.bound ?? 1) / 2, count: 0 }];
  if (!upper || !Number.isFinite(upper.bound) || upper.bound === time) return 1 - (upper?.count ?? all) / all;
  const part = Math.min(1, Math.max(0, Math.log(time / lower.bound) / Math.log(upper.bound / lower.bound)));
  return 1 - (lower.count + part * (upper.count - lower.count)) / all;
}
