import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox } from '../../../src/sandbox/index.ts';
import { type Gateway, openAi, paid, routed, SERVICES, startGateway } from './services.ts';

const admin = { user_name: 'admin@example.com', admin: true };
const foundation = {
  name: 'databricks-gpt-5',
  entity_name: 'system.ai.databricks-gpt-5',
  display_name: 'GPT-5',
  task: 'llm/v1/chat',
  spec: { kind: 'chat', model: 'gpt-5' },
};
const service = (config: unknown, more: Record<string, unknown> = {}) => ({
  full_name: 'ml.prod.chat',
  config,
  ...more,
});
const GONE = { is_deleted: true };

describe('services of the built-in workspace', () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.sandbox.close());

  it('one has two destinations with percentages, a fallback, limits, a table and a policy', async () => {
    const { config } = (await gateway.read('support_chat')).body;
    const shares = config.routing.destinations.map((each: Record<string, number>) => each.traffic_percentage);
    expect(shares).toEqual([80, 20]);
    expect(config.routing.fallback.destinations).toHaveLength(1);
    expect(config.rate_limits).toHaveLength(2);
    expect(config.inference_table.table).toBe('tables/ml.prod.support_chat_payload');
    expect(config.service_policies).toEqual([{ name: 'no-card-numbers' }]);
  });

  it('one has a fallback whose model is gone, and the other destinations are there', async () => {
    const { routing } = (await gateway.read('ticket_summary')).body.config;
    expect(routing.fallback.destinations[0].is_deleted).toBe(true);
    expect(routing.destinations[0]).not.toHaveProperty('is_deleted');
    expect((await gateway.read('support_chat')).text).not.toContain('is_deleted');
  });

  it('the platform has one for each foundation model', async () => {
    const { body } = await gateway.call('GET', `${SERVICES}?parent=schemas/system.ai&view=FULL`);
    const models = (await gateway.call('GET', '/api/2.0/serving-endpoints:foundation-models')).body.endpoints;
    expect(body.model_services).toHaveLength(models.length);
    expect(JSON.stringify(body)).not.toContain('is_deleted');
  });
});

describe('a seed', () => {
  const start = (more: Record<string, unknown>) =>
    startSandbox({ seed: { users: [admin], foundation_models: [foundation], ...more } });

  it.each<[what: string, seed: Record<string, unknown>, text: RegExp]>([
    [
      'of a missing model',
      { model_services: [service(routed(paid('a', 'gpt-1')))] },
      /^seed\.model_services\[0\]: Model 'system\.ai\.gpt-1' does not exist/,
    ],
    [
      'of a model that is marked as gone',
      { model_services: [service(routed(paid('a', 'gpt-5', GONE)))] },
      /^seed\.model_services\[0\]: The destination 'a' is marked as deleted/,
    ],
    [
      'of a wrong sum',
      {
        model_services: [
          service(routed(paid('a', 'gpt-5', { traffic_percentage: 1 }), paid('b', 'gpt-5', { traffic_percentage: 1 }))),
        ],
      },
      /must sum to 100; got 2/,
    ],
    [
      'of two services with one name',
      { model_services: [service(routed(paid('a'))), service(routed(paid('a')))] },
      /^seed\.model_services\[1\]\.full_name: is used twice/,
    ],
    [
      'of an unknown owner',
      { model_services: [service(routed(paid('a')), { owner: 'x@example.com' })] },
      /^seed\.model_services\[0\]\.owner: names 'x@example\.com'/,
    ],
    [
      'of a name of two parts',
      { model_services: [service(routed(paid('a')), { full_name: 'a.b' })] },
      /^seed\.model_services\[0\]\.full_name: must match pattern/,
    ],
    [
      'of an unknown caller',
      {
        model_services: [
          service(routed(paid('a')), { traffic: { requests_per_minute: 1, callers: [{ principal: 'x', share: 1 }] } }),
        ],
      },
      /^seed\.model_services\[0\]\.traffic\.callers: names 'x'/,
    ],
    [
      'of a provider without targets',
      { provider_services: [service(openAi({ targets: [] }))] },
      /^seed\.provider_services\[0\]: Missing required field: config\.targets/,
    ],
  ])('%s is refused with its place', async (_what, seed, text) => {
    await expect(start(seed)).rejects.toThrow(text);
  });

  it('may have a service without any destination that works, owners, grants and the past', async () => {
    const routing = {
      destinations: [paid('old', 'gpt-4', GONE)],
      fallback: { destinations: [paid('older', 'gpt-3', GONE)] },
    };
    const rate_limits = [
      { key: 'RATE_LIMIT_KEY_SERVICE', renewal_period: 'RATE_LIMIT_RENEWAL_PERIOD_HOUR', requests: 1 },
    ];
    const more = { comment: 'left over', grants: { 'account users': ['EXECUTE'] }, created_minutes_ago: 60 };
    const gateway = await startGateway({
      users: [admin],
      catalogs: [{ name: 'ml', schemas: [{ name: 'prod' }] }],
      foundation_models: [foundation],
      model_services: [
        service({ routing, rate_limits, inference_table: { parent: 'schemas/ml.prod', is_deleted: true } }, more),
      ],
    });
    const { body } = await gateway.read('chat', 'admin@example.com');
    expect(body.config.routing).toEqual(routing);
    expect(body.config.rate_limits).toEqual(rate_limits);
    expect(body.config.inference_table.is_deleted).toBe(true);
    expect(body).toMatchObject({ comment: 'left over', effective_owner: 'admin@example.com' });
    expect(Date.parse(body.create_time)).toBe(gateway.sandbox.clock.now() - 60 * 60_000);
    const grants = await gateway.call('GET', '/api/2.1/unity-catalog/permissions/model_service/ml.prod.chat');
    expect(grants.body.privilege_assignments).toEqual([{ principal: 'account users', privileges: ['EXECUTE'] }]);
    await gateway.sandbox.close();
  });
});
