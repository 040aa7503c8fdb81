import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { scaledClock } from '../../../src/sandbox/clock.ts';
import { type Client, churn, ENDPOINTS, startClient } from '../client.ts';

let client: Client;
beforeAll(async () => {
  client = await startClient();
});
afterAll(() => client.sandbox.close());

const state = (ready: string, config_update: string) => ({
  ready,
  config_update,
  suspend: 'NOT_SUSPENDED',
  system_update_failure: false,
});

describe('an endpoint', () => {
  it('without a config is NOT_READY and NOT_UPDATING and has no config key', async () => {
    const { status, body } = await client.call('POST', ENDPOINTS, { name: 'phase-a' });
    expect(status).toBe(200);
    expect(body.state).toEqual(state('NOT_READY', 'NOT_UPDATING'));
    expect(body).not.toHaveProperty('config');
    expect(body).not.toHaveProperty('pending_config');
    expect(body.description).toBe('');
    expect(body.id).toMatch(/^[0-9a-f]{32}$/);
  });

  it('has a pending config until the container serves, and then an active one', async () => {
    const created = await client.create('phase-d', churn(1));
    expect(created.body.state).toEqual(state('NOT_READY', 'IN_PROGRESS'));
    expect(created.body).not.toHaveProperty('config');
    expect(created.body.pending_config).toMatchObject({ config_version: 1, start_time: client.sandbox.clock.now() });
    expect(created.body.pending_config.served_entities[0].state).toEqual({
      deployment: 'DEPLOYMENT_CREATING',
      deployment_state_message: 'Creating resources for served entity.',
    });
    client.minutes(5);
    const loading = await client.get('phase-d');
    expect(loading.body.state.config_update).toBe('IN_PROGRESS');
    expect(loading.body.pending_config.served_entities[0].state.deployment).toBe('DEPLOYMENT_CREATING');
    expect(loading.body.pending_config.served_entities[0].state.deployment_state_message).not.toMatch(/^Creating/);
    client.minutes(3);
    const { body } = await client.get('phase-d');
    expect(body.state).toEqual(state('READY', 'NOT_UPDATING'));
    expect(body).not.toHaveProperty('pending_config');
    expect(body.config.config_version).toBe(1);
    expect(body.config.served_entities[0].state).toEqual({
      deployment: 'DEPLOYMENT_READY',
      deployment_state_message: '',
    });
  });

  it('keeps pending_config and never becomes ready after a failed first deployment', async () => {
    await client.create('phase-e', churn(4));
    client.minutes(3.9);
    expect((await client.get('phase-e')).body.state.config_update).toBe('IN_PROGRESS');
    client.minutes(0.1);
    const { body } = await client.get('phase-e');
    expect(body.state).toEqual(state('NOT_READY', 'UPDATE_FAILED'));
    expect(body).not.toHaveProperty('config');
    expect(body.pending_config.served_entities[0].state.deployment).toBe('DEPLOYMENT_FAILED');
    expect(body.pending_config.served_entities[0].state.deployment_state_message).toContain(
      'sklearn.ensemble._gb_losses',
    );
    client.minutes(600);
    expect((await client.get('phase-e')).body.state.config_update).toBe('UPDATE_FAILED');
  });

  it('keeps serving the old config during an update, which takes the next config version', async () => {
    await client.create('phase-f', churn(1));
    client.minutes(8);
    const put = await client.call('PUT', `${ENDPOINTS}/phase-f/config`, { served_entities: [churn(2)] });
    expect(put.status).toBe(200);
    expect(put.body.state).toEqual(state('READY', 'IN_PROGRESS'));
    expect(put.body.config.served_entities[0].name).toBe('churn-1');
    expect(put.body.config.served_entities[0].state.deployment).toBe('DEPLOYMENT_READY');
    expect(put.body.pending_config).toMatchObject({ config_version: 2, served_entities: [{ name: 'churn-2' }] });
    client.minutes(8);
    const { body } = await client.get('phase-f');
    expect(body.state).toEqual(state('READY', 'NOT_UPDATING'));
    expect(body.config).toMatchObject({ config_version: 2, served_entities: [{ name: 'churn-2' }] });
    expect(body).not.toHaveProperty('pending_config');
  });

  it('keeps all traffic on the old version after a failed update, with FAILED and ABORTED in pending_config', async () => {
    await client.create('phase-h', churn(1));
    client.minutes(8);
    await client.call('PUT', `${ENDPOINTS}/phase-h/config`, {
      served_entities: [churn(4), churn(1)],
      traffic_config: {
        routes: [
          { served_entity_name: 'churn-1', traffic_percentage: 90 },
          { served_entity_name: 'churn-4', traffic_percentage: 10 },
        ],
      },
    });
    client.minutes(4);
    const { body } = await client.get('phase-h');
    expect(body.state).toEqual(state('READY', 'UPDATE_FAILED'));
    expect(body.config.config_version).toBe(1);
    expect(body.config.served_entities[0].state.deployment).toBe('DEPLOYMENT_READY');
    expect(body.config.traffic_config.routes).toEqual([
      { served_entity_name: 'churn-1', served_model_name: 'churn-1', traffic_percentage: 100 },
    ]);
    const pending = Object.fromEntries(
      body.pending_config.served_entities.map((e: { name: string; state: { deployment: string } }) => [
        e.name,
        e.state.deployment,
      ]),
    );
    expect(pending).toEqual({ 'churn-1': 'DEPLOYMENT_ABORTED', 'churn-4': 'DEPLOYMENT_FAILED' });
  });

  it('uses up a config version for a failed update', async () => {
    const { body } = await client.call('PUT', `${ENDPOINTS}/phase-h/config`, { served_entities: [churn(3)] });
    expect(body.state.config_update).toBe('IN_PROGRESS');
    expect(body.pending_config.config_version).toBe(3);
  });

  it('keeps the old version and the pending config after a canceled update', async () => {
    await client.create('phase-i', churn(1));
    client.minutes(8);
    await client.call('PUT', `${ENDPOINTS}/phase-i/config`, { served_entities: [churn(2)] });
    client.minutes(2);
    await client.call('POST', '/sandbox/endpoints/phase-i/cancel-update');
    const { body } = await client.get('phase-i');
    expect(body.state).toEqual(state('READY', 'UPDATE_CANCELED'));
    expect(body.config.served_entities[0].name).toBe('churn-1');
    expect(body.pending_config.served_entities[0].state.deployment).toBe('DEPLOYMENT_ABORTED');
    const next = await client.call('PUT', `${ENDPOINTS}/phase-i/config`, { served_entities: [churn(3)] });
    expect(next.body.state.config_update).toBe('IN_PROGRESS');
  });

  it('scales to zero after thirty idle minutes, and ready stays READY', async () => {
    await client.create('phase-k', churn(1));
    client.minutes(8 + 29);
    await client.get('phase-k');
    const message = async () =>
      (await client.get('phase-k')).body.config.served_entities[0].state.deployment_state_message;
    expect(await message()).toBe('');
    client.minutes(1);
    expect(await message()).toBe('Scaled to zero');
    expect((await client.get('phase-k')).body.state.ready).toBe('READY');
  });

  it('wakes for a query, and never sleeps without scale to zero', async () => {
    const before = await client.get('churn-legacy');
    expect(before.body.config.served_entities[0].state.deployment_state_message).toBe('Scaled to zero');
    const record = { tenure: 3, monthly_charges: 80, support_tickets: 4, contract: 'month-to-month', autopay: false };
    const answer = await client.call('POST', '/serving-endpoints/churn-legacy/invocations', {
      dataframe_records: [record],
    });
    expect(answer.status).toBe(200);
    client.minutes(2);
    const awake = await client.get('churn-legacy');
    expect(awake.body.config.served_entities[0].state.deployment_state_message).toBe('');
    await client.create('never-sleeps', churn(1, { scale_to_zero_enabled: false }));
    client.minutes(500);
    const always = await client.get('never-sleeps');
    expect(always.body.config.served_entities[0].state.deployment_state_message).toBe('');
  });

  it('with an external model is ready at once', async () => {
    const { body } = await client.create('phase-m', {
      external_model: {
        provider: 'anthropic',
        name: 'claude-3.5:latest',
        task: 'llm/v1/chat',
        anthropic_config: { anthropic_api_key: '{{secrets/llm-providers/anthropic_api_key}}' },
      },
    });
    expect(body.state).toEqual(state('READY', 'NOT_UPDATING'));
    expect(body.config.served_entities[0]).toMatchObject({ name: 'claude-3-5-latest', type: 'EXTERNAL_MODEL' });
    expect(body.config).not.toHaveProperty('served_models');
    expect(body).toMatchObject({ task: 'llm/v1/chat', endpoint_type: 'EXTERNAL_MODEL' });
  });

  it('aborts a deployment over its time limit, with the timeout text', async () => {
    const spec = { kind: 'linear', inputs: [{ name: 'x', type: 'double' }], intercept: 0, coefficients: { x: 1 } };
    const slow = await startClient({
      seed: {
        users: [{ user_name: 'admin@example.com', admin: true }],
        models: [
          {
            full_name: 'a.b.slow',
            versions: [{ version: 1, status: 'READY', spec, build_minutes: 5, deploy_minutes: 50 }],
          },
        ],
      },
    });
    await slow.create('slow', { entity_name: 'a.b.slow', entity_version: '1', scale_to_zero_enabled: true });
    slow.minutes(34);
    expect((await slow.get('slow')).body.state.config_update).toBe('IN_PROGRESS');
    slow.minutes(1);
    const { body } = await slow.get('slow');
    expect(body.state).toEqual(state('NOT_READY', 'UPDATE_FAILED'));
    expect(body.pending_config.served_entities[0].state).toEqual({
      deployment: 'DEPLOYMENT_ABORTED',
      deployment_state_message: 'served entity creation aborted because the resource did not become available in time',
    });
    await slow.sandbox.close();
  });

  it('moves traffic in half a minute without a new deployment', async () => {
    await client.create('traffic', churn(1));
    client.minutes(8);
    await client.call('PUT', `${ENDPOINTS}/traffic/config`, {
      served_entities: [churn(1), churn(2)],
      traffic_config: {
        routes: [
          { served_entity_name: 'churn-1', traffic_percentage: 100 },
          { served_entity_name: 'churn-2', traffic_percentage: 0 },
        ],
      },
    });
    client.minutes(8);
    await client.call('PUT', `${ENDPOINTS}/traffic/config`, {
      served_entities: [churn(1), churn(2)],
      traffic_config: {
        routes: [
          { served_entity_name: 'churn-1', traffic_percentage: 50 },
          { served_entity_name: 'churn-2', traffic_percentage: 50 },
        ],
      },
    });
    client.minutes(0.4);
    expect((await client.get('traffic')).body.state.config_update).toBe('IN_PROGRESS');
    client.minutes(0.1);
    const { body } = await client.get('traffic');
    expect(body.state.config_update).toBe('NOT_UPDATING');
    expect(body.config.traffic_config.routes.map((r: { traffic_percentage: number }) => r.traffic_percentage)).toEqual([
      50, 50,
    ]);
  });
});

describe('time', () => {
  it('reads change nothing, however often', async () => {
    await client.create('watched', churn(1));
    const first = (await client.get('watched')).text;
    for (let i = 0; i < 25; i += 1) expect((await client.get('watched')).text).toBe(first);
    client.minutes(8);
    const done = (await client.get('watched')).text;
    expect(done).not.toBe(first);
    for (let i = 0; i < 25; i += 1) expect((await client.get('watched')).text).toBe(done);
  });

  it('a transition happens when it is due, not at the next read', async () => {
    await client.create('unwatched', churn(1));
    client.minutes(300);
    const { body } = await client.get('unwatched');
    expect(body.config.served_entities[0].state.deployment_state_message).toBe('Scaled to zero');
  });

  it('the scaled clock runs on its own and can be advanced', async () => {
    const fast = await startClient({ clock: { kind: 'scaled', minutesPerSecond: 600 } });
    await fast.create('fast', churn(1));
    await vi.waitUntil(async () => (await fast.get('fast')).body.state.ready === 'READY', { timeout: 60_000 });
    const before = fast.sandbox.clock.now();
    fast.sandbox.clock.advance(86_400_000);
    expect(fast.sandbox.clock.now() - before).toBeGreaterThanOrEqual(86_400_000);
    await fast.sandbox.close();
  });

  it('a sleep on the scaled clock is shorter by the factor of its speed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    try {
      let woken = false;
      void scaledClock(1, () => 0)
        .sleep(15_000)
        .then(() => {
          woken = true;
        });
      await vi.advanceTimersByTimeAsync(249);
      expect(woken).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      expect(woken).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });
});
