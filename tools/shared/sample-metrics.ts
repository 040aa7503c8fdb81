/** Metrics of several minutes: those that are known, and those that are measured while a call watches. */
import { readHistory } from '../../src/digest/metrics-history.ts';
import { type Covered, covered, MINUTE_MS, type Period, type Reading, within } from '../../src/digest/readings.ts';
import { Refusal } from '../../src/refusal.ts';
import { ApiError, TransportError } from '../../src/rest/errors.ts';
import { type Endpoint, observe } from '../../src/rest/index.ts';
import type { ToolContext } from '../../src/tool.ts';

/** Shortest pause between two readings, and the pause when the next minute is late, in milliseconds. */
const PAUSE_MS = 1_000;
const LATE_MS = 5_000;

/** Series of all readings. An endpoint has hundreds; a million would take seconds to sum. */
const MAX_SERIES = 50_000;

type SamplingContext = Pick<ToolContext, 'http' | 'clock' | 'signal' | 'progress' | 'history'>;

export interface Asked {
  minutes: number;
  /** How long to measure what is not known, in milliseconds. */
  watchMs: number;
}

export interface Sampled extends Covered {
  /** Readings that failed. */
  failed: number;
  /** The older readings are left out, because all of them would be too long to sum. */
  tooLong: boolean;
  /** Milliseconds that the call watched. */
  watchedMs: number;
  /** What is wrong with the stored readings or the history of the service. */
  notes: string[];
}

/**
 * The minutes up to now. One minute is read now. More come from the history of the service and the stored readings as well, and a call that watches
 * measures until no minute is missing or its time is up. What it measures is stored, so the next call continues.
 * @param read reads the metrics and remembers them.
 * @throws what the reading throws when nothing else is known, and what a cancellation throws.
 */
export async function sampleMetrics(
  endpoint: Endpoint,
  { minutes, watchMs }: Asked,
  read: () => Promise<Reading>,
  context: SamplingContext,
): Promise<Sampled> {
  const { clock, signal, progress } = context;
  const { name, creation_timestamp: since } = endpoint;
  const started = clock.now();
  const [now, known] = await Promise.all([
    settled(read(), signal),
    minutes === 1 ? NOTHING : earlier(endpoint, minutes, context),
  ]);
  if ('error' in now && (known.readings.length === 0 || !isTransient(now.error))) throw now.error;
  const measuring = clock.now();
  let first = 'found' in now ? now.found : undefined;
  let own = first ? [first] : [];
  let failed = first ? 0 : 1;
  for (;;) {
    const { readings, tooLong } = bounded(within([...known.readings, ...own], minutes, since));
    const watchedMs = clock.now() - started;
    if (readings.length >= minutes || watchedMs >= watchMs || tooLong) {
      const found = covered(readings, minutes, since);
      if (!found) throw new Error('no reading covers a minute');
      return { ...found, failed, tooLong, watchedMs, notes: known.notes };
    }
    const pause = pauseBefore(first, readings[0], clock.now() - measuring);
    await clock.sleep(Math.min(pause, watchMs - watchedMs));
    progress(`${name}: ${readings.length} of ${minutes} minutes known`, readings.length / minutes);
    const next = await settled(read(), signal);
    if ('error' in next) {
      if (!passes(next.error)) throw next.error;
      failed++;
      continue;
    }
    first ??= next.found;
    // A service that is late shows the same minute again and again.
    own = [...own.filter(({ at }) => at !== next.found.at), next.found];
  }
}

const NOTHING: { readings: Reading[]; notes: string[] } = { readings: [], notes: [] };

/** What is known of the minutes before this call. Of one minute, what this machine read has more than what the service keeps, so it comes last. */
async function earlier(endpoint: Endpoint, minutes: number, context: SamplingContext): Promise<typeof NOTHING> {
  const to = context.http.time();
  const asked = { from: to - minutes * MINUTE_MS, to };
  const { knownReadings } = await import('../../src/history/history.ts');
  const [history, stored] = await Promise.all([
    ofService(endpoint, asked, context),
    // Metrics come late, so the minutes before the newest may begin earlier.
    knownReadings(context, endpoint.name, asked.from - 2 * LATEST_MS),
  ]);
  return {
    readings: [...history.readings, ...stored.readings.map((reading): Reading => ({ ...reading, from: 'stored' }))],
    notes: [...stored.notes, ...history.notes],
  };
}

/** The service was seen to be some minutes late. */
const LATEST_MS = 5 * MINUTE_MS;

/** What the service itself keeps of these minutes. Most workspaces have no such route for a login like ours (fact L14). */
async function ofService(
  endpoint: Endpoint,
  asked: Period,
  { http, signal }: SamplingContext,
): Promise<typeof NOTHING> {
  const answer = await settled(observe.metricsHistory(http, endpoint.name, asked), signal);
  if ('error' in answer) {
    if (!passes(answer.error)) throw answer.error;
    return { readings: [], notes: ['metrics-history could not be read: the service or the connection failed'] };
  }
  if (answer.found === undefined) return NOTHING;
  const history = readHistory(answer.found, asked);
  return 'why' in history ? { readings: [], notes: [history.why] } : history;
}

type Settled<Found> = { found: Found } | { error: unknown };

/** Keeps an error as a value. @throws what a cancellation throws. */
async function settled<Found>(work: Promise<Found>, signal: AbortSignal): Promise<Settled<Found>> {
  try {
    return { found: await work };
  } catch (error) {
    signal.throwIfAborted();
    return { error };
  }
}

/** A failure of this moment: it leaves a gap. */
function passes(error: unknown): boolean {
  return error instanceof TransportError || error instanceof ApiError || error instanceof Refusal;
}

/** A failure that says nothing about the endpoint or the rights of the caller. */
function isTransient(error: unknown): boolean {
  return (
    error instanceof TransportError || (error instanceof ApiError && (error.status >= 500 || error.status === 429))
  );
}

/** The newest readings that are not too long to sum, at least one. */
function bounded(newestFirst: readonly Reading[]): { readings: readonly Reading[]; tooLong: boolean } {
  let series = 0;
  const end = newestFirst.findIndex(({ samples }, index) => {
    series += samples.length;
    return index > 0 && series > MAX_SERIES;
  });
  return { readings: end < 0 ? newestFirst : newestFirst.slice(0, end), tooLong: series > MAX_SERIES };
}

/** Milliseconds until the service has a minute that follows the newest. If it should have one already, it is late or a reading failed. */
function pauseBefore(first: Reading | undefined, newest: Reading | undefined, elapsed: number): number {
  if (!first || !newest) return LATE_MS;
  const left = (newest.at + MINUTE_MS - first.at) / pace(newest.at - first.at, elapsed) - elapsed;
  return left > 0 ? Math.max(PAUSE_MS, left) : LATE_MS;
}

/**
 * How fast the clock of the service runs: a minute of the built-in workspace takes a second, so the first pause is short. A timestamp that is a full
 * minute looks fast at first, so the pace is that of the whole time.
 */
function pace(serviceMs: number, elapsedMs: number): number {
  if (elapsedMs < PAUSE_MS) return MINUTE_MS / PAUSE_MS;
  return Math.min(MINUTE_MS / PAUSE_MS, Math.max(1, serviceMs / elapsedMs));
}
