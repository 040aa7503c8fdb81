/** The tables against the requests and changes that really happened. */
import { afterEach, describe, expect, it } from 'vitest';
import { ANALYST, churn, ENDPOINTS, ENGINEER } from '../client.ts';
import { type SqlClient, startSql } from './client.ts';
import { seedWith, TRACKED } from './seeds.ts';

let client: SqlClient;
afterEach(() => client.sandbox.close());

const ROW = { tenure: 3, monthly_charges: 70, support_tickets: 1, contract: 'one-year' };
const USAGE = `SELECT e.endpoint_name, e.entity_version, u.requester, u.status_code, u.databricks_request_id, u.client_request_id, u.usage_context, u.request_streaming
FROM system.serving.endpoint_usage u JOIN system.serving.served_entities e USING (served_entity_id)
WHERE e.endpoint_name = :endpoint ORDER BY u.request_time`;

const usage = (endpoint: string) => client.rows(USAGE, { parameters: [{ name: 'endpoint', value: endpoint }] });

async function createTracked(name: string, version: number): Promise<void> {
  await client.call('POST', ENDPOINTS, { name, config: { served_entities: [churn(version)] }, ai_gateway: TRACKED });
  client.minutes(10);
}

const query = (name: string, body: unknown, who?: string) =>
  client.call('POST', `/serving-endpoints/${name}/invocations`, body, who);

describe('system.serving.endpoint_usage', () => {
  it('has a row for each request, after its lag, also for those that failed', async () => {
    client = await startSql({ seed: seedWith() });
    await createTracked('mine', 1);
    const good = await query('mine', {
      dataframe_records: [ROW],
      client_request_id: 'abc',
      usage_context: { project: 'x' },
    });
    client.minutes(1);
    const bad = await query('mine', { dataframe_records: [{ ...ROW, contract: 'never' }] });
    expect([good.status, bad.status]).toEqual([200, 400]);
    client.minutes(18);
    expect(await usage('mine')).toEqual([]);
    client.minutes(3);
    expect(await usage('mine')).toEqual([
      ['mine', '1', 'admin@example.com', '200', good.headers.get('x-request-id'), 'abc', '{"project":"x"}', 'false'],
      ['mine', '1', 'admin@example.com', '400', bad.headers.get('x-request-id'), null, '{}', 'false'],
    ]);
  });

  it('has the requests that a limit refused, with their 429', async () => {
    client = await startSql({ seed: seedWith() });
    await createTracked('mine', 1);
    const rate_limits = [{ calls: 1, key: 'endpoint', renewal_period: 'minute' }];
    await client.call('PUT', `${ENDPOINTS}/mine/ai-gateway`, { ...TRACKED, rate_limits });
    for (const expected of [200, 429, 429]) {
      expect((await query('mine', { dataframe_records: [ROW] })).status).toBe(expected);
      client.sandbox.clock.advance(1000);
    }
    client.minutes(21);
    expect((await usage('mine')).map((row) => row[3])).toEqual(['200', '429', '429']);
  });

  it('has only the time in which usage was tracked', async () => {
    client = await startSql({ seed: seedWith() });
    await createTracked('mine', 1);
    await query('mine', { dataframe_records: [ROW] });
    client.minutes(1);
    await client.call('PUT', `${ENDPOINTS}/mine/ai-gateway`, {});
    await query('mine', { dataframe_records: [ROW] });
    client.minutes(21);
    expect(await usage('mine')).toHaveLength(1);
    expect(await usage('house-price')).toEqual([]);
  });

  it('joins each request to the version that answered it, across a swap and a deletion', async () => {
    client = await startSql({ seed: seedWith() });
    await createTracked('mine', 1);
    await query('mine', { dataframe_records: [ROW] });
    client.minutes(1);
    await client.call('PUT', `${ENDPOINTS}/mine/config`, { served_entities: [churn(2)] });
    client.minutes(10);
    await query('mine', { dataframe_records: [ROW] });
    client.minutes(1);
    await client.call('DELETE', `${ENDPOINTS}/mine`);
    client.minutes(21);
    expect((await usage('mine')).map((row) => row[1])).toEqual(['1', '2']);
  });

  it('agrees with the history of the endpoint, minute by minute', async () => {
    client = await startSql({ seed: seedWith({ requests_per_minute: 6, error_rate: 0.2 }) });
    client.minutes(21);
    const { rows } = (await client.call('GET', '/sandbox/endpoints/busy/history?minutes=60')).body;
    const counted = await client.rows(
      `SELECT date_trunc('MINUTE', request_time) AS minute, count(*) AS n, count_if(status_code >= 500) AS bad
       FROM system.serving.endpoint_usage WHERE request_time >= current_timestamp() - INTERVAL 60 MINUTES
       GROUP BY 1 ORDER BY 1`,
    );
    const until = counted.at(-2)?.[0] ?? '';
    const expected = rows
      .filter((row: { minute: string }) => row.minute >= (counted[1]?.[0] ?? '') && row.minute <= until)
      .map((row: Record<string, unknown>) => [row.minute, String(row.requests), String(row.errors_5xx)]);
    expect(expected.length).toBeGreaterThan(30);
    expect(
      counted.filter(([minute = '']) => minute !== null && minute > (counted[0]?.[0] ?? '') && minute <= until),
    ).toEqual(expected);
  });

  it('changes with a seeded caller', async () => {
    const count =
      'SELECT requester, count_if(status_code = 422), count(*) FROM system.serving.endpoint_usage GROUP BY ALL';
    const callers = [{ principal: ENGINEER, share: 1 }];
    client = await startSql({ seed: seedWith({ requests_per_minute: 1, callers }) });
    const [calm] = await client.rows(count);
    await client.sandbox.close();
    const failing = callers.map((caller) => ({ ...caller, error_rate: 1, error_status: 422 }));
    client = await startSql({ seed: seedWith({ requests_per_minute: 1, callers: failing }) });
    const [broken] = await client.rows(count);
    expect(calm?.[1]).toBe('0');
    expect(broken?.slice(0, 2)).toEqual([ENGINEER, broken?.[2]]);
    expect(Number(broken?.[2])).toBeGreaterThan(500);
  });
});

describe('system.serving.served_entities', () => {
  it('has a row for each entity and config version that became active', async () => {
    client = await startSql({ seed: seedWith() });
    await createTracked('mine', 1);
    await client.call('PUT', `${ENDPOINTS}/mine/config`, { served_entities: [churn(4)] }, ENGINEER);
    client.minutes(10);
    expect((await client.get('mine')).body.state.config_update).toBe('UPDATE_FAILED');
    await client.call('PUT', `${ENDPOINTS}/mine/config`, {
      served_entities: [churn(1), churn(2)],
      traffic_config: {
        routes: [
          { served_model_name: 'churn-1', traffic_percentage: 90 },
          { served_model_name: 'churn-2', traffic_percentage: 10 },
        ],
      },
    });
    client.minutes(20);
    const rows = await client.rows(
      `SELECT endpoint_config_version, served_entity_name, entity_name, entity_version, entity_type, created_by, custom_model_config.max_concurrency, endpoint_delete_time
       FROM system.serving.served_entities WHERE endpoint_name = 'mine' ORDER BY 1, 2`,
    );
    const row = (version: string, entity: string) => [
      ...[version, `churn-${entity}`, 'ml.prod.churn', entity, 'CUSTOM_MODEL', 'admin@example.com', '4', null],
    ];
    expect(rows).toEqual([row('1', '1'), row('3', '1'), row('3', '2')]);
  });

  it('says when an endpoint was deleted', async () => {
    client = await startSql({ seed: seedWith() });
    await client.call('DELETE', `${ENDPOINTS}/busy`);
    const at = new Date(client.sandbox.clock.now()).toISOString();
    client.minutes(6);
    expect(
      await client.rows("SELECT endpoint_delete_time FROM system.serving.served_entities WHERE endpoint_name = 'busy'"),
    ).toEqual([[at]]);
  });
});

describe('rights', () => {
  const text = async (statement: string, who?: string) => {
    const { body } = await client.send(statement, {}, who);
    return [body.status.sql_state, body.status.error?.message];
  };
  const read = 'SELECT count(*) FROM system.serving.endpoint_usage';

  it('of a system schema are those of admins, until someone grants more', async () => {
    client = await startSql({ seed: seedWith() });
    expect((await client.send(read)).body.status.state).toBe('SUCCEEDED');
    const refused = "Insufficient privileges:\nUser does not have USE SCHEMA on Schema 'system.serving'.";
    expect(await text(read, ANALYST)).toEqual(['42501', `[INSUFFICIENT_PERMISSIONS] ${refused} SQLSTATE: 42501`]);
    const grant = (add: string[]) =>
      client.call('PATCH', '/api/2.1/unity-catalog/permissions/SCHEMA/system.serving', {
        changes: [{ principal: ANALYST, add }],
      });
    expect((await grant(['USE_SCHEMA'])).status).toBe(200);
    expect((await text(read, ANALYST))[1]).toContain(
      "User does not have SELECT on Table 'system.serving.endpoint_usage'",
    );
    await grant(['SELECT']);
    expect((await client.send(read, {}, ANALYST)).body.status.state).toBe('SUCCEEDED');
  });

  it('can be taken away from admins by a seed', async () => {
    const catalogs = [{ name: 'system', grants: { 'account users': ['USE_CATALOG'] }, schemas: [{ name: 'serving' }] }];
    client = await startSql({ seed: { ...seedWith({ requests_per_minute: 1 }), catalogs } });
    expect((await text(read))[1]).toContain("User does not have USE SCHEMA on Schema 'system.serving'");
    expect(await client.rows('SHOW TABLES IN system.serving')).toEqual([]);
  });
});
