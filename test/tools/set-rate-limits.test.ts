import { describe, expect, it } from 'vitest';
import type { Harness, HarnessOptions } from '../support/harness.ts';
import { useHarness } from '../support/use-harness.ts';
import { BOT, bodies, churnEntity, endpoint, follow, seed, writes } from '../support/workspace.ts';

const PATH = '/api/2.0/serving-endpoints/chat/ai-gateway';
const OTHERS = {
  guardrails: { input: { safety: true }, output: { pii: { behavior: 'MASK' } } },
  usage_tracking_config: { enabled: true },
  fallback_config: { enabled: true },
  inference_table_config: { catalog_name: 'ml', schema_name: 'logs', table_name_prefix: 'chat', enabled: true },
};
const limit = (fields: Record<string, unknown>) => ({ renewal_period: 'minute', ...fields });
const LIMITS = [limit({ calls: 100, key: 'endpoint' }), limit({ calls: 10, key: 'user' })];

const begin = useHarness((gateway: unknown = { ...OTHERS, rate_limits: LIMITS }, options: HarnessOptions = {}) => {
  const entity = {
    entity_name: 'ml.prod.chat',
    entity_version: '1',
    workload_size: 'Small',
    scale_to_zero_enabled: false,
  };
  const grants = [{ user_name: 'analyst@example.com', permission_level: 'CAN_QUERY' }];
  const chat = endpoint('chat', [entity], [], { grants, ...(gateway ? { ai_gateway: gateway } : {}) });
  const plain = endpoint('churn', [churnEntity('1')]);
  return { ...options, seed: seed([chat, plain]) };
});

const ask = (h: Harness) => h.call('query_endpoint', { endpoint: 'chat', messages: [{ role: 'user', content: 'hi' }] });

describe('setting a limit', () => {
  it('sends the whole gateway: guardrails, tracking, fallback, inference table and the other limits stay', async () => {
    const h = await begin();
    const { data, isError } = await h.call('set_rate_limits', { endpoint: 'chat', set: [{ key: 'user', calls: 20 }] });
    expect(isError).toBe(false);
    const expected = {
      ...OTHERS,
      rate_limits: [limit({ calls: 100, key: 'endpoint' }), limit({ calls: 20, key: 'user' })],
    };
    expect(bodies(h, 'PUT', PATH)).toEqual([expected]);
    expect(data).toMatchObject({
      changed: true,
      changes: [{ field: 'rate_limits.user calls', from: 10, to: 20 }],
      rate_limits: expected.rate_limits,
    });
    const { data: seen } = await h.call('get_endpoint', { endpoint: 'chat' });
    expect(seen.gateway).toMatchObject({
      ...OTHERS,
      rate_limits: ['endpoint: 100 calls per minute', 'user: 20 calls per minute'],
    });
  });

  it('works where there was no gateway', async () => {
    const h = await begin(null);
    await h.call('set_rate_limits', { endpoint: 'chat', set: [{ key: 'endpoint', tokens: 500 }] });
    expect(bodies(h, 'PUT', PATH)).toEqual([{ rate_limits: [limit({ tokens: 500, key: 'endpoint' })] }]);
  });

  it('takes effect: the next call gets 429, and 0 blocks every call', async () => {
    const h = await begin(null);
    await h.call('set_rate_limits', { endpoint: 'chat', set: [{ key: 'endpoint', calls: 1 }] });
    expect((await ask(h)).isError).toBe(false);
    expect((await ask(h)).data.error).toMatchObject({ code: 'REQUEST_LIMIT_EXCEEDED', retryable: true });
    await h.call('set_rate_limits', { endpoint: 'chat', set: [{ key: 'endpoint', calls: 0 }] });
    expect(bodies(h, 'PUT', PATH).at(-1)).toEqual({ rate_limits: [limit({ calls: 0, key: 'endpoint' })] });
    const { data } = await ask(h);
    expect(data.error.message).toContain('rate limit set to 0');
    expect(data.error.next).toContain('set_rate_limits');
  });

  it.each([
    [[{ key: 'endpoint', calls: 0 }], /A limit of 0 refuses every request of everyone, with 403/],
    [[{ key: 'user', tokens: 0 }], /refuses every request of each user that it limits/],
    [
      [
        { key: 'user', calls: 0 },
        { key: 'endpoint', calls: 0 },
      ],
      /of each user that it limits and everyone/,
    ],
  ])('of 0 says first and last whom it refuses: %j', async (set, warning) => {
    const h = await begin(null);
    const preview = await h.call('set_rate_limits', { endpoint: 'chat', set, dry_run: true });
    const made = await h.call('set_rate_limits', { endpoint: 'chat', set });
    for (const { data } of [preview, made]) expect(data.warning).toMatch(warning);
  });

  it('above 0 refuses no one', async () => {
    const h = await begin(null);
    const { data } = await h.call('set_rate_limits', { endpoint: 'chat', set: [{ key: 'user', calls: 1 }] });
    expect(data.warning ?? '').not.toContain('limit of 0');
  });

  it('for a group and a service principal names them, the latter by its application id', async () => {
    const h = await begin();
    const set = [
      { key: 'user_group', principal: 'analysts', calls: 5 },
      { key: 'service_principal', principal: 'deploy-bot', tokens: 7 },
    ];
    const { data } = await h.call('set_rate_limits', { endpoint: 'chat', set });
    expect(data.rate_limits).toEqual(
      expect.arrayContaining([limit(set[0] ?? {}), limit({ key: 'service_principal', principal: BOT, tokens: 7 })]),
    );
    expect(data.rate_limits).toHaveLength(4);
  });

  it('for unknown names reports all of them at once and sends nothing', async () => {
    const h = await begin();
    const set = [
      { key: 'user_group', principal: 'anlysts', calls: 5 },
      { key: 'service_principal', principal: 'deploy-robot', tokens: 7 },
      { key: 'user', principal: 'nobody@example.com', calls: 1 },
    ];
    const { data, isError } = await h.call('set_rate_limits', { endpoint: 'chat', set });
    expect(isError).toBe(true);
    expect(data.problems).toEqual([
      'there is no user group "anlysts"',
      'there is no service principal "deploy-robot"',
      'there is no user "nobody@example.com"',
    ]);
    expect(data.near).toContainEqual({ kind: 'service_principal', principal: BOT, display: 'deploy-bot' });
    expect(writes(h)).toEqual([]);
  });
});

it.each<[string, Record<string, unknown>[], string]>([
  [
    'with two numbers',
    [
      { key: 'user', calls: 5 },
      { key: 'user', calls: 7 },
    ],
    'limit user calls is',
  ],
  [
    'under two names of one principal',
    [
      { key: 'service_principal', principal: 'deploy-bot', tokens: 5 },
      { key: 'service_principal', principal: BOT, tokens: 7 },
    ],
    `limit service_principal ${BOT} tokens is`,
  ],
])('a limit that is set more than once %s is refused, because neither counts more', async (_what, set, problem) => {
  const h = await begin();
  const { data } = await h.call('set_rate_limits', { endpoint: 'chat', set });
  expect(data.problems).toEqual([`${problem} set more than once`]);
  expect(writes(h)).toEqual([]);
});

describe('removing', () => {
  it('takes one limit away and leaves the others', async () => {
    const h = await begin();
    const { data } = await h.call('set_rate_limits', { endpoint: 'chat', remove: [{ key: 'user' }] });
    expect(data.rate_limits).toEqual([limit({ calls: 100, key: 'endpoint' })]);
    expect(bodies(h, 'PUT', PATH)).toEqual([{ ...OTHERS, rate_limits: [limit({ calls: 100, key: 'endpoint' })] }]);
  });

  it('a limit that is not there is refused, and the ones that are are shown', async () => {
    const h = await begin();
    const { data, isError } = await h.call('set_rate_limits', {
      endpoint: 'chat',
      remove: [{ key: 'user', unit: 'tokens' }],
    });
    expect(isError).toBe(true);
    expect(data).toMatchObject({ error: { code: 'limit_not_found' }, rate_limits: LIMITS });
    expect(writes(h)).toEqual([]);
  });
});

it.each<[string, Record<string, unknown>]>([
  ['a change', { set: [{ key: 'user', calls: 0 }] }],
  ['an addition', { set: [{ key: 'user_group', principal: 'analysts', tokens: 3 }] }],
  ['a removal', { remove: [{ key: 'endpoint' }] }],
  [
    'all at once',
    {
      set: [
        { key: 'user', calls: 1 },
        { key: 'user', tokens: 1 },
      ],
      remove: [{ key: 'endpoint' }],
    },
  ],
])('undo of %s brings back the limits, made literally', async (_what, args) => {
  const h = await begin();
  const { data } = await h.call('set_rate_limits', { endpoint: 'chat', ...args });
  const undone = await follow(h, data.undo);
  expect(undone.isError).toBe(false);
  expect(undone.data.rate_limits).toHaveLength(LIMITS.length);
  expect(undone.data.rate_limits).toEqual(expect.arrayContaining(LIMITS));
});

describe('preview, guard and repeat', () => {
  it('dry_run sends nothing; its fingerprint is honoured', async () => {
    const h = await begin();
    const call = { endpoint: 'chat', set: [{ key: 'user', calls: 20 }] };
    const { data } = await h.call('set_rate_limits', { ...call, dry_run: true });
    expect(writes(h)).toEqual([]);
    expect(data).toMatchObject({
      dry_run: true,
      changed: false,
      changes: [{ field: 'rate_limits.user calls', from: 10, to: 20 }],
    });
    const done = await h.call('set_rate_limits', { ...call, if_fingerprint: data.fingerprint });
    expect(done.data.changed).toBe(true);
    expect(data.requests).toMatchObject([{ method: 'PUT', path: PATH, body: bodies(h, 'PUT', PATH)[0] }]);
    const late = await h.call('set_rate_limits', {
      endpoint: 'chat',
      set: [{ key: 'user', calls: 21 }],
      if_fingerprint: data.fingerprint,
    });
    expect(late.data.error.code).toBe('fingerprint_mismatch');
    expect(writes(h)).toHaveLength(1);
  });

  it('a repeat says changed: false and sends nothing', async () => {
    const h = await begin();
    const { data, isError } = await h.call('set_rate_limits', { endpoint: 'chat', set: [{ key: 'user', calls: 10 }] });
    expect(isError).toBe(false);
    expect(data).toMatchObject({ changed: false, rate_limits: LIMITS });
    expect(writes(h)).toEqual([]);
  });

  it('a lost answer is resolved by reading: the block is not sent again, because it would remove what someone added since', async () => {
    const h = await begin();
    h.sandbox.faults.add({ match: { method: 'PUT', path: PATH }, times: 1, effect: { lost_reply: true } });
    const { data } = await h.call('set_rate_limits', { endpoint: 'chat', set: [{ key: 'user', calls: 20 }] });
    expect(data.changed).toBe(true);
    expect(bodies(h, 'PUT', PATH)).toHaveLength(1);
  });
});

it('a token limit on a model without text is set, with a warning that it may have no effect', async () => {
  const h = await begin();
  const limit = async (endpoint: string, amount: Record<string, number>) =>
    (await h.call('set_rate_limits', { endpoint, set: [{ key: 'user', ...amount }] })).data;
  expect(await limit('churn', { tokens: 900 })).toMatchObject({
    changed: true,
    warning: expect.stringContaining('token limits may have no effect here'),
  });
  expect(await limit('churn', { calls: 900 })).not.toHaveProperty('warning');
  expect(await limit('chat', { tokens: 900 })).not.toHaveProperty('warning');
});

describe('bad input', () => {
  it.each<[string, Record<string, unknown>, string, RegExp]>([
    ['nothing asked', {}, 'nothing_asked', /neither set nor remove/],
    ['both units', { set: [{ key: 'user', calls: 1, tokens: 1 }] }, 'invalid_arguments', /either calls or tokens/],
    ['no unit', { set: [{ key: 'user' }] }, 'invalid_arguments', /either calls or tokens/],
    ['a group without its name', { set: [{ key: 'user_group', calls: 1 }] }, 'invalid_arguments', /principal/],
    [
      'a principal for everybody',
      { set: [{ key: 'endpoint', principal: 'x', calls: 1 }] },
      'invalid_arguments',
      /no principal/,
    ],
    ['a negative limit', { set: [{ key: 'user', calls: -1 }] }, 'invalid_arguments', /calls/],
    ['half a call', { set: [{ key: 'user', calls: 0.5 }] }, 'invalid_arguments', /calls/],
    ['a key of its own', { set: [{ key: 'team', calls: 1 }] }, 'invalid_arguments', /key/],
    [
      'a period',
      { set: [{ key: 'user', calls: 1, renewal_period: 'hour' }] },
      'invalid_arguments',
      /unknown field "renewal_period" in set\.0/,
    ],
    ['an unknown argument', { limits: [] }, 'invalid_arguments', /unknown argument "limits"/],
  ])('%s is refused, with nothing sent', async (_what, args, code, message) => {
    const h = await begin();
    const { data, isError } = await h.call('set_rate_limits', { endpoint: 'chat', ...args });
    expect(isError).toBe(true);
    expect(data.error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(writes(h)).toEqual([]);
  });

  it('a caller without CAN_MANAGE learns which grant is missing', async () => {
    const h = await begin(undefined, { as: 'analyst@example.com' });
    const { data } = await h.call('set_rate_limits', { endpoint: 'chat', set: [{ key: 'user', calls: 1 }] });
    expect(data.error).toMatchObject({ code: 'PERMISSION_DENIED', next: expect.stringMatching(/CAN_MANAGE|CAN_VIEW/) });
  });
});
