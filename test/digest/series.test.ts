import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExposition } from '../../src/digest/exposition.ts';
import { covered, type Reading } from '../../src/digest/readings.ts';
import { blocks, seriesOf } from '../../src/digest/series.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-09-06T16:00:00Z');

function reading(minute: number, requests: number, more: string[] = []): Reading {
  const at = START + minute * MINUTE;
  const lines = [`request_count_total ${requests}`, `request_5xx_count_total ${Math.floor(requests / 10)}`, ...more];
  return { at, samples: parseExposition(lines.map((line) => `${line} ${at}`).join('\n')) };
}

function series(readings: Reading[], minutes?: number) {
  const found = covered(readings, minutes);
  if (!found) throw new Error('nothing covered');
  return seriesOf(found);
}

describe('a series', () => {
  it('has a number for each minute, and null where no reading covers it', () => {
    expect(series([reading(1, 10), reading(2, 20), reading(5, 40)], 6)).toEqual({
      start: '2026-09-06T15:59:00Z',
      step_seconds: 60,
      requests: [null, 10, 20, null, null, 40],
      errors_5xx: [null, 1, 2, null, null, 4],
      lines: ['requests ·▃▅··█ 10 to 40', '5xx ·▃▅··█ 1 to 4'],
    });
  });

  it('has the percentile of each minute, and says where it is only a minimum', () => {
    const latency = (below: number, above: number) => [
      `request_latency_ms_bucket{le="100"} ${below}`,
      `request_latency_ms_bucket{le="+Inf"} ${below + above}`,
    ];
    const { p95_ms, lines } = series([reading(1, 10, latency(10, 0)), reading(2, 10, latency(5, 5))]);
    expect(p95_ms).toEqual([95, 100]);
    expect(lines.at(-1)).toBe('p95 ms ██ 95 to ≥ 100');
  });

  it('has 429s apart from other errors only where a label shows the status', () => {
    const errors = ['request_4xx_count_total{status="429"} 3', 'request_4xx_count_total{status="400"} 2'];
    expect(series([reading(1, 10, errors)])).toMatchObject({ errors_4xx: [2], rate_limited: [3] });
    const mixed = series([reading(1, 10, ['request_4xx_count_total 5'])]);
    expect(mixed).toMatchObject({ errors_4xx: [5] });
    expect(mixed.rate_limited).toBeUndefined();
  });

  it('loses no reading and invents none, however uneven their times are', () => {
    const times = fc.uniqueArray(fc.integer({ min: 61, max: 3_600 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(times, (seconds) => {
        const found = covered(
          seconds.map((second) => reading(second / 60, second)),
          60,
        );
        if (!found) return false;
        const numbers = seriesOf(found).requests?.filter((number) => number !== null);
        return JSON.stringify(numbers) === JSON.stringify(found.readings.map(({ samples }) => samples[0]?.value));
      }),
    );
  });
});

describe('block characters', () => {
  it.each([
    [[0, 1, 4, 7], '▁▂▅█'],
    [[0, 0], '▁▁'],
    [[5, null, 5], '█·█'],
    [[0.001, 100], '▂█'],
    [[], ''],
  ])('of %j are %s', (numbers, line) => {
    expect(blocks(numbers)).toBe(line);
  });
});
