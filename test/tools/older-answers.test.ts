/** Endpoints that today's service answers in another form, or that it still serves from the older model registry. No answer about them is false. */
import { describe, expect, it } from 'vitest';
import type { Harness } from '../support/harness.ts';
import { withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { CHURN_PATH, CONFIG_PATH, writes } from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

const ROOT = '/api/2.0/serving-endpoints';
const CALL = { endpoint: 'churn' };
const STATE = { ready: 'READY', config_update: 'NOT_UPDATING' };
const READY = { deployment: 'DEPLOYMENT_READY', deployment_state_message: '' };

/** The service answers this when the endpoint is read, and when all are listed. */
async function answering(seen: Record<string, unknown>): Promise<Harness> {
  const h = await begin();
  const endpoint = { name: 'churn', id: '0a', state: STATE, ...seen };
  h.sandbox.faults.add({ match: { path: CHURN_PATH, method: 'GET' }, effect: { status: 200, body: endpoint } });
  h.sandbox.faults.add({
    match: { path: ROOT, method: 'GET' },
    effect: { status: 200, body: { endpoints: [endpoint] } },
  });
  return h;
}

describe('served_models without served_entities', () => {
  const config = {
    served_models: [
      {
        name: 'a',
        model_name: 'ml.prod.churn',
        model_version: '1',
        workload_size: 'Small',
        scale_to_zero_enabled: true,
        state: READY,
      },
      {
        name: 'b',
        model_name: 'ml.prod.churn',
        model_version: '2',
        workload_size: 'Small',
        scale_to_zero_enabled: true,
        state: READY,
      },
    ],
    traffic_config: {
      routes: [
        { served_model_name: 'a', traffic_percentage: 90 },
        { served_model_name: 'b', traffic_percentage: 10 },
      ],
    },
    config_version: 4,
  };

  it('serves, in every answer', async () => {
    const h = await answering({ config });
    expect((await h.call('get_endpoint', CALL)).data).toMatchObject({
      status: 'ready',
      serving: [
        { entity: 'a', serves: 'ml.prod.churn 1', traffic_percent: 90 },
        { entity: 'b', serves: 'ml.prod.churn 2', traffic_percent: 10 },
      ],
    });
    const waited = await h.call('wait_for_endpoint', { ...CALL, version: '2' });
    expect(waited.data).toMatchObject({ outcome: 'ready', serving: 'serving a (90 %), b (10 %)' });
    const { versions } = (await h.call('list_model_versions', { model: 'ml.prod.churn' })).data;
    expect(versions.at(-1)).toMatchObject({ version: 1, served_by: ['churn'] });
  });

  it('is changed in the form of today, and keeps its settings', async () => {
    const h = await answering({ config });
    const { data } = await h.call('set_traffic', { ...CALL, traffic: { a: 50, b: 50 }, dry_run: true });
    const settings = { workload_size: 'Small', scale_to_zero_enabled: true, entity_name: 'ml.prod.churn' };
    expect(data.requests).toEqual([
      {
        method: 'PUT',
        path: CONFIG_PATH,
        body: {
          served_entities: [
            { name: 'a', entity_version: '1', ...settings },
            { name: 'b', entity_version: '2', ...settings },
          ],
          traffic_config: {
            routes: [
              { served_entity_name: 'a', traffic_percentage: 50 },
              { served_entity_name: 'b', traffic_percentage: 50 },
            ],
          },
        },
      },
    ]);
  });
});

it('a foundation model without entity_name is found as one', async () => {
  const entity = {
    name: 'churn',
    type: 'FOUNDATION_MODEL',
    foundation_model: { name: 'churn', display_name: 'Churn 7B' },
  };
  const h = await answering({ config: { served_entities: [entity] }, task: 'llm/v1/chat' });
  expect((await h.call('list_foundation_models')).data).toMatchObject({ total: 1 });
  const { data } = await h.call('delete_endpoint', CALL);
  expect(data.error.code).toBe('foundation_model');
});

describe('a model of the workspace registry', () => {
  const entity = {
    name: 'Wine-2',
    entity_name: 'Wine',
    entity_version: '2',
    scale_to_zero_enabled: true,
    state: READY,
  };
  const seen = { config: { served_entities: [entity], config_version: 1 } };

  it('is shown, and a swap says that it is one, not that Unity Catalog lacks it', async () => {
    const h = await answering(seen);
    expect((await h.call('get_endpoint', CALL)).data.serving).toMatchObject([{ serves: 'Wine 2' }]);
    const { data } = await h.call('swap_version', { ...CALL, version: '3' });
    expect(data.error).toMatchObject({
      code: 'workspace_model',
      message: expect.stringContaining('Wine-2 of endpoint churn serves a model of the workspace registry'),
    });
    expect(h.sent().join()).not.toContain('unity-catalog');
  });

  it.each<[string, Record<string, unknown>]>([
    ['create_endpoint', { endpoint: 'new', entities: [{ entity_name: 'Wine', entity_version: '2' }] }],
    ['create_endpoint', { endpoint: 'new', entities: [{ entity_name: 'Wine' }] }],
    ['create_endpoint', { endpoint: 'new', model: 'Wine', version: 2 }],
    ['update_endpoint', { ...CALL, add_entities: [{ entity_name: 'Wine', entity_version: '3', name: 'b' }] }],
  ])('is refused as one by %s %j', async (tool, args) => {
    const h = await answering(seen);
    const { data } = await h.call(tool, args);
    expect(data.error.message).toMatch(/workspace registry/);
    expect(data.error.message).not.toMatch(/has no model/);
    expect(writes(h)).toEqual([]);
  });

  it('keeps being served when another setting changes', async () => {
    const h = await answering(seen);
    const { data } = await h.call('update_endpoint', { ...CALL, workload_size: 'Large', dry_run: true });
    const { state: _state, ...kept } = entity;
    expect(data.requests[0].body.served_entities).toEqual([{ ...kept, workload_size: 'Large' }]);
  });
});
