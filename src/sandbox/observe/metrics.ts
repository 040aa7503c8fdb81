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

export type Sample = Pick<RoutedRequest, 'entity' | 'status' | 'latency_ms' | 'queue_ms' | 'refused'>;

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
  /** All requests of the minute. */
  samples: readonly Sample[];
  /** The end of the minute, epoch milliseconds. */
  at: number;
  labels?: MetricLabels;
  /** One series for the endpoint instead of one for each entity. assumed: data.metrics-entities */
  merged?: boolean;
}

/** A value as the service writes it: whole numbers are floats too. evidence: data.metrics-idle */
function written(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

/** The series of all entities as those of the endpoint: counts and sizes added up, percentages averaged. assumed: data.metrics-entities */
function mergedSeries(name: string, series: readonly Series[]): Series[] {
  const found = new Map<string, number[]>();
  for (const { suffix, extra, value } of series) {
    const key = JSON.stringify([suffix, extra]);
    found.set(key, [...(found.get(key) ?? []), value]);
  }
  return [...found].map(([key, values]) => {
    const [suffix, extra]: [string, string] = JSON.parse(key);
    const sum = values.reduce((all, value) => all + value, 0);
    return { entity: '', suffix, extra, value: round(name.endsWith('_percentage') ? sum / values.length : sum) };
  });
}

/** The families of one entity. An idle entity has only those of its requests. */
function seriesOf(endpoint: string, entity: MetricsEntity, samples: readonly Sample[]): [string, Series[]][] {
  const count = (low: number, high: number): number =>
    samples.filter(({ status }) => status >= low && status < high).length;
  // A request that the gateway refuses never reaches the entity. assumed: data.limit-metrics
  const reached = samples.filter(({ refused }) => refused !== true);
  const hasReplicas = !entity.asleep && entity.compute !== 'external';
  const queue = reached.map(({ queue_ms }) => queue_ms);
  const latency = reached.map(({ latency_ms }) => latency_ms);
  return [
    ...usage(endpoint, entity, reached).map(([name, value]): [string, Series[]] => [name, [gauge(entity.name, value)]]),
    ['provisioned_concurrent_requests_total', hasReplicas ? [gauge(entity.name, entity.concurrency)] : []],
    ['request_count_total', [gauge(entity.name, samples.length)]],
    ['request_4xx_count_total', [gauge(entity.name, count(400, 500))]],
    ['request_5xx_count_total', [gauge(entity.name, count(500, 600))]],
    ['request_latency_ms', histogram(entity.name, latency)],
    ['model_queue_time_ms', queue.length > 0 ? histogram(entity.name, queue) : []],
  ];
}

/**
 * The metrics of an endpoint as OpenMetrics text: one full minute, one series per served entity, each with the millisecond timestamp of its
 * end. The `_total` names are gauges per minute, not counters. evidence: data.metrics-gauges
 */
export function metricsText(input: MetricsInput): string {
  const labels = input.labels ?? DEFAULT_LABELS;
  const families = new Map<string, Series[]>(Object.keys(HELP).map((name) => [name, []]));
  for (const entity of input.entities) {
    const mine = input.samples.filter((sample) => sample.entity === entity.name);
    for (const [name, series] of seriesOf(input.endpoint, entity, mine)) families.get(name)?.push(...series);
  }
  const lines: string[] = [];
  for (const [name, own] of families) {
    const series = input.merged ? mergedSeries(name, own) : own;
    if (series.length === 0) continue;
    const kind = name === 'request_latency_ms' || name === 'model_queue_time_ms' ? 'histogram' : 'gauge';
    lines.push(`# HELP ${name} ${HELP[name] ?? ''}`, `# TYPE ${name} ${kind}`);
    for (const { entity, suffix, extra, value } of series) {
      const which = input.merged ? '' : `,${labels.entity}="${escapeLabel(entity)}"`;
      const where = `${labels.endpoint}="${escapeLabel(input.endpoint)}"${which}${extra}`;
      lines.push(`${name}${suffix}{${where}} ${written(value)} ${input.at}`);
    }
  }
  return `${lines.join('\n')}\n# EOF\n`;
}
