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
  /** Where it comes from: this call, an earlier one, or the history of the service. */
  from?: 'now' | 'stored' | 'history';
  /** How many samples {@link disjoint} left out because their own time is much earlier. */
  stale?: number;
}

/** Samples as a reading. @param now the time by the clock of the service, for samples without a timestamp. */
export function toReading(samples: readonly Sample[], now: number): Reading {
  return { at: takenAt(samples) ?? now, samples };
}

/** A minute that ended longer ago says nothing about now. Metrics may end with a full minute (fact L10) and come late. Milliseconds. */
const STALE_MS = 5 * MINUTE_MS;

/** Whether a minute that ended at a time is too old to show that an endpoint has no requests now. @param now by the clock of the service. */
export function isStale(at: number, now: number): boolean {
  return now - at > STALE_MS;
}

/** A time in milliseconds since 1970, from one moment to another. */
export interface Period {
  from: number;
  to: number;
}

/** What readings cover together. */
export interface Covered extends Period {
  /** Oldest first. */
  readings: readonly Reading[];
  /** Minutes covered: one for each reading. */
  minutes: number;
  /** The times within the period that no reading covers. */
  gaps: Period[];
}

/**
 * The readings that do not overlap, newest first. One that overlaps another would count its requests twice. The newest is always kept, and of readings
 * of one minute the last in the list.
 */
export function apart(readings: readonly Reading[]): Reading[] {
  const kept: Reading[] = [];
  for (const reading of [...readings].reverse().sort((a, b) => b.at - a.at)) {
    const newer = kept.at(-1);
    if (newer !== undefined && reading.at > newer.at - MINUTE_MS + TOLERANCE_MS) continue;
    kept.push(reading);
  }
  return kept;
}

/**
 * The readings that do not overlap, in the order of their time, with each minute of a series once. A series whose own timestamp shows a minute that
 * a newer reading has does not count again, and values that are old in their reading do not count.
 */
export function disjoint(readings: readonly Reading[]): Reading[] {
  const kept: Reading[] = [];
  /** By series: the oldest time that is counted. */
  const counted = new Map<string, number>();
  for (const reading of apart(readings)) {
    const times = new Map<string, number>();
    let stale = 0;
    const samples = reading.samples.filter((sample) => {
      const { at = reading.at } = sample;
      const key = `${sample.name} ${JSON.stringify(sample.labels)}`;
      const next = counted.get(key);
      if (isStale(at, reading.at)) {
        stale++;
        return false;
      }
      if (next !== undefined && at > next - MINUTE_MS + TOLERANCE_MS) return false;
      times.set(key, at);
      return true;
    });
    // Replicas without a label of their own share a key, so a reading is compared with newer ones only.
    for (const [key, at] of times) counted.set(key, at);
    kept.push({ ...reading, samples, ...(stale > 0 ? { stale } : {}) });
  }
  return kept.reverse();
}

/** The readings of the minutes up to the newest of them that do not overlap, newest first. The parameters are those of {@link covered}. */
export function within(readings: readonly Reading[], minutes: number, since = 0): Reading[] {
  const to = readings.reduce((newest, { at }) => Math.max(newest, at), 0);
  const start = to - minutes * MINUTE_MS - TOLERANCE_MS;
  return apart(readings.filter(({ at }) => at - MINUTE_MS >= start && (at === to || at > since)));
}

/**
 * What the readings cover in the minutes up to the newest of them, without those that overlap. Undefined without any.
 * @param minutes default: all.
 * @param since nothing before is looked for, in milliseconds since 1970: when the endpoint was created.
 */
export function covered(
  readings: readonly Reading[],
  minutes = Number.POSITIVE_INFINITY,
  since = 0,
): Covered | undefined {
  const kept = disjoint(within(readings, minutes, since));
  const [first] = kept;
  if (!first) return undefined;
  const to = kept.at(-1)?.at ?? first.at;
  const begun = first.at - MINUTE_MS;
  const from =
    minutes === Number.POSITIVE_INFINITY ? begun : Math.min(begun, Math.max(to - minutes * MINUTE_MS, since));
  return { readings: kept, minutes: kept.length, from, to, gaps: gapsOf(kept, from) };
}

/** The times from a moment on that no reading covers. Those of less than a second are none. */
function gapsOf(kept: readonly Reading[], from: number): Period[] {
  const gaps: Period[] = [];
  let end = from;
  for (const { at } of kept) {
    if (at - MINUTE_MS - end >= 1_000) gaps.push({ from: end, to: at - MINUTE_MS });
    end = at;
  }
  return gaps;
}

/** A size, not a count: only the latest reading has it. */
const SIZE = 'provisioned_concurrent_requests_total';

/** The samples of all readings, for a digest that sums counts and averages percentages. Each keeps the number of its reading. */
export function summed({ readings }: Pick<Covered, 'readings'>): Sample[] {
  return readings.flatMap(({ samples }, reading) =>
    samples
      .filter(({ name }) => name !== SIZE || reading === readings.length - 1)
      .map((sample) => ({ ...sample, reading })),
  );
}
