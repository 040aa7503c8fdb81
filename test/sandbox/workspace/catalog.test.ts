import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANALYST, type Client, ENGINEER, startClient } from '../client.ts';

let client: Client;
beforeAll(async () => {
  client = await startClient();
});
afterAll(() => client.sandbox.close());

const MODELS = '/api/2.1/unity-catalog/models';
const CHURN = `${MODELS}/ml.prod.churn`;

describe('registered models', () => {
  it('are listed by schema, never by catalog alone', async () => {
    const { body } = await client.call('GET', `${MODELS}?catalog_name=ml&schema_name=prod`);
    expect(body.registered_models.map((m: { name: string }) => m.name)).toContain('churn');
    expect(body.registered_models.every((m: { catalog_name: string }) => m.catalog_name === 'ml')).toBe(true);
    expect((await client.call('GET', `${MODELS}?catalog_name=ml`)).status).toBe(400);
  });

  it('come in pages that together contain each model once', async () => {
    const seen: string[] = [];
    let token: string | undefined;
    do {
      const { body } = await client.call('GET', `${MODELS}?max_results=2${token ? `&page_token=${token}` : ''}`);
      expect(body.registered_models.length).toBeLessThanOrEqual(2);
      seen.push(...body.registered_models.map((m: { full_name: string }) => m.full_name));
      token = body.next_page_token;
    } while (token);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toContain('system.ai.gpt-oss-120b');
    expect((await client.call('GET', `${MODELS}?page_token=nonsense`)).status).toBe(400);
  });

  it('show aliases only on request', async () => {
    expect((await client.call('GET', CHURN)).body).not.toHaveProperty('aliases');
    const { body } = await client.call('GET', `${CHURN}?include_aliases=true`);
    expect(body.aliases).toEqual([
      { alias_name: 'champion', version_num: 1, catalog_name: 'ml', schema_name: 'prod', model_name: 'churn' },
    ]);
  });

  it('have versions with integer numbers and a status', async () => {
    const { body } = await client.call('GET', `${CHURN}/versions`);
    const status = Object.fromEntries(
      body.model_versions.map((v: { version: number; status: string }) => [v.version, v.status]),
    );
    expect(status).toEqual({ 1: 'READY', 2: 'READY', 3: 'READY', 4: 'READY', 5: 'PENDING_REGISTRATION' });
    expect((await client.call('GET', `${CHURN}/versions/3`)).body.version).toBe(3);
    expect((await client.call('GET', `${CHURN}/versions/1?include_aliases=true`)).body.aliases).toHaveLength(1);
    expect((await client.call('GET', `${CHURN}/versions/9`)).status).toBe(404);
  });

  it('name the run that their source belongs to', async () => {
    const { body } = await client.call('GET', `${CHURN}/versions/2`);
    expect(body.source).toContain(body.run_id);
    expect(body.run_workspace_id).toBe(7405605519549535);
  });
});

describe('aliases', () => {
  it('can be read, moved, created and removed', async () => {
    expect((await client.call('GET', `${CHURN}/aliases/champion`)).body.version).toBe(1);
    const moved = await client.call('PUT', `${CHURN}/aliases/champion`, { version_num: 3 }, ENGINEER);
    expect(moved.body).toMatchObject({ alias_name: 'champion', version_num: 3 });
    expect((await client.call('GET', `${CHURN}/aliases/champion`)).body.version).toBe(3);
    await client.call('PUT', `${CHURN}/aliases/challenger`, { version_num: 2 });
    expect((await client.call('DELETE', `${CHURN}/aliases/challenger`)).status).toBe(200);
    expect((await client.call('GET', `${CHURN}/aliases/challenger`)).status).toBe(404);
  });

  it('refuse a missing version, text for a number, and callers who do not own the model', async () => {
    expect((await client.call('PUT', `${CHURN}/aliases/x`, { version_num: 99 })).status).toBe(404);
    expect((await client.call('PUT', `${CHURN}/aliases/x`, { version_num: '3' })).status).toBe(400);
    expect((await client.call('PUT', `${CHURN}/aliases/x`, { version_num: 3 }, ANALYST)).status).toBe(403);
  });

  it('do not change an endpoint when they move', async () => {
    const before = (await client.get('churn-legacy')).text;
    await client.call('PUT', `${CHURN}/aliases/champion`, { version_num: 2 });
    expect((await client.get('churn-legacy')).text).toBe(before);
  });
});

describe('changes', () => {
  it('a model can be created, renamed, described and deleted', async () => {
    const made = await client.call('POST', MODELS, { catalog_name: 'ml', schema_name: 'dev', name: 'trial' });
    expect(made.body.full_name).toBe('ml.dev.trial');
    expect((await client.call('POST', MODELS, { catalog_name: 'ml', schema_name: 'dev', name: 'trial' })).status).toBe(
      409,
    );
    const renamed = await client.call('PATCH', `${MODELS}/ml.dev.trial`, { new_name: 'proven', comment: 'kept' });
    expect(renamed.body).toMatchObject({ full_name: 'ml.dev.proven', comment: 'kept' });
    expect((await client.call('DELETE', `${MODELS}/ml.dev.proven`)).status).toBe(200);
    expect((await client.call('GET', `${MODELS}/ml.dev.proven`)).status).toBe(404);
    expect((await client.call('PATCH', `${CHURN}/versions/2`)).status).toBe(400);
  });
});

describe('secrets', () => {
  it('have names only', async () => {
    const scopes = (await client.call('GET', '/api/2.0/secrets/scopes/list')).body.scopes;
    expect(scopes).toContainEqual({ name: 'llm-providers', backend_type: 'DATABRICKS' });
    const { body } = await client.call('GET', '/api/2.0/secrets/list?scope=llm-providers');
    expect(body.secrets.map((s: { key: string }) => s.key)).toEqual(['openai_api_key', 'anthropic_api_key']);
    const lost = await client.call('GET', '/api/2.0/secrets/list?scope=none');
    expect([lost.status, lost.body.message]).toEqual([404, 'Scope none does not exist!']);
    expect((await client.call('GET', '/api/2.0/secrets/get?scope=ml&key=feature_store_token')).status).toBe(501);
  });
});
