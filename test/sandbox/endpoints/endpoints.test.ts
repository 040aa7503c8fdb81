import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, churn, ENDPOINTS, startClient } from '../client.ts';

let client: Client;
beforeAll(async () => {
  client = await startClient();
});
afterAll(() => client.sandbox.close());

const house = (more: Record<string, unknown> = {}) => ({
  entity_name: 'ml.prod.house_price',
  entity_version: '1',
  scale_to_zero_enabled: false,
  ...more,
});

async function refusal(config: Record<string, unknown>): Promise<[number, string, string]> {
  const { status, body } = await client.call('POST', ENDPOINTS, { name: 'refused', config });
  return [status, body.error_code, body.message];
}

describe('answers', () => {
  it('carry a request id and the workspace id, and so do errors', async () => {
    for (const path of [
      ENDPOINTS,
      `${ENDPOINTS}/nobody`,
      '/api/2.0/unknown',
      '/oidc/.well-known/oauth-authorization-server',
    ]) {
      const { headers } = await client.call('GET', path);
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers.get('x-databricks-org-id')).toBe('7405605519549535');
    }
  });

  it('an unknown route is a 501 that names the route', async () => {
    const { status, body } = await client.call('GET', '/api/2.0/jobs/list');
    expect(status).toBe(501);
    expect(body.message).toContain('GET /api/2.0/jobs/list');
  });

  it('an unknown endpoint is 404, with different codes on the control plane and for a query', async () => {
    const control = await client.get('nobody');
    expect([control.status, control.body.error_code]).toEqual([404, 'RESOURCE_DOES_NOT_EXIST']);
    expect(control.body.message).toBe("Endpoint with name 'nobody' does not exist.");
    expect(control.body.details[0]).toEqual({
      '@type': 'type.googleapis.com/google.rpc.RequestInfo',
      request_id: control.headers.get('x-request-id'),
      serving_data: '',
    });
    const query = await client.call('POST', '/serving-endpoints/nobody/invocations', { dataframe_records: [] });
    expect([query.status, query.body.error_code]).toEqual([404, 'ENDPOINT_NOT_FOUND']);
  });

  it('list items have no traffic, no entity state, no pending config', async () => {
    const { body } = await client.call('GET', ENDPOINTS);
    const item = body.endpoints.find((e: { name: string }) => e.name === 'house-price');
    expect(item.config.served_entities).toEqual([
      { name: 'house_price-1', entity_name: 'ml.prod.house_price', entity_version: '1', type: 'UC_MODEL' },
    ]);
    expect(item.config.served_models).toEqual([
      { name: 'house_price-1', model_name: 'ml.prod.house_price', model_version: '1' },
    ]);
    const system = body.endpoints.find((e: { name: string }) => e.name === 'databricks-gte-large-en');
    expect(system).not.toHaveProperty('creator');
    expect(system).not.toHaveProperty('id');
    expect(system.config.served_entities[0].foundation_model.name).toMatch(/^system\.ai\./);
  });
});

describe('create', () => {
  it('fills in name, workload and route, mirrors served_models and drops write-only fields', async () => {
    const { body } = await client.create(
      'normal',
      house({ burst_scaling_enabled: true, environment_vars: { A: 'b', S: '{{secrets/ml/feature_store_token}}' } }),
    );
    const { served_entities, served_models, traffic_config } = body.pending_config;
    expect(served_entities[0]).toMatchObject({
      name: 'house_price-1',
      workload_type: 'CPU',
      workload_size: 'Small',
      environment_vars: { A: 'b', S: '{{secrets/ml/feature_store_token}}' },
      creator: 'admin@example.com',
    });
    expect(served_entities[0]).not.toHaveProperty('burst_scaling_enabled');
    expect(served_models[0]).toMatchObject({
      name: 'house_price-1',
      model_name: 'ml.prod.house_price',
      model_version: '1',
    });
    expect(traffic_config.routes).toEqual([
      { served_model_name: 'house_price-1', served_entity_name: 'house_price-1', traffic_percentage: 100 },
    ]);
  });

  it('accepts served_models and both kinds of route names', async () => {
    const { status, body } = await client.call('POST', ENDPOINTS, {
      name: 'old-style',
      config: {
        served_models: [
          { model_name: 'ml.prod.churn', model_version: '1', scale_to_zero_enabled: true, workload_size: 'Medium' },
          { name: 'b', model_name: 'ml.prod.churn', model_version: '2', scale_to_zero_enabled: true },
        ],
        traffic_config: {
          routes: [
            { served_model_name: 'churn-1', traffic_percentage: 60 },
            { served_entity_name: 'b', traffic_percentage: 40 },
          ],
        },
      },
    });
    expect(status).toBe(200);
    expect(body.pending_config.traffic_config.routes).toEqual([
      { served_model_name: 'churn-1', served_entity_name: 'churn-1', traffic_percentage: 60 },
      { served_model_name: 'b', served_entity_name: 'b', traffic_percentage: 40 },
    ]);
    expect(body.pending_config.served_entities.map((e: { name: string }) => e.name)).toEqual(['b', 'churn-1']);
  });

  it('never returns a plaintext secret, budget_policy_id or legacy limits', async () => {
    const { text, body } = await client.call('POST', ENDPOINTS, {
      name: 'secretive',
      budget_policy_id: 'policy-1',
      rate_limits: [{ calls: 5, renewal_period: 'minute' }],
      config: {
        served_entities: [
          {
            external_model: {
              provider: 'openai',
              name: 'gpt-4o',
              task: 'llm/v1/chat',
              openai_config: { openai_api_key_plaintext: 'not-a-real-key', openai_organization: 'org' },
            },
          },
        ],
      },
    });
    expect(text).not.toContain('not-a-real-key');
    expect(body.config.served_entities[0].external_model.openai_config).toEqual({ openai_organization: 'org' });
    expect(body.effective_budget_policy_id).toBe('policy-1');
    expect(body).not.toHaveProperty('budget_policy_id');
    expect(body).not.toHaveProperty('rate_limits');
  });

  it('a second create is 409, even when its body is wrong too', async () => {
    const { status, body } = await client.call('POST', ENDPOINTS, {
      name: 'house-price',
      config: { served_entities: 7 },
    });
    expect([status, body.error_code]).toEqual([409, 'RESOURCE_ALREADY_EXISTS']);
    expect(body.message).toContain('already exists');
  });

  it('assigns a new id after delete and create', async () => {
    const first = (await client.create('again', churn(1))).body.id;
    const gone = await client.call('DELETE', `${ENDPOINTS}/again`);
    expect([gone.status, gone.text]).toEqual([200, '{}']);
    expect((await client.get('again')).status).toBe(404);
    expect((await client.create('again', churn(1))).body.id).not.toBe(first);
  });

  it('says that a body is not JSON', async () => {
    const { body } = await client.call('POST', ENDPOINTS, '{"name":');
    expect(body.message).toBe('Invalid JSON given in the body of the request - failed to parse given JSON');
  });

  it.each([
    ['a body that is not JSON', '{"name":', 400, 'MALFORMED_REQUEST'],
    ['a body that is an array', '[]', 400, 'MALFORMED_REQUEST'],
    ['a missing body', '', 400, 'INVALID_PARAMETER_VALUE'],
    ['a missing name', {}, 400, 'INVALID_PARAMETER_VALUE'],
    ['a name with a dot', { name: 'a.b' }, 400, 'INVALID_PARAMETER_VALUE'],
    ['a name of 64 characters', { name: 'a'.repeat(64) }, 400, 'INVALID_PARAMETER_VALUE'],
  ])('refuses %s', async (_what, body, status, code) => {
    const reply = await client.call('POST', ENDPOINTS, body);
    expect([reply.status, reply.body.error_code]).toEqual([status, code]);
  });
});

describe('config rules', () => {
  const split = (...routes: [string, number][]) => ({
    routes: routes.map(([served_entity_name, traffic_percentage]) => ({ served_entity_name, traffic_percentage })),
  });
  const cases: [string, Record<string, unknown>, number, RegExp][] = [
    [
      'both lists of entities',
      { served_entities: [house()], served_models: [] },
      400,
      /both served_models and served_entities/,
    ],
    ['an empty list of entities', { served_entities: [] }, 400, /At least one/],
    [
      '16 entities',
      { served_entities: Array.from({ length: 16 }, (_, i) => house({ name: `e${i}` })) },
      400,
      /^served_models cannot contain more than 15 elements$/,
    ],
    [
      'a missing scale_to_zero_enabled',
      { served_entities: [house({ scale_to_zero_enabled: undefined })] },
      400,
      /^scaleToZeroEnabled is undefined/,
    ],
    [
      'an unknown workload type',
      { served_entities: [house({ workload_type: 'TPU' })] },
      400,
      /workload_type.*CPU_MEDIUM/,
    ],
    [
      'size together with concurrency',
      {
        served_entities: [
          house({ workload_size: 'Small', min_provisioned_concurrency: 4, max_provisioned_concurrency: 8 }),
        ],
      },
      400,
      /workload_size cannot/,
    ],
    ['a concurrency of 6', { served_entities: [house({ max_provisioned_concurrency: 6 })] }, 400, /multiple of 4/],
    ['two entities without traffic', { served_entities: [churn(1), churn(2)] }, 400, /traffic_config is required/],
    [
      'traffic that sums to 99',
      { served_entities: [churn(1), churn(2)], traffic_config: split(['churn-1', 90], ['churn-2', 9]) },
      400,
      /sum to 100; got 99/,
    ],
    [
      'a traffic percentage of 12.5',
      { served_entities: [churn(1)], traffic_config: split(['churn-1', 12.5]) },
      400,
      /traffic_percentage/,
    ],
    [
      'a route to an unknown entity',
      { served_entities: [churn(1)], traffic_config: split(['churn-9', 100]) },
      400,
      /unknown served entity: 'churn-9'/,
    ],
    [
      'the same entity name twice',
      { served_entities: [churn(1), churn(2, { name: 'churn-1' })], traffic_config: split(['churn-1', 100]) },
      400,
      /must be unique/,
    ],
    [
      'an alias in place of a version',
      { served_entities: [churn(1, { entity_version: 'champion' })] },
      400,
      /'champion'/,
    ],
    ['a version that is a list', { served_entities: [churn(1, { entity_version: ['1'] })] }, 400, /entity_version/],
    ['an upper concurrency of 0', { served_entities: [house({ max_provisioned_concurrency: 0 })] }, 400, /at least 4/],
    [
      'a lower concurrency above the upper one',
      { served_entities: [house({ min_provisioned_concurrency: 8, max_provisioned_concurrency: 4 })] },
      400,
      /must not exceed/,
    ],
    [
      'an entity name of 64 characters',
      { served_entities: [churn(1, { name: 'a'.repeat(64) })] },
      400,
      /Invalid served/,
    ],
    [
      'a legacy inference table',
      { served_entities: [churn(1)], auto_capture_config: { catalog_name: 'ml', schema_name: 'logs', enabled: true } },
      400,
      /^Legacy inference tables have been deprecated\. /,
    ],
    [
      'a legacy inference table without the word enabled',
      { served_entities: [churn(1)], auto_capture_config: { catalog_name: 'ml', schema_name: 'logs' } },
      400,
      /^Legacy inference tables have been deprecated\. /,
    ],
    [
      'an unknown model',
      { served_entities: [churn(1, { entity_name: 'ml.prod.nothing' })] },
      404,
      /'ml.prod.nothing' does not exist/,
    ],
    ['an unknown version', { served_entities: [churn(77)] }, 404, /'77' of 'ml.prod.churn' does not exist/],
    ['a version that is not registered yet', { served_entities: [churn(5)] }, 400, /PENDING_REGISTRATION/],
    [
      'throughput for a model that is not eligible',
      { served_entities: [churn(1, { max_provisioned_throughput: 970 })] },
      400,
      /^Served entity ml.prod.churn is not eligible for Provisioned Throughput\.$/,
    ],
    [
      'throughput that is not a multiple of the step',
      {
        served_entities: [
          {
            entity_name: 'system.ai.meta_llama_v3_1_8b_instruct',
            entity_version: '3',
            min_provisioned_throughput: 0,
            max_provisioned_throughput: 1000,
          },
        ],
      },
      400,
      /multiple of 970/,
    ],
    [
      'a model together with an external model',
      { served_entities: [house({ external_model: { provider: 'openai', name: 'x', task: 'llm/v1/chat' } })] },
      400,
      /exactly one of entity_name and external_model/,
    ],
    [
      'an external model with throughput',
      {
        served_entities: [
          {
            external_model: { provider: 'openai', name: 'x', task: 'llm/v1/chat', openai_config: {} },
            min_provisioned_throughput: 0,
          },
        ],
      },
      400,
      /^provisioned throughput is not supported/,
    ],
    [
      'a provider without its config',
      { served_entities: [{ external_model: { provider: 'cohere', name: 'x', task: 'llm/v1/chat' } }] },
      400,
      /cohere_config/,
    ],
    [
      'a raw key in a reference field',
      {
        served_entities: [
          {
            external_model: {
              provider: 'cohere',
              name: 'x',
              task: 'llm/v1/chat',
              cohere_config: { cohere_api_key: 'raw' },
            },
          },
        ],
      },
      400,
      /cohere_api_key_plaintext/,
    ],
    [
      'a missing secret scope',
      {
        served_entities: [
          {
            external_model: {
              provider: 'cohere',
              name: 'x',
              task: 'llm/v1/chat',
              cohere_config: { cohere_api_key: '{{secrets/none/key}}' },
            },
          },
        ],
      },
      400,
      /Scope none does not exist!/,
    ],
  ];
  it.each(cases)('refuses %s', async (_what, config, status, message) => {
    const [got, code, text] = await refusal(config);
    expect(text).toMatch(message);
    expect([got, code]).toEqual([status, status === 404 ? 'RESOURCE_DOES_NOT_EXIST' : 'INVALID_PARAMETER_VALUE']);
    expect((await client.get('refused')).status).toBe(404);
  });

  it('refuses the same model and version twice, under any names and sizes', async () => {
    const twice = { served_entities: [house({ name: 'a' }), house({ name: 'b', workload_size: 'Large' })] };
    expect(await refusal({ ...twice, traffic_config: split(['a', 50], ['b', 50]) })).toEqual([
      400,
      'BAD_REQUEST',
      expect.stringMatching(/^Cannot create 2\+ served entities/),
    ]);
    const models = [1, 1].map((n, at) => ({ name: `m${at}`, model_name: 'ml.prod.churn', model_version: n }));
    const config = { served_models: models.map((each) => ({ ...each, scale_to_zero_enabled: true })) };
    expect((await refusal({ ...config, traffic_config: split(['m0', 50], ['m1', 50]) }))[1]).toBe('BAD_REQUEST');
  });

  it('a lower concurrency of 0 is accepted', async () => {
    const from0 = house({ min_provisioned_concurrency: 0, max_provisioned_concurrency: 4 });
    expect((await client.create('from-0', from0)).status).toBe(200);
  });

  it('a version may be a number, in both lists', async () => {
    const { body } = await client.create('number', churn(1, { entity_version: 1 }));
    expect(body.pending_config.served_entities[0]).toMatchObject({ name: 'churn-1', entity_version: '1' });
    const models = [{ model_name: 'ml.prod.churn', model_version: 2, scale_to_zero_enabled: true }];
    const old = await client.call('POST', ENDPOINTS, { name: 'old-number', config: { served_models: models } });
    expect(old.body.pending_config.served_models[0]).toMatchObject({ name: 'churn-2', model_version: '2' });
  });

  it.each([
    ['null', { traffic_config: null, auto_capture_config: null }, { environment_vars: null, name: null }],
    ['absent', {}, {}],
  ])('a setting that is %s gets its default', async (name, config, entity) => {
    const body = { name, description: null, tags: null, config: { served_entities: [house(entity)], ...config } };
    const made = await client.call('POST', ENDPOINTS, body);
    expect(made.status).toBe(200);
    expect(made.body.pending_config.served_entities[0]).not.toHaveProperty('environment_vars');
    expect(made.body.pending_config.served_entities[0].name).toBe('house_price-1');
  });

  it('ignores what the service adds to an entity, and fields that it never had', async () => {
    await client.create('echoed', churn(1));
    client.minutes(8);
    const [sent] = (await client.get('echoed')).body.config.served_entities;
    const { body } = await client.call('PUT', `${ENDPOINTS}/echoed/config`, {
      served_entities: [{ ...sent, never_known: 1 }],
      never_known: 1,
    });
    expect(body.pending_config.served_entities).toEqual([sent]);
  });

  it('an environment variable with a missing secret fails the deployment, not the call', async () => {
    const { status } = await client.create(
      'lost-secret',
      churn(1, { environment_vars: { KEY: '{{secrets/ml/gone}}' } }),
    );
    expect(status).toBe(200);
    client.minutes(1);
    const { body } = await client.get('lost-secret');
    expect(body.state.config_update).toBe('UPDATE_FAILED');
    expect(body.pending_config.served_entities[0].state.deployment_state_message).toContain('gone');
  });
});

describe('update', () => {
  it('is 409 while another update runs, and changes nothing', async () => {
    await client.create('busy', churn(1));
    const before = (await client.get('busy')).text;
    const { status, body } = await client.call('PUT', `${ENDPOINTS}/busy/config`, { served_entities: [churn(2)] });
    expect([status, body.error_code]).toEqual([409, 'RESOURCE_CONFLICT']);
    expect(body.message).toBe('Endpoint served entities are currently being updated');
    expect((await client.get('busy')).text).toBe(before);
  });

  it('cannot turn a custom endpoint into an external one', async () => {
    const external = {
      provider: 'cohere',
      name: 'x',
      task: 'llm/v1/chat',
      cohere_config: { cohere_api_key: '{{secrets/llm-providers/openai_api_key}}' },
    };
    const { status } = await client.call('PUT', `${ENDPOINTS}/house-price/config`, {
      served_entities: [{ external_model: external }],
    });
    expect(status).toBe(400);
  });

  it('keeps auto_capture_config when the body omits it', async () => {
    const table = { catalog_name: 'ml', schema_name: 'logs', enabled: false };
    await client.call('POST', ENDPOINTS, {
      name: 'captured',
      config: { served_entities: [churn(1)], auto_capture_config: table },
    });
    client.minutes(8);
    const { body } = await client.call('PUT', `${ENDPOINTS}/captured/config`, { served_entities: [churn(2)] });
    expect(body.pending_config.auto_capture_config).toEqual(table);
  });

  it('the 51st write in five minutes is 429', async () => {
    const own = await startClient();
    for (let i = 0; i < 50; i += 1) expect((await own.call('POST', ENDPOINTS, { name: `e${i}` })).status).toBe(200);
    const { status, body } = await own.call('POST', ENDPOINTS, { name: 'one-more' });
    expect([status, body.error_code]).toEqual([429, 'REQUEST_LIMIT_EXCEEDED']);
    own.minutes(5.1);
    expect((await own.call('POST', ENDPOINTS, { name: 'one-more' })).status).toBe(200);
    await own.sandbox.close();
  });
});

describe('route-optimized endpoints', () => {
  it('have a dedicated URL and authorization details', async () => {
    const { body } = await client.call('POST', ENDPOINTS, {
      name: 'ro',
      route_optimized: true,
      config: { served_entities: [churn(1)] },
    });
    expect(body.route_optimized).toBe(true);
    expect(body.endpoint_url).toMatch(/\/serving-endpoints\/ro\/invocations$/);
    expect(body.data_plane_info.query_info.endpoint_url).toBe(body.endpoint_url);
    expect(JSON.parse(body.data_plane_info.query_info.authorization_details)[0]).toMatchObject({
      object_path: `/serving-endpoints/${body.id}`,
      actions: ['query_inference_endpoint'],
    });
    expect((await client.get('house-price')).body).not.toHaveProperty('endpoint_url');
  });
});

describe('provisioned throughput', () => {
  const units = (provisioned_model_units: number) => ({
    served_entities: [{ entity_name: 'system.ai.gpt-oss-120b', entity_version: '1', provisioned_model_units }],
  });

  it('the eligibility route returns eligibility and chunk size', async () => {
    const path = (model: string, version: number) => `${ENDPOINTS}/get-model-optimization-info/${model}/${version}`;
    const llama = await client.call('GET', path('system.ai.meta_llama_v3_1_8b_instruct', 3));
    expect(llama.body).toMatchObject({ optimizable: true, throughput_chunk_size: 970 });
    expect((await client.call('GET', path('ml.prod.churn', 1))).body).toEqual({ optimizable: false });
    expect((await client.call('GET', path('ml.prod.churn', 99))).status).toBe(404);
  });

  it('costs the price of a chunk for each chunk', async () => {
    const llama = { entity_name: 'system.ai.meta_llama_v3_1_8b_instruct', entity_version: '3' };
    const bounds = { min_provisioned_throughput: 970, max_provisioned_throughput: 2910 };
    const { body } = await client.create('tokens', { ...llama, ...bounds });
    expect(body.pending_config.served_entities[0]).toMatchObject({ min_dbus: 6, max_dbus: 18 });
  });

  it('model units take effect at once, in steps of 50', async () => {
    const wrong = await client.call('POST', `${ENDPOINTS}/pt`, { name: 'units', config: units(60) });
    expect(wrong.status).toBe(400);
    const made = await client.call('POST', `${ENDPOINTS}/pt`, { name: 'units', config: units(50) });
    expect(made.body.state).toMatchObject({ ready: 'READY', config_update: 'NOT_UPDATING' });
    const more = await client.call('PUT', `${ENDPOINTS}/pt/units/config`, { config: units(100) });
    expect(more.body.config).toMatchObject({ config_version: 2, served_entities: [{ provisioned_model_units: 100 }] });
  });
});
