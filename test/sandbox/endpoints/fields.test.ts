/** The fields of an answer, by kind of endpoint, and what a deployment changes in them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, churn, ENDPOINTS, startClient } from '../client.ts';

const spec = { kind: 'linear', inputs: [{ name: 'x', type: 'double' }], intercept: 1, coefficients: { x: 2 } };
const TABLE = { catalog_name: 'ml', schema_name: 'logs', table_name_prefix: 'asked' };
const SEED = {
  users: [{ user_name: 'admin@example.com', admin: true }],
  models: [
    {
      full_name: 'ml.prod.churn',
      versions: [
        { version: 1, status: 'READY', spec },
        { version: 2, status: 'READY', spec, failure: { phase: 'build' } },
        { version: 3, status: 'READY', spec, failure: { phase: 'load' } },
        { version: 4, status: 'READY', spec, missing_tables: ['ml.prod.lookup'] },
      ],
    },
    {
      full_name: 'ml.prod.features',
      versions: [
        { version: 1, status: 'READY', spec: { kind: 'feature-spec', primary_keys: ['id'], features: ['a'] } },
      ],
    },
  ],
  foundation_models: [
    {
      name: 'databricks-gpt-5',
      entity_name: 'system.ai.gpt-5',
      display_name: 'G',
      task: 'llm/v1/chat',
      spec: { kind: 'chat', model: 'g' },
    },
  ],
  endpoints: [
    { name: 'custom', config: { served_entities: [churn(1)] } },
    { name: 'bereft', config: { served_entities: [churn(4)] } },
    {
      name: 'features',
      config: { served_entities: [{ entity_name: 'ml.prod.features', scale_to_zero_enabled: true }] },
    },
    { name: 'agent', tile: { tile_id: '7c1', problem_type: 'MULTI_AGENT_SUPERVISOR' } },
    {
      name: 'guarded',
      config: { served_entities: [churn(1)] },
      ai_gateway: {
        guardrails: { input: { safety: true, jailbreak: true, custom_guardrails: [{ endpoint_name: 'g' }] } },
      },
    },
  ],
};

let client: Client;
beforeAll(async () => {
  client = await startClient({ seed: SEED }, ['jailbreak']);
});
afterAll(() => client.sandbox.close());

const item = async (name: string) =>
  (await client.call('GET', ENDPOINTS)).body.endpoints.find((each: { name: string }) => each.name === name);

describe('an endpoint', () => {
  it('of a custom model has a full state and UC_MODEL entities, and no type, task or tags', async () => {
    const { body } = await client.get('custom');
    expect(body.state).toEqual({
      ready: 'READY',
      config_update: 'NOT_UPDATING',
      suspend: 'NOT_SUSPENDED',
      system_update_failure: false,
    });
    expect(body.config.served_entities[0].type).toBe('UC_MODEL');
    expect(body.config.served_models[0]).not.toHaveProperty('type');
    expect(body.description).toBe('');
    for (const field of ['endpoint_type', 'task', 'tags']) expect(body).not.toHaveProperty(field);
  });

  it('of a feature spec or a foundation model is no UC_MODEL', async () => {
    expect((await client.get('features')).body.config.served_entities[0]).not.toHaveProperty('type');
    expect((await client.get('databricks-gpt-5')).body.config.served_entities[0].type).toBe('FOUNDATION_MODEL');
  });

  it('of a foundation model or a tile has a state of two fields', async () => {
    const state = { ready: 'READY', config_update: 'NOT_UPDATING' };
    for (const name of ['databricks-gpt-5', 'agent']) {
      expect((await client.get(name)).body.state).toEqual(state);
      expect((await item(name)).state).toEqual(state);
    }
  });

  it('says in the list who made it and what the caller may', async () => {
    expect(await item('custom')).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      route_optimized: false,
      permission_level: 'CAN_MANAGE',
      creator_display_name: 'Admin',
      creator_kind: 'User',
    });
  });
});

describe('a tile', () => {
  it('serves without entities in its answers', async () => {
    const metadata = { tile_id: '7c1', problem_type: 'MULTI_AGENT_SUPERVISOR' };
    for (const seen of [(await client.get('agent')).body, await item('agent')]) {
      expect(seen).toMatchObject({ config: {}, task: 'agent/v1/responses', tile_endpoint_metadata: metadata });
      expect(seen.config).toEqual({});
    }
    const input = [{ role: 'user', content: 'hello' }];
    const answer = await client.call('POST', '/serving-endpoints/agent/invocations', { input });
    expect([answer.status, answer.body.object]).toEqual([200, 'response']);
  });

  it('has tags and an access list, but no config of its own, no metrics and no schema', async () => {
    const put = await client.call('PUT', `${ENDPOINTS}/agent/config`, { served_entities: [churn(1)] });
    expect([put.status, put.body.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    expect((await client.call('PATCH', `${ENDPOINTS}/agent/tags`, { add_tags: [{ key: 'a' }] })).status).toBe(200);
    for (const part of ['metrics', 'openapi']) {
      expect((await client.call('GET', `${ENDPOINTS}/agent/${part}`)).status).toBe(404);
    }
  });
});

describe('a deployment', () => {
  const message = async (name: string) =>
    (await client.get(name)).body.pending_config?.served_entities[0].state.deployment_state_message;

  it('passes through the known messages in their order, and its end is no change of the endpoint', async () => {
    const created = (await client.create('slow', churn(1))).body.last_updated_timestamp;
    const seen = new Set<string>();
    for (let minute = 0; minute < 8; minute += 0.5) {
      seen.add(await message('slow'));
      client.minutes(0.5);
    }
    expect([...seen]).toEqual([
      'Creating resources for served entity.',
      'Container creation pending.',
      'Deploying served entities',
    ]);
    const { body } = await client.get('slow');
    expect(body.config.served_entities[0].state.deployment_state_message).toBe('');
    expect(body.last_updated_timestamp).toBe(created);
  });

  it.each([
    ['build', 2, 'Container creation failed. Please see build logs for more information.'],
    ['load', 3, 'An error occurred in model loading code.'],
  ])('that fails to %s says so, and stays failed', async (phase, number, text) => {
    const created = (await client.create(`fails-${phase}`, churn(number))).body.last_updated_timestamp;
    client.minutes(8);
    expect(await message(`fails-${phase}`)).toBe(text);
    client.minutes(10_000);
    const { body } = await client.get(`fails-${phase}`);
    expect(body.state).toMatchObject({ ready: 'NOT_READY', config_update: 'UPDATE_FAILED' });
    expect(body.last_updated_timestamp).toBe(created);
  });
});

it('a version whose tables are gone is refused by create and update, although it served before', async () => {
  const text =
    "User cannot serve registered model 'ml.prod.churn' version '4'. Dependencies do not exist: table 'ml.prod.lookup'";
  expect((await client.get('bereft')).body.state.ready).toBe('READY');
  const put = await client.call('PUT', `${ENDPOINTS}/bereft/config`, { served_entities: [churn(4)] });
  expect([put.status, put.body.message]).toEqual([400, text]);
  expect((await client.create('bereft-too', churn(4))).body.message).toBe(text);
});

describe('the AI Gateway', () => {
  const put = (gateway: unknown) => client.call('PUT', `${ENDPOINTS}/guarded/ai-gateway`, gateway);

  it('drops guardrail keys that it does not know, although the answer is 200', async () => {
    const { ai_gateway } = (await client.get('guarded')).body;
    expect(ai_gateway.guardrails.input.jailbreak).toBe(true);
    const reply = await put(ai_gateway);
    expect([reply.status, reply.body]).toEqual([
      200,
      { guardrails: { input: { safety: true, custom_guardrails: [{ endpoint_name: 'g' }] } } },
    ]);
    expect((await client.get('guarded')).body.ai_gateway).toEqual(reply.body);
  });

  it('keeps the names of a table that is switched off', async () => {
    await put({ inference_table_config: { ...TABLE, enabled: true } });
    await put({ inference_table_config: { enabled: false } });
    const off = { inference_table_config: { ...TABLE, enabled: false } };
    expect((await client.get('guarded')).body.ai_gateway).toEqual(off);
    const again = { inference_table_config: { ...TABLE, table_name_prefix: 'other', enabled: true } };
    expect((await put(again)).body).toEqual(again);
  });
});
