/** Where a rollout is, from what a process may have left: the endpoint, its tag, and the records of the journal with or without an end. */
import { describe, expect, it } from 'vitest';
import { ROLLOUT_TAG } from '../../src/plan/rollout-tag.ts';
import type { Endpoint } from '../../src/rest/endpoints.ts';
import type { RolloutChange } from '../../src/rollout/record.ts';
import { runningRollout } from '../../src/rollout/state.ts';
import { endedValue, tagValue } from '../../src/rollout/tag.ts';

const STEPS = [5, 25, 50, 100];
const MINUTE = 60_000;
const T0 = Date.UTC(2026, 0, 2);

interface Shape {
  version?: number;
  canary?: number | undefined;
  pending?: number;
  step?: number | undefined;
  held?: boolean;
  others?: Record<string, number>;
}

/** An endpoint that serves version 2, and version 3 with a share. `step`: the one that the tag names. */
function endpoint({ version = 8, canary, pending, step, held = false, others = {} }: Shape): Endpoint {
  const shares = { 'churn-2': 100 - (canary ?? 0), ...(canary === undefined ? {} : { 'churn-3': canary }), ...others };
  const entities = Object.keys(shares).map((name) => ({
    name,
    entity_name: 'ml.prod.churn',
    entity_version: name.slice(6),
  }));
  const config = {
    config_version: version,
    served_entities: entities,
    traffic_config: {
      routes: Object.entries(shares).map(([served_entity_name, traffic_percentage]) => ({
        served_entity_name,
        traffic_percentage,
      })),
    },
  };
  const value = step === undefined ? '' : tagValue({ id: 'r1', version: '3', steps: STEPS, step, held, by: 'me' });
  return {
    name: 'churn',
    state: { ready: 'READY', config_update: pending === undefined ? 'NOT_UPDATING' : 'IN_PROGRESS' },
    config,
    ...(pending === undefined ? {} : { pending_config: { ...config, config_version: pending } }),
    last_updated_timestamp: T0 + 7 * MINUTE,
    ...(step === undefined ? {} : { tags: [{ key: ROLLOUT_TAG, value }] }),
  } as Endpoint; // the fields that the state reads
}

/** The records of a rollout, oldest first. */
function records(...list: Partial<RolloutChange>[]): RolloutChange[] {
  const all = list.map(
    (each, at): RolloutChange => ({
      entry: `c${at}`,
      who: 'admin@example.com',
      id: 'r1',
      event: 'step',
      version: '3',
      canary: 'churn-3',
      baseline: 'churn-2',
      step: -1,
      outcome: 'done',
      at: T0 + at * MINUTE,
      ended: T0 + at * MINUTE + 5_000,
      ...each,
    }),
  );
  return all.reverse();
}
const settings = { plan: { steps: STEPS } };
const START = { event: 'start', config_version: 8, settings } as const;
const STEP_1 = { event: 'step', step: 0, config_version: 9 } as const;

describe('the state of a rollout', () => {
  it('is undefined without a tag and without records', () => {
    expect(runningRollout(endpoint({}), [])).toBeUndefined();
  });

  it.each<[string, Endpoint, RolloutChange[], object]>([
    [
      'a start that deploys',
      endpoint({ version: 7, pending: 8, step: -1 }),
      records({ ...START, outcome: 'started' }),
      { phase: 'deploying', step: -1 },
    ],
    [
      'a start whose process died before it knew',
      endpoint({ version: 8, canary: 0, step: -1 }),
      records({ ...START, outcome: undefined, ended: undefined }),
      { phase: 'serving', step: -1, foreign: undefined },
    ],
    [
      'a start whose request never arrived',
      endpoint({ version: 7, step: -1 }),
      records({ ...START, outcome: undefined, ended: undefined }),
      { phase: 'unstarted', step: -1 },
    ],
    [
      'a deployment that failed',
      endpoint({ version: 7, step: -1 }),
      records({ ...START, outcome: 'started' }),
      { phase: 'failed', step: -1 },
    ],
    [
      'the first step',
      endpoint({ version: 9, canary: 5, step: 0 }),
      records(START, STEP_1),
      {
        phase: 'serving',
        step: 0,
        held: undefined,
        foreign: undefined,
        times: [
          { step: -1, from: T0 + 5_000 },
          { step: 0, from: T0 + MINUTE + 5_000 },
        ],
      },
    ],
    [
      'a step whose process died before the mark',
      endpoint({ version: 9, canary: 5, step: -1 }),
      records(START, { ...STEP_1, outcome: undefined, ended: undefined }),
      { phase: 'serving', step: 0, foreign: undefined, times: [expect.anything(), { step: 0, from: T0 + 7 * MINUTE }] },
    ],
    [
      'a step whose request never arrived',
      endpoint({ version: 8, canary: 0, step: -1 }),
      records(START, { ...STEP_1, outcome: undefined, ended: undefined }),
      { phase: 'serving', step: -1, foreign: undefined },
    ],
    [
      'a step that the service refused',
      endpoint({ version: 8, canary: 0, step: -1 }),
      records(START, { ...STEP_1, outcome: 'failed' }),
      { phase: 'serving', step: -1, foreign: undefined },
    ],
    [
      'a held step',
      endpoint({ version: 9, canary: 5, step: 0, held: true }),
      records(START, STEP_1, { event: 'hold', step: 0, config_version: 9, reason: 'it was slow' }),
      { phase: 'serving', step: 0, held: 'it was slow' },
    ],
    [
      'a resumed step',
      endpoint({ version: 9, canary: 5, step: 0 }),
      records(
        START,
        STEP_1,
        { event: 'hold', step: 0, config_version: 9 },
        { event: 'resume', step: 0, config_version: 9 },
      ),
      { phase: 'serving', step: 0, held: undefined, foreign: undefined },
    ],
    [
      'a config that someone else changed',
      endpoint({ version: 12, canary: 5, step: 0 }),
      records(START, STEP_1),
      { phase: 'serving', foreign: expect.stringContaining('version 12') },
    ],
    [
      'a split that someone else changed',
      endpoint({ version: 10, canary: 60, step: 0 }),
      records(START, STEP_1),
      { foreign: expect.stringContaining('60 %') },
    ],
    [
      'an update of someone else that runs',
      endpoint({ version: 9, canary: 5, step: 0, pending: 10 }),
      records(START, STEP_1),
      { foreign: expect.stringContaining('updating') },
    ],
    [
      'a change of someone else that a person accepted',
      endpoint({ version: 12, canary: 25, step: 1 }),
      records(
        START,
        STEP_1,
        { event: 'hold', step: 0, config_version: 12 },
        { event: 'resume', step: 1, config_version: 12 },
      ),
      { phase: 'serving', step: 1, foreign: undefined, held: undefined },
    ],
    [
      'a rollback whose process died before it removed the mark',
      endpoint({ version: 10, canary: 0, step: 0 }),
      records(START, STEP_1, { event: 'roll_back', step: 0, config_version: 10, outcome: undefined, ended: undefined }),
      { phase: 'ended', end: 'roll_back' },
    ],
    [
      'a rollback whose request never arrived',
      endpoint({ version: 9, canary: 5, step: 0 }),
      records(START, STEP_1, { event: 'roll_back', step: 0, config_version: 10, outcome: undefined, ended: undefined }),
      { phase: 'serving', step: 0, foreign: undefined },
    ],
    [
      'another machine, which has the tag alone',
      endpoint({ version: 9, canary: 5, step: 0 }),
      [],
      {
        phase: 'serving',
        step: 0,
        canary: 'churn-3',
        baseline: 'churn-2',
        steps: STEPS,
        settings: undefined,
        foreign: undefined,
      },
    ],
    [
      'another machine that finds another split',
      endpoint({ version: 9, canary: 50, step: 0 }),
      [],
      { phase: 'serving', foreign: expect.stringContaining('50 %') },
    ],
  ])('after %s', (_what, found, changes, expected) => {
    expect(runningRollout(found, changes)).toMatchObject(expected);
  });

  const ended = (id: string) => ({
    ...endpoint({ version: 10, canary: 0 }),
    tags: [{ key: ROLLOUT_TAG, value: endedValue({ id, version: '3', on: '2026-01-02', by: 'me' }) }],
  });
  const BACK = { event: 'roll_back', step: 0, config_version: 10 } as const;

  it('is over where the tag says that it went back', () => {
    expect(runningRollout(ended('r1'), [])).toBeUndefined();
    expect(runningRollout(ended('r1'), records(START, STEP_1, BACK))).toBeUndefined();
  });

  it('is over where another machine took it back, and only its own record is left to close', () => {
    const found = runningRollout(ended('r1'), records(START, STEP_1, { event: 'hold', step: 0, config_version: 9 }));
    expect(found).toMatchObject({ phase: 'ended', end: 'roll_back', held: undefined, foreign: undefined });
    const busy = { ...endpoint({ version: 11, canary: 30 }), tags: ended('r1').tags };
    expect(runningRollout(busy, records(START, STEP_1))).toMatchObject({ phase: 'ended', end: 'roll_back' });
  });

  it('runs where the tag is about an earlier rollout', () => {
    const found = { ...ended('r0'), config: endpoint({ version: 9, canary: 5 }).config } as Endpoint; // the fields that the state reads
    expect(runningRollout(found, records(START, STEP_1))).toMatchObject({ phase: 'serving', step: 0 });
  });

  it.each(['roll_back', 'done', 'failed'] as const)('is over after a recorded %s', (event) => {
    const share = event === 'done' ? 100 : 0;
    const found = endpoint({ version: 10, canary: share });
    expect(runningRollout(found, records(START, STEP_1, { event, config_version: 10 }))).toBeUndefined();
  });
});
