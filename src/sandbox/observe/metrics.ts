import { MINUTE } from '../clock.ts';
import { fraction } from '../ids.ts';
import type { RoutedRequest } from '../state/state.ts';

/** A served entity as metrics see it. */
export interface MetricsEntity {
  name: string;
  /** `external` models run elsewhere, so they have request metrics only. */
  compute: 'cpu' | 'gpu' | 'external';
  /** Scaled to zero. Without a replica there are no cpu and memory series. */
  asleep: boolean;
  /** Provisioned concurrency while awake. */
  concurrency: number;
}

export type Sample = Pick<RoutedRequest, 'entity' | 'at' | 'status' | 'latency_ms' | 'queue_ms'>;

/** Label names. Those of the service are unknown, so callers can choose them. assumed: data.metrics-type */
export interface MetricLabels {
  endpoint: string;
  entity: string;
}

export const DEFAULT_LABELS: MetricLabels = { endpoint: 'endpoint_name', entity: 'served_entity_name' };

/** Bucket bounds in ms. The service documents 5 ms and 600000 ms; the bounds between are the sandbox's own. */
const BUCKETS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000];

const HELP: Record<string, string> = {
  cpu_usage_percentage: 'CPU use, mean of replicas, past minute',
  mem_usage_percentage: 'Memory use, mean of replicas, past minute',
  gpu_usage_percentage: 'GPU use, mean of replicas, past minute',
  gpu_mem_usage_percentage: 'GPU memory use, mean of replicas, past minute',
  provisioned_concurrent_requests_total: 'Provisioned concurrency',
  request_count_total: 'Requests in the past minute',
  request_4xx_count_total: 'Requests answered with 4xx in the past minute',
  request_5xx_count_total: 'Requests answered with 5xx in the past minute',
  request_latency_ms: 'Round trip inside the service, past minute',
  model_queue_time_ms: 'Wait before the model, past minute',
};

interface Series {
  entity: string;
  suffix: string;
  extra: string;
  value: number;
}

function gauge(entity: string, value: number): Series {
  return { entity, suffix: '', extra: '', value };
}

function histogram(entity: string, values: readonly number[]): Series[] {
  const bucket = (le: string, value: number): Series => ({ entity, suffix: '_bucket', extra: `,le="${le}"`, value });
  return [
    ...BUCKETS.map((bound) => bucket(String(bound), values.filter((value) => value <= bound).length)),
    bucket('+Inf', values.length),
    { entity, suffix: '_sum', extra: '', value: round(values.reduce((sum, value) => sum + value, 0)) },
    { entity, suffix: '_count', extra: '', value: values.length },
  ];
}

const round = (value: number): number => Math.round(value * 100) / 100;
const percent = (value: number): number => round(Math.min(99, Math.max(0, value)));

/** Load of the past minute as a percentage of what the concurrency can serve. */
function load(entity: MetricsEntity, samples: readonly Sample[]): number {
  const busy = samples.reduce((sum, { latency_ms, queue_ms }) => sum + Math.max(0, latency_ms - queue_ms), 0);
  return (busy / (MINUTE * Math.max(1, entity.concurrency))) * 100;
}

/** Resource use. An idle replica uses a little, and the rest follows the load. The same endpoint at the same load shows the same value. */
function usage(endpoint: string, entity: MetricsEntity, samples: readonly Sample[]): [string, number][] {
  if (entity.asleep || entity.compute === 'external') return [];
  const seed = `${endpoint}/${entity.name}`;
  const busy = load(entity, samples);
  const rows: [string, number][] = [
    ['cpu_usage_percentage', percent(2 + fraction(`cpu ${seed}`) * 2 + busy * (entity.compute === 'gpu' ? 0.2 : 0.9))],
    ['mem_usage_percentage', percent(18 + fraction(`mem ${seed}`) * 30 + busy * 0.1)],
  ];
  if (entity.compute === 'gpu') {
    rows.push(['gpu_usage_percentage', percent(busy)]);
    rows.push(['gpu_mem_usage_percentage', percent(45 + fraction(`gpu ${seed}`) * 30)]);
  }
  return rows;
}

function escapeLabel(label: string): string {
  return label.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

export interface MetricsInput {
  endpoint: string;
  entities: readonly MetricsEntity[];
  /** All requests of the endpoint, including background traffic. Those outside the last minute are skipped. */
  samples: readonly Sample[];
  /** Sandbox time, epoch milliseconds. */
  now: number;
  labels?: MetricLabels;
}

/**
 * The metrics of an endpoint as OpenMetrics text: the minute before `now`, one series per served entity, each with a millisecond timestamp.
 * The `_total` names are gauges per minute, not counters. evidence: data.metrics-gauges
 */
export function metricsText(input: MetricsInput): string {
  const labels = input.labels ?? DEFAULT_LABELS;
  const recent = input.samples.filter(({ at }) => at > input.now - MINUTE && at <= input.now);
  const families = new Map<string, Series[]>(Object.keys(HELP).map((name) => [name, []]));
  const add = (name: string, ...series: Series[]): void => {
    families.get(name)?.push(...series);
  };
  for (const entity of input.entities) {
    const mine = recent.filter((sample) => sample.entity === entity.name);
    const count = (low: number, high: number): number =>
      mine.filter(({ status }) => status >= low && status < high).length;
    for (const [name, value] of usage(input.endpoint, entity, mine)) add(name, gauge(entity.name, value));
    if (entity.compute !== 'external') {
      add('provisioned_concurrent_requests_total', gauge(entity.name, entity.asleep ? 0 : entity.concurrency));
    }
    add('request_count_total', gauge(entity.name, mine.length));
    add('request_4xx_count_total', gauge(entity.name, count(400, 500)));
    add('request_5xx_count_total', gauge(entity.name, count(500, 600)));
    add(
      'request_latency_ms',
      ...histogram(
        entity.name,
        mine.map(({ latency_ms }) => latency_ms),
      ),
    );
    add(
      'model_queue_time_ms',
      ...histogram(
        entity.name,
        mine.map(({ queue_ms }) => queue_ms),
      ),
    );
  }
  const lines: string[] = [];
  for (const [name, series] of families) {
    if (series.length === 0) continue;
    const kind = name === 'request_latency_ms' || name === 'model_queue_time_ms' ? 'histogram' : 'gauge';
    lines.push(`# HELP ${name} ${HELP[name] ?? ''}`, `# TYPE ${name} ${kind}`);
    for (const { entity, suffix, extra, value } of series) {
      const where = `${labels.endpoint}="${escapeLabel(input.endpoint)}",${labels.entity}="${escapeLabel(entity)}"${extra}`;
      lines.push(`${name}${suffix}{${where}} ${value} ${input.now}`);
    }
  }
  return `${lines.join('\n')}\n# EOF\n`;
}

/** One entity that background traffic reaches. */
export interface BackgroundTarget {
  name: string;
  /** Percent of the endpoint's traffic. */
  traffic_percentage: number;
  latency_ms: number;
  /** Share of requests that raise in predict and are answered with 400. */
  error_rate: number;
}

/** More samples in a minute show nothing new and cost time. */
const MOST_SAMPLES = 6000;

/**
 * The requests of other clients in the minute before `now`, by traffic share. Their number is `perMinute`, give or take a tenth, and the
 * share `failing` is answered with 500. The same arguments give the same requests.
 */
export function backgroundSamples(
  endpoint: string,
  targets: readonly BackgroundTarget[],
  perMinute: number,
  failing: number,
  now: number,
): Sample[] {
  const minute = Math.floor(now / MINUTE);
  const samples: Sample[] = [];
  for (const { name, traffic_percentage, latency_ms, error_rate } of targets) {
    const chance = (what: string): number => fraction(`${endpoint}/${name}/${minute}/${what}`);
    const count = Math.min(
      MOST_SAMPLES,
      Math.round(((perMinute * traffic_percentage) / 100) * (0.9 + 0.2 * chance('count'))),
    );
    for (let at = 0; at < count; at += 1) {
      const queue_ms = round(chance(`queue ${at}`) * 3);
      // A long right tail: one request in twenty takes about three times as long.
      const slow = chance(`slow ${at}`) < 0.05 ? 3 : 1;
      const model = latency_ms * (0.7 + 0.6 * chance(`latency ${at}`)) * slow;
      const status = chance(`5xx ${at}`) < failing ? 500 : chance(`4xx ${at}`) < error_rate ? 400 : 200;
      samples.push({
        entity: name,
        at: now - Math.floor((at / count) * MINUTE),
        status,
        latency_ms: round(model + queue_ms),
        queue_ms,
      });
    }
  }
  return samples;
}
