/** Which lines of a log a caller wants to see, and how many others there are. Pure. */
import { accessOf, type LogPart, partsOf } from './log-parts.ts';

export interface LogFilter {
  /** Only lines with this text, ignoring case. */
  contains?: string | undefined;
  /** Only lines without this text, ignoring case. */
  exclude?: string | undefined;
  /** Only lines from this time on, epoch milliseconds of the service's clock. */
  since?: number | undefined;
}

/** Number of lines that each filter removed. `noise`: progress bars, health probes and clean-up messages. */
export type FilterCounts = Partial<Record<'noise' | 'since' | 'contains' | 'exclude', number>>;

export interface FilteredLog {
  /** Indices of the lines that are left. */
  kept: number[];
  counts: FilterCounts;
  /** No line has a time, so `since` had no effect. */
  undated: boolean;
}

const SPINNER = /^[\s|/\\-]+$/;
const PROGRESS =
  /^\s*(?:[\w .()/:-]{0,80}?)\d{1,3}%\s?\||[━█▏▎▍▌▋▊▉╸╺■]{5,}|^\s*(?:\d{1,3}%|[#=>.]{8,200}).{0,80}(?:it\/s|[kMG]i?B\/s|eta)\b/;
const HOUSEKEEPING =
  /\bclean(?:ed|ing|s)?[-_ ]?up\b|\bclean(?:ed|er|ing)\b.{0,40}\b(?:temp\w*|tmp|caches?|stale|old|expired|files?|sessions?)\b|\bhouse-?keeping\b|\bgarbage[- ]collect|\bgc(?::| run| cycle| freed| collected)|\bevict(?:ed|ing|ion)\b|\bpurg(?:ed|ing)\b|\bvacuum\w*\b|\bheart-?beat\b|\bkeep-?alive\b|\b(?:remov|delet|clear|swept|sweep)\w* .{0,40}\b(?:stale|temp\w*|tmp|expired|cached?|sessions?|old)\b|\b(?:stale|temp\w*|tmp|expired)\b.{0,60}\b(?:removed|deleted|cleared|cleaned|swept)\b/i;
const SERIOUS = /\b(?:\w*error|\w*exception|fail\w*|fatal|denied|refused|killed|timed out|timeout|cannot|could not)\b/i;

/** Whether a line only says that something routine happened. */
function isNoise({ bare, level }: LogPart): boolean {
  if (level === 'warning' || level === 'error') return false;
  if (SPINNER.test(bare) || PROGRESS.test(bare)) return true;
  const access = accessOf(bare);
  if (access) return access.probe && access.status < 400;
  return HOUSEKEEPING.test(bare) && !SERIOUS.test(bare);
}

/** Applies the filters in this order: contains, noise, since, exclude. A line is counted once. Lines that `contains` finds are never noise. */
export function filterLog(lines: readonly string[], filter: LogFilter): FilteredLog {
  const parts = lines.map((line, at) => partsOf(line, at === 0));
  const times = timesOf(parts);
  const undated = filter.since !== undefined && times.every((time) => time === undefined);
  const since = undated ? undefined : filter.since;
  const wanted = filter.contains?.toLowerCase();
  const unwanted = filter.exclude?.toLowerCase();
  const counts: FilterCounts = {};
  const kept: number[] = [];
  for (const [at, line] of lines.entries()) {
    const part = parts[at];
    const text = line.toLowerCase();
    const time = times[at];
    let by: keyof FilterCounts | undefined;
    if (wanted !== undefined && !text.includes(wanted)) by = 'contains';
    else if (wanted === undefined && part && isNoise(part)) by = 'noise';
    else if (since !== undefined && !(time !== undefined && time >= since)) by = 'since';
    else if (unwanted !== undefined && text.includes(unwanted)) by = 'exclude';
    if (by === undefined) kept.push(at);
    else counts[by] = (counts[by] ?? 0) + 1;
  }
  return { kept, counts, undated };
}

/** The time of each line: its own, else that of the line before it from the same source. A traceback has the time of its first line. */
function timesOf(parts: readonly LogPart[]): (number | undefined)[] {
  const last = new Map<string, number>();
  const times = parts.map(({ source, at }) => {
    if (at !== undefined) last.set(source, at);
    return at ?? last.get(source);
  });
  // The log can begin between two times. Such lines are as old as the first one at most.
  const first = times.find((time) => time !== undefined);
  return times.map((time) => time ?? first);
}

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** An amount and a unit, written out or not. */
const PART = /(\d{1,6}(?:\.\d{1,3})?)\s*(s|m|h|d)(?:ec(?:ond)?s?|in(?:ute)?s?|ours?|rs?|ays?)?/gi;
const DURATION = new RegExp(`^\\s*(?:${PART.source}\\s*){1,4}(?:ago)?\\s*$`, 'i');

/**
 * A point in time as a caller gives it: a duration before now (`30s`, `15m`, `2 hours`, `1h30m`, `1d`) or an ISO time, which is UTC without a zone.
 * @param now epoch milliseconds by the clock that the times belong to. @returns undefined when it is neither.
 */
export function sinceTime(text: string, now: number): number | undefined {
  if (DURATION.test(text)) {
    const parts = [...text.matchAll(PART)];
    return (
      now -
      parts.reduce((sum, [, amount, unit = '']) => sum + Number(amount) * (UNITS[unit.toLowerCase()] ?? 0), 0) * 1_000
    );
  }
  const iso = /^\s*(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d(?:\.\d+)?)?)?\s*(Z|[+-]\d\d:?\d\d)?\s*$/i.exec(text);
  if (!iso) return undefined;
  const [, day, clock = '00:00', seconds = ':00', zone = 'Z'] = iso;
  const time = Date.parse(`${day}T${clock}${seconds}${zone.toUpperCase()}`);
  return Number.isFinite(time) ? time : undefined;
}
