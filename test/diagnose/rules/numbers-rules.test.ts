import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../src/diagnose/diagnose.ts';
import { ENDPOINT_NAME } from '../../../src/rest/names.ts';
import { codes, evidenceOf, findings, type Minute, NOW } from './traffic-evidence.ts';

const MINUTE = 60_000;
const time = (ago: number) => `${new Date(NOW - ago).toISOString().slice(0, 19).replace('T', ' ')} +0000`;
const start = (ago: number) => `[94cbbdpbb8] [${time(ago)}] [7] [INFO] Starting gunicorn 23.0.0`;
const answered = (status: number) =>
  `[94cbbdpbb8] 127.0.0.1 - - [14/Oct/2026:11:59:30 +0000] "POST /invocations HTTP/1.1" ${status} 63 "-" "-"`;
const one = (minute: Minute, more = {}) => [{ name: 'churn-3', minute, ...more }];
const ok = Array(40).fill(answered(200));

describe('requests that a limit refused', () => {
  const over = one({ requests: 120, e4xx: 60 });
  const limit = (key: string, calls: number) => ({ key, calls, ...(key.includes('_') ? { principal: 'team' } : {}) });

  it.each([
    [
      'more requests than the limit of the endpoint',
      { entities: over, limits: [limit('endpoint', 60)], log: ok },
      ['own_limit_requests'],
    ],
    ['more than the limit of a user', { entities: over, limits: [limit('user', 60)], log: ok }, ['own_limit_user']],
    [
      'more than the limit of a group',
      { entities: over, limits: [limit('user_group', 60)], log: ok },
      ['own_limit_group'],
    ],
    [
      'two limits fit',
      { entities: over, limits: [limit('user', 60), limit('endpoint', 90)], log: ok },
      ['rate_limited'],
    ],
    ['fewer requests than the limit', { entities: over, limits: [limit('endpoint', 200)], log: ok }, ['errors_4xx']],
    [
      '429 in the usage table, no limit set',
      { entities: one({ requests: 60 }), usage: { 200: 80, 429: 40 } },
      ['rate_limited'],
    ],
    [
      '429 in the usage table, a limit of the endpoint',
      { entities: over, usage: { 200: 80, 429: 40 }, limits: [limit('endpoint', 60)] },
      ['own_limit_requests'],
    ],
    [
      '429 in the usage table of an external model',
      { external: 'openai', entities: one({ requests: 60 }), usage: { 200: 80, 429: 40 } },
      ['provider_rate_limit'],
    ],
    [
      'nearly only 429 in the usage table of an external model',
      { external: 'openai', entities: one({ requests: 60, e4xx: 60 }), usage: { 200: 1, 429: 120 } },
      ['provider_quota_used_up'],
    ],
    [
      'only 429 since a few minutes, at an external model',
      { external: 'openai', entities: one({ requests: 9, e4xx: 9 }), usage: { 200: 80, 429: 40 } },
      ['provider_quota_used_up'],
    ],
    ['some 429 in the usage table', { entities: one({ requests: 60 }), usage: { 200: 2_000, 429: 3 } }, []],
    ['a limit of 0 for the endpoint', { limits: [limit('endpoint', 0)] }, ['own_limit_zero']],
    ['a limit of 0 for every user', { limits: [limit('user', 0)] }, ['own_limit_zero']],
    ['a limit of 0 for one group is meant', { limits: [limit('user_group', 0)] }, []],
    [
      'limits that nobody reaches',
      { entities: one({ requests: 30 }), limits: [limit('endpoint', 60), limit('user', 10)] },
      [],
    ],
  ])('%s', (_name, scene, expected) => {
    expect(codes(scene)).toEqual(expected);
  });

  it('the containers know the client errors, so no limit refused them', () => {
    const log = Array(30)
      .fill([answered(400), answered(200)])
      .flat();
    expect(codes({ entities: over, limits: [limit('endpoint', 60)], log })).toEqual(['payload_rejected']);
  });

  it('when several limits fit, the finding says which evidence settles it', () => {
    const [found] = findings({ entities: over, limits: [limit('user', 60), limit('endpoint', 90)], log: ok });
    expect(found?.sentence).toContain('own_limit_user, own_limit_requests');
    expect(found?.remedy?.say).toContain('text of an answer with status 429');
  });

  it.each([
    [{ 200: 90, 413: 40 }, ['payload_too_large']],
    [{ 200: 90, 504: 40 }, ['near_time_limit']],
    [{ 200: 90, 401: 40 }, []],
  ])('statuses of a custom model in the usage table: %o', (usage, expected) => {
    expect(codes({ usage })).toEqual(expected);
  });

  it('429 of replicas that are crowded are those of the concurrency', () => {
    const entities = one({ requests: 300, ms: 500, concurrency: 4 });
    expect(codes({ entities, usage: { 200: 80, 429: 40 } })).toEqual(['endpoint_concurrency']);
  });

  it.each([
    [{ 200: 10, 401: 60 }, ['provider_key_invalid']],
    [{ 200: 10, 404: 60 }, ['provider_model_missing']],
    [{ 200: 10, 529: 60 }, ['provider_overloaded']],
    [{ 200: 500, 401: 2 }, []],
  ])('statuses of a provider in the usage table: %o', (usage, expected) => {
    expect(codes({ external: 'anthropic', usage })).toEqual(expected);
  });
});

describe('few requests of which most failed', () => {
  it.each([
    [{ requests: 2, e4xx: 2 }, 'unknown'],
    [{ requests: 3, e4xx: 2 }, 'unknown'],
    [{ requests: 5, e5xx: 1 }, 'healthy'],
    [{ requests: 1, e4xx: 1 }, 'healthy'],
  ])('%j: %s', (minute, verdict) => {
    const found = diagnose(evidenceOf({ entities: one(minute) }));
    expect(found.verdict).toBe(verdict);
    expect(found.not_checked.some(({ why }) => why.includes('so few prove no cause'))).toBe(verdict === 'unknown');
  });

  it('the usage table settles it, where it has more requests', () => {
    const scene = { entities: one({ requests: 2, e4xx: 2 }), usage: { 200: 400, 404: 3 } };
    expect(diagnose(evidenceOf(scene)).verdict).toBe('healthy');
  });
});

describe('a guardrail that blocks personal data', () => {
  const gateway = (behavior: string) => ({ guardrails: { input: { pii: { behavior } } } });
  const many = one({ requests: 40, e4xx: 20 });

  it.each([
    [
      'is the likely cause of refusals that no container wrote',
      { entities: many, gateway: gateway('BLOCK'), log: ok },
      ['guardrail_input_pii'],
    ],
    ['not if it only masks', { entities: many, gateway: gateway('MASK'), log: ok }, ['errors_4xx']],
    [
      'not if the container refuses',
      { entities: many, gateway: gateway('BLOCK'), log: [...ok, ...Array(40).fill(answered(400))] },
      ['payload_rejected'],
    ],
    [
      'not if the statuses are others',
      { entities: many, gateway: gateway('BLOCK'), usage: { 200: 40, 403: 30 } },
      ['errors_4xx'],
    ],
  ])('%s', (_name, scene, expected) => {
    expect(codes(scene)).toEqual(expected);
  });
});

describe('capacity', () => {
  const zero = { deployment: 'DEPLOYMENT_READY', deployment_state_message: 'Scaled to zero' };
  const asleep = [{ name: 'churn-3', state: zero, scale_to_zero_enabled: true }];
  const warm = (minute: Minute) => one(minute, { scale_to_zero_enabled: true });

  it.each([
    ['at zero and nobody waits: no fault', { entities: asleep }, []],
    [
      'at zero, and a caller got a time-out',
      { entities: asleep, answer: 'upstream request timeout', status: 504 },
      ['scaled_to_zero'],
    ],
    [
      'at zero, and a caller found no replica',
      { entities: asleep, answer: 'no healthy upstream', status: 503 },
      ['scaled_to_zero'],
    ],
    [
      'first requests after a start',
      { entities: warm({ requests: 6, ms: 40_000, queue: 39_000 }), log: [start(2 * MINUTE), ...ok] },
      ['cold_start'],
    ],
    [
      'a long queue at idle replicas that scale',
      { entities: warm({ requests: 6, ms: 20_000, queue: 19_900 }) },
      ['cold_start'],
    ],
    [
      'refusals of a full queue, which no container wrote',
      { entities: one({ requests: 200, e4xx: 60, ms: 3_000, queue: 1_800, concurrency: 4 }), log: ok },
      ['endpoint_concurrency'],
    ],
    ['the same without scale to zero, few requests', { entities: one({ requests: 6, ms: 20_000, queue: 19_900 }) }, []],
    [
      'five wakes in a day',
      {
        entities: warm({ requests: 0 }),
        log: [300, 240, 180, 120, 20].flatMap((ago) => [start(ago * MINUTE), answered(200)]),
      },
      ['cold_start_loop'],
    ],
    [
      'two wakes',
      { entities: warm({ requests: 0 }), log: [180, 20].flatMap((ago) => [start(ago * MINUTE), answered(200)]) },
      [],
    ],
    [
      'replicas that start together',
      { entities: warm({ requests: 0 }), log: [20, 20, 20, 20].map((ago) => start(ago * MINUTE)) },
      [],
    ],
    [
      'a queue of busy replicas',
      { entities: one({ requests: 300, ms: 2_500, queue: 1_500 }) },
      ['endpoint_concurrency'],
    ],
    [
      'all places taken, and nothing waits: it scales',
      { entities: one({ requests: 300, ms: 900, queue: 1, concurrency: 4 }) },
      [],
    ],
    ['a busy minute without a queue', { entities: one({ requests: 300, ms: 400, queue: 3 }) }, []],
    ['a queue of few requests', { entities: one({ requests: 10, ms: 2_500, queue: 1_500 }) }, []],
    ['a full CPU under load', { entities: one({ requests: 100, cpu: 98 }) }, ['cpu_near_full']],
    ['a full CPU while nothing is asked', { entities: one({ requests: 0, cpu: 98 }) }, []],
    ['a busy CPU', { entities: one({ requests: 100, cpu: 85 }) }, []],
    ['full memory', { entities: one({ requests: 10, memory: 95 }) }, ['memory_near_full']],
    ['memory that is used', { entities: one({ requests: 10, memory: 85 }) }, []],
    ['reserved memory of a GPU', { entities: one({ requests: 40, gpu: 99, gpuMemory: 98 }) }, []],
    [
      'a full GPU and a queue',
      { entities: one({ requests: 40, ms: 900, queue: 600, gpu: 99, gpuMemory: 60, concurrency: 16 }) },
      ['endpoint_concurrency'],
    ],
  ])('%s', (_name, scene, expected) => {
    expect(codes(scene)).toEqual(expected);
  });
});

describe('latency', () => {
  const was = (before: Minute, minute: Minute) => [{ name: 'churn-3', minute, before }];

  it.each([
    [
      'three times as slow as before',
      was({ requests: 300, ms: 200 }, { requests: 60, ms: 900 }),
      ['latency_increased'],
    ],
    ['slower in a minute with few requests', was({ requests: 300, ms: 200 }, { requests: 8, ms: 900 }), []],
    ['slower than in a reading with few requests', was({ requests: 8, ms: 200 }, { requests: 60, ms: 900 }), []],
    ['a bit slower', was({ requests: 300, ms: 400 }, { requests: 60, ms: 460 }), []],
    ['milliseconds that nobody notices', was({ requests: 300, ms: 10 }, { requests: 60, ms: 45 }), []],
    [
      'slower because replicas are busy',
      was({ requests: 100, ms: 200 }, { requests: 300, ms: 2_500, queue: 1_500 }),
      ['endpoint_concurrency'],
    ],
    ['near the limit', one({ requests: 40, ms: 3_000, slow: 280_000, concurrency: 64 }), ['near_time_limit']],
    ['one long request', one({ requests: 10, ms: 3_000, slow: 280_000, concurrency: 64 }), []],
  ])('%s', (_name, entities, expected) => {
    expect(codes({ entities })).toEqual(expected);
  });
});

describe('two entities', () => {
  const pair = (old: Minute, fresh: Minute, percents = [50, 50]) => [
    { name: 'churn-1', minute: old, percent: percents[0] ?? 0 },
    { name: 'churn-2', minute: fresh, percent: percents[1] ?? 0 },
  ];

  it.each([
    ['the newer one fails', pair({ requests: 100 }, { requests: 100, e5xx: 40 }), ['newer_entity_fails']],
    ['the newer one refuses', pair({ requests: 100, e4xx: 1 }, { requests: 100, e4xx: 40 }), ['newer_entity_fails']],
    ['both fail', pair({ requests: 100, e5xx: 40 }, { requests: 100, e5xx: 41 }), ['errors_5xx']],
    ['a difference of chance', pair({ requests: 40 }, { requests: 40, e5xx: 2 }), []],
    ['too few requests', pair({ requests: 100 }, { requests: 5, e5xx: 2 }), []],
    [
      'the newer one is slow',
      pair({ requests: 100, ms: 90 }, { requests: 100, ms: 900, concurrency: 64 }),
      ['newer_entity_slow'],
    ],
    ['the older one fails', pair({ requests: 100, e5xx: 40 }, { requests: 100 }), ['errors_5xx']],
    [
      'all traffic at the one that fails',
      pair({ requests: 0 }, { requests: 100, e5xx: 100 }, [0, 100]),
      ['traffic_on_failing_entity'],
    ],
  ])('%s', (_name, entities, expected) => {
    expect(codes({ entities })).toEqual(expected);
  });

  it('the way back is a complete call that names the entities', () => {
    const [found] = findings({ entities: pair({ requests: 100 }, { requests: 100, e5xx: 40 }) });
    expect(found?.remedy).toMatchObject({
      call: { tool: 'set_traffic', args: { endpoint: 'churn', traffic: { 'churn-1': 100, 'churn-2': 0 } } },
      writes: true,
    });
    expect(ENDPOINT_NAME.test('churn-1')).toBe(true);
  });

  it('the newest entity without traffic is a note, once it is no step of a rollout', () => {
    const entities = [
      { name: 'churn-1', percent: 100 },
      { name: 'churn-2', percent: 0 },
    ];
    expect(findings({ entities }).map(({ code, severity }) => [code, severity])).toEqual([['route_at_zero', 'note']]);
    const fresh = [entities[0] ?? { name: '' }, { name: 'churn-2', percent: 0, creation_timestamp: NOW - 3 * MINUTE }];
    expect(codes({ entities: fresh })).toEqual([]);
  });
});

describe('the inference table', () => {
  const table = (state: unknown) => ({
    config: { auto_capture_config: { enabled: true, catalog_name: 'main', schema_name: 'logs', state } },
  });
  const event = (message: string, timestamp = NOW) => ({ event_type: 'INFERENCE_TABLE_EVENT', message, timestamp });

  it.each([
    [
      'its state says so',
      table({
        payload_table: { name: 'main.logs.churn_payload', status: 'FAILED', status_message: 'Table is corrupt.' },
      }),
      ['inference_table_broken'],
    ],
    [
      'its state, in other words',
      table({ payload_table: { status: 'DELTA_TABLE_CORRUPTED' } }),
      ['inference_table_broken'],
    ],
    ['it works', table({ payload_table: { status: 'CREATED', status_message: '' } }), []],
    [
      'the gateway says so',
      { gateway: { inference_table_config: { enabled: true, state: { payload_table: { status: 'ERROR' } } } } },
      ['inference_table_broken'],
    ],
    [
      'it is off',
      { gateway: { inference_table_config: { enabled: false, state: { payload_table: { status: 'FAILED' } } } } },
      [],
    ],
    [
      'an event',
      { events: [event('Failed to write to inference table main.logs.churn_payload: schema mismatch')] },
      ['inference_table_broken'],
    ],
    [
      'another event',
      { events: [event('Payload logging was stopped because the table main.logs.churn_payload does not exist')] },
      ['inference_table_broken'],
    ],
    [
      'an event, then a later one',
      { events: [event('Failed to write to the inference table', NOW - MINUTE), event('Inference table recovered')] },
      [],
    ],
    ['an ordinary event', { events: [event('Inference table main.logs.churn_payload was created')] }, []],
    [
      'a line of the log',
      { log: ['[94cbbdpbb8] [115] [ERROR] payload logging failed: permission denied on schema main.logs'] },
      ['inference_table_broken'],
    ],
    ['a line about it', { log: ['[94cbbdpbb8] [115] [INFO] inference table enabled, 0 errors'] }, []],
  ])('%s', (_name, scene, expected) => {
    expect(codes(scene)).toEqual(expected);
  });
});
