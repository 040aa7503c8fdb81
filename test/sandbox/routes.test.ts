import { readdirSync, readFileSync } from 'node:fs';
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

describe('CSV rows, which the model server of MLflow reads', () => {
  const score = async (body: string, endpoint = 'house-price', type = 'text/csv') => {
    const headers = { authorization: `Bearer ${client.sandbox.token}`, 'content-type': type };
    const path = `/serving-endpoints/${endpoint}/invocations`;
    const reply = await fetch(client.sandbox.host + path, { method: 'POST', headers, body });
    return { status: reply.status, text: await reply.text() };
  };
  const HEADER = 'area_m2,rooms,age_years,district';

  it.each([
    ['plain', `${HEADER}\n80,3,10,north\n`],
    ['with Windows line ends and no last one', `${HEADER}\r\n80,3,10,north`],
    ['quoted', `"area_m2","rooms","age_years","district"\n"80","3","10","north"\n`],
    ['with the index that pandas writes', `,${HEADER}\n0,80,3,10,north\n`],
    ['with blank lines and another order', `district,${HEADER.slice(0, -9)}\n\nnorth,80,3,10\n\n`],
  ])('%s give the prediction of the same JSON row', async (_what, body) => {
    const json = await score(JSON.stringify({ dataframe_records: [ROW] }), 'house-price', 'application/json');
    expect(await score(body)).toEqual(json);
    expect(json.status).toBe(200);
    expect((await score(body, 'house-price', 'text/csv; charset=utf-8')).text).toBe(json.text);
  });

  it.each([
    ['', 'Failed to parse input as a Pandas DataFrame'],
    [`${HEADER}\n80,3,10,north,9\n`, 'Failed to parse input as a Pandas DataFrame'],
    [`${HEADER}\n"80,3,10,north\n`, 'Failed to parse input as a Pandas DataFrame'],
    [`${HEADER}\nlarge,3,10,north\n`, 'Failed to convert column area_m2'],
    ['area_m2,rooms\n80,3\n', 'Model is missing inputs'],
  ])('%j is refused by the model server', async (body, text) => {
    const reply = await score(body);
    expect([reply.status, reply.text]).toEqual([400, expect.stringContaining(text)]);
  });

  it('are refused by a model that takes no rows, without a claim to support them', async () => {
    const reply = await score('messages\nhi\n', 'databricks-gpt-5');
    expect(reply.status).toBe(415);
    expect(reply.text).not.toContain('only supports');
  });
});

describe('refusals of a workspace', () => {
  it.each([
    ['databricks-gone', 'Failed to find MT LLM Endpoint for requested endpoint: databricks-gone'],
    ['system.ai.gone', 'The given endpoint does not exist'],
    ['gone', 'The given endpoint does not exist'],
  ])('a query of %s', async (name, text) => {
    const messages = [{ role: 'user', content: 'hi' }];
    const byName = await client.call('POST', `/serving-endpoints/${name}/invocations`, { messages });
    expect([byName.status, byName.body.message]).toEqual([404, expect.stringContaining(text)]);
    const byModel = await client.call('POST', '/serving-endpoints/chat/completions', { model: name, messages });
    expect(byModel.body.message).toBe(byName.body.message);
  });

  it.each(['GET', 'POST'])('%s of a route of the web page', async (method) => {
    const path = '/ajax-api/2.0/serving-endpoints';
    const reply = await client.call(method, path, method === 'POST' ? {} : undefined);
    expect([reply.status, reply.body.message]).toEqual([403, 'Missing CSRF token']);
  });

  it('have texts that do not name the sandbox, except for a route or a statement that it lacks', () => {
    const folder = new URL('../../src/sandbox/', import.meta.url);
    // The control routes are the sandbox's own, and the words of its chat models say what they are. The SQL engine says what it cannot run.
    const own =
      /^(control|server|index)\.ts$|^models[\\/](chat|completions|schema-sample)\.ts$|(login|faulty-answer)\.ts$|^seed|^faults|^engine[\\/](sql-error|parse-query)\.ts$|^sql[\\/](catalog|check-statement|run-statement)\.ts$/;
    const named = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !own.test(name))
      .flatMap((name) => {
        const code = readFileSync(new URL(name, folder), 'utf8').replace(
          /\/\*[\s\S]*?\*\/|^\s*\/\/.*$|import .*/gm,
          '',
        );
        return [...code.matchAll(/'[^'\n]*sandbox[^'\n]*'|`[^`\n]*\bsandbox\b[^`\n]*`/gi)].map(
          ([text]) => `${name}: ${text}`,
        );
      });
    expect(named.filter((each) => !/['`]\/sandbox\//.test(each))).toEqual([]);
  });

  it('tags of a foundation model: the service does not find it', async () => {
    const reply = await client.call('PATCH', `${ENDPOINTS}/databricks-gpt-5/tags`, { add_tags: [{ key: 'a' }] });
    expect([reply.status, reply.body.message]).toEqual([404, "Endpoint with name 'databricks-gpt-5' does not exist."]);
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
