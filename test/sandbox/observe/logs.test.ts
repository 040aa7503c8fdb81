/** Whose logs the routes read, and what the event list says. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, churn, ENDPOINTS, startClient } from '../client.ts';

let client: Client;
beforeAll(async () => {
  client = await startClient();
});
afterAll(() => client.sandbox.close());

const read = (endpoint: string, entity: string, kind: string, query = '', spelling = 'served-entities') =>
  client.call('GET', `${ENDPOINTS}/${endpoint}/${spelling}/${entity}/${kind}${query}`);
const events = async (endpoint: string, query = ''): Promise<Record<string, unknown>[]> =>
  (await client.call('GET', `${ENDPOINTS}/${endpoint}/events${query}`)).body.events;
const LOST = "No module named 'sklearn.ensemble._gb_losses'";

describe('logs', () => {
  it('of a first deployment need its config version, while it runs and after it failed', async () => {
    await client.create('broken', churn(4));
    client.minutes(1);
    expect((await read('broken', 'churn-4', 'build-logs')).body.error_code).toBe('RESOURCE_DOES_NOT_EXIST');
    const early = (await read('broken', 'churn-4', 'build-logs', '?config_version=1')).body.logs;
    expect((await read('broken', 'churn-4', 'logs', '?config_version=1')).body.logs).toBe('');
    client.minutes(8);
    expect((await read('broken', 'churn-4', 'build-logs', '?config_version=1')).body.logs.startsWith(early)).toBe(true);
    expect((await read('broken', 'churn-4', 'logs', '?config_version=1')).body.logs).toContain(LOST);
    for (const query of ['', '?config_version=', '?config_version=0', '?config_version=2'])
      expect((await read('broken', 'churn-4', 'logs', query)).status).toBe(404);
  });

  it('of one name are those of the active config, unless the version is given', async () => {
    await client.create('swap', churn(1, { name: 'main' }));
    client.minutes(8);
    await client.call('PUT', `${ENDPOINTS}/swap/config`, { served_entities: [churn(4, { name: 'main' })] });
    client.minutes(8);
    for (const spelling of ['served-entities', 'served-models']) {
      const logs = async (query: string) => String((await read('swap', 'main', 'logs', query, spelling)).body.logs);
      expect(await logs('?config_version=2')).toContain(LOST);
      expect(await logs('')).not.toContain(LOST);
      expect(await logs('?config_version=1')).toBe(await logs(''));
    }
    const [old, failed] = await Promise.all(
      ['?config_version=1', '?config_version=2'].map((query) => read('swap', 'main', 'logs', query)),
    );
    const replica = (text: string) => /^\[([a-z0-9]{5})\] /.exec(text)?.[1];
    expect(replica(old?.body.logs)).toBeDefined();
    expect(replica(failed?.body.logs)).not.toBe(replica(old?.body.logs));
  });

  it('of an entity that an update takes over are those of its container', async () => {
    await client.create('kept', churn(1));
    client.minutes(8);
    const before = (await read('kept', 'churn-1', 'logs')).body.logs;
    await client.call('PUT', `${ENDPOINTS}/kept/config`, {
      served_entities: [churn(1), churn(2)],
      traffic_config: {
        routes: [
          { served_model_name: 'churn-1', traffic_percentage: 100 },
          { served_model_name: 'churn-2', traffic_percentage: 0 },
        ],
      },
    });
    expect((await read('kept', 'churn-1', 'logs', '?config_version=2')).body.logs).toBe(before);
  });

  it.each([
    ['an unknown endpoint', 'nobody/served-entities/x'],
    ['an unknown entity', 'house-price/served-entities/nobody'],
    ['an external model', 'gpt-gateway/served-entities/gpt-4o'],
  ])('are 404 for %s', async (_what, path) => {
    expect((await client.call('GET', `${ENDPOINTS}/${path}/logs`)).status).toBe(404);
  });

  it('refuse a version that is no number', async () => {
    expect((await read('swap', 'main', 'logs', '?config_version=latest')).status).toBe(400);
  });
});

describe('events', () => {
  it('list what happened, with its reason, in no order', async () => {
    await client.create('unbuilt', churn(4));
    client.minutes(10);
    const found = await events('unbuilt');
    const sorted = found.toSorted((a, b) => Number(a.timestamp) - Number(b.timestamp));
    expect(found).not.toEqual(sorted);
    expect(new Set(found.map(({ message }) => message))).toEqual(
      new Set([
        'Served entity creation initiated for served entity churn-4',
        'Endpoint creation initiated for endpoint unbuilt',
        'Container image creation initiated',
        'Container image creation succeeded',
        'Deploying served entities',
        `An error occurred in model loading code. ${LOST}.`,
        'Endpoint update failed for endpoint unbuilt',
      ]),
    );
    expect(found.every(({ config_version }) => config_version === 1)).toBe(true);
    expect(await events('unbuilt', '?limit=2')).toHaveLength(2);
  });

  it('keep those of earlier configs, each once', async () => {
    const all = await events('swap');
    expect(new Set(all.map((each) => JSON.stringify(each))).size).toBe(all.length);
    expect(
      all
        .filter(({ message }) => /^Endpoint /.test(String(message)))
        .map(({ message }) => message)
        .sort(),
    ).toEqual([
      'Endpoint creation initiated for endpoint swap',
      'Endpoint creation succeeded for endpoint swap',
      'Endpoint update failed for endpoint swap',
      'Endpoint update initiated for endpoint swap',
    ]);
  });
});
