/** A pasted URL or a foundation model means its endpoint, and nothing ambiguous is guessed. */
import { describe, expect, it } from 'vitest';
import { CHAT, makeService } from '../support/gateway-site.ts';
import { perToken } from '../support/model-services.ts';
import { expectRefusal, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { bodies, churnEntity, endpoint, follow, parseCall, writes } from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

const CHURN = endpoint('churn', [churnEntity('1')]);
const foundation = (name: string, model = 'gpt-5') => ({
  name,
  entity_name: `system.ai.${model}`,
  display_name: 'G',
  task: 'llm/v1/chat',
  spec: { kind: 'chat', model: 'g' },
});
const LIMIT = { set: [{ key: 'user', calls: 5 }] };

describe('a pasted URL', () => {
  it('names the endpoint in a read and in a write', async () => {
    const h = await begin([CHURN]);
    const url = `${h.sandbox.host}/ml/endpoints/churn?o=1`;
    expect((await h.call('get_endpoint', { endpoint: url })).data.endpoint).toBe('churn');
    const { data } = await h.call('set_rate_limits', { endpoint: url, ...LIMIT });
    expect(data).toMatchObject({ changed: true, endpoint: 'churn' });
    expect(data).not.toHaveProperty('url_host');
    const { changes } = (await h.call('list_changes', { endpoint: `${h.sandbox.host}/serving-endpoints/churn` })).data;
    expect(changes).toHaveLength(1);
  });

  it('names the endpoint to create', async () => {
    const h = await begin();
    const url = `${h.sandbox.host}/ml/endpoints/new`;
    const { data } = await h.call('create_endpoint', { endpoint: url, model: 'models:/ml.prod.churn/1', version: '1' });
    expect(data).toMatchObject({ changed: true, endpoint: 'new' });
  });

  const OTHER = 'https://other.cloud.databricks.com/ml/endpoints/churn';

  it('of another workspace is answered by a read, which says where the answer is from', async () => {
    const h = await begin([CHURN]);
    const { data } = await h.call('get_endpoint', { endpoint: OTHER });
    expect(data).toMatchObject({ endpoint: 'churn', url_host: expect.stringContaining('the URL is of other.cloud') });
    expect(data.url_host).toContain(new URL(h.sandbox.host).host);
  });

  it.each<[string, Record<string, unknown>]>([
    ['set_rate_limits', LIMIT],
    ['delete_endpoint', { confirm: 'churn' }],
    ['query_endpoint', { dataframe_records: [{ x: 1 }] }],
  ])('of another workspace is refused by %s, with the call for this one', async (tool, args) => {
    const h = await begin([CHURN]);
    const answer = await h.call(tool, { endpoint: OTHER, ...args });
    expectRefusal(h, answer, 'other_workspace');
    expect(h.sent()).toEqual([]);
    expect(parseCall(answer.data.error.next)).toEqual({ name: tool, args: { endpoint: 'churn', ...args } });
  });

  it('is not repeated with a long payload', async () => {
    const h = await begin([CHURN]);
    const rows = Array.from({ length: 100 }, () => ({ x: 1 }));
    const { data } = await h.call('query_endpoint', { endpoint: OTHER, dataframe_records: rows });
    expect(data.error.next).toMatch(/query_endpoint \{"endpoint":"churn"\} with the other arguments\.$/);
  });
});

describe('a model in place of the endpoint', () => {
  it('of system.ai is the one endpoint that serves it, found by one read', async () => {
    const h = await begin([], {}, { foundation_models: [foundation('databricks-gpt-5')] });
    h.sent();
    await h.call('update_ai_gateway', { endpoint: ' system.ai.gpt-5', usage_tracking: true });
    expect(h.sent().filter((each) => each === 'GET /api/2.0/serving-endpoints')).toHaveLength(1);
    expect(bodies(h, 'PUT', /databricks-gpt-5\/ai-gateway$/)).toHaveLength(1);
  });

  it('that several endpoints serve is refused with their names', async () => {
    const more = { foundation_models: [foundation('databricks-gpt-5'), foundation('gpt-5-team')] };
    const h = await begin([], {}, more);
    const answer = await h.call('update_ai_gateway', { endpoint: 'system.ai.gpt-5', usage_tracking: true });
    expectRefusal(h, answer, 'not_an_endpoint');
    expect(answer.data.error.message).toContain('served by databricks-gpt-5, gpt-5-team');
    expect((await follow(h, answer.data.error.next)).data.changed).toBe(true);
  });

  it('that none serves is refused with the endpoints of similar models', async () => {
    const h = await begin([CHURN], {}, { foundation_models: [foundation('databricks-gpt-5')] });
    const near = await h.call('get_metrics', { endpoint: 'system.ai.gpt-4' });
    expectRefusal(h, near, 'not_an_endpoint');
    expect(near.data.error.message).toContain('similar models are served by databricks-gpt-5');
    const none = await h.call('get_metrics', { endpoint: 'system.ai.entirely-different' });
    expect(none.data.error.next).toBe('list_endpoints shows the endpoints.');
  });

  it('of another catalog is refused, because a call may mean the model itself: the call for its endpoint follows', async () => {
    const h = await begin([CHURN]);
    const answer = await h.call('update_ai_gateway', { endpoint: 'ml.prod.churn', fallback: true });
    expectRefusal(h, answer, 'not_an_endpoint');
    expect(parseCall(answer.data.error.next).args).toEqual({ endpoint: 'churn', fallback: true });
  });

  it.each<[tool: string, args: Record<string, unknown>, other: string]>([
    ['set_traffic', { traffic: { a: 100 } }, 'update_model_service'],
    ['swap_version', { version: 1 }, 'update_model_service'],
    ['roll_out', { version: 1 }, 'update_model_service'],
    ['update_endpoint', { description: 'x' }, 'update_model_service'],
    ['update_ai_gateway', { fallback: true }, 'update_model_service'],
    ['get_logs', {}, 'diagnose_endpoint'],
    ['get_metrics', {}, 'get_usage'],
    ['wait_for_endpoint', {}, 'get_endpoint'],
  ])('that is a model service: %s leads to another tool, with the arguments that it has', async (tool, args, other) => {
    const h = await begin([CHURN], {}, { foundation_models: [foundation('databricks-gpt-5')] });
    await makeService(h, CHAT, { routing: { destinations: [perToken('gpt', 'system.ai.gpt-5')] } });
    const answer = await h.call(tool, { endpoint: CHAT, ...args });
    expect(answer.data.error.code).toBe('model_service');
    const next = parseCall(answer.data.error.next);
    expect(next.name).toBe(other);
    const { data } = await h.call(next.name, next.args);
    expect(['invalid_arguments', 'model_service_not_found']).not.toContain(data.error?.code);
  });

  it('is no name for a new endpoint', async () => {
    const h = await begin([], {}, { foundation_models: [foundation('databricks-gpt-5')] });
    const args = { endpoint: 'system.ai.gpt-5', model: 'ml.prod.churn', version: '1' };
    expectRefusal(h, await h.call('create_endpoint', args), 'invalid_arguments');
    expect(writes(h)).toEqual([]);
  });
});

it('"null" as text is no name: it is neither created nor looked for', async () => {
  const h = await begin([CHURN]);
  for (const word of ['null', 'None', 'undefined']) {
    for (const args of [{ alias: word }, { entity: word }]) {
      const answer = await h.call('swap_version', { endpoint: 'churn', version: '2', ...args });
      expectRefusal(h, answer, 'invalid_arguments');
      expect(answer.data.error.message).toContain(`${Object.keys(args)[0]}: says that there is no value`);
    }
    expectRefusal(h, await h.call('get_endpoint', { endpoint: word }), 'invalid_arguments');
    expect(h.sent()).toEqual([]);
  }
});
