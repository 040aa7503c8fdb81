import { describe, expect, it } from 'vitest';
import { parseExposition } from '../../src/digest/exposition.ts';
import { byEntity, digest, takenAt } from '../../src/digest/metrics.ts';

describe('samples of an entity', () => {
  it.each(['served_entity_name', 'served_model', 'model', 'replica_of'])('are found under the label %s', (label) => {
    const groups = byEntity(parseExposition(`request_count_total{${label}="churn-2"} 3`), ['churn-1', 'churn-2']);
    expect([...groups.keys()]).toEqual(['churn-2']);
  });

  it('that name several entities belong to the first of the endpoint', () => {
    const samples = parseExposition('request_count_total{a="churn-2",b="churn-1"} 3');
    expect([...byEntity(samples, ['churn-1', 'churn-2']).keys()]).toEqual(['churn-1']);
  });

  it('without an entity are kept apart', () => {
    const groups = byEntity(parseExposition('request_count_total 3\nrequest_count_total{replica="r1"} 4'), ['churn-1']);
    expect(groups.get('')).toHaveLength(2);
  });
});

describe('a digest', () => {
  it('names the percentiles that lie above the last bound: only a minimum is known of them', () => {
    const samples = parseExposition('request_latency_ms_bucket{le="100"} 90\nrequest_latency_ms_bucket{le="+Inf"} 100');
    expect(digest(samples)).toMatchObject({ p95_ms: 100, p99_ms: 100, at_least: ['p95_ms', 'p99_ms'] });
    expect(digest(parseExposition('request_latency_ms_bucket{le="100"} 9')).at_least).toBeUndefined();
  });

  it('reads the gauges of the last minute: shares and rates, no differences', () => {
    const samples = parseExposition(
      [
        'cpu_usage_percentage{r="1"} 10',
        'cpu_usage_percentage{r="2"} 20',
        'mem_usage_percentage{r="1"} 30',
        'provisioned_concurrent_requests_total{r="1"} 4',
        'provisioned_concurrent_requests_total{r="2"} 4',
        'request_count_total{r="1"} 90',
        'request_count_total{r="2"} 30',
        'request_4xx_count_total{r="1"} 6',
        'request_5xx_count_total{r="2"} 3',
        'gpu_usage_percentage{r="1"} 55.5',
        'gpu_mem_usage_percentage{r="1"} 66',
      ].join('\n'),
    );
    expect(digest(samples)).toEqual({
      requests: 120,
      requests_per_second: 2,
      error_4xx_percent: 5,
      error_5xx_percent: 2.5,
      provisioned_concurrency: 8,
      cpu_percent: 15,
      memory_percent: 30,
      gpu_percent: 55.5,
      gpu_memory_percent: 66,
    });
  });

  it('separates requests that a rate limit refused, where a label has the status', () => {
    const samples = parseExposition(
      [
        'request_count_total 100',
        'request_4xx_count_total{served_model="churn-1",code="429"} 30',
        'request_4xx_count_total{served_model="churn-1",code="400"} 5',
      ].join('\n'),
    );
    expect(digest(samples)).toMatchObject({ requests: 100, error_4xx_percent: 5, rate_limited_percent: 30 });
    const unlabelled = parseExposition('request_count_total 100\nrequest_4xx_count_total{replica="429a"} 35');
    expect(digest(unlabelled)).toMatchObject({ error_4xx_percent: 35 });
    expect(digest(unlabelled).rate_limited_percent).toBeUndefined();
  });

  it('reads counts that are written as floats, with the time of a full minute', () => {
    const samples = parseExposition('request_count_total 4.0 1788718020000\nrequest_5xx_count_total 1.0 1788717960000');
    expect(digest(samples)).toMatchObject({ requests: 4, error_5xx_percent: 25 });
    expect(takenAt(samples)).toBe(1_788_718_020_000);
    expect(takenAt(parseExposition('request_count_total 4.0'))).toBeUndefined();
  });

  it('has no field for a missing series, and only numeric fields', () => {
    expect(digest([])).toEqual({});
    expect(
      digest(parseExposition('cpu_usage_percentage +Inf\nrequest_count_total 0\nrequest_5xx_count_total 0')),
    ).toEqual({
      requests: 0,
      requests_per_second: 0,
      error_5xx_percent: 0,
    });
  });

  it('of 40,000 histogram bounds and 2,000 entities is read in linear time', () => {
    // Time that grew with the square would be minutes, which no test is given.
    const samples = Array.from({ length: 40_000 }, (_, at) => ({
      name: 'request_latency_ms_bucket',
      labels: { le: String(at), served_entity_name: `churn-${at % 2_000}` },
      value: at,
    }));
    const entities = Array.from({ length: 2_000 }, (_, at) => `churn-${at}`);
    expect(byEntity(samples, entities).get('churn-7')).toHaveLength(20);
    expect(digest(samples).p50_ms).toBeGreaterThan(0);
  });

  it('keeps three digits', () => {
    expect(digest(parseExposition('cpu_usage_percentage 12.3456'))).toEqual({ cpu_percent: 12.3 });
  });
});
