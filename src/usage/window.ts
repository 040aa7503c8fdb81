/** The time that a report covers: its default, its widest, and what is refused. Pure. */
import type { Report } from './statement.ts';

const DAY = 86_400_000;

/** Days. The widest window is what the table keeps (facts W8 and W9); an inference table keeps everything, and its rows are large. */
export const WINDOWS: Readonly<Record<Report, { usual: number; widest: number }>> = {
  traffic: { usual: 7, widest: 90 },
  cost: { usual: 30, widest: 365 },
  releases: { usual: 30, widest: 365 },
  failed_requests: { usual: 1, widest: 30 },
};

/** Days without a request that make an endpoint idle. Some jobs run once a week. */
export const IDLE_DAYS = 7;

/** How late the rows of a report may be. */
export const LATE: Readonly<Record<Report, string>> = {
  traffic: 'The usage table is minutes to hours late, so the newest requests may be missing.',
  cost: 'Billing rows are hours late, so the last hours are too low. These are list prices, without discounts of your contract.',
  releases: 'The table may be some hours late.',
  failed_requests: 'The inference table is minutes late and best effort: it may lack requests.',
};

/** Clocks differ by this much, in milliseconds. */
const SKEW = 60_000;

/**
 * The window of a report.
 * @param since milliseconds since 1970, if the caller gave it. @param now by the clock of the service.
 * @returns what is wrong with it, in words, where it is refused.
 */
export function windowOf(
  report: Report,
  { since, until }: { since: number | undefined; until: number | undefined },
  now: number,
): { since: number; until: number } | { problem: string; instead: string } {
  const { usual, widest } = WINDOWS[report];
  const instead = `The report ${report} covers at most ${days(widest)}, which end now or earlier. By default it covers the last ${days(usual)}.`;
  const end = until ?? now;
  const start = since ?? end - usual * DAY;
  if (start > now + SKEW) return { problem: 'since lies in the future', instead };
  if (end > now + SKEW) return { problem: 'until lies in the future: omit it for a window that ends now', instead };
  if (start >= end) return { problem: 'since is not before until', instead };
  if (end - start > widest * DAY + SKEW)
    return { problem: `the window has more than ${days(widest)}, the widest for ${report}`, instead };
  return { since: start, until: end };
}

function days(count: number): string {
  return count === 1 ? '1 day' : `${count} days`;
}
