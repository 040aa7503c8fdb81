import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { scaledClock } from '../../../src/sandbox/clock.ts';
import { churn, ENDPOINTS, startWire, type Wire } from '../wire.ts';

let wire: Wire;
beforeAll(async () => {
  wire = await startWire();
});
afterAll(() => wire.sandbox.close());

const state = (ready: string, config_update: string) => ({ ready, config_update, suspend: 'NOT_SUSPENDED' });

describe('phases of an endpoint', () => {
  it('A: without config it is NOT_READY and NOT_UPDATING and has no config key', async () => {
    const { status, body } = await wire.call('POST', ENDPOINTS, { name: 'phase-a' });
    expect(status).toBe(200);
    expect(body.state).toEqual(state('NOT_READY', 'NOT_UPDATING'));
    expect(body).not.toHaveProperty('config');
    expect(body).not.toHaveProperty('pending_config');
    expect(body.description).toBe('');
    expect(body.id).toMatch(/^[0-9a-f]{32}$/);
  });

  it('B, C, D: pending until the container serves, then active without pending_config', async () => {
    const created = await wire.create('phase-d', churn(1));
    expect(created.body.state).toEqual(state('NOT_READY', 'IN_PROGRESS'));
    expect(created.body).not.toHaveProperty('config');
    expect(created.body.pending_config).toMatchObject({ config_version: 1, start_time: wire.sandbox.clock.now() });
    expect(created.body.pending_config.served_entities[0].state).toEqual({
      deployment: 'DEPLOYMENT_CREATING',
      deployment_state_message: 'Creating resources for served entity.',
    });
    wire.minutes(5);
    const loading = await wire.get('phase-d');
    expect(loading.body.state.config_update).toBe('IN_PROGRESS');
    expect(loading.body.pending_config.served_entities[0].state.deployment).toBe('DEPLOYMENT_CREATING');
    expect(loading.body.pending_config.served_entities[0].state.deployment_state_message).not.toMatch(/^Creating/);
    wire.minutes(3);
    const { body } = await wire.get('phase-d');
    expect(body.state).toEqual(state('READY', 'NOT_UPDATING'));
    expect(body).not.toHaveProperty('pending_config');
    expect(body.config.config_version).toBe(1);
    expect(body.config.served_entities[0].state).toEqual({
      deployment: 'DEPLOYMENT_READY',
      deployment_state_message: '',
    });
  });

  it('E: a failed first deployment keeps pending_config and never becomes ready', async () => {
    await wire.create('phase-e', churn(4));
    wire.minutes(3.9);
    expect((await wire.get('phase-e')).body.state.config_update).toBe('IN_PROGRESS');
    wire.minutes(0.1);
    const { body } = await wire.get('phase-e');
    expect(body.state).toEqual(state('NOT_READY', 'UPDATE_FAILED'));
    expect(body).not.toHaveProperty('config');
    expect(body.pending_config.served_entities[0].state.deployment).toBe('DEPLOYMENT_FAILED');
    expect(body.pending_config.served_entities[0].state.deployment_state_message).toContain(
      'sklearn.ensemble._gb_losses',
    );
    wire.minutes(600);
    expect((await wire.get('phase-e')).body.state.config_update).toBe('UPDATE_FAILED');
  });

  it('F, G: an update keeps the old config serving and takes the next config version', async () => {
    await wire.create('phase-f', churn(1));
    wire.minutes(8);
    const put = await wire.call('PUT', `${ENDPOINTS}/phase-f/config`, { served_entities: [churn(2)] });
    expect(put.status).toBe(200);
    expect(put.body.state).toEqual(state('READY', 'IN_PROGRESS'));
    expect(put.body.config.served_entities[0].name).toBe('churn-1');
    expect(put.body.config.served_entities[0].state.deployment).toBe('DEPLOYMENT_READY');
    expect(put.body.pending_config).toMatchObject({ config_version: 2, served_entities: [{ name: 'churn-2' }] });
    wire.minutes(8);
    const { body } = await wire.get('phase-f');
    expect(body.state).toEqual(state('READY', 'NOT_UPDATING'));
    expect(body.config).toMatchObject({ config_version: 2, served_entities: [{ name: 'churn-2' }] });
    expect(body).not.toHaveProperty('pending_config');
  });

  it('H: a failed update leaves the old version with all its traffic, FAILED and ABORTED in pending_config', async () => {
    await wire.create('phase-h', churn(1));
    wire.minutes(8);
    await wire.call('PUT', `${ENDPOINTS}/phase-h/config`, {
      served_entities: [churn(4), churn(1)],
      traffic_config: {
        routes: [
          { served_entity_name: 'churn-1', traffic_percentage: 90 },
          { served_entity_name: 'churn-4', traffic_percentage: 10 },
        ],
      },
    });
    wire.minutes(4);
    const { body } = await wire.get('phase-h');
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

  it('the update after a failed one takes the number after the failed one', async () => {
    const { body } = await wire.call('PUT', `${ENDPOINTS}/phase-h/config`, { served_entities: [churn(3)] });
    expect(body.state.config_update).toBe('IN_PROGRESS');
    expect(body.pending_config.config_version).toBe(3);
  });

  it('I: a canceled update keeps the old version and the pending config', async () => {
    await wire.create('phase-i', churn(1));
    wire.minutes(8);
    await wire.call('PUT', `${ENDPOINTS}/phase-i/config`, { served_entities: [churn(2)] });
    wire.minutes(2);
    await wire.call('POST', '/sandbox/endpoints/phase-i/cancel-update');
    const { body } = await wire.get('phase-i');
    expect(body.state).toEqual(state('READY', 'UPDATE_CANCELED'));
    expect(body.config.served_entities[0].name).toBe('churn-1');
    expect(body.pending_config.served_entities[0].state.deployment).toBe('DEPLOYMENT_ABORTED');
    const next = await wire.call('PUT', `${ENDPOINTS}/phase-i/config`, { served_entities: [churn(3)] });
    expect(next.body.state.config_update).toBe('IN_PROGRESS');
  });

  it('K: thirty idle minutes scale to zero, and ready stays READY', async () => {
    await wire.create('phase-k', churn(1));
    wire.minutes(8 + 29);
    await wire.get('phase-k');
    const message = async () =>
      (await wire.get('phase-k')).body.config.served_entities[0].state.deployment_state_message;
    expect(await message()).toBe('');
    wire.minutes(1);
    expect(await message()).toBe('Scaled to zero');
    expect((await wire.get('phase-k')).body.state.ready).toBe('READY');
  });

  it('K, L: a query wakes an endpoint that slept; without scale to zero nothing ever sleeps', async () => {
    const before = await wire.get('churn-legacy');
    expect(before.body.config.served_entities[0].state.deployment_state_message).toBe('Scaled to zero');
    const record = { tenure: 3, monthly_charges: 80, support_tickets: 4, contract: 'month-to-month', autopay: false };
    const answer = await wire.call('POST', '/serving-endpoints/churn-legacy/invocations', {
      dataframe_records: [record],
    });
    expect(answer.status).toBe(200);
    wire.minutes(2);
    const awake = await wire.get('churn-legacy');
    expect(awake.body.config.served_entities[0].state.deployment_state_message).toBe('');
    await wire.create('never-sleeps', churn(1, { scale_to_zero_enabled: false }));
    wire.minutes(500);
    const always = await wire.get('never-sleeps');
    expect(always.body.config.served_entities[0].state.deployment_state_message).toBe('');
  });

  it('M: an external model is ready at once', async () => {
    const { body } = await wire.create('phase-m', {
      external_model: {
        provider: 'anthropic',
        name: 'claude-3.5:latest',
        task: 'llm/v1/chat',
        anthropic_config: { anthropic_api_key: '{{secrets/llm-providers/anthropic_api_key}}' },
      },
    });
    expect(body.state).toEqual(state('READY', 'NOT_UPDATING'));
    expect(body.config.served_entities[0]).toMatchObject({ name: 'claude-3-5-latest', type: 'EXTERNAL_MODEL' });
    expect(body.config.served_models).toEqual([]);
    expect(body).toMatchObject({ task: 'llm/v1/chat', endpoint_type: 'EXTERNAL_MODEL' });
  });

  it('a deployment that passes its limit is aborted with the timeout text', async () => {
    const spec = { kind: 'linear', inputs: [{ name: 'x', type: 'double' }], intercept: 0, coefficients: { x: 1 } };
    const slow = await startWire({
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
      deployment_state_message:
        'Served model creation aborted because the endpoint update timed out. Please see service logs for more information.',
    });
    await slow.sandbox.close();
  });

  it('moving traffic only takes half a minute and deploys nothing again', async () => {
    await wire.create('traffic', churn(1));
    wire.minutes(8);
    await wire.call('PUT', `${ENDPOINTS}/traffic/config`, {
      served_entities: [churn(1), churn(2)],
      traffic_config: {
        routes: [
          { served_entity_name: 'churn-1', traffic_percentage: 100 },
          { served_entity_name: 'churn-2', traffic_percentage: 0 },
        ],
      },
    });
    wire.minutes(8);
    await wire.call('PUT', `${ENDPOINTS}/traffic/config`, {
      served_entities: [churn(1), churn(2)],
      traffic_config: {
        routes: [
          { served_entity_name: 'churn-1', traffic_percentage: 50 },
          { served_entity_name: 'churn-2', traffic_percentage: 50 },
        ],
      },
    });
    wire.minutes(0.4);
    expect((await wire.get('traffic')).body.state.config_update).toBe('IN_PROGRESS');
    wire.minutes(0.1);
    const { body } = await wire.get('traffic');
    expect(body.state.config_update).toBe('NOT_UPDATING');
    expect(body.config.traffic_config.routes.map((r: { traffic_percentage: number }) => r.traffic_percentage)).toEqual([
      50, 50,
    ]);
  });
});

describe('time', () => {
  it('looking changes nothing, however often', async () => {
    await wire.create('watched', churn(1));
    const first = (await wire.get('watched')).text;
    for (let i = 0; i < 25; i += 1) expect((await wire.get('watched')).text).toBe(first);
    wire.minutes(8);
    const done = (await wire.get('watched')).text;
    expect(done).not.toBe(first);
    for (let i = 0; i < 25; i += 1) expect((await wire.get('watched')).text).toBe(done);
  });

  it('a transition has the timestamp of when it was due, not of when somebody looked', async () => {
    await wire.create('unwatched', churn(1));
    const start = wire.sandbox.clock.now();
    wire.minutes(300);
    const { body } = await wire.get('unwatched');
    expect(body.last_updated_timestamp).toBe(start + 8 * 60_000);
    expect(body.config.served_entities[0].state.deployment_state_message).toBe('Scaled to zero');
  });

  it('the scaled clock runs by itself and can be moved on', async () => {
    const fast = await startWire({ clock: { kind: 'scaled', minutesPerSecond: 600 } });
    await fast.create('fast', churn(1));
    await vi.waitUntil(async () => (await fast.get('fast')).body.state.ready === 'READY', { timeout: 60_000 });
    const before = fast.sandbox.clock.now();
    fast.sandbox.clock.advance(86_400_000);
    expect(fast.sandbox.clock.now() - before).toBeGreaterThanOrEqual(86_400_000);
    await fast.sandbox.close();
  });

  it('a sleep on the scaled clock is shorter by as much as the clock is faster', async () => {
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
