/** The minutes of a rollout from the rows of a table. Pure. */
import type { EntityNames, MinuteCounts } from '../usage/per-minute.ts';
import { stepOf } from './drive.ts';
import type { Minute, Side } from './measure.ts';
import { MINUTE } from './source.ts';
import type { StepTime } from './state.ts';
import type { Look } from './watch.ts';

/** What one query read. */
export interface TableRead {
  counts: readonly MinuteCounts[];
  names: EntityNames;
  /** The oldest rows are left out. */
  truncated: boolean;
  /** The end of the newest minute that may be judged: now minus the lateness of the table. Epoch milliseconds. */
  until: number;
}

/** The rollout that it is about. */
export interface TableWatch {
  canary: string;
  baseline: string;
  /** When each step began, the oldest first. */
  times: readonly StepTime[];
  /** The version of the config that serves. */
  configVersion: number;
  /** The endpoint has rate limits, so a 429 may be theirs. */
  limited: boolean;
  /** Rows whose entity has no name yet are absent, as in the usage table. */
  joined: boolean;
}

const NONE: Side = { requests: 0, latency: [] };

/**
 * The minutes since the first step, oldest first, and up to when they are known. A minute without rows had no requests. The rows of an entity whose
 * name the service does not have yet are not no requests: nothing from then on is known.
 */
export function tableMinutes(
  { counts, names: { names, configVersion }, truncated, until }: TableRead,
  watched: TableWatch,
): { minutes: Minute[]; asOf: number } {
  const { times, canary, baseline } = watched;
  const nameless = counts.filter(({ id }) => id !== undefined && !names.has(id)).map(({ at }) => at - MINUTE);
  const isBehind = watched.joined && configVersion < watched.configVersion;
  const asOf = Math.min(until, ...nameless, isBehind ? (times.at(-1)?.from ?? until) : until);
  const oldest = Math.min(...counts.map(({ at }) => at));
  const begin = truncated ? oldest : Math.floor((times[0]?.from ?? until) / MINUTE) * MINUTE;
  const byMinute = new Map<string, MinuteCounts[]>();
  for (const each of counts) {
    const key = `${each.at} ${names.get(each.id ?? '') ?? ''}`;
    byMinute.set(key, [...(byMinute.get(key) ?? []), each]);
  }
  const side = (at: number, name: string) => sideOf(byMinute.get(`${at} ${name}`) ?? [], watched.limited);
  const minutes: Minute[] = [];
  for (let at = begin + MINUTE; at <= asOf; at += MINUTE) {
    const step = stepOf(at, times);
    if (step !== undefined) minutes.push({ at, step, canary: side(at, canary), baseline: side(at, baseline) });
  }
  return { minutes, asOf };
}

/** What is known where nothing has numbers: that the minutes passed. @param now by the clock of the service. */
export function emptyLook(times: readonly StepTime[], now: number): Look {
  const until = Math.floor(now / MINUTE) * MINUTE;
  const read = { counts: [], names: { names: new Map(), configVersion: 0 }, truncated: false, until };
  const { minutes } = tableMinutes(read, { ...NO_ONE, times });
  return { minutes, asOf: now, due: now + MINUTE };
}

const NO_ONE = { canary: '', baseline: '', configVersion: 0, limited: false, joined: false };

/** An entity has a row for each version of the config that served in the minute. */
function sideOf(rows: readonly MinuteCounts[], limited: boolean): Side {
  if (rows.length === 0) return NONE;
  const sum = (of: (row: MinuteCounts) => number) => rows.reduce((all, row) => all + of(row), 0);
  const [{ durations } = { durations: [] }] = rows;
  return {
    requests: sum(({ requests }) => requests),
    errors_5xx: sum(({ errors_5xx }) => errors_5xx),
    // Without a limit of the endpoint, a 429 is the model's: it lacks capacity.
    errors_4xx: sum((row) => row.errors_4xx + (limited ? 0 : row.limited)),
    latency: durations.map(({ bound }, at) => ({ bound, count: sum((row) => row.durations[at]?.count ?? 0) })),
  };
}
