/** Times in answers. Pure. */

/**
 * A time of the service as ISO text in UTC, to the second: `2026-11-23T10:00:00Z`. Undefined for a time that is missing or out of range.
 * @param at milliseconds since 1970.
 */
export function timeText(at: number | undefined): string | undefined {
  if (at === undefined || at <= 0 || !(at < 8.64e15)) return undefined;
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}
