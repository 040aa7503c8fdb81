import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANALYST, ENGINEER } from '../client.ts';
import { RUNNING, STATEMENTS } from '../sql/client.ts';
import { type Gateway, paid, startGateway } from './services.ts';

const CHAT = '/ai-gateway/mlflow/v1/chat/completions';
const MINUTE = 'RATE_LIMIT_RENEWAL_PERIOD_MINUTE';
const MEMBER = 'limited@example.com';

const model = (name: string) => ({
  name: `databricks-${name}`,
  ...{ entity_name: `system.ai.${name}`, display_name: name, task: 'llm/v1/chat' },
  spec: { kind: 'chat', model: name },
});
const vectors = {
  ...{ name: 'databricks-vectors', entity_name: 'system.ai.vectors', display_name: 'vectors' },
  ...{ task: 'llm/v1/embeddings', spec: { kind: 'embedding', dimensions: 8 } },
};
const policy = (phase: 'input' | 'output', word: string) => ({
  ...{ name: `no-${word}`, phase, words: [word], reason: `It has the word ${word}.` },
});
const services = [
  {
    full_name: 'ml.prod.guarded',
    created_minutes_ago: 60,
    config: {
      routing: { destinations: [paid('only', 'claude-one')] },
      inference_table: { parent: 'schemas/ml.prod', table_name_prefix: 'guarded' },
      service_policies: [policy('input', 'password'), policy('output', 'parcel')],
    },
  },
  {
    full_name: 'ml.prod.guarded_vectors',
    created_minutes_ago: 60,
    config: { routing: { destinations: [paid('only', 'vectors')] }, service_policies: [policy('input', 'password')] },
  },
  {
    full_name: 'ml.prod.unlucky',
    created_minutes_ago: 60,
    config: {
      routing: { destinations: [paid('first', 'one')], fallback: { destinations: [paid('second', 'two')] } },
    },
    mishaps: [
      {
        match: { entity: 'first' },
        share: 1,
        answer: { status: 429, body: { error_code: 'REQUEST_LIMIT_EXCEEDED', message: 'The provider has no room.' } },
      },
    ],
    traffic: {
      requests_per_minute: 4,
      callers: [{ principal: ANALYST, share: 1 }],
      input_tokens: 20,
      output_tokens: 10,
    },
  },
  {
    full_name: 'ml.prod.busy',
    created_minutes_ago: 60,
    config: {
      routing: {
        destinations: [paid('a', 'one', { traffic_percentage: 50 }), paid('b', 'two', { traffic_percentage: 50 })],
      },
      rate_limits: [
        { key: 'RATE_LIMIT_KEY_SERVICE', renewal_period: MINUTE, requests: 10 },
        { key: 'RATE_LIMIT_KEY_USER_GROUP', principal: 'team', renewal_period: MINUTE, requests: 0 },
      ],
    },
    traffic: { requests_per_minute: 20, callers: [{ principal: ANALYST, share: 1 }] },
  },
];

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    users: [
      { user_name: 'admin@example.com', admin: true },
      ...[{ user_name: ENGINEER }, { user_name: ANALYST }, { user_name: MEMBER, groups: ['team'] }],
    ],
    catalogs: [
      { name: 'ml', schemas: [{ name: 'prod', grants: { 'account users': ['EXECUTE', 'USE_SCHEMA'] } }] },
      { name: 'system', schemas: [{ name: 'ai_gateway', grants: { admins: ['USE_SCHEMA', 'SELECT'] } }] },
    ].map((each) => ({ ...each, grants: { 'account users': ['USE_CATALOG'] } })),
    warehouses: [{ id: RUNNING, name: 'shared', state: 'RUNNING' }],
    foundation_models: [model('one'), model('two'), model('claude-one'), vectors],
    model_services: services,
  });
});
afterAll(() => gateway.sandbox.close());

const ask = (name: string, content: string, more: Record<string, unknown> = {}, who = ENGINEER, path = CHAT) =>
  gateway.call('POST', path, { model: `ml.prod.${name}`, messages: [{ role: 'user', content }], ...more }, who);

async function rows(statement: string): Promise<(string | null)[][]> {
  const { body, text } = await gateway.call('POST', STATEMENTS, { statement, warehouse_id: RUNNING });
  if (body?.status?.state !== 'SUCCEEDED') throw new Error(text);
  return body.result.data_array ?? [];
}

describe('service policies block', () => {
  const denied = { name: 'no-password', action: 'deny', phase: 'pre_call', reason: 'It has the word password.' };

  it('a request before the model, with a 200 and no tokens', async () => {
    const blocked = await ask('guarded', 'Tell me the Password');
    const content = "This request was blocked by the 'no-password' service policy.";
    expect([blocked.status, blocked.body]).toEqual([
      200,
      {
        ...{ id: 'databricks-guardrail-block', object: 'chat.completion', created: 0 },
        choices: [{ index: 0, finish_reason: 'content_filter', message: { role: 'assistant', content } }],
        usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
        databricks_service_policy: denied,
      },
    ]);
    const stream = await ask('guarded', 'password', { stream: true });
    const [frame = '', end] = stream.text.trim().split('\n\n');
    expect(JSON.parse(frame.slice('data: '.length))).toMatchObject({
      choices: [{ delta: { content }, finish_reason: 'content_filter' }],
      databricks_service_policy: denied,
    });
    expect(end).toBe('data: [DONE]');
  });

  it.each([
    ['/ai-gateway/mlflow/v1/responses', { input: 'password' }, { object: 'response', status: 'incomplete' }],
    ['/ai-gateway/anthropic/v1/messages', { max_tokens: 9 }, { type: 'message', stop_reason: 'refusal' }],
  ])('in the form of %s', async (path, more, form) => {
    const { body } = await ask('guarded', 'password', more, ENGINEER, path);
    expect(body).toMatchObject({ ...form, databricks_service_policy: denied });
    const stream = await ask('guarded', 'password', { ...more, stream: true }, ENGINEER, path);
    expect(stream.text).toContain('"databricks_service_policy"');
  });

  it('embeddings, which never stream', async () => {
    for (const stream of [false, true]) {
      const path = '/ai-gateway/mlflow/v1/embeddings';
      const { body } = await ask('guarded_vectors', '', { input: ['password'], stream }, ENGINEER, path);
      expect(body).toMatchObject({ id: 'databricks-guardrail-block', databricks_service_policy: denied });
    }
  });

  it('an answer, whose tokens were used', async () => {
    const { body } = await ask('guarded', 'my parcel is late');
    expect(body.choices[0].message.content).toBe("This response was blocked by the 'no-parcel' service policy.");
    expect(body.databricks_service_policy.phase).toBe('post_call');
    expect(body.usage.completion_tokens).toBeGreaterThan(0);
  });

  it('a streamed answer before its first words', async () => {
    const { text } = await ask('guarded', 'my parcel is on its way', { stream: true });
    const [frame = '', end] = text.trim().split('\n\n');
    expect(JSON.parse(frame.slice('data: '.length))).toMatchObject({
      choices: [{ delta: { content: "This response was blocked by the 'no-parcel' service policy." } }],
      databricks_service_policy: { phase: 'post_call' },
    });
    expect(end).toBe('data: [DONE]');
    expect(text).not.toContain('on its way');
  });

  it('nothing else', async () => {
    expect((await ask('guarded', 'hello')).body).not.toHaveProperty('databricks_service_policy');
  });

  it('and the inference table has no row of a block before the model', async () => {
    gateway.minutes(6);
    const found = await rows('SELECT request:messages[0].content FROM ml.prod.guarded_payload ORDER BY event_time, 1');
    expect(found).toEqual([['hello'], ['my parcel is late'], ['my parcel is on its way']]);
  });
});

it('a used-up budget is a 403 that is no missing grant', async () => {
  gateway.sandbox.faults.add({ match: { path: CHAT }, times: 1, effect: { answer: 'used_up_budget' } });
  const { status, body } = await ask('guarded', 'hello');
  expect([status, body.error_code, body.message]).toEqual([
    403,
    'PERMISSION_DENIED',
    expect.stringContaining('Budget'),
  ]);
});

describe('other clients of a service', () => {
  it('meet the mishaps of a destination as you do, and the fallback helps both', async () => {
    expect((await ask('unlucky', 'hi')).body).toMatchObject({ model: 'two' });
    const stream = await ask('unlucky', 'hi', { stream: true });
    expect(stream.text).toContain('"model":"two"');
    expect(stream.text).not.toContain('no room');
    gateway.minutes(21);
    const read = (who: string) =>
      rows(`SELECT DISTINCT status_code, destination_name, total_tokens > 0, size(routing_information.attempts),
        routing_information.attempts[0].status_code, routing_information.attempts[0].error_code
        FROM system.ai_gateway.usage WHERE service_name = 'ml.prod.unlucky' AND requester = '${who}'`);
    const row = ['200', 'second', 'true', '2', '429', 'REQUEST_LIMIT_EXCEEDED'];
    expect(await read(ENGINEER)).toEqual([row]);
    expect(await read(ANALYST)).toEqual([row]);
  });

  it('use up the limits and follow the percentages', async () => {
    // Seeded requests stop counting at each full ten minutes, so the middle of them is the time to call.
    const step = 10;
    const past = (gateway.sandbox.clock.now() / 60_000) % step;
    gateway.minutes((step * 1.5 - past) % step);
    const statuses: number[] = [];
    for (let at = 0; at < 6; at += 1) statuses.push((await ask('busy', 'hi')).status);
    expect(statuses.at(-1)).toBe(429);
    const found = await rows(`SELECT status_code, destination_name, count(*) FROM system.ai_gateway.usage
      WHERE service_name = 'ml.prod.busy' GROUP BY ALL ORDER BY ALL`);
    expect(found.map(([status, name]) => [status, name])).toEqual([
      ['200', 'a'],
      ['200', 'b'],
      ['429', null],
    ]);
    const [a, b, refused] = found.map(([, , count]) => Number(count));
    const share = Number(a) / (Number(a) + Number(b));
    expect([share > 0.35, share < 0.65]).toEqual([true, true]);
    expect(Number(refused)).toBeGreaterThan(Number(a));
  });

  it('a group with a limit of 0 is refused whatever the others do', async () => {
    expect((await ask('busy', 'hi', {}, MEMBER)).body.error_code).toBe('PERMISSION_DENIED');
  });
});
