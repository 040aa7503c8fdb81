/** The statistics, the gates and the decisions of a rollout: each fires on its evidence and stays silent on a near miss. */
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/rollout/decide.ts';
import { capEvidence, differenceOf, evidence, laterEvidence, logRatios, RARE } from '../../src/rollout/evidence.ts';
import { judge, slowBound, sudden } from '../../src/rollout/judge.ts';
import { type Minute, merged, minuteOf, type Side, unreadMinute } from '../../src/rollout/measure.ts';
import { DEFAULT_PLAN, problemsOfPlan, type RolloutPlan } from '../../src/rollout/plan.ts';

const MINUTE = 60_000;
const PLAN: RolloutPlan = { ...DEFAULT_PLAN, gates: { ...DEFAULT_PLAN.gates, latency: { margin: 4, off: true } } };

function side(requests: number, errors_5xx = 0, more: Partial<Side> = {}): Side {
  return { requests, errors_5xx, errors_4xx: 0, latency: [], ...more };
}
/** Equal minutes of one step, the first ends one minute after the start. */
function minutes(count: number, canary: Side, baseline: Side, { step = 0, from = 0 } = {}): Minute[] {
  return Array.from({ length: count }, (_, at) => ({ at: (from + at + 1) * MINUTE, step, canary, baseline }));
}
const verdictOf = (list: readonly Minute[], gate: string, plan = PLAN, step = 0) =>
  judge(list, plan, step).find((each) => each.gate === gate);
const decided = (list: readonly Minute[], more: Partial<Parameters<typeof decide>[0]> = {}) =>
  decide({ plan: PLAN, step: 0, step_started_at: 0, now: list.at(-1)?.at ?? 0, minutes: list, phase: 'step', ...more });

describe('the evidence', () => {
  it('of one bad request of the canary is the ratio of the two likelihoods, by hand', () => {
    const ratios = [{ ratio: 4, weight: 1 }];
    const pair = { canary: { requests: 10, bad: 1 }, baseline: { requests: 30, bad: 0 } };
    // With equal rates it is one of the canary's with 10/40, and with the fourfold rate with 40/70.
    expect(evidence(logRatios(pair, ratios), ratios)).toBeCloseTo(40 / 70 / (10 / 40), 10);
  });

  it('is one on the average while both are equal: it is a fair game', () => {
    const [n, m, rate] = [3, 5, 0.2];
    const chance = (of: number, k: number) => {
      let ways = 1;
      for (let at = 0; at < k; at++) ways = (ways * (of - at)) / (at + 1);
      return ways * rate ** k * (1 - rate) ** (of - k);
    };
    let mean = 0;
    for (let k = 0; k <= n; k++)
      for (let j = 0; j <= m; j++)
        mean +=
          chance(n, k) *
          chance(m, j) *
          evidence(logRatios({ canary: { requests: n, bad: k }, baseline: { requests: m, bad: j } }, RARE), RARE);
    expect(mean).toBeLessThanOrEqual(1);
    expect(mean).toBeGreaterThan(0.7);
  });

  it('says nothing without requests on either side, or without bad ones', () => {
    const none = { requests: 0, bad: 0 };
    for (const pair of [
      { canary: none, baseline: { requests: 9, bad: 3 } },
      { canary: { requests: 9, bad: 3 }, baseline: none },
      { canary: { requests: 9, bad: 0 }, baseline: { requests: 9, bad: 0 } },
    ])
      expect(evidence(logRatios(pair, RARE), RARE)).toBe(1);
  });

  it('against earlier minutes and against a cap grows with what is too much, and only then', () => {
    const earlier = { requests: 2_000, bad: 2 };
    expect(laterEvidence({ requests: 200, bad: 8 }, earlier, RARE)).toBeGreaterThan(1_000);
    expect(laterEvidence({ requests: 2_000, bad: 2 }, earlier, RARE)).toBeLessThan(1);
    expect(capEvidence({ requests: 1_000, bad: 60 }, 0.02, RARE)).toBeGreaterThan(1_000);
    expect(capEvidence({ requests: 1_000, bad: 20 }, 0.02, RARE)).toBeLessThan(1);
  });

  it('of absence is an upper bound that shrinks with the requests', () => {
    const bound = (requests: number) =>
      differenceOf([{ canary: { requests, bad: requests / 50 }, baseline: { requests: 5_000, bad: 100 } }]);
    expect(bound(100).difference).toBeCloseTo(0, 10);
    expect(bound(100).upper).toBeGreaterThan(0.02);
    expect(bound(10_000).upper).toBeLessThan(0.005);
    expect(differenceOf([]).upper).toBe(1);
  });

  it('weights the steps by the requests of the canary, so that a bad hour of both counts for neither', () => {
    const quiet = { canary: { requests: 50, bad: 0 }, baseline: { requests: 950, bad: 0 } };
    const bad = { canary: { requests: 500, bad: 50 }, baseline: { requests: 500, bad: 50 } };
    expect(differenceOf([quiet, bad]).difference).toBeCloseTo(0, 10);
  });
});

describe('a gate', () => {
  it('fails on evidence and size', () => {
    expect(verdictOf(minutes(5, side(20, 2), side(380)), 'errors_5xx')?.verdict).toBe('fail');
  });

  it('does not fail on size without evidence, nor on evidence without size', () => {
    expect(verdictOf(minutes(1, side(20, 1), side(380)), 'errors_5xx')?.verdict).toBe('inconclusive');
    const small = verdictOf(minutes(10, side(20_000, 100), side(20_000, 10)), 'errors_5xx');
    expect(small?.evidence).toBeGreaterThan(1_000);
    expect(small?.verdict).not.toBe('fail');
  });

  it('passes only on evidence: the same counts pass at 5 % and are open at 50 %', () => {
    const list = minutes(10, side(20), side(380));
    expect(verdictOf(list, 'errors_5xx')?.verdict).toBe('pass');
    expect(verdictOf(minutes(2, side(5), side(95)), 'errors_5xx')?.verdict).toBe('inconclusive');
    const later = list.map((each) => ({ ...each, step: 2, canary: side(10) }));
    expect(verdictOf(later, 'errors_5xx', PLAN, 2)?.verdict).toBe('inconclusive');
  });

  it('finds a version that begins to fail at a later step, although its beginning was good', () => {
    const good = minutes(60, side(20), side(380, 4)).map((each, at) => ({
      ...each,
      canary: side(20, at % 10 === 0 ? 1 : 0),
    }));
    const bad = (errors: number) => minutes(4, side(100, errors), side(300, 3), { step: 1, from: 60 });
    expect(verdictOf([...good, ...bad(6)], 'errors_5xx', PLAN, 1)?.verdict).toBe('fail');
    expect(verdictOf([...good, ...bad(2)], 'errors_5xx', PLAN, 1)?.verdict).not.toBe('fail');
  });

  it('at 100 % compares with the earlier minutes of the old version', () => {
    const before = minutes(20, side(200), side(200), { step: 2 });
    const alone = (errors: number) => minutes(3, side(400, errors), side(0), { step: 3, from: 20 });
    expect(verdictOf([...before, ...alone(20)], 'errors_5xx', PLAN, 3)?.verdict).toBe('fail');
    expect(verdictOf([...before, ...alone(0)], 'errors_5xx', PLAN, 3)?.verdict).toBe('pass');
  });

  it('has a cap that holds whatever the old version does', () => {
    const gates = { ...PLAN.gates, errors_5xx: { margin: 50, max: 5 } };
    const list = minutes(10, side(100, 30), side(300, 90));
    expect(verdictOf(list, 'errors_5xx', { ...PLAN, gates })?.why).toContain('above the cap of 5 %');
    expect(verdictOf(list, 'errors_5xx')?.verdict).not.toBe('fail');
  });

  it('without a series of its errors is open, and one that is off has no verdict', () => {
    const unknown = minutes(20, side(100, 0, { errors_4xx: undefined }), side(300, 0, { errors_4xx: undefined }));
    expect(verdictOf(unknown, 'errors_4xx')?.verdict).toBe('inconclusive');
    expect(verdictOf(unknown, 'latency')).toBeUndefined();
  });

  it('counts slow requests above the bound at which a slower version differs most', () => {
    const histogram = (slow: number, all: number) => [
      { bound: 50, count: 0 },
      { bound: 100, count: all - slow },
      { bound: 250, count: all },
      { bound: Infinity, count: all },
    ];
    const old = side(300, 0, { latency: histogram(15, 300) });
    const list = (slow: number) => minutes(12, side(100, 0, { latency: histogram(slow, 100) }), old);
    expect(slowBound(list(5))).toEqual({ bound: 100, chosen: 1 });
    expect(verdictOf(list(40), 'latency', DEFAULT_PLAN)).toMatchObject({ verdict: 'fail', bound_ms: 100 });
    expect(verdictOf(list(5), 'latency', DEFAULT_PLAN)?.verdict).toBe('pass');
    expect(slowBound(minutes(1, side(9), side(9)))).toBeUndefined();
  });

  it('of saturation is open after five full minutes, and a single one is none', () => {
    const full = side(100, 0, { saturation: 99 });
    expect(verdictOf(minutes(5, full, side(100)), 'saturation')?.verdict).toBe('inconclusive');
    expect(
      verdictOf([...minutes(4, side(100), side(100)), ...minutes(1, full, side(100))], 'saturation')?.verdict,
    ).toBe('pass');
  });
});

describe('a sudden failure', () => {
  it('acts at once, but not in an outage of both, and not for a handful of requests', () => {
    expect(sudden(minutes(1, side(20, 11), side(380, 3)), 0)).toEqual({ requests: 20, bad: 11 });
    expect(sudden(minutes(1, side(20, 11), side(380, 60)), 0)).toBeUndefined();
    expect(sudden(minutes(1, side(19, 19), side(380)), 0)).toBeUndefined();
    expect(sudden(minutes(1, side(20, 10), side(380)), 0)).toBeUndefined();
  });

  it('at 100 % compares with the earlier minutes of the old version', () => {
    const alone = minutes(1, side(400, 300), side(0), { step: 3, from: 5 });
    expect(sudden([...minutes(5, side(20), side(380)), ...alone], 3)).toBeDefined();
    expect(sudden([...minutes(5, side(20, 12), side(380, 200)), ...alone], 3)).toBeUndefined();
  });
});

describe('a decision', () => {
  const good = (count: number) => minutes(count, side(25), side(475));

  it('promotes when the time is over, the requests are enough and every gate has passed', () => {
    expect(decided(good(10))).toEqual({ kind: 'promote' });
    expect(decided(good(9))).toMatchObject({ kind: 'wait', until: 10 * MINUTE, why: '9 of 10 minutes' });
    expect(decided(good(10), { phase: 'final_bake', step_started_at: -30 * MINUTE })).toEqual({ kind: 'complete' });
  });

  it('waits for enough requests, and says when they will be there', () => {
    const thin = minutes(10, side(10), side(190));
    expect(decided(thin)).toMatchObject({ kind: 'wait', until: 20 * MINUTE, why: '100 of 200 requests' });
  });

  it('holds when the longest time is over, and goes back instead if the plan says so', () => {
    const thin = minutes(60, side(1), side(19));
    expect(decided(thin)).toMatchObject({
      kind: 'hold',
      probes: true,
      reason: expect.stringContaining('60 of 200 requests'),
    });
    expect(decided(thin, { plan: { ...PLAN, on_inconclusive: 'rollback' } })).toMatchObject({ kind: 'roll_back' });
  });

  it('holds after five minutes in a row without a reading or without traffic, and not after four', () => {
    const unread = (count: number) => Array.from({ length: count }, (_, at) => unreadMinute((3 + at) * MINUTE, 0));
    expect(decided([...good(2), ...unread(5)])).toMatchObject({
      kind: 'hold',
      reason: expect.stringContaining('could not be read'),
    });
    expect(decided([...good(2), ...unread(4)])).toMatchObject({ kind: 'wait' });
    expect(decided(minutes(5, side(0), side(0)))).toMatchObject({
      kind: 'hold',
      reason: expect.stringContaining('no requests'),
    });
    expect(decided(minutes(5, side(0), side(3)))).toMatchObject({ kind: 'wait' });
  });

  it('asks for probes where there are some and the requests are too few', () => {
    const thin = minutes(10, side(1), side(19));
    expect(decided(thin, { probes: true })).toMatchObject({ kind: 'probe' });
    expect(decided(minutes(9, side(1), side(19)), { probes: true })).toMatchObject({ kind: 'wait' });
  });
});

describe('a minute', () => {
  it('has the counts of each entity, and none for an entity without a series', () => {
    const sample = (name: string, entity: string, value: number) => ({
      name,
      labels: { served_entity_name: entity },
      value,
    });
    const samples = [
      sample('request_count_total', 'new', 20),
      sample('request_5xx_count_total', 'new', 3),
      sample('request_4xx_count_total', 'new', 1),
      sample('cpu_usage_percentage', 'new', 40),
    ];
    expect(minuteOf({ at: 5, samples }, 1, { canary: 'new', baseline: 'old' })).toEqual({
      at: 5,
      step: 1,
      canary: { requests: 20, errors_5xx: 3, errors_4xx: 1, latency: [], saturation: 40 },
      baseline: { requests: 0, errors_5xx: undefined, errors_4xx: undefined, latency: [], saturation: undefined },
    });
  });

  it('is merged with others by the bounds of their histograms', () => {
    const one = [
      { bound: 10, count: 2 },
      { bound: Infinity, count: 5 },
    ];
    const other = [
      { bound: 50, count: 4 },
      { bound: Infinity, count: 4 },
    ];
    expect(merged([one, other])).toEqual([
      { bound: 10, count: 2 },
      { bound: 50, count: 6 },
      { bound: Infinity, count: 9 },
    ]);
  });
});

describe('a plan', () => {
  it.each<[string, Partial<RolloutPlan>]>([
    ['must rise', { steps: [25, 5, 100] }],
    ['must rise', { steps: [50, 50, 100] }],
    ['whole percent', { steps: [0, 100] }],
    ['last step must be 100', { steps: [5, 50] }],
    ['1 to 10 values', { steps: [] }],
    ['bake_minutes', { bake_minutes: 0 }],
    ['max_minutes', { max_minutes: 5 }],
    ['min_requests', { min_requests: 1 }],
    [
      'must decide',
      {
        gates: {
          errors_5xx: { margin: 1, off: true },
          errors_4xx: { margin: 1, off: true },
          latency: { margin: 4, off: true },
          saturation: { margin: 0 },
        },
      },
    ],
  ])('says what is wrong: %s', (words, more) => {
    expect(problemsOfPlan({ ...DEFAULT_PLAN, ...more }).join('; ')).toContain(words);
  });

  it('is right by default', () => {
    expect(problemsOfPlan(DEFAULT_PLAN)).toEqual([]);
    expect(problemsOfPlan({ ...DEFAULT_PLAN, steps: [100] })).toEqual([]);
  });
});
