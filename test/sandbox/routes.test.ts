import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BOT, type Client, churn, ENDPOINTS, startClient } from './client.ts';

let client: Client;
beforeAll(async () => {
  client = await startClient();
});
afterAll(() => client.sandbox.close());

const ROW = { area_m2: 80, rooms: 3, age_years: 10, district: 'north' };

describe('a trailing slash changes nothing, because MLflow sends it', () => {
  it.each([
    ENDPOINTS,
    `${ENDPOINTS}/house-price`,
    `${ENDPOINTS}:foundation-models`,
    '/api/2.1/unity-catalog/models/ml.prod.churn/versions/2',
    '/api/2.0/secrets/scopes/list',
    '/api/2.0/apps',
    '/serving-endpoints/models',
    '/.well-known/databricks-config',
  ])('GET %s', async (path) => {
    const plain = await client.call('GET', path);
    expect(plain.status).toBe(200);
    expect((await client.call('GET', `${path}/`)).text).toBe(plain.text);
  });

  it('with a query string and an encoded name', async () => {
    const models = '/api/2.1/unity-catalog/models';
    const plain = await client.call('GET', `${models}?max_results=2`);
    expect((await client.call('GET', `${models}/?max_results=2`)).text).toBe(plain.text);
    const lost = await client.call('GET', `${ENDPOINTS}/a%2Fb%20c/?x=1`);
    expect(lost.body.message).toBe("Endpoint with name 'a/b c' does not exist.");
  });

  it('on writes and queries', async () => {
    const config = { served_entities: [churn(1)] };
    expect((await client.call('POST', `${ENDPOINTS}/`, { name: 'slashed', config })).status).toBe(200);
    const tags = { add_tags: [{ key: 'a' }] };
    expect((await client.call('PATCH', `${ENDPOINTS}/slashed/tags/`, tags)).body).toEqual({ tags: [{ key: 'a' }] });
    const query = { dataframe_records: [ROW] };
    expect((await client.call('POST', '/serving-endpoints/house-price/invocations/', query)).status).toBe(200);
    expect((await client.call('DELETE', `${ENDPOINTS}/slashed/`)).status).toBe(200);
    expect((await client.get('slashed')).status).toBe(404);
  });

  it('and an unknown route stays unknown', async () => {
    for (const path of ['/api/2.0/nothing', '/api/2.0/nothing/', '/']) {
      expect((await client.call('GET', path)).status).toBe(501);
    }
  });
});

describe('an empty list is left out of an answer', () => {
  it.each<[string, Record<string, unknown>]>([
    [`${ENDPOINTS}`, {}],
    ['/api/2.1/unity-catalog/models', {}],
    ['/api/2.0/secrets/scopes/list', {}],
    ['/api/2.0/apps', {}],
  ])('of %s', async (path, expected) => {
    const users = [{ user_name: 'admin@example.com', admin: true }];
    const empty = await startClient({ seed: { users } });
    expect((await empty.call('GET', path)).body).toEqual(expected);
    await empty.sandbox.close();
  });

  it('in the settings of an endpoint', async () => {
    await client.call('POST', ENDPOINTS, { name: 'bare-lists', config: { served_entities: [churn(1)] }, tags: [] });
    const gateway = { rate_limits: [], guardrails: { input: { safety: true, invalid_keywords: [] } } };
    const put = await client.call('PUT', `${ENDPOINTS}/bare-lists/ai-gateway`, gateway);
    expect(put.body).toEqual({ guardrails: { input: { safety: true } } });
    const { body } = await client.get('bare-lists');
    expect(body.ai_gateway).toEqual(put.body);
    expect(body).not.toHaveProperty('tags');
    expect((await client.call('PATCH', `${ENDPOINTS}/bare-lists/tags`, { delete_tags: ['a'] })).body).toEqual({});
  });
});

describe('null is the same as absent in every body of the control plane', () => {
  it.each<[string, string, Record<string, unknown>, number]>([
    [
      'POST',
      '/api/2.0/external-function',
      { connection_name: 'c', method: 'GET', path: '/x', headers: null, json: null, params: null },
      404,
    ],
    ['PATCH', `${ENDPOINTS}/house-price/tags`, { add_tags: null, delete_tags: null }, 200],
    ['PUT', `${ENDPOINTS}/house-price/ai-gateway`, { guardrails: null, rate_limits: null }, 200],
    ['PATCH', `${ENDPOINTS}/house-price/telemetry-config`, { telemetry_config: null }, 200],
    ['PATCH', '/api/2.1/unity-catalog/models/ml.prod.churn', { comment: null, owner: null, new_name: null }, 200],
    ['PATCH', '/api/2.0/apps/listing-app', { description: null, resources: null, compute_size: null }, 200],
  ])('%s %s', async (method, path, body, status) => {
    expect((await client.call(method, path, body)).status).toBe(status);
  });

  it('at any depth of a config, and in a grant', async () => {
    const config = {
      served_entities: [churn(1, { environment_vars: null, workload_size: null, external_model: null })],
      served_models: null,
      traffic_config: null,
      auto_capture_config: null,
    };
    const created = await client.call('POST', ENDPOINTS, { name: 'nulls', config, tags: null, ai_gateway: null });
    expect(created.status).toBe(200);
    const entry = { user_name: null, service_principal_name: BOT, permission_level: 'CAN_VIEW' };
    const acl = `/api/2.0/permissions/serving-endpoints/${created.body.id}`;
    expect((await client.call('PATCH', acl, { access_control_list: [entry] })).status).toBe(200);
  });
});
