/** The forecast of a rollout: what takes the time with the present traffic, which plans fit it, and what they risk. */
import { describe, expect, it } from 'vitest';
import { alternatives, riskOf } from '../../src/rollout/alternatives.ts';
import { forecast } from '../../src/rollout/forecast.ts';
import { DEFAULT_PLAN, type RolloutPlan } from '../../src/rollout/plan.ts';
import { type Present, presentOf, usualPresent } from '../../src/rollout/present.ts';
import { simulateOffers } from '../simulation/forecasts.ts';
import { RUN_ALL } from '../support/selection.ts';

const present = (perMinute: number, shares: Partial<Present['shares']> = {}): Present => ({
  perMinute,
  minutes: 60,
  measured: true,
  shares: { errors_5xx: 0.001, errors_4xx: 0.001, latency: 0.3, ...shares },
});
const withGates = (gates: Partial<RolloutPlan['gates']>): RolloutPlan => ({
  ...DEFAULT_PLAN,
  gates: { ...DEFAULT_PLAN.gates, ...gates },
});

/** All cells are 800 rollouts of many hours. */
const WHOLE_MS = 600_000;

describe('a forecast', () => {
  it('of enough traffic is the sum of the shortest times', () => {
    const seen = forecast(DEFAULT_PLAN, present(1_000));
    expect(seen).toMatchObject({ fits: true, total: 70 });
    expect(seen.text).toContain('measured in 60 minutes of the last hour');
  });

  it('names min_requests where they take the longest, with room for chance', () => {
    const seen = forecast(DEFAULT_PLAN, present(20));
    expect(seen.fits).toBe(false);
    expect(seen.steps[0]).toMatchObject({ minutes: 200, because: 'min_requests' });
    expect(seen.steps[0]?.most).toBeGreaterThan(210);
    expect(seen.text).toContain('the step at 5 % needs up to 3.8 hours for 200 requests');
  });

  it('names the gate where the upper bound takes the longest, and the requests that it needs', () => {
    const quick = { ...DEFAULT_PLAN, min_requests: 20 };
    const seen = forecast(quick, present(60, { errors_5xx: 0.03 }));
    const slow = seen.steps.find(({ most }) => most > 60);
    expect(slow?.because).toBe('errors_5xx');
    expect(seen.text).toMatch(
      /\d requests of the new version until the share of 5xx is known within \d points \(it is 3 % now\)/,
    );
    // The fewer requests fail, the sooner a pass is sure.
    const fewer = forecast(quick, present(60, { errors_5xx: 0.005 }));
    expect(fewer.steps[2]?.most).toBeLessThan(seen.steps[2]?.most ?? 0);
  });

  it('is no refusal where most healthy versions pass in time, but says that some are held', () => {
    const few: RolloutPlan = { ...DEFAULT_PLAN, steps: [25, 100] };
    const seen = forecast(few, present(119, { errors_5xx: 0.0085 }));
    expect(seen).toMatchObject({ fits: false, likely: true });
    expect(seen.text).toMatch(/takes about \d+ minutes\. It may end in held: the step at 100 % needs/);
    expect(forecast(DEFAULT_PLAN, present(20))).toMatchObject({ fits: false, likely: false });
  });

  it('says that a gate cannot pass above its cap, or without a histogram', () => {
    const capped = forecast(withGates({ errors_5xx: { margin: 1, max: 1 } }), present(1_000, { errors_5xx: 0.02 }));
    expect(capped.text).toContain('cannot pass: the share of 5xx is 2 % already, above its max of 1 %');
    const blind = present(1_000, { latency: undefined });
    expect(forecast(DEFAULT_PLAN, blind).text).toContain('the gate latency cannot pass');
    expect(forecast(withGates({ latency: { margin: 4, off: true } }), blind).fits).toBe(true);
    expect(forecast(DEFAULT_PLAN, present(0))).toMatchObject({
      fits: false,
      text: expect.stringContaining('no requests'),
    });
  });

  it('counts requests alone where no share is measured', () => {
    const quick = { ...DEFAULT_PLAN, min_requests: 20 };
    expect(forecast(quick, { ...present(60, { errors_5xx: 0.03 }), measured: false }).fits).toBe(true);
    expect(forecast(DEFAULT_PLAN, usualPresent(20, 1)).steps[0]?.because).toBe('min_requests');
  });

  it('counts the time that late rows take', () => {
    const seen = forecast(DEFAULT_PLAN, present(1_000), 10);
    expect(seen).toMatchObject({ fits: true, total: 110 });
    expect(seen.text).toContain('40 minutes wait for late rows');
  });

  it('of the single step 100 takes until the caps pass', () => {
    const gates = {
      errors_5xx: { margin: 1, max: 2 },
      errors_4xx: { margin: 1, max: 2 },
      latency: { margin: 4, off: true },
    };
    expect(forecast({ ...withGates(gates), steps: [100] }, present(1_000)).fits).toBe(true);
  });
});

describe('the present traffic', () => {
  it('is the mean of all minutes, and few requests do not make a share', () => {
    const side = (requests: number, errors_5xx: number) => ({ requests, errors_5xx, errors_4xx: 0, latency: [] });
    expect(presentOf([side(10, 0), side(30, 0)])).toMatchObject({ perMinute: 20, minutes: 2 });
    expect(presentOf([side(4, 2)]).shares.errors_5xx).toBeLessThan(0.03);
    expect(presentOf([side(4_000, 200)]).shares.errors_5xx).toBeGreaterThan(0.045);
    expect(presentOf([{ requests: 500, latency: [] }]).shares).toMatchObject({ errors_5xx: 0.005, latency: undefined });
  });
});

describe('the other plans', () => {
  it('begin with more time, go on with a higher first step, and end with probes', () => {
    const now = present(55, { latency: 0.15 });
    const found = alternatives(DEFAULT_PLAN, now);
    expect(found.map(({ what }) => what.split(':')[0])).toEqual(['more time', 'a higher first step', 'probes']);
    for (const { plan } of found.slice(0, -1))
      expect(forecast({ ...DEFAULT_PLAN, ...plan, gates: DEFAULT_PLAN.gates }, now).fits).toBe(true);
    expect(found[0]?.plan).not.toHaveProperty('steps');
    expect(found[1]?.plan).not.toHaveProperty('max_minutes');
  });

  it('leave the latency gate out only where nothing else fits, and say what that risks', () => {
    const found = alternatives(DEFAULT_PLAN, present(6));
    expect(found[0]).toMatchObject({
      what: expect.stringContaining('without the latency gate'),
      plan: { gates: { latency: { off: true } } },
      risk: expect.stringContaining('no one sees that the new version is slower'),
    });
  });

  it('are probes alone without traffic, with what they miss and whom they blame', () => {
    const [only, ...others] = alternatives(DEFAULT_PLAN, usualPresent(0, 1));
    expect(others).toEqual([]);
    // 50 requests: 0.96 ^ 50 and 1 - 0.995 ^ 50.
    expect(only?.risk).toMatch(/in 13 % of rollouts.* in 22 %/);
  });

  it('have a risk that grows with the base share and with the weight', () => {
    const risk = (base: number, percent: number) =>
      riskOf({ percent, max_minutes: 60 }, present(100, { errors_5xx: base }), 0);
    expect(risk(0, 5)).toContain('fails about 3 requests before it is rolled back, and up to 4 in nine of ten cases');
    expect(risk(0.02, 5)).toContain('fails about 12 requests before it is rolled back, and up to 19');
    expect(risk(0.02, 50)).toContain('about 25 requests');
    expect(risk(0, 5)).toContain('(within 20 minutes)');
    expect(risk(0.02, 5)).toContain('so it may be held after 60 minutes instead');
  });

  it.each(RUN_ALL ? [5, 12, 20, 50] : [50])(
    'fit: nine of ten healthy versions complete them, at %i requests a minute',
    (perMinute) => {
      const seeds = RUN_ALL ? 200 : 30;
      for (const [what, { offered, promoted }] of simulateOffers({ perMinute, base: 0.005 }, seeds))
        if (!what.startsWith('probes') && offered >= seeds / 4)
          expect(promoted / offered, what).toBeGreaterThanOrEqual(0.9);
    },
    WHOLE_MS,
  );
});
