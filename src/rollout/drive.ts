/** Measures a rollout until there is something to decide or the time is up. The only part of the rollout that reads and waits. */
import type { Clock } from '../clock.ts';
import { isRead } from '../digest/metrics.ts';
import { apart, MINUTE_MS, type Reading } from '../digest/readings.ts';
import { type HistoryContext, knownReadings } from '../history/history.ts';
import type { Decision } from './decide.ts';
import { idleMinute, type Minute, minuteOf, unreadMinute } from './measure.ts';
import type { StepTime } from './state.ts';
import { type Look, watch } from './watch.ts';

export interface DriveContext extends HistoryContext {
  http: HistoryContext['http'] & { pace(): number };
  clock: Clock;
  signal: AbortSignal;
}

export interface Watched {
  /** Id of the rollout. */
  id: string;
  endpoint: string;
  canary: string;
  baseline: string;
  /** When each step began, the oldest first. */
  times: readonly StepTime[];
}

/** Metrics come a few seconds after their minute. Milliseconds of the service. */
const LATE_MS = 2_000;
/** Readings without a value that a server remembers of a rollout. Far fewer in a row make a step inconclusive. */
const MAX_UNREAD = 20;

export interface Driven {
  minutes: readonly Minute[];
  decision: Decision;
  /** Why the latest reading failed. */
  failure: unknown;
}

/**
 * Reads the metrics each minute, with those that earlier calls stored, until the judge decides something else than to wait.
 * @param waitMs the longest time to measure, in milliseconds of this machine.
 * @param read reads the metrics of now and remembers them.
 * @param judge decides on all minutes since the first step. Pure.
 * @throws what a cancellation throws. A failed reading is a minute that could not be read.
 */
export async function drive(
  watched: Watched,
  waitMs: number,
  read: () => Promise<Reading>,
  judge: (minutes: readonly Minute[], now: number) => Decision,
  context: DriveContext,
  onWait: (decision: Decision) => void = () => {},
): Promise<Driven> {
  const look = () => lookAtMetrics(watched, read, context);
  const { minutes, decision, failure } = await watch(
    waitMs,
    look,
    (seen, now) => judge(seen.minutes, now),
    context,
    onWait,
  );
  return { minutes, decision, failure };
}

/** Reads the metrics once. */
async function lookAtMetrics(watched: Watched, read: () => Promise<Reading>, context: DriveContext): Promise<Look> {
  const { http, signal } = context;
  const { unread } = context.history;
  let failure: unknown;
  try {
    const { at, samples } = await read();
    // The history keeps no reading without a series.
    if (!samples.some(({ name }) => isRead(name))) noteEmpty(unread, watched.id, { at, failed: false });
  } catch (error) {
    signal.throwIfAborted();
    failure = error;
    noteEmpty(unread, watched.id, { at: http.time(), failed: true });
  }
  const minutes = await knownMinutes(watched, context);
  const now = http.time();
  const newest = minutes.at(-1)?.at ?? now;
  return { minutes, asOf: now, failure, due: Math.max(newest + MINUTE_MS, now) + LATE_MS };
}

interface EmptyReading {
  at: number;
  failed: boolean;
}

/** Several calls in one minute find it empty once. */
function noteEmpty(unread: Map<string, EmptyReading[]>, id: string, found: EmptyReading): void {
  const known = unread.get(id) ?? [];
  const latest = known.at(-1);
  if (latest && found.at < latest.at + MINUTE_MS - TOLERANCE_MS) return;
  unread.set(id, [...known, found].slice(-MAX_UNREAD));
}

/** The minutes of a rollout that this machine knows, oldest first. It makes no request. */
export async function knownMinutes(watched: Watched, context: HistoryContext): Promise<Minute[]> {
  const since = watched.times[0]?.from ?? context.http.time();
  const { readings } = await knownReadings(context, watched.endpoint, since);
  return minutesOf(readings, context.history.unread.get(watched.id) ?? [], watched);
}

/** The minutes of a rollout, oldest first. A minute in which the traffic changed belongs to no step. */
function minutesOf(readings: readonly Reading[], empty: readonly EmptyReading[], watched: Watched): Minute[] {
  const minutes = apart(readings).flatMap((reading) => {
    const step = stepOf(reading.at, watched.times);
    return step === undefined ? [] : [minuteOf(reading, step, watched)];
  });
  const others = empty.flatMap(({ at, failed }) => {
    const step = stepOf(at, watched.times);
    return step === undefined ? [] : [failed ? unreadMinute(at, step) : idleMinute(at, step)];
  });
  return [...minutes, ...others].sort((a, b) => a.at - b.at);
}

/** The step that had its traffic for the whole minute that ends at a time. */
export function stepOf(at: number, times: readonly StepTime[]): number | undefined {
  const current = times.findLast(({ from }) => from <= at);
  return current && current.from <= at - MINUTE_MS + TOLERANCE_MS ? current.step : undefined;
}

/** Times of the journal and of the metrics come from different clocks of the service. Milliseconds. */
const TOLERANCE_MS = 2_000;
