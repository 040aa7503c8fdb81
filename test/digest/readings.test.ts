import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExposition } from '../../src/digest/exposition.ts';
import { digest } from '../../src/digest/metrics.ts';
import { covered, disjoint, type Reading, summed } from '../../src/digest/readings.ts';

const MINUTE = 60_000;
/** A time in milliseconds, as the service writes it. */
const BASE = 1_788_718_020_000;

function reading(minute: number, requests: number, latency = 10): Reading {
  const lines = [
    `request_count_total{e="a"} ${requests}`,
    'request_5xx_count_total{e="a"} 1',
    'provisioned_concurrent_requests_total{e="a"} 4',
    `cpu_usage_percentage{e="a"} ${requests}`,
    `request_latency_ms_bucket{e="a",le="${latency}"} ${requests}`,
    `request_latency_ms_bucket{e="a",le="+Inf"} ${requests}`,
  ];
  return { at: minute * MINUTE, samples: parseExposition(lines.join('\n')) };
}

describe('readings', () => {
  it('sum counts and histograms, average percentages, and keep the latest size', () => {
    const found = covered([reading(1, 10, 10), reading(2, 30, 1000)]);
    if (!found) throw new Error('nothing covered');
    expect(found).toMatchObject({ minutes: 2, from: 0, to: 2 * MINUTE, gaps: [] });
    const sums = digest(summed(found), found.minutes);
    expect(sums).toMatchObject({
      requests: 40,
      requests_per_second: 0.333,
      error_5xx_percent: 5,
      provisioned_concurrency: 4,
      cpu_percent: 20,
    });
    expect(sums.p95_ms).toBeGreaterThan(10);
  });

  it('of the same or an overlapping minute count once, in whatever order they come', () => {
    const found = covered([reading(2, 7), reading(1, 10), reading(1.5, 99), reading(2, 7)]);
    expect(found?.minutes).toBe(2);
    expect(found && digest(summed(found), 2).requests).toBe(17);
  });

  it('say when the gaps between them are', () => {
    expect(covered([reading(1, 1), reading(2.5, 1), reading(5, 1)])).toMatchObject({
      minutes: 3,
      gaps: [
        { from: MINUTE, to: 1.5 * MINUTE },
        { from: 2.5 * MINUTE, to: 4 * MINUTE },
      ],
    });
    expect(covered([reading(1, 1), reading(1.995, 1)])).toMatchObject({ minutes: 2, gaps: [] });
    expect(covered([])).toBeUndefined();
  });

  it('of a window leave out earlier ones, and name the gap at its start', () => {
    const found = covered([reading(1, 1), reading(4, 1), reading(5, 1)], 4);
    expect(found).toMatchObject({ minutes: 2, from: MINUTE, to: 5 * MINUTE, gaps: [{ from: MINUTE, to: 3 * MINUTE }] });
  });

  it('from before the endpoint was created are those of another one, and their time is no gap', () => {
    const since = 2.5 * MINUTE;
    const found = covered([reading(1, 1), reading(2, 1), reading(4, 1), reading(5, 1)], 60, since);
    expect(found).toMatchObject({ minutes: 2, from: since, gaps: [{ from: since, to: 3 * MINUTE }] });
    expect(covered([reading(3, 1)], 60, since)).toMatchObject({ minutes: 1, from: 2 * MINUTE, gaps: [] });
  });

  const minutes = fc.array(fc.record({ at: fc.double({ min: 1, max: 90, noNaN: true }), requests: fc.nat(50) }), {
    minLength: 1,
    maxLength: 40,
  });

  it('never count a moment twice, keep the newest, and account for all of the time', () => {
    fc.assert(
      fc.property(minutes, fc.integer({ min: 1, max: 60 }), (given, window) => {
        const readings = given.map(({ at, requests }) => reading(at, requests));
        const found = covered(readings, window);
        if (!found) return false;
        const times = found.readings.map(({ at }) => at);
        expect(times.at(-1)).toBe(Math.max(...readings.map(({ at }) => at)));
        for (const [index, at] of times.entries()) expect(at - (times[index - 1] ?? 0)).toBeGreaterThan(MINUTE - 1_000);
        expect(found.minutes).toBeLessThanOrEqual(window);
        const gaps = found.gaps.reduce((sum, { from, to }) => sum + to - from, 0);
        // Readings may overlap by half a second, and gaps of less than a second are none.
        expect(Math.abs(found.to - found.from - gaps - found.minutes * MINUTE)).toBeLessThanOrEqual(
          found.minutes * 1_000,
        );
        return true;
      }),
    );
  });

  it('are the same whatever their order, and as many as fit', () => {
    const distinct = fc.uniqueArray(fc.integer({ min: 2, max: 400 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(distinct, (quarters) => {
        const readings = quarters.map((quarter) => reading(quarter / 4, quarter));
        const kept = disjoint(readings).map(({ at }) => at);
        expect(disjoint(readings.toReversed()).map(({ at }) => at)).toEqual(kept);
        // From the oldest on, as a reader would count them.
        let most = 0;
        let end = Number.NEGATIVE_INFINITY;
        for (const { at } of readings.toSorted((a, b) => a.at - b.at))
          if (at - MINUTE >= end) {
            most++;
            end = at;
          }
        expect(kept).toHaveLength(most);
      }),
    );
  });

  it('count a series by its own timestamp: once for each minute, also when the service repeats it', () => {
    const lines = (fresh: number, late: number) =>
      parseExposition(
        `request_count_total{e="a"} 5 ${BASE + fresh * MINUTE}\nrequest_count_total{e="b"} 7 ${BASE + late * MINUTE}`,
      );
    const readings = [
      { at: BASE + 5 * MINUTE, samples: lines(5, 4) },
      { at: BASE + 6 * MINUTE, samples: lines(6, 4) },
      { at: BASE + 7 * MINUTE, samples: lines(7, 6) },
    ];
    const found = covered(readings);
    expect(found && digest(summed(found), 3).requests).toBe(3 * 5 + 2 * 7);
  });

  it('leave out values of an earlier time, and say how many', () => {
    const samples = parseExposition(
      `request_count_total{e="a"} 5 ${BASE + 60 * MINUTE}\nrequest_count_total{e="b"} 7 ${BASE + 9 * MINUTE}`,
    );
    const [kept] = disjoint([{ at: BASE + 60 * MINUTE, samples }]);
    expect(kept).toMatchObject({ stale: 1, samples: [{ value: 5 }] });
  });

  it('of replicas without a label of their own count all of them', () => {
    const samples = parseExposition(`request_count_total 5 ${BASE}\nrequest_count_total 7 ${BASE}`);
    const found = covered([{ at: BASE, samples }]);
    expect(found && digest(summed(found), 1).requests).toBe(12);
  });

  it('give percentiles of all requests together, never a mean of percentiles', () => {
    const bounds = [10, 50, 200, 1_000];
    const counts = fc.array(fc.array(fc.nat(40), { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 6 });
    const histogramOf = (steps: readonly number[], at: number): Reading => {
      const rows = bounds.map(
        (le, index) =>
          `request_latency_ms_bucket{e="a",le="${le}"} ${steps.slice(0, index + 1).reduce((a, b) => a + b, 0)} ${at}`,
      );
      return { at, samples: parseExposition(rows.join('\n')) };
    };
    fc.assert(
      fc.property(counts, (given) => {
        const found = covered(given.map((steps, index) => histogramOf(steps, BASE + index * MINUTE)));
        const together = histogramOf(
          bounds.map((_, index) => given.reduce((sum, steps) => sum + (steps[index] ?? 0), 0)),
          BASE,
        );
        const { p50_ms, p95_ms, p99_ms } = digest(found ? summed(found) : [], given.length);
        const expected = digest(together.samples);
        expect([p50_ms, p95_ms, p99_ms]).toEqual([expected.p50_ms, expected.p95_ms, expected.p99_ms]);
      }),
    );
  });
});
