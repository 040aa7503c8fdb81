import { describe, expect, test } from 'vitest';
import {
  backgroundSamples,
  type MetricsEntity,
  metricsText,
  type Sample,
} from '../../../src/sandbox/observe/metrics.ts';

const NOW = 1788718020000;
const entity = (rest: Partial<MetricsEntity> = {}): MetricsEntity => ({
  name: 'churn-3',
  compute: 'cpu',
  asleep: false,
  concurrency: 4,
  ...rest,
});
const sample = (rest: Partial<Sample> = {}): Sample => ({
  entity: 'churn-3',
  at: NOW - 1000,
  status: 200,
  latency_ms: 20,
  queue_ms: 1,
  ...rest,
});

interface Line {
  name: string;
  labels: Record<string, string>;
  value: number;
  at: number;
}

/** A reader of the exposition format that knows nothing of the writer; a line it cannot read fails the test. */
function parse(text: string): Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const found = /^([a-zA-Z_:][a-zA-Z0-9_:]*)\{(.*)\} (\S+) (\d{13})$/.exec(line);
      if (!found?.[1] || found[2] === undefined) throw new Error(`not a sample: ${line}`);
      const labels = Object.fromEntries(
        [...found[2].matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map((pair) => [pair[1], pair[2]]),
      );
      return { name: found[1], labels, value: Number(found[3]), at: Number(found[4]) };
    });
}

function valueIn(lines: Line[], name: string, labels: Record<string, string> = {}): number | undefined {
  return lines.find(
    (line) => line.name === name && Object.entries(labels).every(([key, value]) => line.labels[key] === value),
  )?.value;
}

const read = (entities: MetricsEntity[], samples: Sample[]) =>
  parse(metricsText({ endpoint: 'churn', entities, samples, now: NOW }));

describe('the metrics text', () => {
  test('has the shape of the contract: help, type, labels, millisecond timestamp, end marker', () => {
    const text = metricsText({ endpoint: 'churn', entities: [entity()], samples: [sample()], now: NOW });
    expect(text).toContain(
      '\n# TYPE request_count_total gauge\nrequest_count_total{endpoint_name="churn",served_entity_name="churn-3"} 1 1788718020000\n',
    );
    expect(text).toContain(
      '# TYPE request_latency_ms histogram\nrequest_latency_ms_bucket{endpoint_name="churn",served_entity_name="churn-3",le="5"} 0 1788718020000\n',
    );
    expect(text.endsWith('\n# EOF\n')).toBe(true);
    expect(parse(text).every(({ at }) => at === NOW)).toBe(true);
  });

  test('counts the last minute only, by status class', () => {
    const statuses = [200, 400, 429, 500, 503].map((status) => sample({ status }));
    const lines = read(
      [entity()],
      [...statuses, sample({ at: NOW - 60_000 }), sample({ at: NOW + 1 }), sample({ entity: 'other' })],
    );
    expect(valueIn(lines, 'request_count_total')).toBe(5);
    expect(valueIn(lines, 'request_4xx_count_total')).toBe(2);
    expect(valueIn(lines, 'request_5xx_count_total')).toBe(2);
  });

  test('buckets are cumulative and end in the count', () => {
    const lines = read(
      [entity()],
      [3, 20, 80, 700_000].map((latency_ms) => sample({ latency_ms })),
    );
    const buckets = lines.filter(({ name }) => name === 'request_latency_ms_bucket');
    expect(valueIn(buckets, 'request_latency_ms_bucket', { le: '5' })).toBe(1);
    expect(valueIn(buckets, 'request_latency_ms_bucket', { le: '100' })).toBe(3);
    expect(valueIn(buckets, 'request_latency_ms_bucket', { le: '600000' })).toBe(3);
    expect(valueIn(buckets, 'request_latency_ms_bucket', { le: '+Inf' })).toBe(4);
    expect(buckets.map(({ value }) => value)).toEqual(buckets.map(({ value }) => value).sort((a, b) => a - b));
    expect(valueIn(lines, 'request_latency_ms_count')).toBe(4);
    expect(valueIn(lines, 'request_latency_ms_sum')).toBe(700_103);
  });

  test('an entity at zero has no cpu and memory series and no concurrency', () => {
    const lines = read([entity({ asleep: true })], []);
    expect(valueIn(lines, 'cpu_usage_percentage')).toBeUndefined();
    expect(valueIn(lines, 'mem_usage_percentage')).toBeUndefined();
    expect(valueIn(lines, 'provisioned_concurrent_requests_total')).toBe(0);
    expect(valueIn(lines, 'request_count_total')).toBe(0);
  });

  test('gpu series are for gpu entities, and external models have request series only', () => {
    expect(valueIn(read([entity({ compute: 'gpu' })], []), 'gpu_usage_percentage')).toBeDefined();
    expect(valueIn(read([entity()], []), 'gpu_usage_percentage')).toBeUndefined();
    const names = new Set(
      read([entity({ compute: 'external' })], []).map(({ name }) => name.replace(/_(bucket|sum|count)$/, '')),
    );
    expect([...names].filter((name) => !name.startsWith('request_') && !name.startsWith('model_'))).toEqual([]);
  });

  test('cpu follows the load', () => {
    const busy = Array.from({ length: 100 }, () => sample({ latency_ms: 1000 }));
    const idle = valueIn(read([entity()], []), 'cpu_usage_percentage') ?? 100;
    expect(valueIn(read([entity()], busy), 'cpu_usage_percentage')).toBeGreaterThan(idle + 20);
  });

  test('each served entity has its own series, and labels can be renamed', () => {
    const entities = [entity(), entity({ name: 'churn-4' })];
    const lines = parse(
      metricsText({
        endpoint: 'churn',
        entities,
        samples: [sample({ entity: 'churn-4' })],
        now: NOW,
        labels: { endpoint: 'ep', entity: 'served_model' },
      }),
    );
    expect(valueIn(lines, 'request_count_total', { served_model: 'churn-3', ep: 'churn' })).toBe(0);
    expect(valueIn(lines, 'request_count_total', { served_model: 'churn-4' })).toBe(1);
  });
});

describe('background traffic', () => {
  const targets = [
    { name: 'a', traffic_percentage: 90, latency_ms: 50, error_rate: 0 },
    { name: 'b', traffic_percentage: 10, latency_ms: 500, error_rate: 1 },
  ];
  const all = backgroundSamples('ep', targets, 1000, 0, NOW);

  test('is split by traffic share and stays within a tenth of its rate', () => {
    const share = (name: string) => all.filter((one) => one.entity === name).length;
    expect(share('a')).toBeGreaterThanOrEqual(810);
    expect(share('a')).toBeLessThanOrEqual(990);
    expect(share('b')).toBeGreaterThanOrEqual(90);
    expect(share('b')).toBeLessThanOrEqual(110);
  });

  test('lies in the last minute, reads the same twice and differs in the next minute', () => {
    expect(all.every(({ at }) => at > NOW - 60_000 && at <= NOW)).toBe(true);
    expect(backgroundSamples('ep', targets, 1000, 0, NOW)).toEqual(all);
    expect(backgroundSamples('ep', targets, 1000, 0, NOW + 60_000)).not.toEqual(all);
  });

  test('carries the latency and errors of each entity', () => {
    const mean = (name: string) => {
      const mine = all.filter((one) => one.entity === name);
      return mine.reduce((sum, { latency_ms }) => sum + latency_ms, 0) / mine.length;
    };
    expect(mean('b')).toBeGreaterThan(mean('a') * 5);
    expect(all.filter(({ entity: name }) => name === 'b').every(({ status }) => status === 400)).toBe(true);
    expect(backgroundSamples('ep', targets, 1000, 1, NOW).every(({ status }) => status === 500)).toBe(true);
  });
});
