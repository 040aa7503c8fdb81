import { describe, expect, it } from 'vitest';
import type { Harness, HarnessOptions } from '../../support/harness.ts';
import { makeService, perToken } from '../../support/model-services.ts';
import { ask, expectRefusal, withEndpoints } from '../../support/tool-test.ts';
import { useHarness } from '../../support/use-harness.ts';

const FOUNDATION = {
  name: 'databricks-gpt-5',
  entity_name: 'system.ai.gpt-5',
  display_name: 'G',
  task: 'llm/v1/chat',
  spec: { kind: 'chat', model: 'g' },
};
/** The table of the gateway is closed, unless the seed opens it. */
const OPEN = { admins: ['USE_SCHEMA', 'SELECT'] };

const begin = useHarness((options: HarnessOptions = {}, grants: Record<string, string[]> = OPEN) =>
  withEndpoints([], options, {
    foundation_models: [FOUNDATION],
    warehouses: [{ name: 'Main', id: '0123456789abcdef' }],
    catalogs: [
      {
        name: 'system',
        grants: { 'account users': ['USE_CATALOG'] },
        schemas: [{ name: 'ai_gateway', grants }],
      },
    ],
  }),
);
const NAME = 'ml.prod.chat';
const CONFIG = { routing: { destinations: [perToken('main', 'system.ai.gpt-5')] } };
const TABLE = { inference_table: { parent: 'schemas/ml.prod' } };
const HELLO = [{ role: 'user', content: 'hello' }];
const settle = (h: Harness) => h.sandbox.clock.advance(60 * 60_000);

describe('the traffic of a model service', () => {
  it('is read from the table of the gateway, by day and by destination', async () => {
    const h = await begin();
    await makeService(h, NAME, CONFIG);
    for (let at = 0; at < 3; at++) await h.call('query_endpoint', { endpoint: NAME, messages: HELLO });
    settle(h);
    const { data } = await h.call('get_usage', { report: 'traffic', endpoint: NAME });
    expect(data).toMatchObject({
      report: 'traffic',
      model_service: NAME,
      gateway: 'Unity Gateway',
      by: 'day',
      total: { requests: 3, ok: 3, errors_5xx: 0 },
    });
    const parts = await h.call('get_usage', { report: 'traffic', endpoint: NAME, by: 'entity' });
    expect(parts.data.rows).toMatchObject([{ destination: 'main', model: expect.any(String), requests: 3 }]);
  });

  it('of a caller who may not read the table is refused with who may', async () => {
    const h = await begin({}, {});
    await makeService(h, NAME, CONFIG);
    const answer = await h.call('get_usage', { report: 'traffic', endpoint: NAME });
    expect(answer.isError).toBe(true);
    expect(answer.data.error.next).toContain('Only account admins may read system.ai_gateway.usage');
  });
});

describe('the failed requests of a model service', () => {
  it('are those of its inference table', async () => {
    const h = await begin({ payloads: true });
    await makeService(h, NAME, { ...CONFIG, ...TABLE });
    await ask(h, '/ai-gateway/mlflow/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({ model: NAME, messages: 'no list' }),
    });
    settle(h);
    const { data, isError } = await h.call('get_usage', { report: 'failed_requests', endpoint: NAME });
    expect(isError).toBe(false);
    expect(data).toMatchObject({ model_service: NAME, table: 'ml.prod.chat_payload' });
  });

  it('of a service without a table are refused before a warehouse is looked for', async () => {
    const h = await begin({ payloads: true });
    await makeService(h, NAME, CONFIG);
    h.sent();
    const answer = await h.call('get_usage', { report: 'failed_requests', endpoint: NAME });
    expect(answer.data.error).toMatchObject({ code: 'no_inference_table' });
    expect(answer.data.error.next).toContain('update_model_service');
    expect(h.sent().filter((each) => each.includes('/sql/'))).toEqual([]);
  });
});

it.each(['cost', 'releases'])('there is no report %s of one service, and another call is named', async (report) => {
  const h = await begin();
  const answer = await h.call('get_usage', { report, endpoint: NAME });
  expectRefusal(h, answer, 'no_such_report');
  expect(answer.data.error.next).toContain(`"endpoint":"${NAME}"`);
  expect(h.sent()).toEqual([]);
});
