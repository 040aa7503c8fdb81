/** Metrics of several minutes, read one after the other within one call. */
import { parseExposition } from '../../src/digest/exposition.ts';
import { takenAt } from '../../src/digest/metrics.ts';
import { type Covered, covered, disjoint, MINUTE_MS, type Reading } from '../../src/digest/readings.ts';
import { Refusal } from '../../src/refusal.ts';
import { ApiError, TransportError } from '../../src/rest/errors.ts';
import type { ToolContext } from '../../src/tool.ts';

/** Shortest pause between two readings, and the pause when the next minute is late, in milliseconds. */
const PAUSE_MS = 1_000;
const LATE_MS = 5_000;

/** Series of all readings. An endpoint has hundreds; a million would take seconds to sum. */
const MAX_SERIES = 50_000;

export interface Sampled extends Covered {
  /** Readings that failed. */
  failed: number;
  /** The readings are so long that no more were made. */
  tooLong: boolean;
}

/**
 * Reads until the wanted minutes are covered, or for at most that long. The first reading must succeed; a later one that fails leaves a gap.
 * @param read the metrics as text.
 * @throws what the first reading throws, and what a cancellation throws.
 */
export async function sampleMetrics(
  name: string,
  minutes: number,
  read: () => Promise<string>,
  context: Pick<ToolContext, 'http' | 'clock' | 'signal' | 'progress'>,
): Promise<Sampled> {
  const { clock, http, signal } = context;
  const reading = async (): Promise<Reading> => {
    const samples = parseExposition(await read());
    return { at: takenAt(samples) ?? http.time(), samples };
  };
  const first = await reading();
  const started = clock.now();
  const readings = [first];
  let failed = 0;
  for (;;) {
    const kept = disjoint(readings);
    const elapsed = clock.now() - started;
    if (kept.length >= minutes || elapsed >= minutes * MINUTE_MS || isTooLong(readings)) break;
    await clock.sleep(pauseBefore(first, kept, readings, elapsed));
    context.progress(`${name}: ${kept.length} of ${minutes} minutes read`, kept.length / minutes);
    try {
      readings.push(await reading());
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ApiError || error instanceof TransportError || error instanceof Refusal)) throw error;
      failed++;
    }
  }
  const found = covered(readings) ?? { readings, minutes: 1, from: first.at - MINUTE_MS, to: first.at, gapSeconds: 0 };
  return { ...found, failed, tooLong: isTooLong(readings) };
}

function isTooLong(readings: readonly Reading[]): boolean {
  return readings.reduce((sum, { samples }) => sum + samples.length, 0) > MAX_SERIES;
}

/** Milliseconds until the service has a minute that follows the latest kept one. If it should have one already, it is late or a reading failed. */
function pauseBefore(first: Reading, kept: readonly Reading[], readings: readonly Reading[], elapsed: number): number {
  const latest = readings.reduce((newest, { at }) => Math.max(newest, at), first.at);
  const speed = pace(latest - first.at, elapsed);
  const left = ((kept.at(-1) ?? first).at + MINUTE_MS - first.at) / speed - elapsed;
  return left > 0 ? Math.max(PAUSE_MS, left) : LATE_MS;
}

/**
 * How fast the clock of the service runs: a minute of the built-in workspace takes a second. A timestamp that is a full minute looks fast at first,
 * so the pace is that of the whole time.
 */
function pace(serviceMs: number, elapsedMs: number): number {
  if (elapsedMs === 0) return MINUTE_MS / PAUSE_MS;
  return Math.min(MINUTE_MS / PAUSE_MS, Math.max(1, serviceMs / elapsedMs));
}
