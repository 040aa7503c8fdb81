/** What one machine hands over to another in the tag, and what the other one may make of it. */
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/rollout/decide.ts';
import { type Handover, handoverIn, handoverText } from '../../src/rollout/handover.ts';
import { handoverOf, unlessBlind, withHandover } from '../../src/rollout/handover-minutes.ts';
import type { Minute, Side } from '../../src/rollout/measure.ts';
import { DEFAULT_PLAN } from '../../src/rollout/plan.ts';
import { reportOf } from '../../src/rollout/report.ts';

const MINUTE = 60_000;
const LAST = 3;
const side = (requests: number, bad = 0, slow = 0): Side => ({
  requests,
  errors_5xx: bad,
  errors_4xx: requests === 0 ? 0 : 1,
  latency:
    requests === 0
      ? []
      : [
          { bound: 100, count: Math.round(requests * 0.5) },
          { bound: 200, count: requests - slow },
          { bound: Number.POSITIVE_INFINITY, count: requests },
        ],
});
const minute = (at: number, step: number, canary: Side, baseline: Side): Minute => ({
  at: at * MINUTE,
  step,
  canary,
  baseline,
});
/** Ten minutes of each step before 100 %, by the machine that began. */
const MEASURED = [0, 1, 2].flatMap((step) =>
  Array.from({ length: 10 }, (_, at) => minute(10 * step + at, step, side(100), side(1_000, 2, 30))),
);
const TOLD = handoverOf(MEASURED) as Handover; // the minutes have requests
/** Minutes at 100 % that the second machine measured. */
const alone = (count: number, bad = 0, slow = 30): Minute[] =>
  Array.from({ length: count }, (_, at) => minute(40 + at, LAST, side(1_000, bad, slow), side(0)));
const WHERE = { step: LAST, last: LAST, times: [{ step: LAST, from: 40 * MINUTE }] };
const decided = (minutes: readonly Minute[], plan = DEFAULT_PLAN, now = 52) => {
  const at = { plan, step: LAST, step_started_at: 40 * MINUTE, now: now * MINUTE, minutes };
  return unlessBlind(decide({ ...at, phase: 'step' }), at);
};

describe('the counts that the tag hands over', () => {
  it('are those of the old version in all readable minutes', () => {
    const unread: Minute = { ...minute(31, 2, side(0), side(0)), unreadable: true };
    expect(handoverOf([...MEASURED, unread])).toEqual(TOLD);
    // The first minute chose the latency bound, and does not count for it.
    expect(TOLD).toEqual({
      requests: 30_000,
      errors_5xx: 60,
      errors_4xx: 30,
      slow: { bound: 200, requests: 29_000, bad: 870 },
    });
  });

  it('leave out what the service has no series for, and nothing is handed over without requests', () => {
    const plain = MEASURED.map((each) => ({ ...each, baseline: { ...each.baseline, errors_4xx: undefined } }));
    expect(handoverOf(plain)).not.toHaveProperty('errors_4xx');
    expect(handoverOf(alone(5))).toBeUndefined();
  });

  it.each<[string, Handover]>([
    ['all counts', TOLD],
    [
      'a bound with a fraction',
      { requests: 9, errors_5xx: 0, errors_4xx: 2, slow: { bound: 2.5, requests: 4, bad: 1 } },
    ],
    ['requests alone', { requests: 7 }],
  ])('say the same when they are read: %s', (_what, told) => {
    expect(handoverIn(handoverText(told))).toEqual(told);
  });

  it('leave out a bound that the tag has no place for', () => {
    expect(handoverText({ requests: 5, slow: { bound: 1e21, requests: 4, bad: 1 } })).toBe('5 requests');
  });

  it.each([
    '',
    '0 requests',
    '-5 requests',
    '10 requests 11 5xx',
    '10 requests 6 5xx 5 4xx',
    '10 requests 2 of 1 above 100 ms',
    '10 requests 0 of 0 above 100 ms',
    '10 requests 1 of 5 above 0 ms',
    '1e3 requests',
    '1234567890123 requests',
    '10 requests and all is well',
  ])('are read strictly: %j is nothing', (text) => expect(handoverIn(text)).toBeUndefined());
});

describe('a machine that has not seen the old version', () => {
  it('judges the requests at 100 % that it counts itself by the counts of the tag', () => {
    expect(decided(withHandover(alone(11), TOLD, WHERE))).toEqual({ kind: 'promote' });
    expect(decided(withHandover(alone(11, 60), TOLD, WHERE)).kind).toBe('roll_back');
    expect(decided(withHandover(alone(11, 0, 0), { ...TOLD, slow: undefined }, WHERE)).kind).toBe('wait');
  });

  it('makes no pass out of a tag alone: its own requests must be enough', () => {
    expect(decided(withHandover([], TOLD, WHERE)).kind).toBe('wait');
    const thin = [minute(41, LAST, side(199), side(0))];
    expect(decided(withHandover(thin, TOLD, WHERE)).kind).toBe('wait');
  });

  it('takes no old version as a measure that failed often, as the tag says', () => {
    const minutes = alone(11, 200);
    expect(withHandover(minutes, { ...TOLD, errors_5xx: 3_001 }, WHERE)).toBe(minutes);
    expect(decided(minutes)).toMatchObject({ kind: 'hold', reason: expect.stringContaining('has enough counts') });
  });

  it('is held only when the time of the step is over, and not where caps decide', () => {
    const minutes = alone(11);
    expect(decided(minutes).kind).toBe('hold');
    expect(decided(minutes, DEFAULT_PLAN, 49).kind).toBe('wait');
    expect(decided(minutes, { ...DEFAULT_PLAN, on_inconclusive: 'rollback' }).kind).toBe('roll_back');
    const { gates } = DEFAULT_PLAN;
    const capped = {
      errors_5xx: { margin: 1, max: 5 },
      errors_4xx: { margin: 1, max: 5 },
      latency: { margin: 4, off: true },
    };
    const plan = { ...DEFAULT_PLAN, gates: { ...gates, ...capped } };
    expect(
      decided(
        minutes.slice(0, 1).map((each) => ({ ...each, canary: side(150) })),
        plan,
      ).kind,
    ).toBe('wait');
  });

  it('prefers what it measured itself from the first step on, whatever the tag says', () => {
    const own = [...MEASURED, ...alone(11)];
    const times = [0, 1, 2, 3].map((step) => ({ step, from: 10 * step * MINUTE }));
    const forged = { ...TOLD, requests: 900_000_000 };
    expect(withHandover(own, forged, { ...WHERE, times })).toBe(own);
    // Without the first step, whoever knows more requests has the better comparison.
    const late = own.slice(25);
    expect(withHandover(late, TOLD, WHERE)[0]).toHaveProperty('told');
    expect(withHandover(late, { ...TOLD, requests: 4_000 }, WHERE)).toBe(late);
  });

  it('uses the counts at 100 % alone: before, both versions have traffic in the same minutes', () => {
    const minutes = MEASURED.slice(15);
    expect(withHandover(minutes, TOLD, { ...WHERE, step: 2 })).toBe(minutes);
  });

  it('has one row in its report, without a p95 of the old version', () => {
    const rows = reportOf(withHandover(alone(11), TOLD, WHERE), DEFAULT_PLAN, LAST);
    expect(rows).toMatchObject([{ percent: 100, minutes: 11, requests: 11_000, errors_5xx: '0 against 0.2 %' }]);
    expect(rows[0]).not.toHaveProperty('p95_ratio');
  });
});
