/** The minutes of a rollout from the rows of a table, and how a decision treats rows that are late or cannot be read. */
import { describe, expect, it } from 'vitest';
import type { Decision } from '../../src/rollout/decide.ts';
import { decideLate } from '../../src/rollout/late.ts';
import { type TableRead, type TableWatch, tableMinutes } from '../../src/rollout/measure-table.ts';
import { DEFAULT_PLAN } from '../../src/rollout/plan.ts';
import { lateMinutes, MINUTE, SOURCES, seenPlan } from '../../src/rollout/source.ts';
import type { MinuteCounts } from '../../src/usage/per-minute.ts';

const T0 = Date.UTC(2026, 0, 5, 9);
const at = (minutes: number) => T0 + minutes * MINUTE;
const counts = (minute: number, id: string | undefined, more: Partial<MinuteCounts> = {}): MinuteCounts => ({
  ...{ at: at(minute), id, requests: 10, errors_5xx: 1, errors_4xx: 2, limited: 4, durations: [] },
  ...more,
});
const NAMES = {
  names: new Map([
    ['n5', 'new'],
    ['o5', 'old'],
    ['o4', 'old'],
  ]),
  configVersion: 5,
};
const read = (rows: MinuteCounts[], more: Partial<TableRead> = {}): TableRead => ({
  ...{ counts: rows, names: NAMES, truncated: false, until: at(3) },
  ...more,
});
const WATCHED: TableWatch = {
  ...{
    canary: 'new',
    baseline: 'old',
    times: [{ step: 0, from: T0 }],
    configVersion: 5,
    limited: false,
    joined: false,
  },
};
const seen = (rows: MinuteCounts[], more: Partial<TableRead> = {}, watched: Partial<TableWatch> = {}) =>
  tableMinutes(read(rows, more), { ...WATCHED, ...watched });

describe('the minutes of a table', () => {
  it('have the requests of both versions, summed over the versions of the config', () => {
    const { minutes } = seen([counts(1, 'n5'), counts(1, 'o5'), counts(1, 'o4', { requests: 5 }), counts(3, 'n5')]);
    expect(minutes.map((each) => [each.at, each.step, each.canary.requests, each.baseline.requests])).toEqual([
      [at(1), 0, 10, 15],
      // A minute without rows had no requests.
      [at(2), 0, 0, 0],
      [at(3), 0, 10, 0],
    ]);
    expect(minutes[0]?.baseline).toMatchObject({ errors_5xx: 2, errors_4xx: 12 });
  });

  it('count no 429 where a rate limit of the endpoint may have refused', () => {
    const { minutes } = seen([counts(1, 'n5')], {}, { limited: true });
    expect(minutes[0]?.canary.errors_4xx).toBe(2);
  });

  it('have histograms that add up', () => {
    const durations = [
      { bound: 50, count: 3 },
      { bound: Infinity, count: 10 },
    ];
    const { minutes } = seen([counts(1, 'o5', { durations }), counts(1, 'o4', { durations })]);
    expect(minutes[0]?.baseline.latency).toEqual([
      { bound: 50, count: 6 },
      { bound: Infinity, count: 20 },
    ]);
  });

  it('end where the rows may still be incomplete: what is only late is no empty minute', () => {
    const { minutes, asOf } = seen([counts(1, 'n5'), counts(2, 'n5')], { until: at(1) });
    expect(minutes.map((each) => each.at)).toEqual([at(1)]);
    expect(asOf).toBe(at(1));
  });

  it('end before rows whose entity has no name yet, because they may be those of either version', () => {
    const { minutes, asOf } = seen([counts(1, 'n5'), counts(2, 'x6'), counts(3, 'n5')]);
    expect(minutes.map((each) => each.at)).toEqual([at(1)]);
    expect(asOf).toBe(at(1));
    // Requests that reached no entity are those of no version.
    expect(seen([counts(1, 'n5'), counts(2, undefined)]).asOf).toBe(at(3));
  });

  it('end at the step whose entities a joined table does not know yet', () => {
    const times = [
      { step: 0, from: T0 },
      { step: 1, from: at(2) },
    ];
    const { asOf } = seen([counts(1, 'n5')], {}, { joined: true, times, configVersion: 6 });
    expect(asOf).toBe(at(2));
  });

  it('begin after the oldest rows that were left out', () => {
    const { minutes } = seen([counts(3, 'n5'), counts(2, 'n5')], { truncated: true });
    expect(minutes.map((each) => each.at)).toEqual([at(3)]);
  });

  it('leave out a minute in which the traffic changed', () => {
    const times = [
      { step: 0, from: T0 },
      { step: 1, from: at(1.5) },
    ];
    expect(seen([], {}, { times }).minutes.map((each) => [each.at, each.step])).toEqual([
      [at(1), 0],
      [at(3), 1],
    ]);
  });
});

describe('a decision on late minutes', () => {
  const LATE = lateMinutes('usage_table');
  const wait: Decision = { kind: 'wait', until: at(4), why: 'more' };
  const decided = (decision: Decision, look: object, more: object = {}) =>
    decideLate(
      decision,
      { minutes: [], asOf: at(2), due: at(0), ...look },
      { source: 'usage_table', plan: DEFAULT_PLAN, began: T0, now: at(2 + LATE), cause: 'it is stopped', ...more },
    );

  it('comes as much later as the rows do', () => {
    expect(decided(wait, {})).toEqual({ kind: 'wait', until: at(4 + LATE), why: 'more' });
    expect(decided({ kind: 'promote' }, {})).toEqual({ kind: 'promote' });
  });

  it('has patience while no minute of the step is known', () => {
    expect(decided(wait, { asOf: at(-10) }, { now: at(LATE - 10) })).toMatchObject({
      kind: 'wait',
      why: expect.stringContaining('25 minutes late'),
    });
  });

  it('is held where the rows do not come at all', () => {
    expect(decided(wait, { asOf: at(2) }, { now: at(2 + LATE + 60) })).toMatchObject({
      kind: 'hold',
      reason: expect.stringContaining('are not in the usage table'),
    });
  });

  it('passes nothing while the table cannot be read, and says why', () => {
    const failing = { failure: new Error('x'), failingSince: at(LATE) };
    expect(decided({ kind: 'promote' }, failing)).toMatchObject({
      kind: 'wait',
      why: 'the usage table could not be read: it is stopped',
    });
    const longer = { ...failing, failingSince: at(LATE - 3) };
    expect(decided({ kind: 'promote' }, longer)).toMatchObject({
      kind: 'hold',
      reason: expect.stringContaining('it is stopped'),
    });
    const plan = { ...DEFAULT_PLAN, on_inconclusive: 'rollback' as const };
    expect(decided(wait, longer, { plan })).toMatchObject({ kind: 'roll_back' });
  });

  it('goes back on evidence, however old it is', () => {
    const back: Decision = { kind: 'roll_back', reason: '5xx' };
    expect(decided(back, { failure: new Error('x'), failingSince: at(0) })).toBe(back);
  });
});

it('a gate that a source has no numbers for is off, and the others stay', () => {
  const off = SOURCES.map((name) =>
    Object.entries(seenPlan(DEFAULT_PLAN, name).gates)
      .filter(([, gate]) => gate.off)
      .map(([gate]) => gate),
  );
  expect(off).toEqual([[], ['saturation'], ['latency', 'saturation'], []]);
});
