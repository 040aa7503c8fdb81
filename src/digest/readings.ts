/**
 * Metrics of several minutes. The service has only the last minute (fact L6), so several minutes are the sum of readings, each a minute or more after
 * the one before. Pure.
 */
import type { Sample } from './exposition.ts';
import { takenAt } from './metrics.ts';

/** Milliseconds that one reading covers. */
export const MINUTE_MS = 60_000;
/** Timestamps and pauses are not exact. */
const TOLERANCE_MS = 500;

/** The samples of one moment. */
export interface Reading {
  /** End of the minute that it covers, by the clock of the service, in milliseconds since 1970. */
  at: number;
  samples: readonly Sample[];
}

/** Samples as a reading. @param now the time by the clock of the service, for samples without a timestamp. */
export function toReading(samples: readonly Sample[], now: number): Reading {
  return { at: takenAt(samples) ?? now, samples };
}

/** A minute that ended longer ago says nothing about now. Metrics may end with a full minute (fact L10) and come late. Milliseconds. */
const STALE_MS = 5 * MINUTE_MS;

/** Whether a reading is too old to say that an endpoint has no requests now. @param now the time by the clock of the service. */
export function isStale({ at }: Reading, now: number): boolean {
  return now - at > STALE_MS;
}

/** What readings cover together. */
export interface Covered {
  readings: readonly Reading[];
  /** Minutes covered: one for each reading. */
  minutes: number;
  from: number;
  to: number;
  /** Seconds between the readings that none of them covers. */
  gapSeconds: number;
}

/** The readings that do not overlap, in the order of their time. One that overlaps the previous would count its requests twice. */
export function disjoint(readings: readonly Reading[]): Reading[] {
  const kept: Reading[] = [];
  for (const reading of readings.toSorted((a, b) => a.at - b.at)) {
    const last = kept.at(-1);
    if (last === undefined || reading.at >= last.at + MINUTE_MS - TOLERANCE_MS) kept.push(reading);
  }
  return kept;
}

/** What the readings cover, without those that overlap. Undefined without any. */
export function covered(readings: readonly Reading[]): Covered | undefined {
  const kept = disjoint(readings);
  const [first] = kept;
  const last = kept.at(-1);
  if (!first || !last) return undefined;
  const span = last.at - first.at + MINUTE_MS;
  return {
    readings: kept,
    minutes: kept.length,
    from: first.at - MINUTE_MS,
    to: last.at,
    gapSeconds: Math.max(0, Math.round((span - kept.length * MINUTE_MS) / 1000)),
  };
}

/** A size, not a count: only the latest reading has it. */
const SIZE = 'provisioned_concurrent_requests_total';

/** The samples of all readings, for a digest that sums counts and averages percentages. Each keeps the number of its reading. */
export function summed({ readings }: Covered): Sample[] {
  return readings.flatMap(({ samples }, reading) =>
    samples
      .filter(({ name }) => name !== SIZE || reading === readings.length - 1)
      .map((sample) => ({ ...sample, reading })),
  );
}
