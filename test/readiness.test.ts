import { describe, expect, it } from 'vitest';
import { judge, pollDelay, type Verdict, type WaitTarget, waitFor } from '../src/readiness.ts';
import { type Config, Endpoint } from '../src/rest/endpoints.ts';

interface EntitySketch {
  version?: string;
  name?: string;
  deployment?: string;
  message?: string;
}

const config = (configVersion: number, ...entities: EntitySketch[]): Config => ({
  config_version: configVersion,
  served_entities: entities.map(({ version = '1', name = `churn-${version}`, deployment = 'READY', message = '' }) => ({
    name,
    entity_name: 'ml.prod.churn',
    entity_version: version,
    state: { deployment: `DEPLOYMENT_${deployment}`, deployment_state_message: message },
  })),
  traffic_config: {
    routes: entities.slice(0, 1).map(({ version = '1', name = `churn-${version}` }) => ({
      served_entity_name: name,
      traffic_percentage: 100,
    })),
  },
});

function reading(ready: string, update: string | undefined, active?: Config, pending?: Config): Endpoint {
  return Endpoint.parse({
    name: 'churn',
    state: { ready, ...(update === undefined ? {} : { config_update: update }) },
    ...(active ? { config: active } : {}),
    ...(pending ? { pending_config: pending } : {}),
  });
}

function stopped(seen: Endpoint): Endpoint {
  return { ...seen, state: { ...seen.state, suspend: 'STOPPED' } };
}

/** The service may leave the state of an entity out, as in answers of older versions. */
function withoutState(seen: Endpoint): Endpoint {
  const entities = seen.config?.served_entities?.map(({ state: _state, ...entity }) => entity);
  return { ...seen, config: { ...seen.config, served_entities: entities } };
}

const V1 = config(1, { version: '1' });
const V2 = config(2, { version: '2' });
const CREATING = { deployment: 'CREATING', message: 'Creating resources for served entity.' };
const LATE = 60_000;

/** The phases of an endpoint (facts R1, R2, R3, R4, R5 and R6), as a caller sees them who waits for `wanted` long after the write. */
const PHASES: [phase: string, seen: Endpoint, wanted: WaitTarget, kind: Verdict['kind'], code?: string][] = [
  ['A no config', reading('NOT_READY', 'NOT_UPDATING'), {}, 'failed', 'no_config'],
  ['A no config, a version wanted', reading('NOT_READY', 'NOT_UPDATING'), { version: '1' }, 'failed', 'no_config'],
  ['B just accepted', reading('NOT_READY', 'IN_PROGRESS', undefined, config(1, CREATING)), { version: '1' }, 'pending'],
  [
    'C loading',
    reading('NOT_READY', 'IN_PROGRESS', undefined, config(1, { ...CREATING, message: 'Loading' })),
    {},
    'pending',
  ],
  ['D deployed', reading('READY', 'NOT_UPDATING', V1), { version: '1', configVersion: 1 }, 'done'],
  [
    'D deployed, entities without a state',
    withoutState(reading('READY', 'NOT_UPDATING', V1)),
    { version: '1' },
    'done',
  ],
  [
    'not ready, entities without a state',
    withoutState(reading('NOT_READY', 'NOT_UPDATING', V1)),
    { version: '1' },
    'pending',
  ],
  ['D deployed, nothing named', reading('READY', 'NOT_UPDATING', V1), {}, 'done'],
  ['a stopped endpoint', stopped(reading('NOT_READY', 'NOT_UPDATING', V1)), {}, 'failed', 'stopped'],
  [
    'a stopped endpoint that has the version',
    stopped(reading('NOT_READY', 'NOT_UPDATING', V1)),
    { version: '1', configVersion: 1, starts: true },
    'failed',
    'stopped',
  ],
  [
    'a stopped endpoint whose start failed',
    stopped(reading('NOT_READY', 'UPDATE_FAILED', V1, config(2, { version: '2', deployment: 'FAILED' }))),
    { version: '2', configVersion: 2 },
    'failed',
    'update_failed',
  ],
  [
    'a stopped endpoint that starts, with a flag that lags behind',
    stopped(reading('NOT_READY', 'IN_PROGRESS', V1, config(2, CREATING))),
    { configVersion: 2 },
    'pending',
  ],
  ['D flags say not ready', reading('NOT_READY', 'NOT_UPDATING', V1), {}, 'pending'],
  [
    'E first deployment failed',
    reading('NOT_READY', 'UPDATE_FAILED', undefined, config(1, { deployment: 'FAILED', message: 'No module' })),
    { version: '1', configVersion: 1 },
    'failed',
    'update_failed',
  ],
  [
    'E first deployment timed out',
    reading('NOT_READY', 'UPDATE_FAILED', undefined, config(1, { deployment: 'ABORTED' })),
    {},
    'failed',
    'update_failed',
  ],
  [
    'F update runs: READY speaks of the old version',
    reading('READY', 'IN_PROGRESS', V1, config(2, { version: '2', ...CREATING })),
    { version: '2' },
    'pending',
  ],
  ['F nothing named', reading('READY', 'IN_PROGRESS', V1, config(2, { version: '2', ...CREATING })), {}, 'pending'],
  [
    'F the pending entity is up and the config not yet active',
    reading('READY', 'IN_PROGRESS', V1, V2),
    { version: '2' },
    'pending',
  ],
  [
    'F an entity failed before the flag says so',
    reading('READY', 'IN_PROGRESS', V1, config(2, { version: '2', deployment: 'FAILED' })),
    { version: '2', configVersion: 2 },
    'failed',
    'update_failed',
  ],
  [
    'G updated',
    reading('READY', 'NOT_UPDATING', V2),
    { version: '2', configVersion: 2, model: 'ml.prod.churn' },
    'done',
  ],
  [
    'H update failed',
    reading('READY', 'UPDATE_FAILED', V1, config(2, { version: '2', deployment: 'FAILED' })),
    { version: '2', configVersion: 2 },
    'failed',
    'update_failed',
  ],
  [
    'H update failed, nothing named',
    reading('READY', 'UPDATE_FAILED', V1, config(2, { version: '2', deployment: 'FAILED' })),
    {},
    'failed',
    'update_failed',
  ],
  [
    'H the wanted version keeps serving',
    reading('READY', 'UPDATE_FAILED', V1, config(2, { version: '2', deployment: 'FAILED' })),
    { version: '1' },
    'done',
  ],
  [
    'H the wanted config version keeps serving',
    reading('READY', 'UPDATE_FAILED', V1, config(2, { version: '2', deployment: 'FAILED' })),
    { version: '1', configVersion: 1 },
    'done',
  ],
  [
    'H a traffic change of the same version failed',
    reading('READY', 'UPDATE_FAILED', V1, config(2, { version: '1', deployment: 'ABORTED' })),
    { version: '1' },
    'failed',
    'update_failed',
  ],
  [
    'I cancelled, pending kept',
    reading('READY', 'UPDATE_CANCELED', V1, config(2, { version: '2', deployment: 'ABORTED' })),
    { version: '2', configVersion: 2 },
    'failed',
    'update_canceled',
  ],
  [
    'I cancelled, pending gone',
    reading('READY', 'UPDATE_CANCELED', V1),
    { version: '2', configVersion: 2 },
    'failed',
    'not_applied',
  ],
  [
    'I cancelled, pending gone, version named',
    reading('READY', 'UPDATE_CANCELED', V1),
    { version: '2' },
    'failed',
    'update_canceled',
  ],
  [
    'J recovering',
    reading('READY', 'NOT_UPDATING', config(1, { deployment: 'RECOVERING' })),
    { version: '1' },
    'pending',
  ],
  [
    'J recovering, not ready',
    reading('NOT_READY', 'NOT_UPDATING', config(1, { deployment: 'RECOVERING' })),
    {},
    'pending',
  ],
  [
    'J failed for good',
    reading('READY', 'NOT_UPDATING', config(1, { deployment: 'FAILED' })),
    {},
    'failed',
    'deployment_failed',
  ],
  [
    'K scaled to zero',
    reading('READY', 'NOT_UPDATING', config(1, { message: 'Scaled to zero' })),
    { version: '1', configVersion: 1 },
    'done',
  ],
  ['L waking', reading('READY', 'NOT_UPDATING', config(1, { message: 'Scaling up from zero.' })), {}, 'done'],
  ['M external: no update flag at all', reading('READY', undefined, V1), {}, 'done'],
  [
    'rolled back: the active config is older than the write and nothing runs',
    reading('READY', 'NOT_UPDATING', V1),
    { configVersion: 2 },
    'failed',
    'not_applied',
  ],
  [
    'never applied: the version is not there',
    reading('READY', 'NOT_UPDATING', V1),
    { version: '2' },
    'failed',
    'not_deployed',
  ],
  [
    'the same number of another model is not the version',
    reading('READY', 'NOT_UPDATING', V1),
    { version: '1', model: 'ml.prod.other' },
    'failed',
    'not_deployed',
  ],
  [
    'the version under another entity name is not the entity',
    reading('READY', 'NOT_UPDATING', V1),
    { version: '1', entity: 'canary' },
    'failed',
    'not_deployed',
  ],
  [
    'a newer config that holds the version counts',
    reading('READY', 'NOT_UPDATING', V2),
    { version: '2', configVersion: 1 },
    'done',
  ],
  [
    'a newer config without the version does not',
    reading('READY', 'NOT_UPDATING', V2),
    { version: '1', configVersion: 1 },
    'failed',
    'not_deployed',
  ],
];

describe('the judge', () => {
  it.each(PHASES)('%s', (_phase, seen, wanted, kind, code) => {
    const verdict = judge(wanted)(seen, LATE);
    expect(verdict.kind).toBe(kind);
    if (verdict.kind === 'failed') expect(verdict.code).toBe(code);
  });

  it('names the cause before the siblings that were aborted with it', () => {
    const pending = config(
      2,
      { name: 'b', deployment: 'ABORTED' },
      { name: 'a', deployment: 'FAILED', message: 'why' },
    );
    expect(judge({})(reading('READY', 'UPDATE_FAILED', V1, pending), LATE)).toMatchObject({
      entities: [
        { name: 'a', deployment: 'DEPLOYMENT_FAILED', message: 'why' },
        { name: 'b', deployment: 'DEPLOYMENT_ABORTED' },
      ],
      reason: expect.stringContaining('the previous config keeps serving'),
    });
  });

  it('waits for a sibling that is not up, too', () => {
    const seen = reading(
      'READY',
      'NOT_UPDATING',
      config(1, { version: '2' }, { version: '1', deployment: 'RECOVERING' }),
    );
    expect(judge({ version: '2' })(seen, LATE)).toEqual({ kind: 'pending', note: 'churn-1 is recovering' });
  });
});

describe('a reading that may be older than the write it follows', () => {
  const stale: [string, Endpoint, WaitTarget, Verdict['kind']][] = [
    ['the old config, quiet', reading('READY', 'NOT_UPDATING', V1), { version: '2', configVersion: 2 }, 'failed'],
    ['the old config, no config version known', reading('READY', 'NOT_UPDATING', V1), { version: '2' }, 'failed'],
    ['nothing yet', reading('NOT_READY', 'NOT_UPDATING'), { version: '1' }, 'failed'],
    [
      'the failure of the update before',
      reading('READY', 'UPDATE_FAILED', V1, config(2, { version: '2', deployment: 'FAILED' })),
      { version: '3', configVersion: 3 },
      'failed',
    ],
    ['the old config, only the number known', reading('READY', 'NOT_UPDATING', V1), { configVersion: 2 }, 'failed'],
  ];
  it.each(stale)('%s: neither ready nor failed at first, believed later', (_name, seen, wanted, later) => {
    expect(judge(wanted)(seen, 0).kind).toBe('pending');
    expect(judge(wanted)(seen, 9_999).kind).toBe('pending');
    expect(judge(wanted)(seen, 10_000).kind).toBe(later);
  });

  it('of an update that runs stays pending however long it takes', () => {
    const seen = reading('NOT_READY', 'IN_PROGRESS', undefined, config(1, CREATING));
    expect(judge({ version: '2', configVersion: 2 })(seen, 3_600_000).kind).toBe('pending');
  });
});

/** A clock that moves only during a sleep. */
function manualClock(onSleep: (at: number) => void = () => {}) {
  let time = 1_000_000;
  const looks: number[] = [];
  return {
    looks,
    elapsed: () => time - 1_000_000,
    now: () => time,
    random: () => 0.5,
    async sleep(ms: number) {
      if (!(ms > 0)) throw new Error(`a pause of ${ms} ms would spin`);
      onSleep(time - 1_000_000);
      time += ms;
    },
  };
}

const PENDING: Verdict = { kind: 'pending', note: 'rising' };

async function wait(limitMs: number, verdictAt: (elapsedMs: number) => Verdict, random = 0.5) {
  const clock = { ...manualClock(), random: () => random };
  const looks: number[] = [];
  const notes: number[] = [];
  const waited = await waitFor({
    observe: async () => {
      looks.push(clock.elapsed());
      return clock.elapsed();
    },
    judge: verdictAt,
    clock,
    limitMs,
    onPending: (_note, elapsed) => notes.push(elapsed),
  });
  return { ...waited, looks, notes };
}

describe('waiting', () => {
  it('a limit of 0 reads once and answers', async () => {
    expect(await wait(0, () => PENDING)).toMatchObject({
      verdict: PENDING,
      polls: 1,
      waitedMs: 0,
      looks: [0],
      notes: [],
    });
  });

  it.each([1, 40_000, 45_000, 300_000])(
    'running out of %d ms is an answer, and the last reading falls on the deadline',
    async (limit) => {
      const { verdict, looks, waitedMs } = await wait(limit, () => PENDING);
      expect(verdict.kind).toBe('pending');
      expect(looks.at(-1)).toBe(limit);
      expect(waitedMs).toBe(limit);
    },
  );

  it('sees what happens in the last moment', async () => {
    const { verdict } = await wait(40_000, (at) => (at >= 40_000 ? { kind: 'done', note: 'up' } : PENDING));
    expect(verdict.kind).toBe('done');
  });

  it('ends with the first verdict that is sure', async () => {
    const { looks, verdict } = await wait(600_000, (at) =>
      at < 15_000 ? PENDING : { kind: 'failed', code: 'x', reason: 'y', entities: [] },
    );
    expect(verdict.kind).toBe('failed');
    expect(looks.at(-1)).toBeLessThan(25_000);
  });

  it('reads often at first', async () => {
    const { looks } = await wait(60_000, () => PENDING);
    expect(looks.filter((at) => at < 10_000).length).toBeGreaterThanOrEqual(5);
    expect(looks[1]).toBeLessThan(2_000);
  });

  it.each([0, 0.5, 0.999])('reads at most every five seconds after the first ten (random %d)', async (random) => {
    for (let limit = 10_500; limit < 120_000; limit += 500) {
      const { looks } = await wait(limit, () => PENDING, random);
      const late = looks.filter((at) => at > 10_000);
      expect(late.length, `${limit} ms: ${late}`).toBeLessThanOrEqual(Math.ceil((limit - 10_000) / 5_000));
    }
  });

  it.each([
    [0, 130],
    [0.5, 105],
    [0.999, 90],
  ])('costs about a hundred reads in ten minutes, and never over 130 (random %d)', async (random, most) => {
    expect((await wait(600_000, () => PENDING, random)).polls).toBeLessThanOrEqual(most);
  });

  it('reports each reading except the last', async () => {
    const { looks, notes } = await wait(30_000, () => PENDING);
    expect(notes).toEqual(looks.slice(0, -1));
  });

  it('ends at once when cancelled, without another reading', async () => {
    let looks = 0;
    const clock = {
      ...manualClock(),
      sleep: async () => {
        throw new Error('cancelled');
      },
    };
    const observe = async () => {
      looks++;
    };
    await expect(waitFor({ observe, judge: () => PENDING, clock, limitMs: 60_000 })).rejects.toThrow('cancelled');
    expect(looks).toBe(1);
  });

  it('counts a tolerated failure as a reading without result, and keeps the one before', async () => {
    const clock = manualClock();
    let looks = 0;
    const waited = await waitFor({
      observe: async () => {
        looks++;
        if (looks === 2) throw new Error('busy');
        return looks;
      },
      judge: (seen) => (seen === 3 ? { kind: 'done', note: 'up' } : PENDING),
      tolerate: (error) => error instanceof Error && error.message === 'busy',
      clock,
      limitMs: 60_000,
    });
    expect(waited).toMatchObject({ verdict: { kind: 'done' }, seen: 3, polls: 3 });
  });

  it('throws a failure that is not tolerated', async () => {
    const observe = () => Promise.reject(new Error('forbidden'));
    const options = { observe, judge: () => PENDING, clock: manualClock(), limitMs: 60_000 };
    await expect(waitFor({ ...options, tolerate: () => false })).rejects.toThrow('forbidden');
    await expect(waitFor(options)).rejects.toThrow('forbidden');
  });
});

it('never pauses for nothing and never past the deadline', () => {
  for (let elapsed = 0; elapsed < 30_000; elapsed += 250) {
    for (const remaining of [1, 900, 4_999, 5_000, 9_000, 100_000]) {
      const pause = pollDelay(elapsed, remaining, 0.3);
      expect(pause).toBeGreaterThan(0);
      expect(pause).toBeLessThanOrEqual(remaining);
    }
  }
});
