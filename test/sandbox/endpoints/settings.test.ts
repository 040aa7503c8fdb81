import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import DEFAULT_WORKSPACE from '../../../src/sandbox/seed/default-workspace.json' with { type: 'json' };
import { type Client, churn, ENDPOINTS, startClient } from '../client.ts';

let client: Client;
beforeAll(async () => {
  client = await startClient();
});
afterAll(() => client.sandbox.close());

const house = `${ENDPOINTS}/house-price`;

describe('settings that need no deployment', () => {
  it('one call deletes tags and then adds tags, and the state stays', async () => {
    const { body } = await client.call('PATCH', `${house}/tags`, {
      add_tags: [{ key: 'tier', value: '1' }, { key: 'flag' }],
      delete_tags: ['team'],
    });
    expect(body.tags).toEqual([{ key: 'flag' }, { key: 'tier', value: '1' }]);
    const after = (await client.get('house-price')).body;
    expect(after.tags).toEqual(body.tags);
    expect(after.state).toMatchObject({ ready: 'READY', config_update: 'NOT_UPDATING' });
  });

  it.each(['tags', 'notifications', 'telemetry-config'])('PATCH %s without a body is 400', async (part) => {
    expect((await client.call('PATCH', `${house}/${part}`)).status).toBe(400);
  });

  it('PUT ai-gateway removes every block that the body omits', async () => {
    const limits = [{ calls: 0, key: 'user', renewal_period: 'minute' }];
    const first = await client.call('PUT', `${house}/ai-gateway`, {
      rate_limits: limits,
      usage_tracking_config: { enabled: false },
    });
    expect(first.body).toEqual({ rate_limits: limits, usage_tracking_config: { enabled: false } });
    await client.call('PUT', `${house}/ai-gateway`, { fallback_config: { enabled: false } });
    expect((await client.get('house-price')).body.ai_gateway).toEqual({ fallback_config: { enabled: false } });
    const cleared = await client.call('PUT', `${house}/ai-gateway`, {});
    expect(cleared.body).toEqual({});
    expect((await client.get('house-price')).body).not.toHaveProperty('ai_gateway');
  });

  it.each([
    ['neither calls nor tokens', { renewal_period: 'minute' }],
    ['both calls and tokens', { calls: 1, tokens: 1, renewal_period: 'minute' }],
    ['a negative amount', { calls: -1, renewal_period: 'minute' }],
    ['a period of an hour', { calls: 1, renewal_period: 'hour' }],
    ['a group without a name', { calls: 1, key: 'user_group', renewal_period: 'minute' }],
    ['an unknown key', { calls: 1, key: 'team', renewal_period: 'minute' }],
  ])('a rate limit with %s is refused', async (_what, limit) => {
    const { status, body } = await client.call('PUT', `${house}/ai-gateway`, { rate_limits: [limit] });
    expect([status, body.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
  });

  it('legacy rate limits are for foundation models only, and GET does not return them', async () => {
    const limits = { rate_limits: [{ calls: 3, key: 'user', renewal_period: 'minute' }] };
    expect((await client.call('PUT', `${house}/rate-limits`, limits)).status).toBe(400);
    const system = `${ENDPOINTS}/databricks-gte-large-en`;
    expect((await client.call('PUT', `${system}/rate-limits`, limits)).body).toEqual(limits);
    expect((await client.call('GET', system)).body).not.toHaveProperty('rate_limits');
  });

  it('a foundation model accepts gateway settings but no config', async () => {
    const system = `${ENDPOINTS}/databricks-gte-large-en`;
    const gateway = { rate_limits: [{ calls: 9, renewal_period: 'minute' }] };
    expect((await client.call('PUT', `${system}/ai-gateway`, gateway)).body).toEqual(gateway);
    expect((await client.call('PUT', `${system}/config`, { served_entities: [churn(1)] })).status).toBe(403);
    expect((await client.call('DELETE', system)).status).toBe(403);
  });

  it('PATCH notifications returns the name and the addresses', async () => {
    const email_notifications = { on_update_failure: ['ml-engineer@example.com'] };
    const { body } = await client.call('PATCH', `${house}/notifications`, { email_notifications });
    expect(body).toEqual({ name: 'house-price', email_notifications });
    expect((await client.get('house-price')).body.email_notifications).toEqual(email_notifications);
  });
});

describe('null in a body', () => {
  it('is as good as absent in every change of the control plane', async () => {
    const path = '/api/2.0/external-function';
    const call = { connection_name: 'c', method: 'GET', path: '/x', headers: null, json: null, params: null };
    expect((await client.call('POST', path, call)).status).toBe(404);
    const tags = await client.call('PATCH', `${house}/tags`, {
      add_tags: [{ key: 'a', value: null }],
      delete_tags: null,
    });
    expect(tags.body.tags).toContainEqual({ key: 'a' });
    const limit = { calls: 5, tokens: null, key: null, renewal_period: 'minute' };
    const gateway = await client.call('PUT', `${house}/ai-gateway`, { rate_limits: [limit], guardrails: null });
    expect(gateway.body).toEqual({ rate_limits: [{ calls: 5, renewal_period: 'minute' }] });
    const app = { name: 'null-app', description: null, resources: null };
    expect((await client.call('POST', '/api/2.0/apps', app)).status).toBe(200);
  });
});

describe('description and budget policy', () => {
  it('change by routes of their own, which ignore a name in the body', async () => {
    const text = { name: 'another', description: 'Prices of houses.' };
    expect((await client.call('PATCH', `${house}/description`, text)).body.description).toBe('Prices of houses.');
    const policy = { name: 'another', budget_policy_id: 'policy-2' };
    expect((await client.call('PATCH', `${house}/budget-policy`, policy)).body).toEqual({
      budget_policy_id: 'policy-2',
      effective_budget_policy_id: 'policy-2',
    });
    expect((await client.get('house-price')).body).toMatchObject({
      description: 'Prices of houses.',
      effective_budget_policy_id: 'policy-2',
      state: { config_update: 'NOT_UPDATING' },
    });
    await client.call('PATCH', `${house}/description`, { description: '' });
    expect((await client.get('house-price')).body.description).toBe('');
  });

  it.each([
    ['description', 'description_route'],
    ['budget-policy', 'budget_policy_route'],
  ])('PATCH %s is missing in some workspaces', async (part, feature) => {
    const own = await startClient({ seed: { ...DEFAULT_WORKSPACE, features: { [feature]: false } } });
    const { status, body } = await own.call('PATCH', `${house}/${part}`, { description: 'x', budget_policy_id: 'x' });
    expect([status, body.error_code]).toEqual([404, 'ENDPOINT_NOT_FOUND']);
    await own.sandbox.close();
  });
});

describe('the list of foundation models', () => {
  const names = async (query = '') => {
    const { body } = await client.call('GET', `${ENDPOINTS}:foundation-models${query}`);
    return body.endpoints?.map((e: { name: string }) => e.name);
  };

  it('has foundation models only, by product', async () => {
    expect(await names()).toContain('databricks-gpt-5');
    expect(await names()).not.toContain('house-price');
    expect(await names('?product=PPT')).toEqual(await names());
    // An empty list is absent.
    expect(await names('?product=PT')).toBeUndefined();
  });
});

describe('inference tables', () => {
  const table = (table_name_prefix: string, enabled = true) => ({
    inference_table_config: { catalog_name: 'ml', schema_name: 'logs', table_name_prefix, enabled },
  });

  it('belong to one endpoint each', async () => {
    expect((await client.call('PUT', `${house}/ai-gateway`, table('shared'))).status).toBe(200);
    const { status, body } = await client.call('PUT', `${ENDPOINTS}/support-agent/ai-gateway`, table('shared'));
    expect([status, body.error_code]).toEqual([409, 'RESOURCE_ALREADY_EXISTS']);
  });

  it('can be renamed only while they are disabled', async () => {
    const { status, body } = await client.call('PUT', `${house}/ai-gateway`, table('renamed'));
    expect([status, body.message]).toEqual([400, 'Inference tables is already enabled']);
    expect((await client.call('PUT', `${house}/ai-gateway`, table('shared'))).status).toBe(200);
    expect((await client.call('PUT', `${house}/ai-gateway`, table('shared', false))).status).toBe(200);
    expect((await client.call('PUT', `${house}/ai-gateway`, table('renamed'))).status).toBe(200);
  });

  it('of the legacy kind can only be switched off, also by an update', async () => {
    const capture = (enabled: boolean) => ({
      served_entities: [churn(1)],
      auto_capture_config: { catalog_name: 'ml', schema_name: 'logs', table_name_prefix: 'old', enabled },
    });
    await client.call('POST', ENDPOINTS, { name: 'capture', config: capture(false) });
    client.minutes(8);
    expect((await client.call('PUT', `${ENDPOINTS}/capture/config`, capture(true))).status).toBe(400);
    expect((await client.call('PUT', `${ENDPOINTS}/capture/config`, capture(false))).status).toBe(200);
  });

  it('have a prefix of at most 63 characters', async () => {
    const prefix = (length: number) => table('p'.repeat(length), false);
    expect((await client.call('PUT', `${house}/ai-gateway`, prefix(63))).status).toBe(200);
    expect((await client.call('PUT', `${house}/ai-gateway`, prefix(64))).status).toBe(400);
  });
});

describe('a tag key', () => {
  const patch = (key: string) => client.call('PATCH', `${house}/tags`, { add_tags: [{ key }] });

  it.each(['a.b', 'a,b', 'a=b', 'a/b', 'a:b', '', 'k'.repeat(256)])('cannot be %j', async (key) => {
    const reply = await patch(key);
    expect([reply.status, reply.body.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    expect(reply.body.message).toMatch(
      `Endpoint tag key ${key} is either not between 1-255 characters long or contains`,
    );
    const made = await client.call('POST', ENDPOINTS, { name: 'tagged', tags: [{ key }] });
    expect(made.body.message).toBe(reply.body.message);
  });

  it('can have 255 characters, blanks among them', async () => {
    expect((await patch('k k'.repeat(85))).status).toBe(200);
  });
});

describe('a workspace that lacks a part of the AI Gateway', () => {
  const parts: [feature: string, word: string, gateway: Record<string, unknown>][] = [
    [
      'inference_table',
      'Inference table',
      { inference_table_config: { catalog_name: 'a', schema_name: 'b', enabled: true } },
    ],
    ['usage_tracking', 'Usage tracking', { usage_tracking_config: { enabled: true } }],
    ['rate_limits', 'Rate limits', { rate_limits: [{ calls: 1, renewal_period: 'minute' }] }],
  ];
  const start = (features: Record<string, unknown>) => startClient({ seed: { ...DEFAULT_WORKSPACE, features } });

  it.each(parts)('refuses %s on create and on PUT, and creates nothing', async (feature, word, ai_gateway) => {
    const own = await start({ [feature]: false });
    const refusal = [
      404,
      'FEATURE_DISABLED',
      `${word} is not currently supported for this endpoint type in this workspace.`,
    ];
    const body = { name: 'refused', config: { served_entities: [churn(1)] }, ai_gateway };
    const made = await own.call('POST', ENDPOINTS, body);
    expect([made.status, made.body.error_code, made.body.message]).toEqual(refusal);
    expect((await own.get('refused')).status).toBe(404);
    const put = await own.call('PUT', `${house}/ai-gateway`, ai_gateway);
    expect([put.status, put.body.error_code, put.body.message]).toEqual(refusal);
    expect((await own.call('PUT', `${house}/ai-gateway`, { fallback_config: { enabled: true } })).status).toBe(200);
    await own.sandbox.close();
  });

  it('may have it for other kinds of endpoints', async () => {
    const own = await start({ rate_limits: ['external', 'foundation'] });
    const limits = { rate_limits: [{ calls: 1, renewal_period: 'minute' }] };
    const put = async (name: string) => (await own.call('PUT', `${ENDPOINTS}/${name}/ai-gateway`, limits)).status;
    expect(await Promise.all(['house-price', 'support-agent'].map(put))).toEqual([404, 404]);
    expect(await Promise.all(['gpt-gateway', 'databricks-gpt-5'].map(put))).toEqual([200, 200]);
    await own.sandbox.close();
  });

  it('may lack provisioned throughput', async () => {
    const own = await start({ provisioned_throughput: false });
    const llama = { entity_name: 'system.ai.meta_llama_v3_1_8b_instruct', entity_version: '3' };
    const { body } = await own.create('pt', { ...llama, max_provisioned_throughput: 970 });
    expect(body.message).toBe('Provisioned throughput is not enabled for this workspace.');
    const units = { entity_name: 'system.ai.gpt-oss-120b', entity_version: '1', provisioned_model_units: 50 };
    const made = await own.call('POST', `${ENDPOINTS}/pt`, { name: 'units', config: { served_entities: [units] } });
    expect(made.body.message).toBe(body.message);
    await own.sandbox.close();
  });
});

describe('telemetry', () => {
  it('turns table names into a profile and does not return them', async () => {
    const { body } = await client.call('PATCH', `${house}/telemetry-config`, {
      telemetry_config: {
        table_names: { logs_table: 'ml.logs.house' },
        inference_table_config: { sampling_fraction: 0.5 },
      },
    });
    expect(body.telemetry_config.telemetry_profile_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(body.telemetry_config.inference_table_config).toEqual({
      name: 'ml.logs.house_payload',
      sampling_fraction: 0.5,
    });
    expect(body.telemetry_config).not.toHaveProperty('table_names');
    const kept = await client.call('PATCH', `${house}/telemetry-config`, {
      telemetry_config: { enabled_telemetry_features: [] },
    });
    expect(kept.body.telemetry_config).toEqual(body.telemetry_config);
    const gone = await client.call('PATCH', `${house}/telemetry-config`, {});
    expect(gone.body).not.toHaveProperty('telemetry_config');
  });

  it('keeps the table of its profile, whatever name the body has', async () => {
    const patch = async (telemetry_config: unknown) =>
      (await client.call('PATCH', `${house}/telemetry-config`, { telemetry_config })).body.telemetry_config;
    const made = await patch({ table_names: { logs_table: 'ml.logs.a' }, enabled_telemetry_features: [] });
    const name = 'ml.logs.a_payload';
    expect(made).toMatchObject({ inference_table_config: { name } });
    const { telemetry_profile_id } = made;
    const sampled = { telemetry_profile_id, inference_table_config: { name: 'x.y.z', sampling_fraction: 0.1 } };
    expect(await patch(sampled)).toEqual({
      telemetry_profile_id,
      inference_table_config: { name, sampling_fraction: 0.1 },
    });
    expect(await patch(null)).toBeUndefined();
  });

  it('without custom models is refused by PATCH and silently dropped by create', async () => {
    const telemetry_config = { table_names: { logs_table: 'a.b.c' } };
    await client.call('POST', ENDPOINTS, { name: 'bare', telemetry_config });
    const bare = await client.call('PATCH', `${ENDPOINTS}/bare/telemetry-config`, { telemetry_config });
    expect(bare.body.message).toBe(
      "Telemetry configuration is not supported for endpoint type 'NO_CONFIG'. This API only supports endpoints with custom served models.",
    );
    const external = await client.call('PATCH', `${ENDPOINTS}/gpt-gateway/telemetry-config`, { telemetry_config });
    expect(external.body.message).toContain("'EXTERNAL_MODELS'");
  });

  it('conflicts with a running update', async () => {
    await client.create('updating', churn(1));
    const { status, body } = await client.call('PATCH', `${ENDPOINTS}/updating/telemetry-config`, {
      telemetry_config: {},
    });
    expect([status, body.message]).toEqual([
      409,
      'Endpoint updating is currently updating. Wait for the update to complete before updating its telemetry configuration.',
    ]);
  });
});
