import { describe, expect, test } from 'vitest';
import { type MetricsEntity, metricsText, type Sample } from '../../../src/sandbox/observe/metrics.ts';

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

/** Reads the exposition format independently of the writer. An unreadable line fails the test. */
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
  parse(metricsText({ endpoint: 'churn', entities, samples, at: NOW }));

describe('the metrics text', () => {
  test('has help, types, labels, millisecond timestamps and an end marker', () => {
    const text = metricsText({ endpoint: 'churn', entities: [entity()], samples: [sample()], at: NOW });
    expect(text).toContain(
      '\n# TYPE request_count_total gauge\nrequest_count_total{endpoint_name="churn",served_entity_name="churn-3"} 1.0 1788718020000\n',
    );
    expect(text).toContain(
      '# TYPE request_latency_ms histogram\nrequest_latency_ms_bucket{endpoint_name="churn",served_entity_name="churn-3",le="5"} 0.0 1788718020000\n',
    );
    expect(text.endsWith('\n# EOF\n')).toBe(true);
    expect(parse(text).every(({ at }) => at === NOW)).toBe(true);
  });

  test('counts by status class', () => {
    const statuses = [200, 400, 429, 500, 503].map((status) => sample({ status }));
    const lines = read([entity()], [...statuses, sample({ entity: 'other' })]);
    expect(valueIn(lines, 'request_count_total')).toBe(5);
    expect(valueIn(lines, 'request_4xx_count_total')).toBe(2);
    expect(valueIn(lines, 'request_5xx_count_total')).toBe(2);
  });

  test('counts what a limit refused as 4xx, but not in the latency of the model that it never reached', () => {
    const lines = read([entity()], [sample(), sample({ status: 429, refused: true, latency_ms: 1 })]);
    expect(valueIn(lines, 'request_count_total')).toBe(2);
    expect(valueIn(lines, 'request_4xx_count_total')).toBe(1);
    expect(valueIn(lines, 'request_latency_ms_count')).toBe(1);
  });

  test('has cumulative buckets that end in the count', () => {
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

  test('of an entity at zero has only the series of its requests', () => {
    const names = (lines: Line[]) => [...new Set(lines.map(({ name }) => name.replace(/_(bucket|sum|count)$/, '')))];
    expect(names(read([entity({ asleep: true })], []))).toEqual([
      'request_count_total',
      'request_4xx_count_total',
      'request_5xx_count_total',
      'request_latency_ms',
    ]);
    expect(names(read([entity()], []))).not.toContain('model_queue_time_ms');
    expect(names(read([entity()], [sample()]))).toContain('model_queue_time_ms');
  });

  test('has gpu series for gpu entities, and only request series for external models', () => {
    expect(valueIn(read([entity({ compute: 'gpu' })], []), 'gpu_usage_percentage')).toBeDefined();
    expect(valueIn(read([entity()], []), 'gpu_usage_percentage')).toBeUndefined();
    const names = new Set(
      read([entity({ compute: 'external' })], []).map(({ name }) => name.replace(/_(bucket|sum|count)$/, '')),
    );
    expect([...names].filter((name) => !name.startsWith('request_') && !name.startsWith('model_'))).toEqual([]);
  });

  test('has a cpu value that follows the load', () => {
    const busy = Array.from({ length: 100 }, () => sample({ latency_ms: 1000 }));
    const idle = valueIn(read([entity()], []), 'cpu_usage_percentage') ?? 100;
    expect(valueIn(read([entity()], busy), 'cpu_usage_percentage')).toBeGreaterThan(idle + 20);
  });

  test('has a series for each served entity, with labels that can be renamed', () => {
    const entities = [entity(), entity({ name: 'churn-4' })];
    const lines = parse(
      metricsText({
        endpoint: 'churn',
        entities,
        samples: [sample({ entity: 'churn-4' })],
        at: NOW,
        labels: { endpoint: 'ep', entity: 'served_model' },
      }),
    );
    expect(valueIn(lines, 'request_count_total', { served_model: 'churn-3', ep: 'churn' })).toBe(0);
    expect(valueIn(lines, 'request_count_total', { served_model: 'churn-4' })).toBe(1);
  });

  test('of a workspace without series per entity has the sums of all entities, and names none', () => {
    const entities = [entity(), entity({ name: 'churn-4', concurrency: 2 })];
    const samples = [
      sample(),
      sample({ entity: 'churn-4', status: 500, latency_ms: 90 }),
      sample({ entity: 'churn-4' }),
    ];
    const lines = parse(metricsText({ endpoint: 'churn', entities, samples, at: NOW, merged: true }));
    expect(lines.flatMap(({ labels }) => Object.keys(labels)).filter((name) => name !== 'le')).not.toContain(
      'served_entity_name',
    );
    const numbers = ['request_count_total', 'request_5xx_count_total', 'provisioned_concurrent_requests_total'];
    expect(numbers.map((name) => valueIn(lines, name))).toEqual([3, 1, 6]);
    expect(valueIn(lines, 'request_latency_ms_bucket', { le: '50' })).toBe(2);
    const cpu = (which: MetricsEntity[], own: Sample[]) => valueIn(read(which, own), 'cpu_usage_percentage') ?? 0;
    const [one, other] = entities.map((each) =>
      cpu(
        [each],
        samples.filter((own) => own.entity === each.name),
      ),
    );
    expect(valueIn(lines, 'cpu_usage_percentage')).toBeCloseTo(((one ?? 0) + (other ?? 0)) / 2, 1);
  });
});
