import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ANALYST, ENGINEER } from '../client.ts';
import { RUNNING, STATEMENTS } from '../sql/client.ts';
import { type Gateway, paid, routed, startGateway } from './services.ts';

const CHAT = '/ai-gateway/mlflow/v1/chat/completions';
const ADMIN = 'admin@example.com';

/** The default workspace without endpoints, so that tables are small. Its admins may read the usage of the gateway. */
function readable(): Record<string, unknown> {
  const seed = JSON.parse(
    readFileSync(new URL('../../../src/sandbox/seed/default-workspace.json', import.meta.url), 'utf8'),
  );
  const schemas = [{ name: 'ai_gateway', grants: { admins: ['USE_SCHEMA', 'SELECT'] } }];
  const system = { name: 'system', grants: { 'account users': ['USE_CATALOG'] }, schemas };
  const others = seed.catalogs.filter(({ name }: { name: string }) => name !== 'system');
  return { ...seed, catalogs: [...others, system], endpoints: [], apps: [] };
}

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway(readable());
});
afterAll(() => gateway.sandbox.close());

async function rows(statement: string, who = ADMIN): Promise<(string | null)[][]> {
  const { body, text } = await gateway.call('POST', STATEMENTS, { statement, warehouse_id: RUNNING }, who);
  if (body?.status?.state !== 'SUCCEEDED') throw new Error(text);
  return body.result.data_array ?? [];
}

async function call(model: string, headers: Record<string, string> = {}, text = 'hi'): Promise<void> {
  await fetch(gateway.sandbox.host + CHAT, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${gateway.sandbox.tokenOf(ENGINEER)}`,
      ...{ 'content-type': 'application/json', 'user-agent': 'test-agent/1' },
      ...headers,
    },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: text }], usage_context: { lost: 'yes' } }),
  }).then((reply) => reply.text());
}

const LIMIT = { key: 'RATE_LIMIT_KEY_SERVICE', renewal_period: 'RATE_LIMIT_RENEWAL_PERIOD_MINUTE' };

it('usage has one row for each call of a service, with its attempts and the tags of the header, twenty minutes later', async () => {
  const config = {
    routing: { destinations: [paid('first')], fallback: { destinations: [paid('second', 'gpt-oss-20b')] } },
    rate_limits: [{ ...LIMIT, requests: 2 }],
  };
  await gateway.create('used', config);
  gateway.minutes(1);
  await call('ml.prod.used', { 'databricks-ai-gateway-request-tags': '{"team":"search","n":1}' });
  const broken = { match: { endpoint: 'ml.prod.used', entity: 'first' }, set: { error_5xx_rate: 1 } };
  await gateway.call('POST', '/sandbox/behaviours', broken);
  await call('ml.prod.used');
  await call('ml.prod.used');
  const read = `SELECT status_code, service_name, service_type, destination_name, destination_model, destination_type,
      api_type, requester, user_agent, request_tags['team'], request_tags['n'], request_tags['lost'],
      size(routing_information.attempts), routing_information.attempts[0].action,
      routing_information.attempts[1].action, routing_information.attempts[0].error_code
    FROM system.ai_gateway.usage WHERE endpoint_name = 'ml.prod.used' ORDER BY event_time, status_code`;
  gateway.minutes(15);
  expect(await rows(read)).toEqual([]);
  gateway.minutes(6);
  const who = ['mlflow/v1/chat/completions', ENGINEER, 'test-agent/1'];
  const service = ['ml.prod.used', 'MODEL_SERVICE'];
  const type = 'PAY_PER_TOKEN_FOUNDATION_MODEL';
  const found = await rows(read);
  expect(found).toHaveLength(3);
  const tagged = [...['first', 'system.ai.databricks-gpt-5', type, ...who], 'search', null, null];
  expect(found).toContainEqual(['200', ...service, ...tagged, '1', 'INITIAL_ATTEMPT', null, null]);
  const fallback = [...['second', 'system.ai.gpt-oss-20b', type, ...who], null, null, null];
  expect(found).toContainEqual(['200', ...service, ...fallback, '2', 'INITIAL_ATTEMPT', 'FALLBACK', 'INTERNAL_ERROR']);
  const refused = [...[null, null, null, ...who], null, null, null];
  expect(found).toContainEqual(['429', ...service, ...refused, '0', null, null, null]);
  await expect(rows(read, ANALYST)).rejects.toThrow(/USE SCHEMA/);
});

it('the usage of endpoints has no row of a service', async () => {
  await call('system.ai.gpt-5');
  gateway.minutes(25);
  const usage = "SELECT count(*) FROM system.ai_gateway.usage WHERE service_name = 'system.ai.gpt-5'";
  expect(await rows(usage)).toEqual([['1']]);
  const serving = 'SELECT count(*) FROM system.serving.endpoint_usage';
  expect(await rows(serving)).toEqual([['0']]);
});

it('the inference table of a service has its own columns, and both bodies', async () => {
  const inference_table = { parent: 'schemas/ml.prod', table_name_prefix: 'logged' };
  const made = await gateway.create('logged', { ...routed(paid('only')), inference_table }, ADMIN);
  expect(made.status, made.text).toBe(200);
  await gateway.grant('model_service', 'ml.prod.logged', ENGINEER, 'EXECUTE');
  gateway.minutes(1);
  await call('ml.prod.logged', {}, 'where is my parcel');
  gateway.minutes(6);
  const described = await rows('DESCRIBE TABLE ml.prod.logged_payload');
  expect(described.map(([name]) => name)).toEqual([
    ...['request_id', 'invocation_id', 'event_time', 'status_code', 'latency_ms', 'requester', 'request', 'response'],
    ...['destination_model', 'api_type', 'request_tags', 'logging_error_codes'],
  ]);
  const read = `SELECT status_code, requester, destination_model, api_type, request:messages[0].content, response:object
    FROM ml.prod.logged_payload`;
  expect(await rows(read)).toEqual([
    [
      '200',
      ENGINEER,
      'system.ai.databricks-gpt-5',
      'mlflow/v1/chat/completions',
      'where is my parcel',
      'chat.completion',
    ],
  ]);
});

it('a deleted service keeps its rows', async () => {
  await gateway.create('gone', routed(paid('only')));
  gateway.minutes(1);
  await call('ml.prod.gone');
  gateway.minutes(1);
  await gateway.call('DELETE', '/api/2.1/unity-catalog/model-services/ml.prod.gone', undefined, ENGINEER);
  gateway.minutes(25);
  expect(await rows("SELECT status_code FROM system.ai_gateway.usage WHERE service_name = 'ml.prod.gone'")).toEqual([
    ['200'],
  ]);
});
