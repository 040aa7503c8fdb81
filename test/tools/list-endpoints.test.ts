import { afterEach, describe, expect, it } from 'vitest';
import { type Harness, type HarnessOptions, start } from '../harness.ts';
import { churnEntity, endpoint, seed } from './workspace.ts';

const open: Harness[] = [];
afterEach(async () => {
  for (const harness of open.splice(0)) await harness.close();
});

async function begin(endpoints: unknown[], options: HarnessOptions = {}, more: Record<string, unknown> = {}) {
  const harness = await start({ ...options, seed: seed(endpoints, more) });
  open.push(harness);
  return harness;
}

const names = (data: { endpoints?: { name: string }[] }) => (data.endpoints ?? []).map(({ name }) => name);
const MANY = Array.from({ length: 230 }, (_, at) => `model-${String(at * 37).padStart(5, '0')}`);

describe('a list', () => {
  it('says name, status and what is served, and nothing that is empty', async () => {
    const update = { config: { served_entities: [churnEntity('2')] } };
    const h = await begin([
      endpoint('b', [churnEntity('1')], [], { update_in_progress: update }),
      endpoint('a', [churnEntity('1', { name: 'x' }), churnEntity('2', { name: 'y' })], [50, 50]),
      { name: 'c' },
    ]);
    const { data } = await h.call('list_endpoints');
    expect(data).toEqual({
      total: 3,
      endpoints: [
        { name: 'a', status: 'ready', serves: 'ml.prod.churn 1, ml.prod.churn 2' },
        { name: 'b', status: 'updating', serves: 'ml.prod.churn 1' },
        { name: 'c', status: 'not ready' },
      ],
    });
    expect(h.sent()).toEqual(['GET /api/2.0/serving-endpoints']);
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
      expect.objectContaining({ name: 'databricks-llama', task: 'llm/v1/chat', serves: 'system.ai.llama' }),
    ]);
  });

  it('of nothing is no error, and says what may be the reason', async () => {
    const h = await begin([]);
    const { data, isError } = await h.call('list_endpoints');
    expect(isError).toBe(false);
    expect(data).toMatchObject({ total: 0, note: expect.stringContaining('may not see'), next: 'create_endpoint' });
  });

  it('holds only what the caller may see', async () => {
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
    expect(sizes).toEqual([50, 50, 50, 50, 30]);
    expect(seen).toEqual(MANY);
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

  it('of a filtered list go on within the filter', async () => {
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
  ['a name that is no text', { name_contains: 7 }],
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
    const h = await start({
      seed: seed([
        endpoint('churn', [churnEntity('1')], [], {
          tags: [{ key: 'team', value: 'ml' }],
          traffic: { requests_per_minute: 30 },
        }),
        endpoint('quiet', [churnEntity('2')], [], {
          tags: [{ key: 'team', value: 'ops' }],
          creator: 'engineer@example.com',
        }),
      ]),
    });
    open.push(h);
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

  it('by use: idle is no request in the last minute', async () => {
    const names = await fleet();
    expect(await names({ idle: true, state: 'ready' })).toEqual(['quiet']);
    expect(await names({ idle: false })).toEqual(['churn']);
  });
});
