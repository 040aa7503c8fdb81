import { afterEach, describe, expect, it } from 'vitest';
import { manualClock } from '../../../src/sandbox/clock.ts';
import { type Client, ENDPOINTS, startClient } from '../client.ts';

const MINUTE = 60_000;
/** Seeded traffic depends on the minute, so each test begins in this one. */
const START = Date.UTC(2030, 0, 1, 9, 7, 30);
const open: Client[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map(({ sandbox }) => sandbox.close()));
});

const version = (number: number, more = {}) => ({
  version: number,
  status: 'READY',
  deploy_minutes: 3,
  latency_ms: 20,
  spec: { kind: 'linear', inputs: [{ name: 'x', type: 'double' }], intercept: number, coefficients: { x: 2 } },
  ...more,
});

const entity = (number: number) => ({
  ...{ entity_name: 'ml.prod.churn', entity_version: String(number), workload_size: 'Small' },
  scale_to_zero_enabled: false,
});
const routes = (...shares: number[]) =>
  shares.map((traffic_percentage, at) => ({ served_entity_name: `churn-${at + 1}`, traffic_percentage }));

/** An endpoint `churn` with versions 1 and 2, of which the second fails one request in twelve and is slow. */
async function start(endpoint: Record<string, unknown>, shares = [90, 10]): Promise<Client> {
  const client = await startClient({
    clock: manualClock(START),
    seed: {
      users: [
        { user_name: 'admin@example.com', admin: true },
        { user_name: 'red@example.com', groups: ['reds'] },
        { user_name: 'blue@example.com' },
      ],
      service_principals: [{ application_id: 'sp-1', display_name: 'batch' }],
      models: [
        {
          full_name: 'ml.prod.churn',
          versions: [version(1), version(2, { error_5xx_rate: 0.08, latency_ms: 200, p95_ms: 900 })],
        },
      ],
      endpoints: [
        {
          name: 'churn',
          config: {
            served_entities: shares.map((_, at) => entity(at + 1)),
            traffic_config: { routes: routes(...shares) },
          },
          ...endpoint,
        },
      ],
    },
  });
  open.push(client);
  return client;
}

type Counts = Record<'churn-1' | 'churn-2', number>;

/** The value of a series for each entity, or one bucket of it. */
async function series(client: Client, name: string, le?: string): Promise<Counts> {
  const { text } = await client.call('GET', `${ENDPOINTS}/churn/metrics`);
  const counts: Counts = { 'churn-1': 0, 'churn-2': 0 };
  for (const line of text.split('\n')) {
    const found = /^(\w+)\{.*served_entity_name="(churn-[12])"(?:,le="([^"]+)")?\} (\S+) \d+$/.exec(line);
    if (found?.[1] !== name || found[3] !== le) continue;
    counts[found[2] === 'churn-1' ? 'churn-1' : 'churn-2'] = Number(found[4]);
  }
  return counts;
}

const total = (values: Record<string, number>): number => Object.values(values).reduce((sum, value) => sum + value, 0);
const ask = (client: Client, who?: string) =>
  client.call('POST', '/serving-endpoints/churn/invocations', { dataframe_records: [{ x: 1 }] }, who);
const limit = (more: Record<string, unknown>) => ({ ...more, renewal_period: 'minute' });

describe('seeded traffic', () => {
  it('keeps to its rate, gives each entity its share, and the entity its own errors and times', async () => {
    const client = await start({ traffic: { requests_per_minute: 3000 } });
    const requests = await series(client, 'request_count_total');
    expect(total(requests)).toBeGreaterThan(2700 - 1);
    expect(total(requests)).toBeLessThan(3300 + 1);
    expect(requests['churn-2'] / total(requests)).toBeCloseTo(0.1, 1);
    const failed = await series(client, 'request_5xx_count_total');
    expect(failed['churn-1']).toBe(0);
    expect(failed['churn-2'] / requests['churn-2']).toBeGreaterThan(0.04);
    expect(failed['churn-2'] / requests['churn-2']).toBeLessThan(0.13);
    // 95 of 100 requests take at most 900 ms, and half of them at most 200 ms.
    const below = async (le: string) => (await series(client, 'request_latency_ms_bucket', le))['churn-2'];
    expect((await below('1000')) / requests['churn-2']).toBeGreaterThan(0.92);
    expect((await below('500')) / requests['churn-2']).toBeLessThan(0.95);
    expect((await below('250')) / requests['churn-2']).toBeCloseTo(0.6, 1);
  });

  it('is the same for each read and differs in the next minute', async () => {
    const client = await start({ traffic: { requests_per_minute: 250 } });
    const read = async () => (await client.call('GET', `${ENDPOINTS}/churn/metrics`)).text;
    const first = await read();
    expect(await read()).toBe(first);
    client.minutes(1);
    expect(await read()).not.toBe(first);
  });

  it('follows the new shares after a change of traffic, and keeps the old ones in the minutes before', async () => {
    const client = await start({ traffic: { requests_per_minute: 600 } });
    const body = { served_entities: [entity(1), entity(2)], traffic_config: { routes: routes(0, 100) } };
    expect((await client.call('PUT', `${ENDPOINTS}/churn/config`, body)).status).toBe(200);
    const before = await series(client, 'request_count_total');
    expect(before['churn-1']).toBeGreaterThan(before['churn-2']);
    client.minutes(3);
    const after = await series(client, 'request_count_total');
    expect(after['churn-1']).toBe(0);
    expect(after['churn-2']).toBeGreaterThan(500);
  });

  it('continues at the next entity after a failure, if fallback is on', async () => {
    const traffic = { requests_per_minute: 600 };
    const client = await start({ traffic, ai_gateway: { fallback_config: { enabled: true } } }, [0, 100]);
    const failed = await series(client, 'request_5xx_count_total');
    expect(failed['churn-2']).toBeGreaterThan(20);
    expect(await series(client, 'request_count_total')).toMatchObject({ 'churn-1': failed['churn-2'] });
  });

  it('has no requests while the endpoint is stopped, and none of before it was created', async () => {
    const client = await start({ traffic: { requests_per_minute: 60 }, created_minutes_ago: 3 });
    const rows = async () => (await client.call('GET', '/sandbox/endpoints/churn/history?minutes=30')).body.rows;
    expect(new Set((await rows()).map(({ minute }: { minute: string }) => minute)).size).toBe(3);
    await client.call('POST', '/sandbox/endpoints/churn/stop');
    client.minutes(40);
    expect(await rows()).toEqual([]);
  });

  it('keeps awake only the entities that it reaches', async () => {
    const zero = { ...entity(1), scale_to_zero_enabled: true };
    const client = await start(
      {
        traffic: { requests_per_minute: 60 },
        config: {
          served_entities: [zero, { ...entity(2), scale_to_zero_enabled: true }],
          traffic_config: { routes: routes(100, 0) },
        },
      },
      [100, 0],
    );
    const messages = async () =>
      (await client.get('churn')).body.config.served_entities.map(
        (one: { state: { deployment_state_message: string } }) => one.state.deployment_state_message,
      );
    client.minutes(31);
    expect(await messages()).toEqual(['', 'Scaled to zero']);
  });

  it('costs nothing while no one asks: a jump of two weeks, then one read', async () => {
    const client = await start({ traffic: { requests_per_minute: 6000 } });
    client.minutes(14 * 24 * 60);
    const before = process.cpuUsage().user;
    expect(total(await series(client, 'request_count_total'))).toBeGreaterThan(5000);
    // Two weeks of requests would take a minute of computing.
    expect(process.cpuUsage().user - before).toBeLessThan(2_000_000);
  });
});

describe('limits and seeded traffic', () => {
  const busy = { traffic: { requests_per_minute: 250 } };

  it('a limit of 100 lets 100 of 250 requests through; the others are 4xx', async () => {
    const client = await start(
      { ...busy, ai_gateway: { rate_limits: [limit({ calls: 100, key: 'endpoint' })] } },
      [100],
    );
    client.minutes(1);
    const requests = total(await series(client, 'request_count_total'));
    const refused = total(await series(client, 'request_4xx_count_total'));
    expect(requests).toBeGreaterThan(220);
    // A minute of the clock covers parts of two sliding minutes, so a few calls more or less may pass.
    expect(requests - refused).toBeGreaterThan(80);
    expect(requests - refused).toBeLessThan(125);
    expect(total(await series(client, 'request_latency_ms_count'))).toBe(requests - refused);
  });

  it('a caller shares the limit with seeded traffic, and meets a used-up one', async () => {
    const client = await start(
      { ...busy, ai_gateway: { rate_limits: [limit({ calls: 20, key: 'endpoint' })] } },
      [100],
    );
    // The middle of a step of the replay: the first calls of the minute have long used up the limit.
    client.sandbox.clock.advance(10 * MINUTE - (client.sandbox.clock.now() % (10 * MINUTE)) + 5.7 * MINUTE);
    expect(await ask(client)).toMatchObject({ status: 429, body: { error_code: 'REQUEST_LIMIT_EXCEEDED' } });
    await client.call('PUT', `${ENDPOINTS}/churn/ai-gateway`, { rate_limits: [limit({ calls: 5000 })] });
    expect((await ask(client)).status).toBe(200);
  });

  it.each([
    ['a user', { key: 'user', principal: 'red@example.com' }, 'red@example.com', 'blue@example.com'],
    ['each user', { key: 'user' }, 'red@example.com', 'blue@example.com'],
    ['a group', { key: 'user_group', principal: 'reds' }, 'red@example.com', 'blue@example.com'],
    ['a service principal', { key: 'service_principal', principal: 'sp-1' }, 'sp-1', 'red@example.com'],
  ])('the limit of %s counts the seeded calls of that caller alone', async (_what, key, caller, other) => {
    const grants = ['red@example.com', 'blue@example.com'].map((user_name) => ({
      user_name,
      permission_level: 'CAN_QUERY',
    }));
    const client = await start(
      {
        traffic: { requests_per_minute: 120, callers: [{ principal: caller, share: 0.5 }] },
        ai_gateway: { rate_limits: [limit({ calls: 10, ...key })] },
        grants: [...grants, { service_principal_name: 'sp-1', permission_level: 'CAN_QUERY' }],
      },
      [100],
    );
    client.sandbox.clock.advance(10 * MINUTE - (client.sandbox.clock.now() % (10 * MINUTE)) + 5.8 * MINUTE);
    expect((await ask(client, caller)).status).toBe(429);
    expect((await ask(client, other)).status).toBe(200);
    const refused = total(await series(client, 'request_4xx_count_total'));
    expect(refused).toBeGreaterThan(30);
    expect(refused).toBeLessThan(70);
  });

  it('a limit of 0 refuses all of it', async () => {
    const client = await start({ ...busy, ai_gateway: { rate_limits: [limit({ calls: 0 })] } }, [100]);
    const requests = total(await series(client, 'request_count_total'));
    expect(total(await series(client, 'request_4xx_count_total'))).toBe(requests);
  });
});

describe('logs and metrics', () => {
  /** The access lines of the last full minute, by status. */
  async function lines(client: Client, name: string): Promise<Record<string, number>> {
    const { logs } = (await client.call('GET', `${ENDPOINTS}/churn/served-models/${name}/logs`)).body;
    const minute = new Date(Math.floor(client.sandbox.clock.now() / MINUTE) * MINUTE - MINUTE);
    const stamp = `:${minute.toISOString().slice(11, 16)}:`;
    const counts: Record<string, number> = {};
    for (const [, status] of String(logs).matchAll(new RegExp(`\\[[^\\]]*${stamp}.*HTTP/1.1" (\\d+) `, 'g'))) {
      if (status !== undefined) counts[status] = (counts[status] ?? 0) + 1;
    }
    return counts;
  }

  it('agree for each entity: one line for each request, one traceback for each failure', async () => {
    const client = await start({ traffic: { requests_per_minute: 300, error_rate: 0.02 } });
    const requests = await series(client, 'request_count_total');
    const failed = await series(client, 'request_5xx_count_total');
    for (const name of ['churn-1', 'churn-2'] as const) {
      const seen = await lines(client, name);
      expect(total(seen)).toBe(requests[name]);
      expect(seen[500] ?? 0).toBe(failed[name]);
    }
    expect(total(failed)).toBeGreaterThan(0);
    const { logs } = (await client.call('GET', `${ENDPOINTS}/churn/served-models/churn-2/logs`)).body;
    // The oldest lines fall off, perhaps within a traceback.
    expect(logs.match(/Traceback/g).length).toBeGreaterThanOrEqual(logs.match(/HTTP\/1.1" 500/g).length - 1);
  });

  it('agree for a used-up limit: refused requests never reached the container', async () => {
    const client = await start(
      {
        traffic: { requests_per_minute: 250 },
        ai_gateway: { rate_limits: [limit({ calls: 100 })] },
      },
      [100],
    );
    client.minutes(1);
    const reached =
      total(await series(client, 'request_count_total')) - total(await series(client, 'request_4xx_count_total'));
    expect(total(await lines(client, 'churn-1'))).toBe(reached);
  });
});
