/** The statistics, the gates and the decisions of a rollout: each fires on its evidence and stays silent on a near miss. */
import { describe, expect, it } from 'vitest';
import { decide, decideNow } from '../../src/rollout/decide.ts';
import { capEvidence, differenceOf, evidence, laterEvidence, logRatios, RARE } from '../../src/rollout/evidence.ts';
import { judge, sudden } from '../../src/rollout/judge.ts';
import { idleMinute, type Minute, merged, minuteOf, type Side, unreadMinute } from '../../src/rollout/measure.ts';
import { DEFAULT_PLAN, problemsOfPlan, type RolloutPlan } from '../../src/rollout/plan.ts';
import { slowBound } from '../../src/rollout/slow-requests.ts';

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

  it('of absence at 100 % counts the earlier requests of the old version once', () => {
    const canary = { requests: 1_000, bad: 20 };
    const pair = { canary, baseline: canary };
    const upper = (...args: Parameters<typeof differenceOf>) => differenceOf(...args).upper;
    // Half of the weight at the same time and half of it alone: one sample of the old version serves both, so it varies as much as one of all.
    expect(upper([pair], canary)).toBeGreaterThan(upper([pair, pair]));
    const both = { canary: { requests: 2_000, bad: 40 }, baseline: canary };
    expect(upper([pair], canary)).toBeCloseTo(upper([both]), 3);
    expect(differenceOf([], canary).upper).toBe(1);
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
    expect(slowBound(list(5))).toEqual({ bound: 100, chosen: 1, everywhere: true });
    expect(verdictOf(list(40), 'latency', DEFAULT_PLAN)).toMatchObject({ verdict: 'fail', bound_ms: 100 });
    expect(verdictOf(list(5), 'latency', DEFAULT_PLAN)?.verdict).toBe('pass');
    expect(slowBound(minutes(1, side(9), side(9)))).toBeUndefined();
  });

  it('without any request of the old version decides by its cap alone, and is open without one', () => {
    const steps = [100];
    const alone = (errors: number) => minutes(12, side(100, errors), side(0), { step: 0 });
    const capped = { ...PLAN, steps, gates: { ...PLAN.gates, errors_5xx: { margin: 1, max: 5 } } };
    expect(verdictOf(alone(30), 'errors_5xx', { ...PLAN, steps })?.verdict).toBe('inconclusive');
    expect(verdictOf(alone(0), 'errors_5xx', { ...PLAN, steps })?.verdict).toBe('inconclusive');
    expect(verdictOf(alone(30), 'errors_5xx', capped)?.why).toContain('above the cap of 5 %');
    expect(verdictOf(alone(30), 'errors_5xx', capped)?.verdict).toBe('fail');
    expect(verdictOf(alone(1), 'errors_5xx', capped)?.verdict).toBe('pass');
    expect(verdictOf(alone(5), 'errors_5xx', capped)?.verdict).toBe('inconclusive');
    expect(verdictOf(alone(1).slice(0, 0), 'errors_5xx', capped)?.verdict).toBe('inconclusive');
  });

  it('with a cap needs nothing of the old version, whose errors may be unknown', () => {
    const gates = { ...PLAN.gates, errors_5xx: { margin: 50, max: 5 } };
    const list = minutes(10, side(100, 30), side(300, 0, { errors_5xx: undefined }));
    expect(verdictOf(list, 'errors_5xx', { ...PLAN, gates })?.verdict).toBe('fail');
  });

  it('at 100 % from the first step on compares with minutes before the traffic', () => {
    const before = minutes(10, side(0), side(400, 2), { step: -1 });
    const alone = (errors: number) => minutes(5, side(400, errors), side(0), { step: 0, from: 10 });
    const plan = { ...PLAN, steps: [100] };
    expect(verdictOf([...before, ...alone(30)], 'errors_5xx', plan)?.verdict).toBe('fail');
    expect(verdictOf([...before, ...alone(2)], 'errors_5xx', plan)?.verdict).toBe('pass');
  });

  it('at 100 % takes the last requests of the old version, and probes, for no comparison', () => {
    const before = minutes(20, side(200), side(200), { step: 2 });
    const alone = (errors: number) => minutes(10, side(400, errors), side(1), { step: 3, from: 20 });
    expect(verdictOf([...before, ...alone(0)], 'errors_5xx', PLAN, 3)?.verdict).toBe('pass');
    expect(verdictOf([...before, ...alone(20)], 'errors_5xx', PLAN, 3)?.verdict).toBe('fail');
  });

  it('keeps the evidence of a step that is repeated', () => {
    const good = minutes(30, side(20), side(380, 2));
    const bad = minutes(3, side(100, 5), side(300, 2), { step: 1, from: 30 });
    const again = minutes(1, side(20), side(380, 2), { step: 0, from: 33 });
    const evidence = (list: readonly Minute[], step: number) => verdictOf(list, 'errors_5xx', PLAN, step)?.evidence;
    const [before, after] = [evidence([...good, ...bad], 1) ?? 0, evidence([...good, ...bad, ...again], 0) ?? 0];
    expect(before).toBeGreaterThan(20);
    expect(after).toBeGreaterThan(0.4 * before);
  });

  it('takes more failed requests than requests for no count', () => {
    expect(verdictOf(minutes(10, side(20, 900), side(380)), 'errors_5xx')?.verdict).toBe('inconclusive');
  });

  it('of slow requests counts only minutes in which both versions have the bound, and passes only if all have', () => {
    const histogram = (bounds: number[], slow: number, all: number) => [
      { bound: bounds[0] ?? 0, count: 0 },
      { bound: bounds[1] ?? 0, count: all - slow },
      { bound: Infinity, count: all },
    ];
    const list = (own: number[], other: number[], count: number, from = 0) =>
      minutes(
        count,
        side(100, 0, { latency: histogram(own, 5, 100) }),
        side(300, 0, { latency: histogram(other, 15, 300) }),
        { from },
      );
    const latency = (all: Minute[]) => verdictOf(all, 'latency', DEFAULT_PLAN);
    // A version with other bounds: 100 is common to both, and the lower bound of the old version would count all requests as slow.
    expect(latency(list([30, 100], [50, 100], 12))).toMatchObject({ verdict: 'pass', bound_ms: 100 });
    expect(latency(list([30, 120], [50, 100], 12))).toMatchObject({ verdict: 'inconclusive' });
    // The service changed its bounds: the minutes before are the most, and those after count for nothing.
    const changed = latency([...list([50, 100], [50, 100], 8), ...list([40, 90], [40, 90], 4, 8)]);
    expect(changed).toMatchObject({ verdict: 'inconclusive', bound_ms: 100, canary: { requests: 700, bad: 35 } });
    expect(changed?.why).toContain('the bounds of the histogram changed');
    expect(latency([...list([50, 100], [50, 100], 8), ...list([40, 100], [70, 100], 4, 8)])?.verdict).toBe('pass');
  });

  it('of slow requests chooses no bound of zero, which every request exceeds', () => {
    const latency = (all: number) => [
      { bound: 0, count: 0 },
      { bound: 100, count: all },
      { bound: Infinity, count: all },
    ];
    expect(
      slowBound(minutes(1, side(20, 0, { latency: latency(20) }), side(300, 0, { latency: latency(300) }))),
    ).toMatchObject({ bound: 100 });
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
  const crash = (list: readonly Minute[], step = 0) => sudden(list, PLAN, step);

  it('acts at once, but not in an outage of both, and not for a handful of requests', () => {
    expect(crash(minutes(1, side(20, 11), side(380, 3)))).toEqual({ requests: 20, bad: 11 });
    expect(crash(minutes(1, side(20, 11), side(380, 60)))).toBeUndefined();
    expect(crash(minutes(1, side(19, 19), side(380)))).toBeUndefined();
    expect(crash(minutes(1, side(20, 10), side(380)))).toBeUndefined();
  });

  it('at 100 % compares with the earlier minutes of the old version', () => {
    const alone = minutes(1, side(400, 300), side(0), { step: 3, from: 5 });
    expect(crash([...minutes(5, side(20), side(380)), ...alone], 3)).toBeDefined();
    expect(crash([...minutes(5, side(20, 12), side(380, 200)), ...alone], 3)).toBeUndefined();
    expect(crash(alone, 3)).toBeUndefined();
  });

  it('obeys a person who switched the gate off', () => {
    const gates = { ...PLAN.gates, errors_5xx: { margin: 1, off: true } };
    const list = minutes(1, side(20, 20), side(380));
    expect(decided(list)).toMatchObject({ kind: 'roll_back' });
    expect(decided(list, { plan: { ...PLAN, gates } })).toMatchObject({ kind: 'wait' });
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

  it('counts minutes without a reading and those without traffic together, but none before the step was resumed', () => {
    const blind = [
      ...Array.from({ length: 3 }, (_, at) => unreadMinute((3 + at) * MINUTE, 0)),
      idleMinute(6 * MINUTE, 0),
      idleMinute(7 * MINUTE, 0),
    ];
    expect(decided([...good(2), ...blind])).toMatchObject({ kind: 'hold' });
    expect(decided([...good(2), ...blind.slice(1)])).toMatchObject({ kind: 'wait' });
    expect(decided([...good(2), ...blind], { step_started_at: 7 * MINUTE })).toMatchObject({ kind: 'wait' });
  });

  it('does not promote after minutes that no one could read, whatever was measured before', () => {
    const unread = Array.from({ length: 5 }, (_, at) => unreadMinute((11 + at) * MINUTE, 0));
    expect(decided([...good(10), ...unread])).toMatchObject({ kind: 'hold' });
  });

  it('asks for probes when the time is over and no gate looks worse, and is held where one does', () => {
    const late = (errors: number, more: Partial<Side> = {}) =>
      minutes(60, side(10, errors, more), side(10), { step: 2 });
    const asked = (list: Minute[]) => decided(list, { step: 2, probes: true, plan: { ...PLAN, min_requests: 20 } });
    const unknown = late(0, { errors_4xx: undefined });
    expect(asked(unknown)).toMatchObject({ kind: 'probe', why: expect.stringContaining('4xx') });
    expect(decided(unknown, { step: 2 })).toMatchObject({ kind: 'hold' });
    expect(asked(late(0, { errors_4xx: undefined, saturation: 99 }))).toMatchObject({ kind: 'hold' });
  });

  it('asks for probes where there are some and the requests are too few', () => {
    const thin = minutes(10, side(1), side(19));
    expect(decided(thin, { probes: true })).toMatchObject({ kind: 'probe' });
    expect(decided(minutes(9, side(1), side(19)), { probes: true })).toMatchObject({ kind: 'wait' });
  });
});

describe('the last step', () => {
  const plan: RolloutPlan = { ...PLAN, bake_minutes: 3, min_requests: 100, max_minutes: 10, final_bake_minutes: 20 };
  const before = minutes(30, side(100), side(100), { step: 2, from: -30 });
  const none = side(0);
  const alone = (count: number, requests = 50, from = 0) => minutes(count, side(requests), none, { step: 3, from });
  const now = (list: readonly Minute[], more = {}) =>
    decideNow({
      plan,
      step: 3,
      step_started_at: 0,
      now: list.at(-1)?.at ?? 0,
      minutes: [...before, ...list],
      ...more,
    });

  it('begins its final bake when it passed, not when its shortest time was over', () => {
    // 10 requests a minute: it passes after 10 minutes, and the final bake ends 20 minutes later.
    expect(now(alone(10, 10))).toMatchObject({ kind: 'wait', why: '0 of 20 minutes' });
    expect(now(alone(29, 10))).toMatchObject({ kind: 'wait' });
    expect(now(alone(30, 10))).toEqual({ kind: 'complete' });
  });

  it('has a limit of its own in the final bake, and a gate that opens again is waited for', () => {
    const full = (count: number, from: number) =>
      minutes(count, side(50, 0, { saturation: 99 }), none, { step: 3, from });
    // The shortest times and max_minutes are over, but not the limit of the final bake.
    expect(now([...alone(20), ...full(5, 20)])).toMatchObject({ kind: 'wait' });
    expect(now([...alone(20), ...full(5, 20), ...alone(1, 50, 25)])).toEqual({ kind: 'complete' });
    expect(now([...alone(3), ...full(29, 3)])).toMatchObject({ kind: 'wait' });
    expect(now([...alone(3), ...full(30, 3)])).toMatchObject({
      kind: 'hold',
      reason: expect.stringContaining('30 minutes'),
    });
  });

  it('is held after max_minutes where it never passes', () => {
    expect(now(alone(9, 5))).toMatchObject({ kind: 'wait' });
    expect(now(alone(10, 5))).toMatchObject({ kind: 'hold', reason: expect.stringContaining('10 minutes') });
  });

  it('is not completed by time that no one measured', () => {
    expect(now(alone(4), { now: 30 * MINUTE })).toMatchObject({ kind: 'wait', why: '50 of 100 requests' });
    expect(now(alone(5), { now: 30 * MINUTE })).toEqual({ kind: 'complete' });
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

  it('is merged with others at the bounds that all histograms have', () => {
    const one = [
      { bound: 10, count: 2 },
      { bound: Infinity, count: 5 },
    ];
    const other = [
      { bound: 50, count: 4 },
      { bound: Infinity, count: 4 },
    ];
    expect(merged([one, other])).toEqual([{ bound: Infinity, count: 9 }]);
    expect(merged([[{ bound: 50, count: 3 }, ...one.slice(1)], other])).toEqual([
      { bound: 50, count: 7 },
      { bound: Infinity, count: 9 },
    ]);
  });

  it.each([
    ['an infinite count', 'request_count_total', Infinity],
    ['a negative count', 'request_5xx_count_total', -4],
    ['an endless number', 'request_5xx_count_total', 1e300],
    ['a number that is none', 'request_4xx_count_total', Number.NaN],
  ])('with %s of either version is unreadable', (_what, broken, value) => {
    for (const entity of ['new', 'old']) {
      const samples = ['new', 'old'].flatMap((each) =>
        ['request_count_total', 'request_5xx_count_total', 'request_4xx_count_total'].map((name) => ({
          name,
          labels: { served_entity_name: each },
          value: name === broken && each === entity ? value : 5,
        })),
      );
      expect(minuteOf({ at: 5, samples }, 1, { canary: 'new', baseline: 'old' })).toEqual(unreadMinute(5, 1));
    }
  });

  it('with failed requests and no count of all of them is unreadable, and one with zeros is quiet', () => {
    const of = (value: number) =>
      minuteOf(
        { at: 5, samples: [{ name: 'request_5xx_count_total', labels: { served_entity_name: 'new' }, value }] },
        1,
        { canary: 'new', baseline: 'old' },
      );
    expect(of(2)).toEqual(unreadMinute(5, 1));
    expect(of(0).unreadable).toBeUndefined();
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
  });

  it('of a single step 100 has nothing to compare with, so every gate needs a cap', () => {
    const { gates } = DEFAULT_PLAN;
    const single = { ...DEFAULT_PLAN, steps: [100] };
    expect(problemsOfPlan(single).join()).toContain('errors_5xx, errors_4xx, latency cannot pass');
    const capped = {
      ...gates,
      errors_5xx: { margin: 1, max: 5 },
      errors_4xx: { margin: 1, max: 20 },
      latency: { margin: 4, off: true },
    };
    expect(problemsOfPlan({ ...single, gates: capped })).toEqual([]);
    expect(problemsOfPlan({ ...single, gates: { ...capped, latency: { margin: 4, max: 20 } } }).join()).toContain(
      'latency cannot pass',
    );
  });
});
