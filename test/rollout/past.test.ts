/** The latest rollout after its end, from the records of the journal. */
import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../src/rest/endpoints.ts';
import { pastRollout } from '../../src/rollout/past.ts';
import type { RolloutChange } from '../../src/rollout/record.ts';

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 0, 5, 9);
const settings = { plan: { steps: [50, 100] } };

/** The records of a rollout, one in ten minutes, newest first. */
function records(...list: Partial<RolloutChange>[]): RolloutChange[] {
  const all = list.map(
    (each, at): RolloutChange => ({
      entry: `c${at}`,
      who: 'pat',
      id: 'r1',
      event: 'step',
      version: '3',
      canary: 'churn-3',
      baseline: 'churn-2',
      step: -1,
      outcome: 'done',
      at: T0 + at * 10 * MINUTE,
      ended: T0 + at * 10 * MINUTE + MINUTE,
      ...each,
    }),
  );
  return all.reverse();
}
const START = { event: 'start', settings } as const;
const STEP = { event: 'step', step: 0 } as const;
const endpoint = (created = T0 - MINUTE) => ({ name: 'churn', state: {}, creation_timestamp: created }) as Endpoint; // the fields that are read

describe('a rollout that ended', () => {
  it.each<[string, RolloutChange[], object | undefined]>([
    ['none', [], undefined],
    ['done', records(START, STEP, { event: 'done', step: 1, who: 'kim' }), { end: 'done', step: 1, by: 'kim' }],
    [
      'back',
      records(START, STEP, { event: 'roll_back', step: 0, reason: 'worse' }),
      { end: 'roll_back', reason: 'worse', steps: [50, 100], to: T0 + 20 * MINUTE, ended: T0 + 21 * MINUTE },
    ],
    ['a start that failed', records({ ...START, outcome: 'failed' }), { end: 'failed', step: -1 }],
    [
      'a last change that failed does not count',
      records(START, STEP, { event: 'done', outcome: 'failed' }),
      { step: 0 },
    ],
    ['undone', records(START, { ...STEP, outcome: 'undone' }), { end: 'undone' }],
    ['an entity that someone removed', records(START, STEP), { end: 'roll_back', reason: expect.any(String) }],
    ['the newest of several', [...records({ ...START, id: 'r2', version: '4' }), ...records(START)], { id: 'r2' }],
  ])('%s', (_, changes, expected) => {
    const found = pastRollout(endpoint(), changes);
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(expected);
  });

  it('has the time of each step, also of those that another machine took, and none of a hold', () => {
    const told = { ...settings, times: [{ step: 0, from: T0 - 30 * MINUTE }] };
    const hold = { event: 'hold', step: 1 } as const;
    const changes = records({ event: 'step', step: 1, settings: told }, hold, { event: 'done', step: 1 });
    expect(pastRollout(endpoint(), changes)?.times).toEqual([
      { step: 0, from: T0 - 30 * MINUTE },
      { step: 1, from: T0 + MINUTE },
    ]);
  });

  it('is none of an endpoint that was made later, where the earlier one of its name is gone', () => {
    expect(pastRollout(endpoint(T0 + MINUTE), records(START))).toBeUndefined();
  });
});
