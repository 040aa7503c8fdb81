import { describe, expect, it } from 'vitest';
import { parseExposition } from '../../src/digest/exposition.ts';
import { digest } from '../../src/digest/metrics.ts';
import { covered, type Reading, summed } from '../../src/digest/readings.ts';

const MINUTE = 60_000;

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
    expect(found).toMatchObject({ minutes: 2, from: 0, to: 2 * MINUTE, gapSeconds: 0 });
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

  it('say how long the gaps between them are', () => {
    expect(covered([reading(1, 1), reading(2.5, 1), reading(5, 1)])).toMatchObject({ minutes: 3, gapSeconds: 120 });
    expect(covered([reading(1, 1), reading(1.995, 1)])).toMatchObject({ minutes: 2, gapSeconds: 0 });
    expect(covered([])).toBeUndefined();
  });
});
