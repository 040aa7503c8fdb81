/**
 * The samples of an endpoint as answers. Pure.
 *
 * Every `*_total` is a gauge of the last minute, not a counter (fact L6). Nothing is differentiated, and rates are counts divided by the seconds. Label
 * names are not documented (fact L7), so a series belongs to an entity when any of its label values is the entity's name.
 */

import type { Sample } from './exposition.ts';
import { histogram, quantile } from './histogram.ts';

/** The last minute of an entity or the whole endpoint. A field is absent when the service returned no series for it. */
export interface Digest {
  requests?: number;
  requests_per_second?: number;
  /** Without those that a rate limit refused, where the series tell them apart. */
  error_4xx_percent?: number;
  error_5xx_percent?: number;
  /** Requests that a rate limit refused. Absent unless the series have the status as a label. */
  rate_limited_percent?: number;
  /** The mean, where the service returned only the sum. */
  mean_ms?: number;
  /** Round trip inside the service, in milliseconds, interpolated within histogram buckets. */
  p50_ms?: number;
  p95_ms?: number;
  p99_ms?: number;
  queue_p95_ms?: number;
  /** The percentiles above the last bound of the histogram, by name: of them only a minimum is known. */
  at_least?: string[];
  /** Requests that the replicas could take at a time, used or not. */
  provisioned_concurrency?: number;
  cpu_percent?: number;
  memory_percent?: number;
  gpu_percent?: number;
  gpu_memory_percent?: number;
}

/** The samples of each entity. Samples without an entity are under the empty string. A sample that names several belongs to the first of them. */
export function byEntity(samples: readonly Sample[], entities: readonly string[]): Map<string, Sample[]> {
  const places = new Map(entities.map((name, place) => [name, place]));
  return grouped(samples, ({ labels }) => {
    const named = Object.values(labels).flatMap((value) => places.get(value) ?? []);
    return entities[Math.min(...named)] ?? '';
  });
}

/** The samples by a key of each, in their order. */
function grouped(samples: readonly Sample[], keyOf: (sample: Sample) => string): Map<string, Sample[]> {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const key = keyOf(sample);
    const group = groups.get(key);
    if (group) group.push(sample);
    else groups.set(key, [sample]);
  }
  return groups;
}

/** Sums counts, averages percentages and merges histograms over all replicas. @param minutes the time that the samples cover. */
export function digest(samples: readonly Sample[], minutes = 1): Digest {
  const named = grouped(samples, ({ name }) => name);
  const values = (name: string) => (named.get(name) ?? []).map(({ value }) => value);
  const sum = (name: string) => (values(name).length === 0 ? undefined : values(name).reduce((a, b) => a + b, 0));
  const mean = (name: string) => {
    const found = values(name);
    return found.length === 0 ? undefined : found.reduce((a, b) => a + b, 0) / found.length;
  };
  const { requests, errors_4xx, errors_5xx, rate_limited } = countsOf(samples);
  const share = (errors: number | undefined) =>
    errors === undefined || requests === undefined ? undefined : requests === 0 ? 0 : (100 * errors) / requests;
  const latency = histogram(samples, LATENCY);
  const quantiles = {
    p50_ms: quantile(latency, 0.5),
    p95_ms: quantile(latency, 0.95),
    p99_ms: quantile(latency, 0.99),
    queue_p95_ms: quantile(histogram(samples, QUEUE), 0.95),
  };
  const found: Omit<Digest, 'at_least'> = {
    requests,
    requests_per_second: requests === undefined ? undefined : requests / (60 * minutes),
    error_4xx_percent: share(errors_4xx),
    error_5xx_percent: share(errors_5xx),
    rate_limited_percent: share(rate_limited),
    mean_ms: quantiles.p50_ms === undefined ? meanOf(sum(`${LATENCY}_sum`), sum(`${LATENCY}_count`)) : undefined,
    p50_ms: quantiles.p50_ms?.value,
    p95_ms: quantiles.p95_ms?.value,
    p99_ms: quantiles.p99_ms?.value,
    queue_p95_ms: quantiles.queue_p95_ms?.value,
    provisioned_concurrency: sum('provisioned_concurrent_requests_total'),
    cpu_percent: mean('cpu_usage_percentage'),
    memory_percent: mean('mem_usage_percentage'),
    gpu_percent: mean('gpu_usage_percentage'),
    gpu_memory_percent: mean('gpu_mem_usage_percentage'),
  };
  const numbers = Object.entries(found).flatMap(([key, value]) =>
    Number.isFinite(value) ? [[key, round(Number(value))]] : [],
  );
  const minima = Object.entries(quantiles).flatMap(([key, each]) => (each?.atLeast ? [key] : []));
  return { ...Object.fromEntries(numbers), ...(minima.length > 0 ? { at_least: minima } : {}) };
}

/** Counts of one minute. */
export interface Counts {
  requests?: number | undefined;
  /** Without those that a rate limit refused, where the series tell them apart. */
  errors_4xx?: number | undefined;
  errors_5xx?: number | undefined;
  rate_limited?: number | undefined;
}

/** The sums of the samples. A count is undefined when the service returned no series for it. */
export function countsOf(samples: readonly Sample[]): Counts {
  const of = (name: string) => samples.filter((sample) => sample.name === name);
  const sum = (found: readonly Sample[]) =>
    found.length === 0 ? undefined : found.reduce((total, { value }) => total + value, 0);
  const clientErrors = of(CLIENT_ERRORS);
  const all = sum(clientErrors);
  const rate_limited = rateLimited(clientErrors);
  return {
    requests: sum(of('request_count_total')),
    errors_4xx: all === undefined ? undefined : all - (rate_limited ?? 0),
    errors_5xx: sum(of('request_5xx_count_total')),
    rate_limited,
  };
}

const CLIENT_ERRORS = 'request_4xx_count_total';
const LATENCY = 'request_latency_ms';
const QUEUE = 'model_queue_time_ms';

function meanOf(sum: number | undefined, count: number | undefined): number | undefined {
  return sum === undefined || !count ? undefined : sum / count;
}

/** The names of all series that a digest reads. */
const READ: ReadonlySet<string> = new Set([
  'request_count_total',
  CLIENT_ERRORS,
  'request_5xx_count_total',
  ...[LATENCY, QUEUE].flatMap((name) => ['_bucket', '_sum', '_count', '_min', '_max'].map((end) => name + end)),
  'provisioned_concurrent_requests_total',
  'cpu_usage_percentage',
  'mem_usage_percentage',
  'gpu_usage_percentage',
  'gpu_mem_usage_percentage',
]);

/** Whether a digest reads the series of this name. */
export function isRead(name: string): boolean {
  return READ.has(name);
}

/** The names of the series that no digest reads, each once. */
export function otherSeries(samples: readonly Sample[]): string[] {
  return [...new Set(samples.map(({ name }) => name))].filter((name) => !isRead(name)).sort();
}

/** Requests with status 429. Undefined unless a label of the series holds a status: known series have none (fact L7). */
function rateLimited(clientErrors: readonly Sample[]): number | undefined {
  const statuses = clientErrors.flatMap(({ labels, value }) => {
    const status = Object.values(labels).find((label) => /^4\d\d$/.test(label));
    return status === undefined ? [] : [{ status, value }];
  });
  if (statuses.length === 0) return undefined;
  return statuses.reduce((sum, { status, value }) => (status === '429' ? sum + value : sum), 0);
}

/** When the newest of the samples was taken, in milliseconds since 1970. Undefined where none has a timestamp. */
export function takenAt(samples: readonly Sample[]): number | undefined {
  const latest = samples.reduce((newest, { at }) => Math.max(newest, at ?? 0), 0);
  return latest === 0 ? undefined : latest;
}

/** Three significant digits, because bucket bounds are not more precise. */
function round(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(3));
}
