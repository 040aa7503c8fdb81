/** When a limit lets a request pass again, as far as the words of its refusal say. Pure. */

/** The time over which a limit counts. The wait is at most as long. */
export interface Window {
  ms: number;
  /** The wait, in words. */
  wait: string;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNITS: Record<string, number> = {
  ms: 1,
  s: 1_000,
  sec: 1_000,
  m: MINUTE,
  min: MINUTE,
  h: HOUR,
  hour: HOUR,
  d: DAY,
};

/** `try again in 8.5s`, `retry after 22 seconds`, `wait 6m0s`: the forms of OpenAI, Azure, Google and proxies. */
const PAUSE =
  /\b(?:(?:try again|retry|retrying|available|resets?) (?:in|after)|wait(?: for)?(?: at least)?)[: ]+((?:\d{1,6}(?:\.\d{1,9})? ?(?:ms|milliseconds?|h(?:ours?)?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?|d(?:ays?)?)\b ?,?(?:and )?){1,3})/i;

/** A number and its unit, also without a blank before the next number. */
const PART = /(\d+(?:\.\d+)?) ?(ms|milli|hour|h|min|m|sec|s|d)/gi;

/** The wait that the words of a refusal ask for, in milliseconds. Undefined when they name none. */
export function askedPause(words: string): number | undefined {
  const asked = PAUSE.exec(words.replace(/(\d[smhd])(?=\d)/gi, '$1 '))?.[1];
  if (asked === undefined) return undefined;
  let sum = 0;
  for (const [, number, unit = ''] of asked.matchAll(PART))
    sum += Number(number) * (UNITS[unit.toLowerCase().replace('milli', 'ms')] ?? 0);
  return Math.ceil(sum);
}

/** The longest first: a quota of a day may name a rate of a minute too. */
const WINDOWS: readonly (Window & { words: RegExp })[] = [
  { ms: 30 * DAY, wait: 'until the next month', words: /\b(?:per|each|a) month\b|\bmonthly\b|\/ ?month\b/i },
  { ms: DAY, wait: 'up to a day', words: /\bper[ -]day\b|\bdaily\b|\/ ?day\b|\b[TR]PD\b|\btomorrow\b/i },
  { ms: HOUR, wait: 'up to an hour', words: /\bper[ -]hour\b|\bhourly\b|\/ ?hour\b|\b[TR]PH\b/i },
  { ms: MINUTE, wait: '60 s', words: /\bper[ -]min(?:ute)?\b|\/ ?min(?:ute)?\b|\bTPM\b/i },
];

/** Limits of requests roll on, so that a place may be free after some seconds (fact Q22). */
const ROLLING =
  /\brequests?[ -]per[ -](?:min(?:ute)?|second)\b|\bRPM\b|\bQPS\b|\brate limit of .{1,80} for endpoint\b/i;

/** A window of several units: `50 updates per 5 minutes`. */
const SEVERAL = /\b(?:per|in|every|within) (\d{1,4})[ -]?(seconds?|min(?:ute)?s?|hours?|days?)\b/i;

function severalOf(words: string): Window | undefined {
  const [, number = '', unit = ''] = SEVERAL.exec(words) ?? [];
  const each = { s: 1_000, m: MINUTE, h: HOUR, d: DAY }[unit.charAt(0).toLowerCase()];
  return each === undefined ? undefined : { ms: Number(number) * each, wait: `up to ${number} ${unit}` };
}

/** The window of a limit whose end must be awaited. Undefined for other limits, and where the words name none. */
export function windowOf(words: string): Window | undefined {
  const several = severalOf(words);
  if (several) return several;
  const found = WINDOWS.find((each) => each.words.test(words));
  if (!found || (found.ms === MINUTE && ROLLING.test(words) && !/\btokens?[ -]per\b|\bTPM\b/i.test(words)))
    return undefined;
  return { ms: found.ms, wait: found.wait };
}
