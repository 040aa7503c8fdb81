/** The rows of a rollout, as numbers and in words. */
import { describe, expect, it } from 'vitest';
import type { Minute, Side } from '../../src/rollout/measure.ts';
import { DEFAULT_PLAN, type RolloutPlan } from '../../src/rollout/plan.ts';
import { numbersOf, reportOf } from '../../src/rollout/report.ts';

const MINUTE = 60_000;
const plan: RolloutPlan = { ...DEFAULT_PLAN, steps: [50, 100] };
const side = (requests: number, more: Partial<Side> = {}): Side => ({
  requests,
  errors_5xx: 0,
  errors_4xx: 0,
  latency: [],
  ...more,
});
const minute = (step: number, canary: Side, baseline: Side, at = 1): Minute => ({
  at: at * MINUTE,
  step,
  canary,
  baseline,
});

describe('the rows of a rollout', () => {
  it('are the same in words and as numbers', () => {
    const minutes = [minute(0, side(1_000, { errors_5xx: 3 }), side(2_000, { errors_5xx: 1, errors_4xx: 10 }))];
    const [numbers] = numbersOf(minutes, plan, 0);
    const [words] = reportOf(minutes, plan, 0);
    expect(numbers).toMatchObject({
      step: 0,
      canary: { requests: 1_000, errors_5xx_percent: 0.3, errors_4xx_percent: 0 },
      baseline: { requests: 2_000, errors_5xx_percent: 0.05, errors_4xx_percent: 0.5 },
    });
    expect(words).toMatchObject({ requests: 1_000, errors_5xx: '0.3 against 0.05 %', errors_4xx: '0 against 0.5 %' });
  });

  it.each<[string, Minute[], string, object]>([
    [
      'that no minute has is absent',
      [minute(0, side(100, { errors_5xx: undefined }), side(100))],
      '- against 0 %',
      { canary: { requests: 100, errors_4xx_percent: 0 } },
    ],
    [
      'that some minutes have is that of these minutes',
      [minute(0, side(100, { errors_5xx: undefined }), side(100)), minute(0, side(50, { errors_5xx: 5 }), side(50), 2)],
      '10 against 0 %',
      { canary: { requests: 150, errors_5xx_percent: 10, errors_4xx_percent: 0 } },
    ],
    ['of no requests is absent', [minute(0, side(0), side(100))], '- against 0 %', { canary: { requests: 0 } }],
    [
      'that neither version has is not known',
      [minute(0, side(9, { errors_5xx: undefined }), side(9, { errors_5xx: undefined }))],
      'not known',
      { canary: { requests: 9, errors_4xx_percent: 0 } },
    ],
  ])('a share %s', (_, minutes, words, numbers) => {
    expect(reportOf(minutes, plan, 0)[0]?.errors_5xx).toBe(words);
    expect(numbersOf(minutes, plan, 0)).toMatchObject([numbers]);
    expect(numbersOf(minutes, plan, 0)[0]?.canary).toEqual((numbers as { canary: object }).canary);
  });

  it('at 100 % compare with earlier minutes, and say so', () => {
    const minutes = [minute(0, side(100), side(100)), minute(1, side(200), side(0), 2)];
    expect(numbersOf(minutes, plan, 1)).toMatchObject([
      { step: 0, earlier: false },
      { step: 1, earlier: true, baseline: { requests: 100 } },
    ]);
  });
});
