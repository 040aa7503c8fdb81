/** A stopped endpoint does not serve, does not wake, and starts by a config update. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, churn, ENDPOINTS, startClient } from '../client.ts';

let client: Client;
beforeAll(async () => {
  client = await startClient();
});
afterAll(() => client.sandbox.close());

const STOPPED = { ready: 'NOT_READY', config_update: 'NOT_UPDATING', suspend: 'STOPPED' };
const TEXT = 'The given endpoint is stopped, please retry after starting the endpoint.';
const ROWS = {
  dataframe_records: [
    { tenure: 3, monthly_charges: 80, support_tickets: 4, contract: 'month-to-month', autopay: false },
  ],
};
const stop = (name: string) => client.call('POST', `/sandbox/endpoints/${name}/stop`);
const query = (name: string) => client.call('POST', `/serving-endpoints/${name}/invocations`, ROWS);

async function stopped(name: string) {
  await client.create(name, churn(1));
  client.minutes(8);
  expect((await stop(name)).status).toBe(200);
  return (await client.get(name)).body;
}

describe('a stopped endpoint', () => {
  it('keeps its active config, whose entities are stopped', async () => {
    const body = await stopped('kept');
    expect(body.state).toMatchObject(STOPPED);
    expect(body).not.toHaveProperty('pending_config');
    expect(body.config.served_entities[0]).toMatchObject({
      scale_to_zero_enabled: true,
      state: { deployment: 'DEPLOYMENT_STOPPED', deployment_state_message: 'Stopped' },
    });
    client.minutes(600);
    expect((await client.get('kept')).body).toEqual(body);
    const item = (await client.call('GET', ENDPOINTS)).body.endpoints.find((e: { name: string }) => e.name === 'kept');
    expect(item.state).toMatchObject(STOPPED);
  });

  it('is not woken by a query, on no route', async () => {
    await stopped('asleep');
    const entity = '/serving-endpoints/asleep/served-models/churn-1/invocations';
    for (const reply of [await query('asleep'), await client.call('POST', entity, ROWS)]) {
      expect([reply.status, reply.body]).toEqual([400, { error_code: 'BAD_REQUEST', message: TEXT }]);
    }
    client.minutes(5);
    expect((await client.get('asleep')).body.state).toMatchObject(STOPPED);
  });

  it('starts in three minutes when the same config is put again', async () => {
    await stopped('same');
    const put = await client.call('PUT', `${ENDPOINTS}/same/config`, { served_entities: [churn(1)] });
    expect(put.body.state).toMatchObject({ ready: 'NOT_READY', config_update: 'IN_PROGRESS' });
    client.minutes(2.9);
    expect((await query('same')).status).toBe(400);
    client.minutes(0.1);
    const { body } = await client.get('same');
    expect(body.state).toMatchObject({ ready: 'READY', config_update: 'NOT_UPDATING', suspend: 'NOT_SUSPENDED' });
    expect(body.config.served_entities[0].state).toEqual({
      deployment: 'DEPLOYMENT_READY',
      deployment_state_message: '',
    });
    expect((await query('same')).status).toBe(200);
  });

  it('starts with another version after its deployment, and stays stopped when that fails', async () => {
    await stopped('other');
    await client.call('PUT', `${ENDPOINTS}/other/config`, { served_entities: [churn(4)] });
    client.minutes(4);
    const failed = (await client.get('other')).body;
    expect(failed.state).toMatchObject({ ready: 'NOT_READY', config_update: 'UPDATE_FAILED', suspend: 'STOPPED' });
    expect(failed.config.served_entities[0].state.deployment).toBe('DEPLOYMENT_STOPPED');
    await client.call('PUT', `${ENDPOINTS}/other/config`, { served_entities: [churn(2)] });
    client.minutes(8);
    expect((await client.get('other')).body.state.ready).toBe('READY');
  });

  it('has no replicas: no log of the service, no CPU series, no requests', async () => {
    const own = await startClient();
    await own.call('POST', '/sandbox/endpoints/house-price/stop');
    own.minutes(2);
    const metrics = (await own.call('GET', `${ENDPOINTS}/house-price/metrics`)).text;
    expect(metrics).not.toContain('cpu_usage_percentage');
    expect(metrics).toMatch(/^request_count_total\{.*\} 0\.0 /m);
    const logs = `${ENDPOINTS}/house-price/served-models/house_price-1`;
    expect((await own.call('GET', `${logs}/logs`)).body.logs).toBe('');
    expect((await own.call('GET', `${logs}/build-logs`)).body.logs).not.toBe('');
    await own.sandbox.close();
  });

  it('takes settings that need no deployment, and they do not start it', async () => {
    await stopped('settled');
    await client.call('PATCH', `${ENDPOINTS}/settled/tags`, { add_tags: [{ key: 'a' }] });
    expect((await client.get('settled')).body).toMatchObject({ tags: [{ key: 'a' }], state: STOPPED });
  });
});

it('the public API can neither stop nor start an endpoint', async () => {
  const { status, body } = await client.call('POST', `${ENDPOINTS}/house-price/stop`);
  expect([status, body.error_code]).toEqual([404, 'ENDPOINT_NOT_FOUND']);
});

it('an endpoint that does not serve yet, or is updating, cannot be stopped', async () => {
  await client.create('young', churn(1));
  expect((await stop('young')).status).toBe(400);
  expect((await stop('databricks-gpt-5')).status).toBe(400);
});

it('a seed can start with a stopped endpoint', async () => {
  const spec = { kind: 'linear', inputs: [{ name: 'x', type: 'double' }], intercept: 1, coefficients: { x: 2 } };
  const entity = { entity_name: 'a.b.c', entity_version: '1', scale_to_zero_enabled: true };
  const own = await startClient({
    seed: {
      users: [{ user_name: 'admin@example.com', admin: true }],
      models: [{ full_name: 'a.b.c', versions: [{ version: 1, status: 'READY', spec }] }],
      endpoints: [{ name: 'off', stopped: true, config: { served_entities: [entity] } }],
    },
  });
  expect((await own.get('off')).body.state).toMatchObject(STOPPED);
  await own.sandbox.close();
});
