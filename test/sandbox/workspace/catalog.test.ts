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

describe('what is around a model', () => {
  const ROOT = '/api/2.1/unity-catalog';

  it('has a metastore, which the workspace is assigned to', async () => {
    const { body } = await client.call('GET', `${ROOT}/current-metastore-assignment`);
    expect(body.workspace_id).toBe(7405605519549535);
    const summary = (await client.call('GET', `${ROOT}/metastore_summary`)).body;
    expect(summary.metastore_id).toBe(body.metastore_id);
    expect((await client.call('GET', `${ROOT}/metastores`)).body.metastores).toEqual([summary]);
    expect((await client.call('GET', `${ROOT}/metastores/${body.metastore_id}`)).body).toEqual(summary);
    expect((await client.call('GET', `${ROOT}/metastores/none`)).status).toBe(404);
  });

  it('lists catalogs and schemas as the models have them, by page', async () => {
    const catalogs: string[] = [];
    for (let token = ''; ; ) {
      const { body } = await client.call('GET', `${ROOT}/catalogs?max_results=1${token && `&page_token=${token}`}`);
      catalogs.push(...body.catalogs.map((each: { name: string }) => each.name));
      token = body.next_page_token;
      if (!token) break;
    }
    expect(catalogs).toEqual([...new Set(catalogs)]);
    expect(catalogs).toEqual(expect.arrayContaining(['ml', 'system']));
    const { schemas } = (await client.call('GET', `${ROOT}/schemas?catalog_name=ml&max_results=0`)).body;
    expect(schemas.map((each: { full_name: string }) => each.full_name)).toContain('ml.prod');
    expect(schemas[0]).toEqual((await client.call('GET', `${ROOT}/schemas/${schemas[0].full_name}`)).body);
    expect((await client.call('GET', `${ROOT}/catalogs/system`)).body.catalog_type).toBe('SYSTEM_CATALOG');
  });

  it('follows a new model', async () => {
    await client.call('POST', MODELS, { catalog_name: 'lab', schema_name: 'trial', name: 'm' });
    expect((await client.call('GET', `${ROOT}/schemas?catalog_name=lab`)).body.schemas).toMatchObject([
      { name: 'trial', catalog_name: 'lab' },
    ]);
  });

  it.each([
    ['schemas', 400, 'catalog_name'],
    ['schemas?catalog_name=none', 404, "Catalog 'none' does not exist."],
    ['catalogs/none', 404, "Catalog 'none' does not exist."],
    ['schemas/ml.none', 404, "Schema 'ml.none' does not exist."],
    ['permissions/table/ml.prod.t', 400, 'TABLE'],
  ])('refuses %s', async (path, status, text) => {
    const reply = await client.call('GET', `${ROOT}/${path}`);
    expect(reply.status).toBe(status);
    expect(reply.body.message).toContain(text);
  });
});

describe('grants', () => {
  const GRANTS = '/api/2.1/unity-catalog/permissions/function/ml.prod.churn';
  const change = (body: unknown, who?: string) => client.call('PATCH', GRANTS, { changes: [body] }, who);
  const ENDPOINT = {
    name: 'of-analyst',
    config: { served_entities: [{ entity_name: 'ml.prod.churn', entity_version: '1', scale_to_zero_enabled: true }] },
  };
  const create = () => client.call('POST', '/api/2.0/serving-endpoints', ENDPOINT, ANALYST);

  it('that the owner gives open a model, and those that it takes away close it', async () => {
    expect((await create()).status).toBe(403);
    const given = await change({ principal: ANALYST, add: ['EXECUTE'] }, ENGINEER);
    expect(given.body.privilege_assignments).toContainEqual({ principal: ANALYST, privileges: ['EXECUTE'] });
    expect((await client.call('GET', GRANTS)).body).toEqual(given.body);
    expect((await create()).status).toBe(200);
    const taken = await change({ principal: ANALYST, remove: ['EXECUTE'] }, ENGINEER);
    expect(JSON.stringify(taken.body)).not.toContain(ANALYST);
    await client.call('DELETE', '/api/2.0/serving-endpoints/of-analyst');
    expect((await create()).status).toBe(403);
  });

  it('are changed by owners and admins only, and for known principals', async () => {
    expect((await change({ principal: ANALYST, add: ['EXECUTE'] }, ANALYST)).status).toBe(403);
    expect((await change({ principal: 'who', add: ['EXECUTE'] })).status).toBe(404);
    expect((await change({ add: ['EXECUTE'] })).status).toBe(400);
  });

  it('of a catalog and a schema can be changed, too', async () => {
    for (const path of ['catalog/system', 'schema/system.ai']) {
      const changes = [{ principal: 'analysts', add: ['USE CATALOG'] }];
      const { body } = await client.call('PATCH', `/api/2.1/unity-catalog/permissions/${path}`, { changes });
      expect(body.privilege_assignments).toContainEqual({ principal: 'analysts', privileges: ['USE_CATALOG'] });
    }
  });
});
