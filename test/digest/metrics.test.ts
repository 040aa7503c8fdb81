import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byEntity, digest, parseExposition, quantile } from '../../src/digest/metrics.ts';

const LABELS = (entity: string) => `endpoint_name="churn",served_entity_name="${entity}"`;
const histogram = (entity: string, counts: [string, number][], name = 'request_latency_ms') =>
  counts.map(([le, count]) => `${name}_bucket{${LABELS(entity)},le="${le}"} ${count} 1788718020000`).join('\n');

describe('an exposition text', () => {
  it.each<[string, string, unknown]>([
    ['a value', 'x 4', { name: 'x', labels: {}, value: 4 }],
    ['labels and a timestamp', 'x{a="b"} 4.5 1788718020000', { name: 'x', labels: { a: 'b' }, value: 4.5 }],
    [
      'an exemplar',
      'x_bucket{le="5"} 3 # {trace_id="ab c"} 0.5 1788718020',
      { name: 'x_bucket', labels: { le: '5' }, value: 3 },
    ],
    ['an exemplar after a timestamp', 'x 3 1788718020000 # {a="b"} 1', { name: 'x', labels: {}, value: 3 }],
    ['an exponent', 'x 1.5e-3', { name: 'x', labels: {}, value: 0.0015 }],
    ['infinity', 'x +Inf', { name: 'x', labels: {}, value: Number.POSITIVE_INFINITY }],
    ['minus infinity', 'x -Inf', { name: 'x', labels: {}, value: Number.NEGATIVE_INFINITY }],
    ['escapes', 'x{a="q\\"b\\\\n\\n"} 1', { name: 'x', labels: { a: 'q"b\\n\n' }, value: 1 }],
    ['a brace in a label', 'x{a="{b}"} 1', { name: 'x', labels: { a: '{b}' }, value: 1 }],
    ['empty labels', 'x{} 1', { name: 'x', labels: {}, value: 1 }],
    ['a line end of Windows', 'x 1\r', { name: 'x', labels: {}, value: 1 }],
  ])('with %s', (_what, line, sample) => {
    expect(parseExposition(line)).toEqual([sample]);
  });

  it.each([
    '# HELP x words',
    '# TYPE x gauge',
    '# EOF',
    '',
    'x NaN',
    'x{a="b"} NaN 17',
    'no value here',
    '<html>',
    'x one',
  ])('has no sample in %j', (line) => {
    expect(parseExposition(line)).toEqual([]);
  });

  it('is read in linear time, for any content', () => {
    // Time that grew with the square of a megabyte would be minutes, which no test is given.
    expect(parseExposition(`${'x{a="'.repeat(200_000)} 1`)).toEqual([]);
    expect(parseExposition(`x{${'a'.repeat(1_000_000)}} 1`)).toMatchObject([{ value: 1 }]);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseExposition(text)));
  });
});

describe('samples of an entity', () => {
  it.each(['served_entity_name', 'served_model', 'model', 'replica_of'])('are found under the label %s', (label) => {
    const groups = byEntity(parseExposition(`request_count_total{${label}="churn-2"} 3`), ['churn-1', 'churn-2']);
    expect([...groups.keys()]).toEqual(['churn-2']);
  });

  it('without an entity are kept apart', () => {
    const groups = byEntity(parseExposition('request_count_total 3\nrequest_count_total{replica="r1"} 4'), ['churn-1']);
    expect(groups.get('')).toHaveLength(2);
  });
});

describe('a digest', () => {
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
      concurrency: 8,
      cpu_percent: 15,
      memory_percent: 30,
      gpu_percent: 55.5,
      gpu_memory_percent: 66,
    });
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

  it('keeps three digits', () => {
    expect(digest(parseExposition('cpu_usage_percentage 12.3456'))).toEqual({ cpu_percent: 12.3 });
  });
});

describe('a quantile', () => {
  const one = parseExposition(
    histogram('a', [
      ['5', 0],
      ['25', 40],
      ['50', 90],
      ['100', 100],
      ['+Inf', 100],
    ]),
  );

  it.each([
    [0.2, 15],
    [0.4, 25],
    [0.5, 30],
    [0.95, 75],
    [1, 100],
  ])('of %d lies within its bucket', (q, expected) => {
    expect(quantile(one, 'request_latency_ms', q)).toBe(expected);
  });

  it('past the last finite bound is that bound', () => {
    const open = parseExposition(
      histogram('a', [
        ['5', 1],
        ['+Inf', 100],
      ]),
    );
    expect(quantile(open, 'request_latency_ms', 0.99)).toBe(5);
  });

  it('is merged over replicas and entities, with unlike bounds too', () => {
    const both = [
      ...one,
      ...parseExposition(
        histogram('b', [
          ['10', 0],
          ['100', 100],
          ['+Inf', 100],
        ]),
      ),
    ];
    expect(quantile(both, 'request_latency_ms', 0.725)).toBe(75);
    expect(quantile(both, 'request_latency_ms', 1)).toBe(100);
  });

  it('is nothing without observations', () => {
    expect(quantile([], 'request_latency_ms', 0.5)).toBeUndefined();
    expect(
      quantile(
        parseExposition(
          histogram('a', [
            ['5', 0],
            ['+Inf', 0],
          ]),
        ),
        'request_latency_ms',
        0.5,
      ),
    ).toBeUndefined();
    expect(
      quantile(parseExposition('request_latency_ms_bucket{le="NaN"} 4'), 'request_latency_ms', 0.5),
    ).toBeUndefined();
  });

  it('grows with q and stays within the bounds', () => {
    const counts = fc.array(fc.nat(50), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(
        counts,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (steps, p, q) => {
          const upTo = (at: number) => steps.slice(0, at + 1).reduce((sum, step) => sum + step, 0);
          const rows = ['10', '20', '40', '+Inf'].map((le, at): [string, number] => [le, upTo(at)]);
          fc.pre(upTo(3) > 0);
          const samples = parseExposition(histogram('a', rows));
          const [low, high] = [Math.min(p, q), Math.max(p, q)].map(
            (each) => quantile(samples, 'request_latency_ms', each) ?? -1,
          );
          expect(low).toBeLessThanOrEqual(high ?? 0);
          expect(high).toBeLessThanOrEqual(40);
          expect(low).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});
