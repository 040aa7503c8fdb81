/** One minute of a rollout: the counts of both versions in it. Pure. */

import { type Step as Bound, histogram } from '../digest/histogram.ts';
import { byEntity, countsOf, digest } from '../digest/metrics.ts';
import type { Reading } from '../digest/readings.ts';

/** The counts of one served entity in a minute. */
export interface Side {
  requests: number;
  /** Undefined where the service returned no series for them. */
  errors_5xx?: number | undefined;
  /** Without those that a rate limit refused, where the series tell them apart. */
  errors_4xx?: number | undefined;
  /** Requests at or below each bound, in milliseconds. Empty without a histogram. */
  latency: readonly Bound[];
  /** The highest of CPU, memory, GPU and GPU memory, in percent. */
  saturation?: number | undefined;
}

/** A published minute. Each counts once, by the time of its samples. */
export interface Minute {
  /** Its end, by the clock of the service. Epoch milliseconds. */
  at: number;
  /** Index of the step that had its traffic. */
  step: number;
  canary: Side;
  baseline: Side;
  /** The reading failed, so nothing is known of the minute. */
  unreadable?: true;
  /** It stands for all earlier minutes of the old version, as the tag tells them. `bound`: the latency bound of its counts, in milliseconds. */
  told?: { bound?: number };
}

const NONE: Side = { requests: 0, latency: [] };

/** A minute of which nothing is known. */
export function unreadMinute(at: number, step: number): Minute {
  return { at, step, canary: NONE, baseline: NONE, unreadable: true };
}

/** A minute in which neither version had requests. */
export function idleMinute(at: number, step: number): Minute {
  return { at, step, canary: NONE, baseline: NONE };
}

/**
 * The minute of a reading. An entity without a series had no requests: the service has none of an entity that is scaled to zero. A minute with a count
 * that cannot be one is unreadable, for its other counts cannot be trusted either.
 */
export function minuteOf(
  { at, samples }: Reading,
  step: number,
  { canary, baseline }: { canary: string; baseline: string },
): Minute {
  const groups = byEntity(samples, [canary, baseline]);
  const side = (name: string): Side | undefined => {
    const own = groups.get(name) ?? [];
    const { requests, errors_5xx, errors_4xx } = countsOf(own);
    const latency = histogram(own, 'request_latency_ms');
    const others = [errors_5xx, errors_4xx, ...latency.map(({ count }) => count)].filter((each) => each !== undefined);
    if (requests === undefined ? others.some((each) => each !== 0) : ![requests, ...others].every(isCount))
      return undefined;
    const { cpu_percent, memory_percent, gpu_percent, gpu_memory_percent } = digest(own);
    const uses = [cpu_percent, memory_percent, gpu_percent, gpu_memory_percent].filter((each) => each !== undefined);
    return {
      requests: requests ?? 0,
      errors_5xx,
      errors_4xx,
      latency,
      saturation: uses.length > 0 ? Math.max(...uses) : undefined,
    };
  };
  const [own, other] = [side(canary), side(baseline)];
  return own && other ? { at, step, canary: own, baseline: other } : unreadMinute(at, step);
}

/** Infinite and negative counts come from counters that were reset, and from texts that are none of metrics. Above the limit, sums lose requests. */
function isCount(value: number): boolean {
  return value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

/** Histograms added up, at the bounds that all of them have. At another bound, the count of one would be unknown. The last is infinite. */
export function merged(histograms: readonly (readonly Bound[])[]): Bound[] {
  const known = new Map<number, { histograms: number; count: number }>();
  for (const { bound, count } of histograms.flat()) {
    const own = known.get(bound) ?? { histograms: 0, count: 0 };
    known.set(bound, { histograms: own.histograms + 1, count: own.count + count });
  }
  const all = histograms.reduce((sum, each) => sum + (each.at(-1)?.count ?? 0), 0);
  const finite = [...known].filter(([bound, own]) => Number.isFinite(bound) && own.histograms === histograms.length);
  return [...finite.map(([bound, { count }]) => ({ bound, count })), { bound: Infinity, count: all }];
}

/** How many requests of a histogram took at most a time, in milliseconds. Undefined where it has no such bound. */
export function atBound(histogram: readonly Bound[], bound: number): number | undefined {
  return histogram.find((each) => each.bound === bound)?.count;
}
