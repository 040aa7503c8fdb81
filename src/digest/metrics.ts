/**
 * The exposition text of an endpoint as answers. Pure.
 *
 * Every `*_total` is a gauge of the last minute, not a counter (fact L6). Nothing is differentiated, and rates are counts divided by 60. Label
 * names are not documented (fact L7), so a series belongs to an entity when any of its label values is the entity's name.
 */

/** One sample. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*?)\})?\s+(NaN|[+-]?Inf|[+-]?[0-9.eE+-]+)(?:\s+-?[0-9.]+)?\s*(?:#.*)?$/;
// The lookbehind prevents a try at each letter of a name.
const LABEL = /(?<![a-zA-Z0-9_])([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

/** The samples of an exposition text. Skips comments, exemplars, invalid lines and `NaN`, which means "no value". */
export function parseExposition(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    if (line.startsWith('#')) return [];
    const match = LINE.exec(line.trim());
    if (!match?.[1] || !match[3]) return [];
    const value = match[3].endsWith('Inf') ? (match[3].startsWith('-') ? -Infinity : Infinity) : Number(match[3]);
    if (Number.isNaN(value)) return [];
    const labels = Object.fromEntries(
      [...(match[2] ?? '').matchAll(LABEL)].map(([, key, raw]) => [key ?? '', unescapeLabel(raw ?? '')]),
    );
    return [{ name: match[1], labels, value }];
  });
}

function unescapeLabel(raw: string): string {
  return raw.replace(/\\(.)/g, (_all, mark: string) => (mark === 'n' ? '\n' : mark));
}

/** The last minute of an entity or the whole endpoint. A field is absent when the service returned no series for it. */
export interface Digest {
  requests?: number;
  requests_per_second?: number;
  error_4xx_percent?: number;
  error_5xx_percent?: number;
  /** Round trip inside the service, in milliseconds, interpolated within histogram buckets. */
  p50_ms?: number;
  p95_ms?: number;
  p99_ms?: number;
  queue_p95_ms?: number;
  concurrency?: number;
  cpu_percent?: number;
  memory_percent?: number;
  gpu_percent?: number;
  gpu_memory_percent?: number;
}

/** The samples of each entity. Samples without an entity are under the empty string. */
export function byEntity(samples: Sample[], entities: readonly string[]): Map<string, Sample[]> {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const values = Object.values(sample.labels);
    const entity = entities.find((name) => values.includes(name)) ?? '';
    const group = groups.get(entity);
    if (group) group.push(sample);
    else groups.set(entity, [sample]);
  }
  return groups;
}

/** Sums counts, averages percentages and merges histograms over all replicas. */
export function digest(samples: Sample[]): Digest {
  const values = (name: string) => samples.filter((sample) => sample.name === name).map((sample) => sample.value);
  const sum = (name: string) => (values(name).length === 0 ? undefined : values(name).reduce((a, b) => a + b, 0));
  const mean = (name: string) => {
    const found = values(name);
    return found.length === 0 ? undefined : found.reduce((a, b) => a + b, 0) / found.length;
  };
  const requests = sum('request_count_total');
  const share = (name: string) => {
    const errors = sum(name);
    return errors === undefined || requests === undefined ? undefined : requests === 0 ? 0 : (100 * errors) / requests;
  };
  const latency = (q: number) => quantile(samples, 'request_latency_ms', q);
  const found: Digest = {
    requests,
    requests_per_second: requests === undefined ? undefined : requests / 60,
    error_4xx_percent: share('request_4xx_count_total'),
    error_5xx_percent: share('request_5xx_count_total'),
    p50_ms: latency(0.5),
    p95_ms: latency(0.95),
    p99_ms: latency(0.99),
    queue_p95_ms: quantile(samples, 'model_queue_time_ms', 0.95),
    concurrency: sum('provisioned_concurrent_requests_total'),
    cpu_percent: mean('cpu_usage_percentage'),
    memory_percent: mean('mem_usage_percentage'),
    gpu_percent: mean('gpu_usage_percentage'),
    gpu_memory_percent: mean('gpu_mem_usage_percentage'),
  };
  return Object.fromEntries(
    Object.entries(found).flatMap(([key, value]) => (Number.isFinite(value) ? [[key, round(Number(value))]] : [])),
  );
}

/**
 * A quantile of a histogram in the unit of its buckets, linear within a bucket. Undefined without observations. Above the last finite
 * bound only a minimum is known, so the result is that bound.
 */
export function quantile(samples: Sample[], name: string, q: number): number | undefined {
  const series = new Map<string, { le: number; count: number }[]>();
  for (const sample of samples) {
    if (sample.name !== `${name}_bucket`) continue;
    const { le, ...rest } = sample.labels;
    const bound = le === '+Inf' ? Infinity : Number(le);
    if (Number.isNaN(bound)) continue;
    const key = JSON.stringify(rest);
    series.set(key, [...(series.get(key) ?? []), { le: bound, count: sample.value }]);
  }
  const bounds = [...new Set([...series.values()].flat().map((bucket) => bucket.le))].sort((a, b) => a - b);
  // Bounds can differ between replicas. The count of a series up to a bound is its last bucket at or below it.
  const counts = bounds.map((bound) =>
    [...series.values()].reduce(
      (sum, buckets) => sum + Math.max(0, ...buckets.filter((each) => each.le <= bound).map((each) => each.count)),
      0,
    ),
  );
  const total = counts.at(-1) ?? 0;
  if (total === 0) return undefined;
  const rank = q * total;
  const index = counts.findIndex((count) => count >= rank);
  const upper = bounds[index] ?? Infinity;
  const lower = bounds[index - 1] ?? 0;
  if (upper === Infinity) return lower;
  const below = counts[index - 1] ?? 0;
  const inside = (counts[index] ?? 0) - below;
  return inside === 0 ? upper : lower + ((upper - lower) * (rank - below)) / inside;
}

/** Three significant digits, because bucket bounds are not more precise. */
function round(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(3));
}
