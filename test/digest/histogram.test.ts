import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExposition, type Sample } from '../../src/digest/exposition.ts';
import { histogram, quantile } from '../../src/digest/histogram.ts';

const LABELS = (entity: string) => `endpoint_name="churn",served_entity_name="${entity}"`;
const buckets = (entity: string, counts: [string, number][], name = 'request_latency_ms') =>
  counts.map(([le, count]) => `${name}_bucket{${LABELS(entity)},le="${le}"} ${count} 1788718020000`).join('\n');

const quantileOf = (samples: Sample[], q: number) => quantile(histogram(samples, 'request_latency_ms'), q);
const latency = (samples: Sample[], q: number) => quantileOf(samples, q)?.value;

describe('a quantile', () => {
  const one = parseExposition(
    buckets('a', [
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
    expect(latency(one, q)).toBe(expected);
  });

  it('past the last finite bound is that bound, as a minimum', () => {
    const open = parseExposition(
      buckets('a', [
        ['5', 1],
        ['+Inf', 100],
      ]),
    );
    expect(quantileOf(open, 0.99)).toEqual({ value: 5, atLeast: true });
    expect(quantileOf(one, 0.99)).toMatchObject({ atLeast: false });
  });

  it('is merged over replicas and entities, with unlike bounds too', () => {
    const both = [
      ...one,
      ...parseExposition(
        buckets('b', [
          ['10', 0],
          ['100', 100],
          ['+Inf', 100],
        ]),
      ),
    ];
    expect(latency(both, 0.725)).toBe(75);
    expect(latency(both, 1)).toBe(100);
  });

  it.each([
    ['no series', ''],
    [
      'only zeros',
      buckets('a', [
        ['5', 0],
        ['+Inf', 0],
      ]),
    ],
    ['no number as bound', 'request_latency_ms_bucket{le="NaN"} 4'],
  ])('is nothing without observations: %s', (_what, text) => {
    expect(latency(parseExposition(text), 0.5)).toBeUndefined();
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
          const samples = parseExposition(buckets('a', rows));
          const [low, high] = [Math.min(p, q), Math.max(p, q)].map((each) => latency(samples, each) ?? -1);
          expect(low).toBeLessThanOrEqual(high ?? 0);
          expect(high).toBeLessThanOrEqual(40);
          expect(low).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});

describe('a histogram', () => {
  /** Counts each bound anew, as a reader of the text would. */
  function byHand(samples: Sample[], bound: number): number {
    const highest = new Map<string, number>();
    for (const { labels, value } of samples) {
      const series = labels.served_entity_name ?? '';
      if (Number(labels.le) <= bound) highest.set(series, Math.max(highest.get(series) ?? 0, value));
    }
    return [...highest.values()].reduce((sum, count) => sum + count, 0);
  }

  it('has at each bound the same count as when each bound is counted anew, in any order and with any counts', () => {
    const bucket = fc.record({ le: fc.nat(9), entity: fc.constantFrom('a', 'b', 'c'), count: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(bucket), (given) => {
        const text = given.map(({ le, entity, count }) => buckets(entity, [[String(le), count]])).join('\n');
        const samples = parseExposition(text);
        const bounds = [...new Set(given.map(({ le }) => le))].sort((a, b) => a - b);
        expect(histogram(samples, 'request_latency_ms')).toEqual(
          bounds.map((bound) => ({ bound, count: byHand(samples, bound) })),
        );
      }),
    );
  });
});
