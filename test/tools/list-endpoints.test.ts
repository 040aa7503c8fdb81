import { describe, expect, it } from 'vitest';
import type { FaultEffect } from '../../src/sandbox/faults/faults.ts';
import { withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { churnEntity, endpoint, FORTY, follow, version } from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

const names = (data: { endpoints?: { name: string }[] }) => (data.endpoints ?? []).map(({ name }) => name);
const KEY = { openai_config: { openai_api_key: '{{secrets/ml/token}}' } };
const TILE = { tile_id: '7c1d2f40-5b1e-4f0a-9d27-3a6a8f1e2b90', problem_type: 'MULTI_AGENT_SUPERVISOR' };
const LLAMA = {
  name: 'llama',
  entity_name: 'system.ai.llama',
  display_name: 'Llama',
  task: 'llm/v1/chat',
  spec: { kind: 'chat', model: 'llama', profile: 'llama' },
};
const MANY = Array.from({ length: 230 }, (_, at) => `model-${String(at * 37).padStart(5, '0')}`);

const WHO = {
  creator: 'admin@example.com',
  last_change: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
};

const BY_SCHEMA = expect.stringContaining('listed by schema only');

describe('a list', () => {
  it('shows name, status and what is served, without empty fields', async () => {
    const update = { config: { served_entities: [churnEntity('2')] } };
    const h = await begin([
      endpoint('b', [churnEntity('1')], [], { update_in_progress: update }),
      endpoint('a', [churnEntity('1', { name: 'x' }), churnEntity('2', { name: 'y' })], [50, 50]),
      { name: 'c' },
    ]);
    const { data } = await h.call('list_endpoints');
    expect(data).toEqual({
      workspace: h.sandbox.host,
      model_services_hint: BY_SCHEMA,
      total: 3,
      endpoints: [
        {
          name: 'a',
          status: 'ready',
          serves: 'ml.prod.churn 1 (50 %), ml.prod.churn 2 (50 %)',
          scale_to_zero: false,
          ...WHO,
        },
        {
          name: 'b',
          status: 'updating',
          serves: 'ml.prod.churn 1',
          update: 'ml.prod.churn 2',
          scale_to_zero: false,
          ...WHO,
        },
        { name: 'c', status: 'not ready', ...WHO },
      ],
    });
    // The list has no scale-to-zero, no traffic and no update. An endpoint without a config has none either.
    const path = '/api/2.0/serving-endpoints';
    expect(h.sent().toSorted()).toEqual([`GET ${path}`, `GET ${path}/a`, `GET ${path}/b`]);
  });

  it('shows which endpoints are at zero now, and reads none that cannot scale to zero', async () => {
    const zero = churnEntity('1', { scale_to_zero_enabled: true });
    const external = { external_model: { provider: 'openai', name: 'gpt-4o', task: 'llm/v1/chat', ...KEY } };
    const h = await begin(
      [endpoint('asleep', [zero], [], { idle_since_minutes_ago: 90 }), endpoint('outside', [external])],
      {},
      { foundation_models: [LLAMA] },
    );
    const { data } = await h.call('list_endpoints');
    expect(data.endpoints).toMatchObject([
      { name: 'asleep', scale_to_zero: true, at_zero: true },
      { name: 'llama' },
      { name: 'outside', serves: 'openai gpt-4o' },
    ]);
    expect(h.sent()).toEqual(['GET /api/2.0/serving-endpoints', 'GET /api/2.0/serving-endpoints/asleep']);
  });

  it('is complete when an endpoint cannot be read, and says of which details are unknown', async () => {
    const h = await begin(['a', 'b', 'c'].map((name) => endpoint(name, [churnEntity('1')])));
    h.sandbox.faults.add({ match: { path: '/api/2.0/serving-endpoints/a' }, effect: { status: 403, body: {} } });
    h.sandbox.faults.add({
      match: { path: '/api/2.0/serving-endpoints/b' },
      effect: { status: 200, body: { name: 7 } },
    });
    const { data } = await h.call('list_endpoints');
    expect(names(data)).toEqual(['a', 'b', 'c']);
    expect(data.endpoints.map((each: { scale_to_zero?: boolean }) => each.scale_to_zero)).toEqual([
      undefined,
      undefined,
      false,
    ]);
    expect(data.not_read.of).toEqual([
      { why: 'the service refused access (403)', count: 1, endpoints: ['a'] },
      { why: 'the answer has an unknown form', count: 1, endpoints: ['b'] },
    ]);
  });

  it('does not wait for ever for a busy service: it names what the time was too short for', async () => {
    const all = MANY.slice(0, 30);
    const h = await begin(all.map((name) => endpoint(name, [churnEntity('1')])));
    h.sandbox.faults.add({ match: { path: '/api/2.0/serving-endpoints/*' }, effect: { status: 503, body: {} } });
    const { data } = await h.call('list_endpoints');
    expect(names(data)).toEqual(all);
    expect(data.not_read.of.map((each: { why: string }) => each.why)).toEqual([
      'the service failed (503)',
      'the time was up',
    ]);
    expect(h.slept()).toBeLessThan(600_000);
  });

  it('ends with its call: a cancelled one sends nothing more', async () => {
    const h = await begin(MANY.slice(0, 60).map((name) => endpoint(name, [churnEntity('1')])));
    h.sandbox.faults.add({ match: { path: '/api/2.0/serving-endpoints/*' }, effect: { delay_ms: 60_000 } });
    const stop = new AbortController();
    const call = h.call('list_endpoints', {}, { signal: stop.signal });
    await expect.poll(() => h.sandbox.requests.length).toBe(9); // the list, and eight at once
    stop.abort();
    await expect(call).rejects.toThrow();
    await h.settled();
    expect(h.sandbox.requests).toHaveLength(9);
  });

  it('says whether an endpoint scales to zero, where the list has it and the entities agree', async () => {
    const h = await begin([]);
    const rows = { zero: [true], not: [false, false], mixed: [true, false], unknown: [undefined] };
    const all = Object.entries(rows).map(([name, zero]) => ({
      name,
      config: { served_entities: zero.map((each, at) => ({ name: `e-${at}`, scale_to_zero_enabled: each })) },
    }));
    const path = '/api/2.0/serving-endpoints';
    h.sandbox.faults.add({ match: { path }, effect: { status: 200, body: { endpoints: all } } });
    const { data } = await h.call('list_endpoints');
    const seen = data.endpoints.map((each: { name: string; scale_to_zero?: boolean }) => [
      each.name,
      each.scale_to_zero,
    ]);
    expect(Object.fromEntries(seen)).toEqual({ zero: true, not: false, mixed: 'some entities', unknown: undefined });
  });

  it('says where it is once, not on each page and not with each filter', async () => {
    const h = await begin(['a', 'b'].map((name) => endpoint(name, [churnEntity('1')])));
    const first = (await h.call('list_endpoints', { limit: 1 })).data;
    expect(first.workspace).toBe(h.sandbox.host);
    expect((await h.call('list_endpoints', { limit: 1, cursor: first.next_cursor })).data.workspace).toBeUndefined();
    expect((await h.call('list_endpoints', { state: 'ready' })).data.workspace).toBeUndefined();
  });

  it('says the task of text models', async () => {
    const foundation = {
      name: 'databricks-llama',
      entity_name: 'system.ai.llama',
      display_name: 'Llama',
      task: 'llm/v1/chat',
      spec: { kind: 'chat', model: 'llama', profile: 'llama' },
    };
    const h = await begin([], {}, { foundation_models: [foundation] });
    const { data } = await h.call('list_endpoints');
    expect(data.endpoints).toEqual([
      // The service has no real time for it, so there is no last change.
      { name: 'databricks-llama', status: 'ready', task: 'llm/v1/chat', serves: 'system.ai.llama' },
    ]);
  });

  it('of an empty workspace is not an error', async () => {
    const h = await begin([]);
    const { data, isError } = await h.call('list_endpoints');
    expect(isError).toBe(false);
    expect(data).toEqual({
      workspace: h.sandbox.host,
      model_services_hint: BY_SCHEMA,
      total: 0,
      note: 'there are no endpoints that you can see',
    });
  });

  it('has only endpoints that the caller may see', async () => {
    const grants = [{ user_name: 'analyst@example.com', permission_level: 'CAN_VIEW' }];
    const h = await begin(
      [endpoint('mine', [churnEntity('1')], [], { grants }), endpoint('hidden', [churnEntity('1')])],
      {
        as: 'analyst@example.com',
      },
    );
    expect(names((await h.call('list_endpoints')).data)).toEqual(['mine']);
  });

  it('filters by a part of the name, case ignored', async () => {
    const h = await begin(['Churn-EU', 'churn-us', 'price'].map((name) => endpoint(name, [churnEntity('1')])));
    const { data } = await h.call('list_endpoints', { name_contains: 'CHURN' });
    expect(data).toMatchObject({ total: 2 });
    expect(names(data).sort()).toEqual(['Churn-EU', 'churn-us']);
  });
});

describe('pages', () => {
  it('over 200 endpoints hold each of them once, in the order of their names', async () => {
    const h = await begin(MANY.map((name) => endpoint(name, [churnEntity('1')])));
    const seen: string[] = [];
    const sizes: number[] = [];
    let cursor: string | undefined;
    do {
      const { data, text } = await h.call('list_endpoints', cursor === undefined ? {} : { cursor });
      expect(data.total).toBe(230);
      expect(text.length / 4).toBeLessThan(2_000);
      sizes.push(data.endpoints.length);
      seen.push(...names(data));
      cursor = data.next_cursor;
    } while (cursor !== undefined);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(50);
    expect(sizes.length).toBeLessThanOrEqual(6);
    expect(seen).toEqual(MANY);
  });

  it('of long rows hold fewer of them, unless the caller asks for a number', async () => {
    const long = (at: number) =>
      `${'customer-churn-candidate-of-the-team-in-'.repeat(1)}${String(at).padStart(20, '0')}`;
    const all = Array.from({ length: 60 }, (_, at) =>
      endpoint(
        long(at),
        [1, 2, 3, 4].map((number) => churnEntity(String(number), { name: `churn-${number}` })),
        [25, 25, 25, 25],
      ),
    );
    const h = await begin(all, {}, { models: [FORTY] });
    const { data, text } = await h.call('list_endpoints');
    expect(text.length).toBeLessThanOrEqual(8_000);
    expect(data.total).toBe(60);
    expect(data.next_cursor).toBe(data.endpoints.at(-1).name);
    expect((await h.call('list_endpoints', { limit: 55 })).data.endpoints).toHaveLength(55);
  });

  it('stay right when endpoints come and go between them', async () => {
    const h = await begin(['b', 'c', 'd', 'e'].map((name) => endpoint(name, [churnEntity('1')])));
    const first = await h.call('list_endpoints', { limit: 2 });
    expect(names(first.data)).toEqual(['b', 'c']);
    await h.call('create_endpoint', { endpoint: 'a', model: 'ml.prod.churn', version: '1' });
    await h.call('delete_endpoint', { endpoint: 'c', confirm: 'c' });
    const second = await h.call('list_endpoints', { limit: 2, cursor: first.data.next_cursor });
    expect(names(second.data)).toEqual(['d', 'e']);
    expect(second.data.next_cursor).toBeUndefined();
  });

  it('of a filtered list continue within the filter', async () => {
    const h = await begin(['a-1', 'a-2', 'b-1', 'a-3'].map((name) => endpoint(name, [churnEntity('1')])));
    const first = await h.call('list_endpoints', { name_contains: 'a-', limit: 2 });
    const second = await h.call('list_endpoints', { name_contains: 'a-', limit: 2, cursor: first.data.next_cursor });
    expect([names(first.data), names(second.data)]).toEqual([['a-1', 'a-2'], ['a-3']]);
  });

  it('cost at most an eighth of the raw answer', async () => {
    const h = await begin(MANY.slice(0, 200).map((name) => endpoint(name, [churnEntity('1')])));
    const { text } = await h.call('list_endpoints');
    const raw = await fetch(`${h.sandbox.host}/api/2.0/serving-endpoints`, {
      headers: { authorization: `Bearer ${h.sandbox.token}` },
    });
    expect(text.length).toBeLessThan((await raw.text()).length * 0.12);
  });
});

it.each<[string, Record<string, unknown>]>([
  ['a page of 0', { limit: 0 }],
  ['a page of 101', { limit: 101 }],
  ['half an endpoint', { limit: 1.5 }],
  ['an unknown argument', { filter: 'x' }],
  ['a name that is not text', { name_contains: 7 }],
])('%s is refused and nothing is sent', async (_what, args) => {
  const h = await begin([]);
  const { data, isError } = await h.call('list_endpoints', args);
  expect(isError).toBe(true);
  expect(data.error.code).toBe('invalid_arguments');
  expect(h.sent()).toEqual([]);
});

it('a 503 is waited out, a refusal is not', async () => {
  const h = await begin([endpoint('a', [churnEntity('1')])]);
  h.sandbox.faults.add({ times: 2, effect: { status: 503, body: {} } });
  expect(names((await h.call('list_endpoints')).data)).toEqual(['a']);
  h.sandbox.faults.clear();
  h.sandbox.faults.add({ effect: { html: true } });
  const { data } = await h.call('list_endpoints');
  expect(data.error).toMatchObject({ code: 'HTML_PAGE', next: expect.stringContaining('workspace host') });
});

describe('filters', () => {
  async function fleet() {
    const h = await begin([
      endpoint('churn', [churnEntity('1')], [], {
        tags: [{ key: 'team', value: 'ml' }],
        traffic: { requests_per_minute: 30 },
      }),
      endpoint('quiet', [churnEntity('2')], [], {
        tags: [{ key: 'team', value: 'ops' }],
        creator: 'engineer@example.com',
      }),
    ]);
    await h.call('create_endpoint', { endpoint: 'young', model: 'ml.prod.churn', version: 3 });
    return async (filter: Record<string, unknown>) =>
      ((await h.call('list_endpoints', filter)).data.endpoints ?? []).map((each: { name: string }) => each.name);
  }

  it('by state, task, creator and tag', async () => {
    const names = await fleet();
    expect(await names({ state: 'ready' })).toEqual(['churn', 'quiet']);
    expect(await names({ state: 'creating' })).toEqual(['young']);
    expect(await names({ state: 'failed' })).toEqual([]);
    expect(await names({ task: 'none' })).toEqual(['churn', 'quiet', 'young']);
    expect(await names({ task: 'llm/v1/chat' })).toEqual([]);
    expect(await names({ creator: 'Engineer@example.com' })).toEqual(['quiet']);
    expect(await names({ tag: 'team' })).toEqual(['churn', 'quiet']);
    expect(await names({ tag: 'team=ops' })).toEqual(['quiet']);
  });

  it.each([true, false])('by use (idle: %s) say how many were judged, and why the others were not', async (idle) => {
    const all = ['huge', 'silent', 'hidden', 'cut', 'quiet', 'busy'].map((name) => endpoint(name, [churnEntity('1')]));
    Object.assign(all[5] ?? {}, { traffic: { requests_per_minute: 60 } });
    const h = await begin([...all, { name: 'agent', tile: TILE }], {}, { foundation_models: [LLAMA] });
    const metrics = (name: string, effect: FaultEffect) =>
      h.sandbox.faults.add({ match: { path: `/api/2.0/serving-endpoints/${name}/metrics` }, effect });
    metrics('huge', { huge_body: 9 * 1024 * 1024 });
    metrics('silent', { status: 200, body: 'cpu_usage_percentage 3', headers: { 'content-type': 'text/plain' } });
    metrics('hidden', { status: 403, body: {} });
    metrics('cut', { status: 500, body: {} });
    const { data } = await h.call('list_endpoints', { idle });
    expect(names(data)).toEqual([idle ? 'quiet' : 'busy']);
    expect(data).toMatchObject({ total: 1, judged: 2, period: 'last minute' });
    expect(data.endpoints[0].requests_last_minute > 0).toBe(!idle);
    expect(
      Object.fromEntries(
        data.not_judged.map((each: { why: string; endpoints: string[] }) => [each.why, each.endpoints]),
      ),
    ).toEqual({
      'metrics: the answer is too long to read': ['huge'],
      'its metrics have no count of requests': ['silent'],
      'metrics: the service refused access (403)': ['hidden'],
      'metrics: the service failed (500)': ['cut'],
      'metrics: the service has none for it (404)': ['agent'],
      'foundation model: the service has no metrics for it': ['llama'],
    });
    expect(h.sent().filter((each) => each.endsWith('/llama/metrics'))).toEqual([]);
    expect(data.caution !== undefined).toBe(idle);
  });

  it('by use do not judge by metrics of an earlier hour', async () => {
    const h = await begin(['late', 'quiet'].map((name) => endpoint(name, [churnEntity('1')])));
    const body = `request_count_total 0 ${h.sandbox.clock.now() - 3_600_000}`;
    const effect = { status: 200, body, headers: { 'content-type': 'text/plain' } };
    h.sandbox.faults.add({ match: { path: '/api/2.0/serving-endpoints/late/metrics' }, effect });
    const { data } = await h.call('list_endpoints', { idle: true });
    expect(names(data)).toEqual(['quiet']);
    expect(data.not_judged).toEqual([{ why: 'its latest metrics are minutes old', count: 1, endpoints: ['late'] }]);
  });

  it('by use go on from where the time was up', async () => {
    const all = MANY.slice(0, 30);
    const h = await begin(all.map((name) => endpoint(name, [churnEntity('1')])));
    h.sandbox.faults.add({ match: { path: '/**/metrics' }, times: 60, effect: { status: 503, body: {} } });
    const first = await h.call('list_endpoints', { idle: true });
    expect(first.data.searched + first.data.not_searched).toBe(30);
    expect(first.data.searched).toBeLessThan(30);
    expect(first.data.total).toBeUndefined();
    h.sandbox.faults.clear();
    const rest = await h.call('list_endpoints', { idle: true, cursor: first.data.next_cursor });
    expect(names(rest.data)).toEqual(all.slice(first.data.searched));
  });

  it('by use name none of the judged when all others are foundation models', async () => {
    const h = await begin([], {}, { foundation_models: [LLAMA] });
    const { data } = await h.call('list_endpoints', { idle: true });
    expect(data).toMatchObject({
      total: 0,
      judged: 0,
      not_judged: [{ count: 1 }],
      note: 'the requests of no endpoint are known',
    });
  });

  it('that are empty do not filter', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    const empty = { tag: '', model: '', creator: '', name_contains: '', task: '', state: '', idle: '', cursor: null };
    const { data } = await h.call('list_endpoints', empty);
    expect(data).toMatchObject({ total: 1, workspace: h.sandbox.host, endpoints: [{ name: 'churn' }] });
  });

  it.each<[string, string[]]>([
    ['ml.prod.churn', ['churn', 'deploying', 'split']],
    ['churn', ['churn', 'deploying', 'split']],
    ['PROD.Churn', ['churn', 'deploying', 'split']],
    ['ml.prod.churn 2', ['deploying', 'split']],
    ['churn/2', ['deploying', 'split']],
    ['llama', ['llama']],
    ['system.ai.llama', ['llama']],
    ['Claude Sonnet 4.5', ['sonnet']],
    ['gpt-4o', ['outside']],
    ['gpt-4o-mini', ['dated']],
    ['gpt-4o-mini-2024-07-18', ['dated']],
    ['openai gpt-4o', ['outside']],
    ['openai/gpt-4o', ['outside']],
    ['openai', ['dated', 'outside']],
  ])('by the model %j find all that serve it or are about to', async (model, expected) => {
    const external = (name: string) => ({ external_model: { provider: 'openai', name, task: 'llm/v1/chat', ...KEY } });
    const h = await begin(
      [
        endpoint('churn', [churnEntity('1')]),
        endpoint('split', [churnEntity('1', { name: 'x' }), churnEntity('2', { name: 'y' })], [50, 50]),
        endpoint('other', [churnEntity('1', { entity_name: 'ml.prod.other' })]),
        endpoint('outside', [external('gpt-4o')]),
        endpoint('dated', [external('gpt-4o-mini-2024-07-18')]),
      ],
      {},
      {
        foundation_models: [
          LLAMA,
          { ...LLAMA, name: 'sonnet', entity_name: 'system.ai.s-45', display_name: 'Claude Sonnet 4.5' },
        ],
      },
    );
    await h.call('create_endpoint', { endpoint: 'deploying', model: 'ml.prod.churn', version: 2, wait_seconds: 0 });
    const { data } = await h.call('list_endpoints', { model });
    expect(names(data)).toEqual(expected);
    expect(data.total).toBe(expected.length);
    expect(data.note !== undefined).toBe(model === 'openai');
  });

  it('by another build of a model find none, because it is another model', async () => {
    const external = { external_model: { provider: 'openai', name: 'gpt-4o-2024-07-18', task: 'llm/v1/chat', ...KEY } };
    const h = await begin([endpoint('outside', [external])]);
    const { data } = await h.call('list_endpoints', { model: 'gpt-4o-2025-01-01' });
    expect(data).toMatchObject({ total: 0, near: ['gpt-4o-2024-07-18'] });
  });

  it('by a model say which endpoints may serve it unseen, and which names are near', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')]), { name: 'agent', tile: TILE }]);
    const { data } = await h.call('list_endpoints', { model: 'ml.prod.chrun' });
    expect(data).toMatchObject({
      total: 0,
      near: ['ml.prod.churn'],
      model_unknown: [{ why: 'an agent whose models the service does not list', count: 1, endpoints: ['agent'] }],
    });
  });

  it('by creator take the e-mail, its first part or the name, and show near ones', async () => {
    const names = await fleet();
    expect(await names({ creator: 'engineer' })).toEqual(['quiet']);
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    const { data } = await h.call('list_endpoints', { creator: 'adnim@example.com' });
    expect(data.near).toEqual(['admin@example.com']);
  });

  it('by state not_ready find all that serve nothing, and failed includes cancelled updates', async () => {
    const h = await begin([
      endpoint('churn', [churnEntity('1')]),
      endpoint('off', [churnEntity('1')], [], { stopped: true }),
      endpoint('stopped-update', [churnEntity('1')], [], {
        update_in_progress: {
          config: { served_entities: [churnEntity('2')] },
          started_minutes_ago: 2,
          canceled_after_minutes: 1,
        },
      }),
      { name: 'empty' },
    ]);
    const found = async (state: string) => names((await h.call('list_endpoints', { state })).data);
    expect(await found('not_ready')).toEqual(['empty', 'off']);
    expect(await found('failed')).toEqual(['stopped-update']);
  });

  it('by use reach every endpoint page by page, say what was searched, and ask each for its metrics once', async () => {
    const [busy, idle] = [MANY.slice(0, 120), MANY.slice(120)];
    const h = await begin([
      ...busy.map((name) => endpoint(name, [churnEntity('1')], [], { traffic: { requests_per_minute: 9 } })),
      ...idle.map((name) => endpoint(name, [churnEntity('1')])),
    ]);
    const first = await h.call('list_endpoints', { idle: true, limit: 100 });
    expect(first.data).toEqual({
      searched: 100,
      not_searched: 130,
      judged: 100,
      period: 'last minute',
      caution: expect.stringContaining('One quiet minute'),
      next_cursor: busy[99],
      note: expect.stringContaining('there are more'),
      next: expect.stringContaining('list_endpoints {'),
    });
    const second = await follow(h, first.data.next);
    expect(second.data).toMatchObject({ searched: 100, not_searched: 30 });
    const third = await h.call('list_endpoints', { idle: true, limit: 100, cursor: second.data.next_cursor });
    expect(third.data.searched).toBe(30);
    expect(third.data).not.toHaveProperty('not_searched');
    expect(third.data).not.toHaveProperty('next_cursor');
    expect(third.data).not.toHaveProperty('total');
    expect([...names(second.data), ...names(third.data)]).toEqual(idle);
    expect(h.sent().filter((each) => each.endsWith('/metrics'))).toHaveLength(230);
    const after = await h.call('list_endpoints', { idle: true, cursor: idle.at(-1) });
    expect(after.data).toMatchObject({ searched: 0, judged: 0, note: 'no more endpoints' });
  });

  it('by use: idle means no request in the last minute', async () => {
    const names = await fleet();
    expect(await names({ idle: true, state: 'ready' })).toEqual(['quiet']);
    expect(await names({ idle: false })).toEqual(['churn']);
  });

  const chat = (name: string, task = 'llm/v1/chat', spec: Record<string, unknown> = { kind: 'chat', model: name }) => ({
    name,
    entity_name: `system.ai.${name}`,
    display_name: name,
    task,
    spec,
  });
  const FOUNDATION = {
    foundation_models: [chat('llama'), chat('gte', 'llm/v1/embeddings', { kind: 'embedding', dimensions: 8 })],
    models: [
      { full_name: 'ml.prod.churn', versions: [version(1)] },
      {
        full_name: 'ml.prod.agent',
        versions: [{ version: 1, status: 'READY', spec: { kind: 'agent', protocol: 'responses' } }],
      },
    ],
  };
  const AGENT = endpoint('helper', [
    { entity_name: 'ml.prod.agent', entity_version: '1', scale_to_zero_enabled: false },
  ]);

  it.each<[string, string[]]>([
    ['chat', ['llama']],
    ['LLM/v1/chat', ['llama']],
    ['embeddings', ['gte']],
    ['embedding', ['gte']],
    ['llm', ['gte', 'llama']],
    ['agents', ['helper']],
    ['responses', ['helper']],
    ['none', ['churn']],
  ])('take the task as %j, a word of it or all', async (task, expected) => {
    const h = await begin([endpoint('churn', [churnEntity('1')]), AGENT], {}, FOUNDATION);
    expect(names((await h.call('list_endpoints', { task })).data)).toEqual(expected);
  });

  it('that nothing matches say of how many, and never that something is to be created', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')]), AGENT], {}, FOUNDATION);
    const look = async (filter: Record<string, unknown>) => (await h.call('list_endpoints', filter)).data;
    const note = 'none of 4 endpoints match';
    expect(await look({ state: 'failed' })).toEqual({ total: 0, note });
    expect(await look({ tag: 'team=x' })).toEqual({ total: 0, note });
    expect(await look({ task: 'vision' })).toEqual({
      total: 0,
      note,
      tasks: expect.arrayContaining(['none', 'llm/v1/chat', 'llm/v1/embeddings', 'agent/v1/responses']),
    });
    expect(await look({ name_contains: 'chrun' })).toEqual({ total: 0, note, near: ['churn'] });
    const empty = await begin([]);
    expect((await empty.call('list_endpoints', { state: 'failed' })).data).toEqual({
      total: 0,
      note: 'there are no endpoints that you can see',
    });
  });

  it('by a name that is nearly one of theirs show which', async () => {
    const h = await begin(['churn-legacy', 'house-price'].map((name) => endpoint(name, [churnEntity('1')])));
    const { data } = await h.call('list_endpoints', { name_contains: 'chrun' });
    expect(data).toMatchObject({ total: 0, near: ['churn-legacy'] });
  });

  it('find a name whatever is between its words', async () => {
    const h = await begin([endpoint('house-price', [churnEntity('1')])]);
    for (const name_contains of ['house_price', 'House Price', 'price'])
      expect(names((await h.call('list_endpoints', { name_contains })).data)).toEqual(['house-price']);
  });
});
