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
}

const NONE: Side = { requests: 0, latency: [] };

/** A minute of which nothing is known. */
export function unreadMinute(at: number, step: number): Minute {
  return { at, step, canary: NONE, baseline: NONE, unreadable: true };
}

/** The minute of a reading. An entity without a series had no requests: the service has none of an entity that is scaled to zero. */
export function minuteOf(
  { at, samples }: Reading,
  step: number,
  { canary, baseline }: { canary: string; baseline: string },
): Minute {
  const groups = byEntity(samples, [canary, baseline]);
  const side = (name: string): Side => {
    const own = groups.get(name) ?? [];
    const { requests = 0, errors_5xx, errors_4xx } = countsOf(own);
    const { cpu_percent, memory_percent, gpu_percent, gpu_memory_percent } = digest(own);
    const uses = [cpu_percent, memory_percent, gpu_percent, gpu_memory_percent].filter((each) => each !== undefined);
    return {
      requests,
      errors_5xx,
      errors_4xx,
      latency: histogram(own, 'request_latency_ms'),
      saturation: uses.length > 0 ? Math.max(...uses) : undefined,
    };
  };
  return { at, step, canary: side(canary), baseline: side(baseline) };
}

/** Histograms added up. A bound that one of them lacks has the count of that histogram's next lower bound. */
export function merged(histograms: readonly (readonly Bound[])[]): Bound[] {
  const bounds = [...new Set(histograms.flatMap((each) => each.map(({ bound }) => bound)))].sort((a, b) =>
    a < b ? -1 : 1,
  );
  return bounds.map((bound) => ({ bound, count: histograms.reduce((sum, each) => sum + atOrBelow(each, bound), 0) }));
}

/** How many requests of a histogram took at most a time, in milliseconds, by the bounds that it has. */
export function atOrBelow(histogram: readonly Bound[], bound: number): number {
  return histogram.findLast((each) => each.bound <= bound)?.count ?? 0;
}
