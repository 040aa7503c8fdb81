/** `set_rate_limits` on a model service: two requests, the narrowest mask, the etag of the read, and nothing of another user is lost. */
import { describe, expect, it } from 'vitest';
import {
  CHAT,
  CHAT_CONFIG,
  CHAT_PATH,
  editElsewhere,
  makeService,
  serviceNow,
  serviceRequests,
} from '../../support/gateway-site.ts';
import type { Harness, HarnessOptions } from '../../support/harness.ts';
import { useHarness } from '../../support/use-harness.ts';
import { follow } from '../../support/workspace.ts';

const start = useHarness((options: HarnessOptions = {}) => options);

async function begin(options: HarnessOptions = {}): Promise<Harness> {
  const h = await start(options);
  await makeService(h);
  h.sent();
  return h;
}

const set = (h: Harness, limits: Record<string, unknown>[], more: Record<string, unknown> = {}) =>
  h.call('set_rate_limits', { endpoint: CHAT, set: limits, ...more });

const patches = (h: Harness) =>
  h.sandbox.requests.filter(({ method, path }) => method === 'PATCH' && path.startsWith(CHAT_PATH));

describe('setting a limit', () => {
  it('sends a GET and a PATCH of the limits alone, with the etag of the read, and says which gateway it is', async () => {
    const h = await begin();
    const { etag } = await serviceNow(h);
    h.sent();
    const { data, isError } = await set(h, [{ key: 'user', calls: 20 }]);
    expect(isError).toBe(false);
    expect(serviceRequests(h)).toEqual([`GET ${CHAT_PATH}`, `PATCH ${CHAT_PATH}`]);
    const [patch] = patches(h);
    expect(patch?.query).toEqual({ update_mask: 'config.rate_limits', etag });
    expect(patch?.body).toEqual({
      config: {
        rate_limits: [
          ...CHAT_CONFIG.rate_limits,
          { key: 'RATE_LIMIT_KEY_USER_DEFAULT', renewal_period: 'RATE_LIMIT_RENEWAL_PERIOD_MINUTE', requests: 20 },
        ],
      },
    });
    expect(data).toMatchObject({
      model_service: CHAT,
      gateway: 'Unity Gateway',
      changed: true,
      changes: [{ field: 'rate_limits.user calls per minute', to: 20 }],
      takes_effect: 'within a minute',
    });
    expect(data.rate_limits).toContainEqual({ key: 'user', period: 'minute', calls: 20 });
  });

  it('per hour, of tokens, for everyone, a group and a user at once', async () => {
    const h = await begin();
    const limits = [
      { key: 'endpoint', tokens: 9_000, period: 'hour' },
      { key: 'user', principal: 'analyst@example.com', calls: 3, period: 'hour' },
      { key: 'user_group', principal: 'data-science', calls: 0 },
    ];
    const { data } = await set(h, limits);
    expect(data.error).toBeUndefined();
    expect(data.warning).toContain('A limit of 0 refuses every request of the group');
    expect((await serviceNow(h)).config.rate_limits).toEqual([
      CHAT_CONFIG.rate_limits[0],
      { ...CHAT_CONFIG.rate_limits[1], requests: 3 },
      { key: 'RATE_LIMIT_KEY_SERVICE', renewal_period: 'RATE_LIMIT_RENEWAL_PERIOD_HOUR', tokens: 9_000 },
      {
        key: 'RATE_LIMIT_KEY_USER_GROUP',
        principal: 'data-science',
        renewal_period: 'RATE_LIMIT_RENEWAL_PERIOD_MINUTE',
        requests: 0,
      },
    ]);
  });

  it('that is there already sends no change', async () => {
    const h = await begin();
    const { data } = await set(h, [{ key: 'endpoint', calls: 600 }]);
    expect(data).toMatchObject({ changed: false, model_service: CHAT });
    expect(patches(h)).toEqual([]);
  });

  it('as a preview shows the request and the fingerprint, and changes nothing', async () => {
    const h = await begin();
    const { data } = await set(h, [{ key: 'endpoint', calls: 1 }], { dry_run: true });
    expect(data).toMatchObject({
      model_service: CHAT,
      dry_run: true,
      changes: [{ field: 'rate_limits.endpoint calls per minute', from: 600, to: 1 }],
      requests: [{ method: 'PATCH' }],
    });
    expect(patches(h)).toEqual([]);
    const made = await set(h, [{ key: 'endpoint', calls: 1 }], { if_fingerprint: data.fingerprint });
    expect(made.data.changed).toBe(true);
  });

  it('with the fingerprint of an earlier state is refused', async () => {
    const h = await begin();
    const { data } = await set(h, [{ key: 'endpoint', calls: 1 }], { dry_run: true });
    await editElsewhere(h, 'comment', { comment: 'Changed.' });
    const made = await set(h, [{ key: 'endpoint', calls: 1 }], { if_fingerprint: data.fingerprint });
    expect(made.data.error).toMatchObject({
      code: 'fingerprint_mismatch',
      message: expect.stringContaining(`model service ${CHAT}`),
    });
    expect(patches(h).filter(({ query }) => 'etag' in query)).toEqual([]);
  });
});

describe('a principal with the wrong key is refused before anything is sent', () => {
  it.each<[limit: Record<string, unknown>, problem: string]>([
    [
      { key: 'user_group', principal: 'analyst@example.com', calls: 1 },
      '"analyst@example.com" is an e-mail, so it is a user: give key user, not user_group',
    ],
    [
      { key: 'service_principal', principal: 'data-science', calls: 1 },
      '"data-science" is a group: give key user_group, not service_principal',
    ],
    [
      { key: 'user', principal: '4f2b8c1e-6d0a-4a57-9c3e-1b7d5e9f0a21', calls: 1 },
      '"4f2b8c1e-6d0a-4a57-9c3e-1b7d5e9f0a21" is an application id, so it is a service principal: give key service_principal, not user',
    ],
    [{ key: 'user_group', principal: 'data-scince', calls: 1 }, 'there is no user group "data-scince"'],
  ])('%j', async (limit, problem) => {
    const h = await begin();
    const { data, isError } = await set(h, [limit, { key: 'user', principal: 'nobody@example.com', calls: 1 }]);
    expect(isError).toBe(true);
    expect(data.problems).toEqual([problem, 'there is no user "nobody@example.com"']);
    expect(patches(h)).toEqual([]);
  });
});

describe('removing a limit', () => {
  it('keeps the other dimension of the same limit', async () => {
    const h = await begin();
    const remove = [{ key: 'user', principal: 'analyst@example.com', unit: 'calls' }];
    const { data } = await h.call('set_rate_limits', { endpoint: CHAT, remove });
    expect(data.changes).toEqual([{ field: 'rate_limits.user:analyst@example.com calls per hour', from: 10 }]);
    const { requests: _, ...left } = CHAT_CONFIG.rate_limits[1] ?? {};
    expect((await serviceNow(h)).config.rate_limits).toEqual([CHAT_CONFIG.rate_limits[0], left]);
  });

  it('that does not exist names those that do', async () => {
    const h = await begin();
    const { data } = await h.call('set_rate_limits', { endpoint: CHAT, remove: [{ key: 'endpoint', period: 'hour' }] });
    expect(data.error).toMatchObject({
      code: 'limit_not_found',
      message: expect.stringContaining('endpoint per hour'),
    });
    expect(data.rate_limits).toHaveLength(2);
    expect(patches(h)).toEqual([]);
  });
});

describe('undoing', () => {
  it('restores exactly the limits before', async () => {
    const h = await begin();
    const before = (await serviceNow(h)).config;
    const made = await set(h, [
      { key: 'endpoint', calls: 1 },
      { key: 'user', tokens: 7, period: 'hour' },
      { key: 'user', principal: 'analyst@example.com', tokens: 1, period: 'hour' },
    ]);
    const back = await follow(h, made.data.undo);
    expect(back.data).toMatchObject({ changed: true, model_service: CHAT });
    expect((await serviceNow(h)).config).toEqual(before);
    const { changes } = (await h.call('list_changes', { endpoint: CHAT })).data;
    expect(changes.map((each: Record<string, unknown>) => [each.model_service, each.tool, each.outcome])).toEqual([
      [CHAT, 'undo_change', 'done'],
      [CHAT, 'set_rate_limits', 'undone'],
    ]);
  });

  it('brings back a removed limit with both of its dimensions, and takes a limit of 0 per hour away', async () => {
    const h = await begin();
    const before = (await serviceNow(h)).config;
    const made = await set(h, [{ key: 'endpoint', calls: 0, period: 'hour' }], {
      remove: [{ key: 'user', principal: 'analyst@example.com' }, { key: 'endpoint' }],
    });
    expect(made.data.rate_limits).toEqual([{ key: 'endpoint', period: 'hour', calls: 0 }]);
    const { changes } = (await h.call('list_changes', { endpoint: CHAT })).data;
    const back = await h.call('undo_change', { id: changes[0].id });
    expect(back.data).toMatchObject({ changed: true, model_service: CHAT });
    const rows = ({ rate_limits }: { rate_limits: unknown[] }) =>
      rate_limits.map((each) => JSON.stringify(each)).sort();
    expect(rows((await serviceNow(h)).config)).toEqual(rows(before));
  });

  it('is refused where someone else changed the same limit since', async () => {
    const h = await begin();
    const made = await set(h, [{ key: 'endpoint', calls: 1 }]);
    const rate_limits = [{ ...CHAT_CONFIG.rate_limits[0], requests: 5 }, CHAT_CONFIG.rate_limits[1]];
    await editElsewhere(h, 'config.rate_limits', { config: { rate_limits } });
    const back = await follow(h, made.data.undo);
    expect(back.data.error).toMatchObject({ code: 'changed_since', next: expect.stringContaining('get_endpoint') });
    expect((await serviceNow(h)).config.rate_limits).toEqual(rate_limits);
  });
});

describe('someone else changes the service between the read and the write', () => {
  const elsewhere = (h: Harness, status: number, error_code: string) =>
    h.sandbox.faults.add({
      match: { method: 'PATCH', path: CHAT_PATH },
      effect: { status, body: { error_code, message: 'x' } },
      times: 1,
    });

  it.each<[status: number, code: string]>([
    [409, 'ABORTED'],
    [412, 'FAILED_PRECONDITION'],
    [400, 'FAILED_PRECONDITION'],
    [409, 'RESOURCE_CONFLICT'],
  ])('the %i %s is refused with the difference, and nothing is sent twice', async (status, code) => {
    const h = await begin();
    const original = await serviceNow(h);
    // The read sees the state before the other user's edit.
    h.sandbox.faults.add({
      match: { method: 'GET', path: CHAT_PATH },
      effect: { status: 200, body: original },
      times: 1,
    });
    await editElsewhere(h, 'comment', { comment: 'Moved to the new desk.' });
    elsewhere(h, status, code);
    h.sent();
    const { data, isError } = await set(h, [{ key: 'endpoint', calls: 1 }]);
    expect(isError).toBe(true);
    expect(data.error).toMatchObject({
      code: 'changed_meanwhile',
      message: expect.stringContaining('so this change was not made'),
      next: expect.stringContaining(`get_endpoint {"endpoint":"${CHAT}"}`),
    });
    expect(data.changed_meanwhile).toEqual([
      { field: 'comment', from: 'For the help desk.', to: 'Moved to the new desk.' },
    ]);
    expect(data.changed_by).toBe('admin@example.com');
    expect(serviceRequests(h)).toEqual([`GET ${CHAT_PATH}`, `PATCH ${CHAT_PATH}`, `GET ${CHAT_PATH}`]);
    expect((await serviceNow(h)).comment).toBe('Moved to the new desk.');
  });

  it('another conflict keeps the words of the service', async () => {
    const h = await begin();
    elsewhere(h, 409, 'ALREADY_EXISTS');
    const { data } = await set(h, [{ key: 'endpoint', calls: 1 }]);
    expect(data.error.code).toBe('ALREADY_EXISTS');
  });
});

describe('a service that cannot be edited safely', () => {
  const reads = (h: Harness, body: unknown) =>
    h.sandbox.faults.add({ match: { method: 'GET', path: CHAT_PATH }, effect: { status: 200, body } });

  it('without an etag is left alone', async () => {
    const h = await begin();
    const { etag: _, ...service } = await serviceNow(h);
    reads(h, service);
    const { data } = await set(h, [{ key: 'endpoint', calls: 1 }]);
    expect(data.error).toMatchObject({ code: 'no_etag', message: expect.stringContaining('nothing was sent') });
    expect(patches(h)).toEqual([]);
  });

  it('whose limits came without principals is left alone', async () => {
    const h = await begin();
    const service = await serviceNow(h);
    const [all, { principal: _, ...hidden }] = service.config.rate_limits;
    reads(h, { ...service, config: { ...service.config, rate_limits: [all, hidden] } });
    const { data } = await set(h, [{ key: 'endpoint', calls: 1 }]);
    expect(data.error.code).toBe('partial_read');
    expect(patches(h)).toEqual([]);
  });
});

it('a lost reply is settled by a read', async () => {
  const h = await begin();
  h.sandbox.faults.add({ match: { method: 'PATCH', path: CHAT_PATH }, effect: { lost_reply: true }, times: 1 });
  const { data } = await set(h, [{ key: 'endpoint', calls: 1 }]);
  expect(data).toMatchObject({ changed: true, lost_reply: expect.stringContaining('A read shows') });
  expect(patches(h)).toHaveLength(1);
});

it('a name with two or four parts is no name, and nothing is sent', async () => {
  const h = await begin();
  for (const endpoint of ['ml.chat', 'ml.prod.chat.x']) {
    const { data } = await h.call('set_rate_limits', { endpoint, set: [{ key: 'endpoint', calls: 1 }] });
    expect(data.error.message).toContain('catalog.schema.name of a model service');
  }
  expect(h.sent()).toEqual([]);
});

it('an endpoint counts per minute, so hours are refused there', async () => {
  const h = await begin();
  const { data } = await h.call('set_rate_limits', {
    endpoint: 'churn',
    set: [{ key: 'endpoint', calls: 1, period: 'hour' }],
  });
  expect(data.problems).toEqual([
    'the limits of an endpoint count per minute; only those of a model service can count per hour',
  ]);
});

it('limits of a foundation model name the other gateway and its call', async () => {
  const h = await begin();
  const { data } = await h.call('set_rate_limits', {
    endpoint: 'databricks-gpt-5',
    set: [{ key: 'user', calls: 9 }],
    dry_run: true,
  });
  expect(data.warning).toContain('Unity Gateway (/ai-gateway) have the limits of its model service');
  expect(data.warning).toMatch(/set_rate_limits \{"endpoint":"system\.ai\.[\w-]+"/);
  const made = await h.call('set_rate_limits', { endpoint: 'house-price', set: [{ key: 'user', calls: 9 }] });
  expect(made.data.gateway).toBe('AI Gateway of the endpoint (legacy)');
  expect(made.data.warning ?? '').not.toContain('Unity Gateway');
});
