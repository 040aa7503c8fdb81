/** What numbers of requests prove. Pure. */
import type { Digest } from '../../digest/metrics.ts';
import type { Evidence } from '../evidence.ts';

/** Requests from which a share or a percentile is worth a look. It is the number that comparisons of entities use. */
export const ENOUGH = 30;
/** Failed requests below which chance or one caller explains them. */
const LEAST_FAILED = 3;
/** Share of failed requests that is certainly exceeded before they count as a fault. One bad caller in a busy minute stays below it. */
const LEAST_SHARE = 0.04;
/** 95 %. */
const Z = 1.96;

/** The lower end of Wilson's interval for a share at 95 %: the share that `part` of `whole` certainly shows. */
export function sureShare(part: number, whole: number): number {
  if (whole <= 0) return 0;
  const share = Math.min(1, part / whole);
  const centre = share + (Z * Z) / (2 * whole);
  const spread = Z * Math.sqrt((share * (1 - share)) / whole + (Z * Z) / (4 * whole * whole));
  return Math.max(0, (centre - spread) / (1 + (Z * Z) / whole));
}

/** Whether so many failures of so many requests are more than chance and a few bad calls. */
export function isMany(failed: number, requests: number): boolean {
  return failed >= LEAST_FAILED && sureShare(failed, requests) >= LEAST_SHARE;
}

/** Few requests of which most failed. They prove nothing, and they are no sign of health either. */
export function isDoubtful(failed: number, requests: number): boolean {
  return failed >= 2 && failed >= requests / 2 && !isMany(failed, requests);
}

/** Failed requests of the last minutes, by kind. */
export interface Failed {
  requests: number;
  clientErrors: number;
  serverErrors: number;
  /** Undefined where no number separates them from other client errors. */
  rateLimited: number | undefined;
  /** From where: the minutes of the metrics, or the usage table. */
  source: 'metrics' | 'usage';
  at: number;
  span: string;
}

const countOf = (percent: number | undefined, requests: number) => Math.round(((percent ?? 0) * requests) / 100);

/** The failures that metrics count, in total or of one entity. Undefined without a number of requests. */
export function failedIn(
  digest: Digest | undefined,
  { at, minutes }: { at: number; minutes: number },
): Failed | undefined {
  if (digest?.requests === undefined) return undefined;
  const { requests } = digest;
  return {
    requests,
    clientErrors: countOf(digest.error_4xx_percent, requests),
    serverErrors: countOf(digest.error_5xx_percent, requests),
    rateLimited: digest.rate_limited_percent === undefined ? undefined : countOf(digest.rate_limited_percent, requests),
    source: 'metrics',
    at,
    span: minutes === 1 ? 'the last minute' : `${minutes} minutes`,
  };
}

/** The failures of the usage table, which has the statuses. Undefined where it was not read or has no rows. */
export function failedInUsage({ usage }: Evidence): Failed | undefined {
  if (!usage) return undefined;
  const sum = (fits: (status: number) => boolean) =>
    [...usage.byStatus].reduce((all, [status, count]) => (fits(status) ? all + count : all), 0);
  const requests = sum(() => true);
  if (requests === 0) return undefined;
  return {
    requests,
    clientErrors: sum((status) => status >= 400 && status < 500 && status !== 429),
    serverErrors: sum((status) => status >= 500),
    rateLimited: sum((status) => status === 429),
    source: 'usage',
    at: usage.to,
    span: `the ${Math.max(1, Math.round((usage.to - usage.from) / 60_000))} minutes that the table covers`,
  };
}

/** The failures of the whole endpoint: by the metrics, which are the newest. */
export function failedNow({ metrics }: Evidence): Failed | undefined {
  return metrics && failedIn(metrics.total, metrics);
}

/** Percent of a number, in words: `12 of 40 requests (30 %)`. */
export function shareText(part: number, whole: number, what = 'requests'): string {
  const percent = (100 * part) / Math.max(1, whole);
  return `${part} of ${whole} ${what} (${percent >= 10 ? Math.round(percent) : Number(percent.toPrecision(2))} %)`;
}

/** `critical` when nearly no request works. */
export function severityOf(failed: number, requests: number): 'critical' | 'major' {
  return requests > 0 && failed / requests >= 0.9 ? 'critical' : 'major';
}
