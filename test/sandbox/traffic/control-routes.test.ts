import { afterEach, describe, expect, it } from 'vitest';
import { type Client, churn, ENDPOINTS, ENGINEER, startClient } from '../client.ts';

const open: Client[] = [];
const HOUSE = '/serving-endpoints/house-price/invocations';
const ROW = { dataframe_records: [{ area_m2: 50, rooms: 2, age_years: 10, district: 'north' }] };

async function start(): Promise<Client> {
  const client = await startClient();
  open.push(client);
  return client;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map(({ sandbox }) => sandbox.close()));
});

interface Row {
  minute: string;
  entity: string;
  requests: number;
  refused: number;
  errors_4xx: number;
  errors_5xx: number;
  p50_ms: number;
  p95_ms: number;
}

async function history(client: Client, minutes: number): Promise<Row[]> {
  return (await client.call('GET', `/sandbox/endpoints/house-price/history?minutes=${minutes}`)).body.rows;
}

const sum = (rows: Row[], field: 'requests' | 'errors_5xx' | 'refused') =>
  rows.reduce((total, row) => total + row[field], 0);

describe('an incident is set over the control routes', () => {
  it('a version gets worse from now on: in its metrics, and for the next caller', async () => {
    const client = await start();
    const worse = {
      match: { model: 'ml.prod.house_price', version: 1 },
      set: { error_5xx_rate: 1, latency_ms: 300, p95_ms: 900 },
    };
    client.minutes(1);
    expect((await client.call('POST', '/sandbox/behaviours', worse)).body.behaviours).toHaveLength(1);
    expect(await client.call('POST', HOUSE, ROW)).toMatchObject({
      status: 500,
      body: { error_code: 'INTERNAL_ERROR' },
    });
    client.minutes(2);
    const [before, , after] = await history(client, 4).then((rows) => [rows[0], rows[1], rows.at(-1)]);
    // What was before stays as it was.
    expect(before?.errors_5xx).toBeLessThan(10);
    expect(before?.p50_ms).toBeLessThan(30);
    expect(after?.errors_5xx).toBe(after?.requests);
    expect(after?.p50_ms).toBeGreaterThan(200);
    await client.call('DELETE', '/sandbox/behaviours');
    expect((await client.call('GET', '/sandbox/behaviours')).body.behaviours).toEqual([]);
    expect((await client.call('POST', HOUSE, ROW)).status).toBe(200);
    expect((await history(client, 4)).at(-1)?.errors_5xx).toBe(after?.errors_5xx);
  });

  it('matches the endpoint and the entity that it names, and no other', async () => {
    const client = await start();
    const set = { error_5xx_rate: 1 };
    await client.call('POST', '/sandbox/behaviours', { match: { endpoint: 'churn-legacy' }, set });
    await client.call('POST', '/sandbox/behaviours', { match: { entity: 'house_price-2' }, set });
    expect((await client.call('POST', HOUSE, ROW)).status).toBe(200);
    await client.call('POST', '/sandbox/behaviours', { match: { entity: 'house_price-1' }, set });
    expect((await client.call('POST', HOUSE, ROW)).status).toBe(500);
  });

  it('traffic begins, changes and ends, and the minutes before keep theirs', async () => {
    const client = await start();
    const traffic = (requests_per_minute: number) =>
      client.call('PUT', '/sandbox/endpoints/house-price/traffic', { requests_per_minute });
    client.minutes(1);
    expect((await traffic(1000)).status).toBe(200);
    client.minutes(2);
    await traffic(0);
    client.minutes(3);
    const rows = await history(client, 6);
    expect(rows[0]?.requests).toBeLessThan(150);
    expect(Math.max(...rows.map(({ requests }) => requests))).toBeGreaterThan(850);
    expect((await history(client, 1)).length).toBe(0);
    client.minutes(30);
    const [entity] = (await client.get('house-price')).body.config.served_entities;
    expect(entity.state.deployment_state_message).toBe('Scaled to zero');
  });

  it('a slow wake makes the first caller wait', async () => {
    const client = await start();
    await client.call('POST', '/sandbox/behaviours', {
      match: { endpoint: 'churn-legacy' },
      set: { wake_seconds: 240 },
    });
    const row = { tenure: 1, monthly_charges: 2, support_tickets: 0, contract: 'one-year' };
    await client.call('POST', '/serving-endpoints/churn-legacy/invocations', { dataframe_records: [row] });
    client.minutes(1);
    expect((await client.call('GET', `${ENDPOINTS}/churn-legacy/metrics`)).text).toMatch(
      /model_queue_time_ms_sum\{.*\} 240000\.0 /,
    );
  });

  it('a mistake is refused', async () => {
    const client = await start();
    const mistakes: [method: string, path: string, body?: unknown][] = [
      ['PUT', '/sandbox/endpoints/house-price/traffic', { requests_per_minute: -1 }],
      [
        'PUT',
        '/sandbox/endpoints/house-price/traffic',
        { requests_per_minute: 1, callers: [{ principal: 'x', share: 1 }] },
      ],
      ['PUT', '/sandbox/endpoints/databricks-gpt-5/traffic', { requests_per_minute: 1 }],
      ['POST', '/sandbox/behaviours', { match: {}, set: {} }],
      ['POST', '/sandbox/behaviours', { match: { verison: 1 }, set: { error_rate: 1 } }],
      ['POST', '/sandbox/behaviours', { match: {}, set: { error_rate: 2 } }],
      ['POST', '/sandbox/faults', { effect: { answer: 'nonsense' } }],
      ['GET', '/sandbox/endpoints/house-price/history?minutes=99999', undefined],
    ];
    for (const [method, path, body] of mistakes) {
      const { status } = await client.call(method, path, body);
      expect([method, path, body, status]).toEqual([method, path, body, 400]);
    }
  });
});

describe('history', () => {
  it('adds up to what the metrics of each minute show', async () => {
    const client = await start();
    let counted = 0;
    for (let minute = 0; minute < 5; minute += 1) {
      client.minutes(1);
      const { text } = await client.call('GET', `${ENDPOINTS}/house-price/metrics`);
      counted += Number(/request_count_total\{.*\} (\S+) /.exec(text)?.[1]);
    }
    expect(sum(await history(client, 5), 'requests')).toBe(counted);
  });

  it('keeps the old limit in the minutes before a new one', async () => {
    const client = await start();
    const limit = (calls: number) =>
      client.call('PUT', `${ENDPOINTS}/house-price/ai-gateway`, { rate_limits: [{ calls, renewal_period: 'minute' }] });
    await limit(30);
    client.minutes(3);
    const before = await history(client, 2);
    expect(sum(before, 'refused')).toBeGreaterThan(100);
    await limit(5000);
    expect(await history(client, 2)).toEqual(before);
    client.minutes(2);
    expect(sum(await history(client, 1), 'refused')).toBe(0);
  });
});

it('a deleted endpoint stays in the state, because tables of usage still name what it served', async () => {
  const client = await start();
  await client.call('DELETE', `${ENDPOINTS}/churn-legacy`);
  const { deleted } = (await client.call('GET', '/sandbox/state')).body;
  expect(deleted).toMatchObject([{ endpoint: { name: 'churn-legacy', periods: [{ config: { config_version: 1 } }] } }]);
});

it('the record says who changed what and when, and leaves out reads and refusals', async () => {
  const client = await start();
  const at = client.sandbox.clock.now();
  await client.call('PUT', `${ENDPOINTS}/churn-legacy/config`, { served_entities: [churn(2)] }, ENGINEER);
  client.minutes(10);
  await client.call('PATCH', `${ENDPOINTS}/churn-legacy/tags`, { add_tags: [{ key: 'a', value: 'b' }] });
  await client.call('PATCH', `${ENDPOINTS}/churn-legacy/tags`, { add_tags: 'wrong' });
  await client.get('churn-legacy');
  const { id } = (await client.get('churn-legacy')).body;
  const list = [{ user_name: 'analyst@example.com', permission_level: 'CAN_QUERY' }];
  await client.call('PATCH', `/api/2.0/permissions/serving-endpoints/${id}`, { access_control_list: list });
  await client.create('young', churn(1));
  await client.call('POST', '/serving-endpoints/house-price/invocations', ROW);
  expect((await client.call('POST', '/api/serving-endpoints/house-price/invocations', ROW)).status).toBe(200);
  const changes = async (query = '') => (await client.call('GET', `/sandbox/changes${query}`)).body.changes;
  expect(await changes('?endpoint=churn-legacy')).toMatchObject([
    { at, principal: ENGINEER, action: 'update config' },
    { at: at + 600_000, principal: 'admin@example.com', action: 'update tags' },
    { action: 'update permissions' },
  ]);
  expect(
    (await changes()).map(({ action, endpoint }: { action: string; endpoint: string }) => [action, endpoint]),
  ).toEqual([
    ['update config', 'churn-legacy'],
    ['update tags', 'churn-legacy'],
    ['update permissions', 'churn-legacy'],
    ['create endpoint', 'young'],
  ]);
});
