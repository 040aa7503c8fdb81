/**
 * The readings of metrics that this machine knows. The service has only the last minute (fact L6), so every tool that reads metrics remembers them
 * here. Nothing here fails a call: what cannot be stored or read becomes a note.
 */
import type { Clock } from '../clock.ts';
import { isRead } from '../digest/metrics.ts';
import type { Reading } from '../digest/readings.ts';
import type { Http } from '../rest/http.ts';
import { append, fileOf, lines, MAX_AGE, UnusableFile } from './files.ts';
import { lineOf, type Measured, readingOf, timeOf } from './line.ts';
import type { HistoryPlace } from './place.ts';

/** The part of a tool's context that the history needs. */
export interface HistoryContext {
  http: Pick<Http, 'signer' | 'time'>;
  clock: Pick<Clock, 'now'>;
  history: HistoryPlace;
}

export interface Known {
  /** Oldest first. Several may show the same minute: `disjoint` of `src/digest/readings.ts` counts it once. */
  readings: Reading[];
  /** What could not be stored or read, and what to do. */
  notes: string[];
}

/** Endpoints whose newest reading a server knows, so that it stores none twice. */
const MAX_NEWEST = 1_000;
/** A reading may be this much newer than the clock of the service says. A later one is damaged. Milliseconds. */
const MAX_AHEAD = 5 * 60_000;

/**
 * Stores a reading of an endpoint. A reading that this server has stored already is not stored again. It never throws.
 * @param reading its time is that of the service (`takenAt`), or the service's clock where the samples have none.
 */
export async function remember(context: HistoryContext, endpoint: string, reading: Reading): Promise<void> {
  const { history: place, clock } = context;
  const measured = await measuredBy(context, endpoint);
  const key = measured && fileOf(measured);
  if (!measured || key === undefined || place.newest.get(key) === reading.at) return;
  // Metrics without a value say nothing about their minute.
  if (!reading.samples.some(({ name }) => isRead(name))) return;
  setNewest(place.newest, key, reading.at);
  const line = lineOf(measured, reading);
  if (line === undefined) {
    setNewest(place.failed, key, 'the latest reading is not stored: it is too long');
    return;
  }
  const { folder } = place;
  if (folder === undefined) return keep(place, line);
  place.last = place.last.then(async () => {
    try {
      await append(folder, measured, line, clock.now);
      place.failed.delete(key);
    } catch (error) {
      setNewest(place.failed, key, `readings are not stored on disk (${reasonOf(error)}), only until this server ends`);
      keep(place, line);
    }
  });
  await place.last;
}

/**
 * The known readings of an endpoint, with notes about what is wrong with them. It never throws.
 * @param since milliseconds since 1970, by the clock of the service. Default: a day ago, and never earlier.
 */
export async function knownReadings(context: HistoryContext, endpoint: string, since = 0): Promise<Known> {
  const { history: place, http } = context;
  const measured = await measuredBy(context, endpoint);
  if (!measured) return { readings: [], notes: [] };
  const now = http.time();
  const from = Math.max(since, now - MAX_AGE);
  const notes: string[] = [];
  const readings: Reading[] = [];
  let unreadable = 0;
  const take = (line: string) => {
    const at = timeOf(line, measured);
    if (at !== undefined && (at < from || at > now + MAX_AHEAD)) return;
    const reading = at === undefined ? undefined : readingOf(line, measured);
    if (reading) readings.push(reading);
    else unreadable++;
  };
  try {
    const { folder } = place;
    const unusable = (why: string) => notes.push(`${why}: it is ignored. Move it away to store readings there again`);
    if (folder !== undefined) for await (const line of lines(folder, measured, unusable)) take(line);
  } catch (error) {
    notes.push(`the stored readings cannot be read: ${reasonOf(error)}`);
  }
  for (const line of place.lines) if (timeOf(line, measured) !== undefined) take(line);
  if (unreadable > 0) notes.push(`${unreadable} lines of the stored readings are damaged and are ignored`);
  const failed = place.failed.get(fileOf(measured));
  if (failed !== undefined && notes.length === 0) notes.push(failed);
  return { readings: readings.sort((a, b) => a.at - b.at), notes };
}

/** The known readings of the last 24 hours, oldest first. It never throws. */
export async function recentReadings(context: HistoryContext, endpoint: string): Promise<Reading[]> {
  return (await knownReadings(context, endpoint)).readings;
}

/** Sets a value, and drops the one that was set first when there are too many. */
function setNewest<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  const [first] = map.keys();
  if (map.size > MAX_NEWEST && first !== undefined) map.delete(first);
}

/** Above the maximum size, the oldest readings are dropped. */
function keep(place: HistoryPlace, line: string): void {
  place.lines.push(line);
  place.size += line.length;
  while (place.size > place.most) place.size -= place.lines.shift()?.length ?? place.size;
}

/** Undefined without a login: then there is nothing to remember either. */
async function measuredBy({ http }: HistoryContext, endpoint: string): Promise<Measured | undefined> {
  const signer = await http.signer().catch(() => undefined);
  return signer && { host: signer.host, endpoint };
}

/** A text of ours, or the code of the system. */
function reasonOf(error: unknown): string {
  if (error instanceof UnusableFile) return error.message;
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown cause';
}
