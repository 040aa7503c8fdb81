import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ANALYST, type Client, ENGINEER, startClient } from '../client.ts';

let client: Client;
beforeAll(async () => {
  client = await startClient();
});
beforeEach(() => client.sandbox.reset());
afterAll(() => client.sandbox.close());

const BASE = '/api/2.0/mlflow/unity-catalog';
const NATIVE = '/api/2.1/unity-catalog/models';
const NAME = 'ml.prod.churn';
const get = (path: string, query: Record<string, string>, who?: string) =>
  client.call('GET', `${BASE}/${path}?${new URLSearchParams(query)}`, undefined, who);
const send = (method: string, path: string, body: unknown, who?: string) =>
  client.call(method, `${BASE}/${path}`, body, who);

describe('models', () => {
  it('have the fields of MLflow: text versions, two timestamps, aliases', async () => {
    const { body } = await get('registered-models/get', { name: NAME });
    expect(Object.keys(body)).toEqual(['registered_model']);
    expect(body.registered_model).toMatchObject({ name: NAME, user_id: ENGINEER });
    expect(body.registered_model.aliases).toEqual([{ alias: 'champion', version: '1' }]);
    expect(body.registered_model.creation_timestamp).toBe(
      (await client.call('GET', `${NATIVE}/${NAME}`)).body.created_at,
    );
    expect(body.registered_model).toHaveProperty('last_updated_timestamp');
  });

  it('are found by page, without aliases, and are the same as in Unity Catalog', async () => {
    const names: string[] = [];
    for (let page_token = ''; ; ) {
      const { body } = await get('registered-models/search', { max_results: '2', ...(page_token && { page_token }) });
      for (const each of body.registered_models) {
        expect(each).not.toHaveProperty('aliases');
        names.push(each.name);
      }
      page_token = body.next_page_token;
      if (!page_token) break;
    }
    const native = (await client.call('GET', NATIVE)).body.registered_models;
    expect(names).toEqual(native.map((each: { full_name: string }) => each.full_name));
  });

  it('can be created, described, renamed and deleted, for both views', async () => {
    const name = 'ml.prod.trial';
    const tags = [{ key: 'team', value: 'growth' }];
    const made = await send('POST', 'registered-models/create', { name, description: 'first', tags });
    expect(made.body.registered_model).toMatchObject({ name, description: 'first', tags });
    expect((await send('POST', 'registered-models/create', { name })).body.error_code).toBe('RESOURCE_ALREADY_EXISTS');
    expect((await client.call('GET', `${NATIVE}/${name}`)).body).toMatchObject({ comment: 'first', tags });
    const change = { name, new_name: 'ml.prod.proven', description: 'kept' };
    const renamed = await send('PATCH', 'registered-models/update', change);
    expect(renamed.body.registered_model).toMatchObject({ name: 'ml.prod.proven', description: 'kept' });
    expect((await send('DELETE', 'registered-models/delete', { name: 'ml.prod.proven' })).body).toEqual({});
    expect((await client.call('GET', `${NATIVE}/ml.prod.proven`)).status).toBe(404);
    expect((await send('POST', 'registered-models/create', { name: 'two.parts' })).body.message).toContain(
      'three levels',
    );
  });
});

describe('aliases, the last step of a swap', () => {
  it('that are set here appear in Unity Catalog, and vice versa', async () => {
    const set = await send('POST', 'registered-models/alias', { name: NAME, alias: 'champion', version: '2' });
    expect([set.status, set.body]).toEqual([200, {}]);
    expect((await client.call('GET', `${NATIVE}/${NAME}/aliases/champion`)).body.version).toBe(2);
    await client.call('PUT', `${NATIVE}/${NAME}/aliases/champion`, { version_num: 3 });
    const { model_version } = (await get('registered-models/alias', { name: NAME, alias: 'champion' })).body;
    expect(model_version).toMatchObject({ name: NAME, version: '3', status: 'READY' });
    expect(model_version.aliases).toEqual([{ alias: 'champion', version: '3' }]);
  });

  it('are removed by a DELETE with a body', async () => {
    expect((await send('DELETE', 'registered-models/alias', { name: NAME, alias: 'champion' })).body).toEqual({});
    expect((await client.call('GET', `${NATIVE}/${NAME}/aliases/champion`)).status).toBe(404);
    expect((await send('DELETE', 'registered-models/alias', { name: NAME, alias: 'champion' })).status).toBe(404);
  });

  it.each<[string, Record<string, string>, string | undefined, number]>([
    ['an unknown model', { name: 'ml.prod.none', alias: 'a', version: '1' }, undefined, 404],
    ['an unknown version', { name: NAME, alias: 'a', version: '99' }, undefined, 404],
    ['no alias', { name: NAME, version: '1' }, undefined, 400],
    ['a caller who does not own the model', { name: NAME, alias: 'a', version: '1' }, ANALYST, 403],
  ])('refuse %s', async (_what, body, who, status) => {
    expect((await send('POST', 'registered-models/alias', body, who)).status).toBe(status);
  });
});

describe('versions', () => {
  it('are text and name their run', async () => {
    const { model_version } = (await get('model-versions/get', { name: NAME, version: '1' })).body;
    const native = (await client.call('GET', `${NATIVE}/${NAME}/versions/1`)).body;
    const { source, run_id, storage_location, status } = native;
    expect(model_version).toMatchObject({ name: NAME, version: '1', source, run_id, storage_location, status });
    expect(model_version.aliases).toEqual([{ alias: 'champion', version: '1' }]);
    const uri = await get('model-versions/get-download-uri', { name: NAME, version: '1' });
    expect(uri.body).toEqual({ artifact_uri: storage_location });
    expect((await get('model-versions/get', { name: NAME, version: '99' })).status).toBe(404);
  });

  it.each([`name='${NAME}'`, `name = "${NAME}"`, ` NAME='${NAME}' `])('are found by %s', async (filter) => {
    const { body } = await get('model-versions/search', { filter });
    const found = body.model_versions.map((each: { version: string }) => each.version).sort();
    expect(found).toEqual(['1', '2', '3', '4', '5']);
  });

  it('are found by page, and not at all for an unknown model', async () => {
    const { body } = await get('model-versions/search', { filter: `name='${NAME}'`, max_results: '2' });
    expect(body.model_versions).toHaveLength(2);
    expect(body.next_page_token).toBeTruthy();
    expect((await get('model-versions/search', { filter: "name='a.b.c'" })).body).toEqual({});
  });

  it.each(['', "run_id='x'", `name='${NAME}' and run_id='x'`])('are not found by %j', async (filter) => {
    expect((await get('model-versions/search', { filter })).body.error_code).toBe('INVALID_PARAMETER_VALUE');
  });

  it('can be described and deleted', async () => {
    const key = { name: NAME, version: '3' };
    const described = await send('PATCH', 'model-versions/update', { ...key, description: 'new' });
    expect(described.body.model_version.description).toBe('new');
    expect((await client.call('GET', `${NATIVE}/${NAME}/versions/3`)).body.comment).toBe('new');
    expect((await send('DELETE', 'model-versions/delete', key)).status).toBe(200);
    expect((await client.call('GET', `${NATIVE}/${NAME}/versions/3`)).status).toBe(404);
  });
});

describe('tags', () => {
  it('of a model and of a version can be set and removed in both views', async () => {
    await send('POST', 'registered-models/set-tag', { name: NAME, key: 'a', value: '1' });
    await send('POST', 'model-versions/set-tag', { name: NAME, version: '2', key: 'b', value: '2' });
    const path = `${NAME}/2`;
    await client.call('PATCH', `/api/2.1/unity-catalog/subentity-tags/FUNCTION/${path}`, {
      changes: { add_tags: [{ key: 'c', value: '3' }], remove: ['b'] },
    });
    const model = (await get('registered-models/get', { name: NAME })).body.registered_model;
    const version = (await get('model-versions/get', { name: NAME, version: '2' })).body.model_version;
    expect([model.tags, version.tags]).toEqual([[{ key: 'a', value: '1' }], [{ key: 'c', value: '3' }]]);
    expect((await client.call('GET', `${NATIVE}/${NAME}/versions/2`)).body.tags).toEqual(version.tags);
    await client.call('PATCH', `/api/2.1/unity-catalog/securable-tags/FUNCTION/${NAME}`, {
      changes: { remove: ['a'] },
    });
    await send('DELETE', 'model-versions/delete-tag', { name: NAME, version: '2', key: 'c' });
    expect((await get('registered-models/get', { name: NAME })).body.registered_model).not.toHaveProperty('tags');
    expect((await client.call('GET', `${NATIVE}/${NAME}/versions/2`)).body).not.toHaveProperty('tags');
  });
});
