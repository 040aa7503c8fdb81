/** Costs: the hours and sizes of entities, computed here from what the seed and the clock say. */
import { afterEach, describe, expect, it } from 'vitest';
import { ENDPOINTS } from '../client.ts';
import { type SqlClient, startSql } from './client.ts';
import { seedWith, TRACKED } from './seeds.ts';

let client: SqlClient;
afterEach(() => client.sandbox.close());

const DAY = 24 * 60;
const HOUR_MS = 3_600_000;

const awake = (more: Record<string, unknown> = {}) => ({
  entity_name: 'ml.prod.line',
  entity_version: '1',
  scale_to_zero_enabled: false,
  ...more,
});

const quantities = (where = '') =>
  client.rows(
    `SELECT usage_metadata.endpoint_name, sku_name, usage_type, sum(usage_quantity)
     FROM system.billing.usage WHERE billing_origin_product = 'MODEL_SERVING' ${where} GROUP BY ALL ORDER BY 1, 2`,
  );

/** Full hours from a start to the last full hour that a table can show. */
function hoursSince(startMs: number): number {
  const end = Math.floor((client.sandbox.clock.now() - HOUR_MS) / HOUR_MS) * HOUR_MS;
  return (end - startMs) / HOUR_MS;
}

describe('system.billing.usage', () => {
  it('has the hours of an entity times its size, whatever was corrected later', async () => {
    const config = { served_entities: [awake({ workload_size: 'Large' })] };
    client = await startSql({ seed: seedWith(undefined, { config, created_minutes_ago: 20 * DAY }) });
    const created = client.sandbox.clock.now() - 20 * DAY * 60_000;
    const [[name, sku, type, quantity] = []] = await quantities();
    expect([name, sku, type]).toEqual([
      'busy',
      'ENTERPRISE_SERVERLESS_REAL_TIME_INFERENCE_US_EAST_N_VIRGINIA',
      'COMPUTE_TIME',
    ]);
    // It serves eight minutes after the creation, and a Large entity has a concurrency of 16.
    expect(Number(quantity)).toBeCloseTo(16 * (hoursSince(created) - 8 / 60), 3);
    const types = await client.rows('SELECT record_type, count(*) FROM system.billing.usage GROUP BY 1 ORDER BY 1');
    expect(types.map(([record]) => record)).toEqual(['ORIGINAL', 'RESTATEMENT', 'RETRACTION']);
    expect(
      await client.rows("SELECT count(*) FROM system.billing.usage WHERE billing_origin_product = 'JOBS'"),
    ).not.toEqual([['0']]);
  });

  it('has graphics cards by their type', async () => {
    const config = { served_entities: [awake({ workload_type: 'GPU_MEDIUM' })] };
    client = await startSql({
      seed: seedWith(undefined, { config, created_minutes_ago: 600, tags: [{ key: 'team', value: 'x' }] }),
    });
    const created = client.sandbox.clock.now() - 600 * 60_000;
    const [[, , type, quantity] = []] = await quantities(
      "AND product_features.serving_type = 'GPU_MODEL' AND custom_tags['team'] = 'x'",
    );
    expect(type).toBe('GPU_TIME');
    expect(Number(quantity)).toBeCloseTo(20 * (hoursSince(created) - 8 / 60), 3);
  });

  it('has nothing for an entity at zero, and a launch for each wake', async () => {
    client = await startSql({ seed: seedWith(undefined, { created_minutes_ago: 600 }) });
    expect(await quantities()).toEqual([]);
    await client.call('POST', '/serving-endpoints/busy/invocations', { inputs: [[1]] });
    client.minutes(180);
    const rows = await quantities();
    expect(rows.map(([, sku]) => sku?.includes('LAUNCH'))).toEqual([true, false]);
    expect(Number(rows[0]?.[3])).toBeCloseTo((4 * 15) / 3600, 6);
    expect(Number(rows[1]?.[3])).toBeCloseTo(4 * 0.5, 3);
  });

  it('has a row for an hour only after its end and its lag', async () => {
    const config = { served_entities: [awake()] };
    client = await startSql({ seed: seedWith(undefined, { config, created_minutes_ago: 600 }) });
    const [[last] = []] = await client.rows('SELECT max(usage_end_time) FROM system.billing.usage');
    const late = client.sandbox.clock.now() - Date.parse(last ?? '');
    expect(late).toBeGreaterThanOrEqual(HOUR_MS);
    expect(late).toBeLessThan(2 * HOUR_MS);
  });

  it('follows a swap to another size', async () => {
    const small = { served_entities: [awake()] };
    client = await startSql({ seed: seedWith(undefined, { config: small, created_minutes_ago: 120 }) });
    client.minutes(60 - ((client.sandbox.clock.now() / 60_000) % 60));
    await client.call('PUT', `${ENDPOINTS}/busy/config`, { served_entities: [awake({ workload_size: 'Medium' })] });
    client.minutes(300);
    const rows = await client.rows(
      "SELECT sum(usage_quantity) FROM system.billing.usage WHERE billing_origin_product = 'MODEL_SERVING' GROUP BY usage_start_time ORDER BY usage_start_time DESC LIMIT 2",
    );
    expect(rows.map(([quantity]) => Number(quantity))).toEqual([8, 8]);
  });
});

it('system.billing.list_prices has a price at each moment, and one without an end', async () => {
  const config = { served_entities: [awake()] };
  client = await startSql({ seed: seedWith(undefined, { config, created_minutes_ago: 20 * DAY }) });
  const rows = await client.rows(
    `SELECT u.usage_date, count(DISTINCT p.pricing.effective_list.default), max(p.pricing.effective_list.default), count(*) = count(p.sku_name)
     FROM system.billing.usage u LEFT JOIN system.billing.list_prices p
       ON p.sku_name = u.sku_name AND p.cloud = u.cloud AND u.usage_start_time >= p.price_start_time
       AND (p.price_end_time IS NULL OR u.usage_start_time < p.price_end_time)
     WHERE u.billing_origin_product = 'MODEL_SERVING' GROUP BY 1 ORDER BY 1`,
  );
  expect(new Set(rows.map((row) => row[1]))).toEqual(new Set(['1']));
  expect(new Set(rows.map((row) => row[3]))).toEqual(new Set(['true']));
  expect([rows[0]?.[2], rows.at(-1)?.[2]]).toEqual(['0.082000000000000000', '0.070000000000000000']);
  expect(
    await client.rows(
      'SELECT count(*) = count(DISTINCT sku_name) FROM system.billing.list_prices WHERE price_end_time IS NULL',
    ),
  ).toEqual([['true']]);
});

describe('the past of a seed', () => {
  const config = {
    served_entities: [{ entity_name: 'ml.prod.churn', entity_version: '2', scale_to_zero_enabled: true }],
  };
  const before = {
    served_entities: [{ entity_name: 'ml.prod.churn', entity_version: '1', scale_to_zero_enabled: true }],
  };
  const past = (requests: number) => ({
    config,
    created_minutes_ago: 3 * DAY,
    deployed_minutes_ago: DAY,
    history: [
      {
        minutes_ago: 3 * DAY,
        config: before,
        by: 'ml-engineer@example.com',
        traffic: { requests_per_minute: requests },
      },
      { minutes_ago: DAY / 2, traffic: { requests_per_minute: 0 } },
    ],
  });
  const byVersion = `SELECT e.entity_version, e.created_by, count(*) FROM system.serving.served_entities e
    JOIN system.serving.endpoint_usage u USING (served_entity_id) GROUP BY ALL ORDER BY 1`;

  it('shows what served when, who deployed it, and the requests of that time', async () => {
    client = await startSql({ seed: seedWith(undefined, past(1)) });
    const rows = await client.rows(byVersion);
    expect(rows.map((row) => row.slice(0, 2))).toEqual([
      ['1', 'ml-engineer@example.com'],
      ['2', 'admin@example.com'],
    ]);
    expect(Math.abs(Number(rows[0]?.[2]) - 2 * DAY)).toBeLessThan(0.05 * 2 * DAY);
    expect(Math.abs(Number(rows[1]?.[2]) - DAY / 2)).toBeLessThan(0.05 * DAY);
    expect((await client.get('busy')).body.config.config_version).toBe(2);
  });

  it('changes the report with one number of the seed', async () => {
    client = await startSql({ seed: seedWith(undefined, past(2)) });
    const rows = await client.rows(byVersion);
    expect(Math.abs(Number(rows[0]?.[2]) - 4 * DAY)).toBeLessThan(0.05 * 4 * DAY);
  });

  it('knows endpoints that are deleted', async () => {
    client = await startSql({ seed: seedWith({ requests_per_minute: 0.1 }, { deleted_minutes_ago: 60 }) });
    expect((await client.get('busy')).status).toBe(404);
    const [[name, deleted, requests] = []] = await client.rows(
      `SELECT e.endpoint_name, max(e.endpoint_delete_time) = :at, count(*) FROM system.serving.served_entities e
       JOIN system.serving.endpoint_usage u USING (served_entity_id) GROUP BY 1`,
      {
        parameters: [
          { name: 'at', value: new Date(client.sandbox.clock.now() - HOUR_MS).toISOString(), type: 'TIMESTAMP' },
        ],
      },
    );
    expect([name, deleted]).toEqual(['busy', 'true']);
    expect(Number(requests)).toBeGreaterThan(30);
  });

  it.each([
    [{ history: [{ minutes_ago: 99 * DAY }] }, /history\[0\]: is before the endpoint was created/],
    [{ history: [{ minutes_ago: 60, config }], deployed_minutes_ago: 120 }, /history\[0\]\.config: must be before/],
    [
      { history: [{ minutes_ago: 60, traffic: { requests_per_minute: 1, callers: [{ principal: 'x', share: 1 }] } }] },
      /callers: names 'x'/,
    ],
  ])('is refused when it cannot be: %#', async (more, message) => {
    await expect(startSql({ seed: seedWith(undefined, more) })).rejects.toThrow(message);
  });
});

describe('system.ai_gateway.usage', () => {
  it('is for account admins, until someone grants more', async () => {
    client = await startSql({ seed: seedWith() });
    const read = 'SELECT endpoint_name, input_tokens FROM system.ai_gateway.usage';
    const refused = await client.send(read);
    expect(refused.body.status.error.message).toContain("User does not have USE SCHEMA on Schema 'system.ai_gateway'");
    await client.sandbox.close();
    const schemas = [{ name: 'ai_gateway', grants: { admins: ['USE_SCHEMA', 'SELECT'] } }];
    const catalogs = [{ name: 'system', grants: { 'account users': ['USE_CATALOG'] }, schemas }];
    client = await startSql({ seed: { ...seedWith(), catalogs, foundation_models: [LLAMA] } });
    await client.call('PUT', `${ENDPOINTS}/databricks-llama/ai-gateway`, TRACKED);
    const chat = await client.call('POST', '/serving-endpoints/databricks-llama/invocations', {
      messages: [{ role: 'user', content: 'hello' }],
    });
    client.minutes(21);
    expect(await client.rows(read)).toEqual([['databricks-llama', String(chat.body.usage.prompt_tokens)]]);
  });
});

const LLAMA = {
  name: 'databricks-llama',
  entity_name: 'system.ai.databricks-llama',
  display_name: 'Llama',
  task: 'llm/v1/chat',
  spec: { kind: 'chat', model: 'llama' },
};
