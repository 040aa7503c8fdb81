import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ANALYST, type Client, churn, ENDPOINTS, ENGINEER, startClient } from '../client.ts';

let client: Client;
beforeAll(async () => {
  client = await startClient();
});
beforeEach(() => client.sandbox.reset());
afterAll(() => client.sandbox.close());

const SECRETS = '/api/2.0/secrets';
const post = (path: string, body: unknown, who?: string) => client.call('POST', `${SECRETS}/${path}`, body, who);
const keysOf = async (scope: string, who?: string) =>
  (await client.call('GET', `${SECRETS}/list?scope=${scope}`, undefined, who)).body.secrets?.map(
    (each: { key: string }) => each.key,
  );
const openai = (key: string) => ({
  served_entities: [
    {
      external_model: {
        provider: 'openai',
        name: 'gpt-5',
        task: 'llm/v1/chat',
        openai_config: { openai_api_key: `{{secrets/llm-providers/${key}}}` },
      },
    },
  ],
});

describe('a secret', () => {
  it('that is stored can be used by an external model at once', async () => {
    const before = await client.call('POST', ENDPOINTS, { name: 'ext', config: openai('new-key') });
    expect([before.status, before.body.message]).toEqual([
      400,
      'Secret does not exist with scope: llm-providers and key: new-key',
    ]);
    const put = await post('put', { scope: 'llm-providers', key: 'new-key', string_value: 'fake-value' });
    expect([put.status, put.body]).toEqual([200, {}]);
    expect((await client.call('POST', ENDPOINTS, { name: 'ext', config: openai('new-key') })).status).toBe(200);
    expect(await keysOf('llm-providers')).toEqual(['openai_api_key', 'anthropic_api_key', 'new-key']);
  });

  it('that is stored resolves in a variable of a deployment, and one that is removed does not', async () => {
    const variable = { environment_vars: { TOKEN: '{{secrets/own/token}}' } };
    await post('scopes/create', { scope: 'own' });
    await post('put', { scope: 'own', key: 'token', string_value: 'v' });
    await client.create('with-token', churn(1, variable));
    await post('delete', { scope: 'own', key: 'token' });
    await client.create('without-token', churn(2, variable));
    client.minutes(20);
    expect((await client.get('with-token')).body.state.ready).toBe('READY');
    expect((await client.get('without-token')).body.state.config_update).toBe('UPDATE_FAILED');
  });

  it('has a value that is kept nowhere', async () => {
    await post('put', { scope: 'llm-providers', key: 'a', string_value: 'fake-text' });
    await post('put/', { scope: 'llm-providers', key: 'b', bytes_value: Buffer.from('fake-bytes').toString('base64') });
    await client.call('POST', `${SECRETS}/put`, '{"string_value": "fake-broken"');
    expect(await keysOf('llm-providers')).toEqual(expect.arrayContaining(['a', 'b']));
    const kept = JSON.stringify([client.sandbox.dump(), client.sandbox.requests]);
    expect(kept).not.toMatch(/fake-|ZmFrZ/);
  });

  it.each([
    [{ scope: 'none', key: 'k', string_value: 'v' }, 404, 'Scope none does not exist!'],
    [{ key: 'k', string_value: 'v' }, 400, 'scope'],
    [{ scope: 'llm-providers', key: 'a b', string_value: 'v' }, 400, 'a b'],
    [{ scope: 'llm-providers', key: 'k' }, 400, 'string_value'],
    [{ scope: 'llm-providers', key: 'k', string_value: 'v', bytes_value: 'dg==' }, 400, 'Exactly one'],
    [{ scope: 'llm-providers', key: 'k', string_value: 'v'.repeat(131_073) }, 400, '131072'],
  ])('is refused as %j', async (body, status, text) => {
    const reply = await post('put', body);
    expect(reply.status).toBe(status);
    expect(reply.body.message).toContain(text);
  });

  it('can be removed once', async () => {
    const key = { scope: 'llm-providers', key: 'openai_api_key' };
    expect((await post('delete', key)).status).toBe(200);
    expect(await keysOf('llm-providers')).toEqual(['anthropic_api_key']);
    expect((await post('delete', key)).status).toBe(404);
  });
});

describe('a scope', () => {
  it('is created by anyone, and belongs to its creator and to admins', async () => {
    expect((await post('scopes/create', { scope: 'mine' }, ENGINEER)).body).toEqual({});
    const twice = await post('scopes/create', { scope: 'mine' }, ENGINEER);
    expect([twice.status, twice.body.error_code, twice.body.message]).toEqual([
      400,
      'RESOURCE_ALREADY_EXISTS',
      'Scope mine already exists!',
    ]);
    expect((await post('put', { scope: 'mine', key: 'k', string_value: 'v' }, ENGINEER)).status).toBe(200);
    expect((await post('put', { scope: 'mine', key: 'k', string_value: 'v' }, ANALYST)).status).toBe(403);
    expect(await keysOf('mine', ANALYST)).toBeUndefined();
    expect(await keysOf('mine')).toEqual(['k']);
    const { scopes } = (await client.call('GET', `${SECRETS}/scopes/list`)).body;
    expect(scopes).toContainEqual({ name: 'mine', backend_type: 'DATABRICKS' });
  });

  it('can be shared and withdrawn by its access list', async () => {
    await post('scopes/create', { scope: 'mine' }, ENGINEER);
    await post('acls/put', { scope: 'mine', principal: 'analysts', permission: 'WRITE' }, ENGINEER);
    expect((await post('put', { scope: 'mine', key: 'k', string_value: 'v' }, ANALYST)).status).toBe(200);
    expect((await post('acls/put', { scope: 'mine', principal: ANALYST, permission: 'READ' }, ANALYST)).status).toBe(
      403,
    );
    const items = await client.call('GET', `${SECRETS}/acls/list?scope=mine`, undefined, ENGINEER);
    expect(items.body.items).toEqual([
      { principal: ENGINEER, permission: 'MANAGE' },
      { principal: 'analysts', permission: 'WRITE' },
    ]);
    const one = `${SECRETS}/acls/get?scope=mine&principal=analysts`;
    expect((await client.call('GET', one)).body).toEqual({ principal: 'analysts', permission: 'WRITE' });
    expect((await post('acls/delete', { scope: 'mine', principal: 'analysts' }, ENGINEER)).status).toBe(200);
    expect((await client.call('GET', one)).status).toBe(404);
    expect((await post('put', { scope: 'mine', key: 'k', string_value: 'v' }, ANALYST)).status).toBe(403);
  });

  it('can belong to everyone, and disappears with its secrets', async () => {
    await post('scopes/create', { scope: 'open', initial_manage_principal: 'users' });
    expect((await post('put', { scope: 'open', key: 'k', string_value: 'v' }, ANALYST)).status).toBe(200);
    expect((await post('scopes/delete', { scope: 'open' }, ANALYST)).status).toBe(200);
    const lost = await client.call('GET', `${SECRETS}/list?scope=open`);
    expect([lost.status, lost.body.message]).toEqual([404, 'Scope open does not exist!']);
  });

  it.each([
    ['scopes/create', { scope: 'a b' }],
    ['scopes/create', {}],
    ['scopes/create', { scope: 'vault', scope_backend_type: 'AZURE_KEYVAULT' }],
    ['acls/put', { scope: 'llm-providers', principal: ENGINEER, permission: 'OWN' }],
  ])('%s refuses %j', async (path, body) => {
    expect((await post(path, body)).status).toBe(400);
  });

  it('refuses an unknown principal, and no route reads a value', async () => {
    const acl = { scope: 'llm-providers', principal: 'who', permission: 'READ' };
    expect((await post('acls/put', acl)).status).toBe(404);
    expect((await client.call('GET', `${SECRETS}/get?scope=ml&key=feature_store_token`)).status).toBe(501);
  });
});
