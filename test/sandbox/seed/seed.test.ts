import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startSandbox } from '../../../src/sandbox/index.ts';
import { churn, ENDPOINTS, startClient } from '../client.ts';

const admin = { user_name: 'admin@example.com', admin: true };
const spec = { kind: 'linear', inputs: [{ name: 'x', type: 'double' }], intercept: 1, coefficients: { x: 2 } };
const model = { full_name: 'a.b.c', versions: [{ version: 1, status: 'READY', spec }] };
const entity = { entity_name: 'a.b.c', entity_version: '1', scale_to_zero_enabled: true };

describe('a wrong seed is refused with the path of the error', () => {
  it.each<[string, unknown, RegExp]>([
    ['a seed that is not an object', [], /^seed: must be object/],
    ['an unknown field', { user: [] }, /^seed: has an unknown field 'user'/],
    ['a field of the wrong type', { users: [{ user_name: 7 }] }, /^seed\.users\[0\]\.user_name: must be string; got 7/],
    ['a missing field', { models: [{}] }, /^seed\.models\[0\]: must have required property 'full_name'/],
    ['a two-part model name', { models: [{ full_name: 'a.b' }] }, /^seed\.models\[0\]\.full_name: must match pattern/],
    [
      'a wrong status',
      { users: [admin], models: [{ full_name: 'a.b.c', versions: [{ version: 1, status: 'DONE', spec }] }] },
      /^seed\.models\[0\]\.versions\[0\]\.status: must be one of PENDING_REGISTRATION, READY, FAILED_REGISTRATION; got "DONE"/,
    ],
    [
      'a spec of an unknown kind',
      {
        users: [admin],
        models: [{ full_name: 'a.b.c', versions: [{ version: 1, status: 'READY', spec: { kind: 'magic' } }] }],
      },
      /^seed\.models\[0\]\.versions\[0\]\.spec\.kind: must be one of/,
    ],
    [
      'a spec without its field',
      {
        users: [admin],
        models: [
          { full_name: 'a.b.c', versions: [{ version: 1, status: 'READY', spec: { ...spec, intercept: undefined } }] },
        ],
      },
      /^seed\.models\[0\]\.versions\[0\]\.spec: must have required property 'intercept'/,
    ],
    ['no admin', { users: [{ user_name: 'a@example.com' }] }, /^seed\.users: needs at least one user with 'admin'/],
    [
      'an alias of an unknown version',
      { users: [admin], models: [{ ...model, aliases: { champion: 3 } }] },
      /^seed\.models\[0\]\.aliases\.champion: names version 3/,
    ],
    [
      'an endpoint of an unknown model',
      { users: [admin], endpoints: [{ name: 'e', config: { served_entities: [entity] } }] },
      /^seed\.endpoints\[0\]\.config\.served_entities\[0\]\.entity_name: names the model 'a\.b\.c'/,
    ],
    [
      'a grant to an unknown principal',
      {
        users: [admin],
        endpoints: [{ name: 'e', grants: [{ user_name: 'x@example.com', permission_level: 'CAN_VIEW' }] }],
      },
      /^seed\.endpoints\[0\]\.grants\[0\]\.user_name: names 'x@example\.com'/,
    ],
    [
      'a config that the service refuses',
      {
        users: [admin],
        models: [model],
        endpoints: [{ name: 'e', config: { served_entities: [{ ...entity, scale_to_zero_enabled: undefined }] } }],
      },
      /^seed\.endpoints\[0\]\.config: scaleToZeroEnabled is undefined/,
    ],
    [
      'an endpoint on a version that the service would not serve',
      {
        users: [admin],
        models: [{ ...model, versions: [{ version: 1, status: 'FAILED_REGISTRATION', spec }] }],
        endpoints: [{ name: 'e', config: { served_entities: [entity] } }],
      },
      /^seed\.endpoints\[0\]\.config\.served_entities\[0\]\.entity_version: names version 1, which cannot be served: it is FAILED_REGISTRATION/,
    ],
    [
      'traffic of an unknown caller',
      {
        users: [admin],
        endpoints: [{ name: 'e', traffic: { requests_per_minute: 1, callers: [{ principal: 'x', share: 1 }] } }],
      },
      /^seed\.endpoints\[0\]\.traffic\.callers: names 'x', which is not in the seed/,
    ],
    [
      'two endpoints with the same name',
      { users: [admin], endpoints: [{ name: 'e' }, { name: 'e' }] },
      /^seed\.endpoints\[1\]\.name: is used twice/,
    ],
  ])('%s', async (_what, seed, message) => {
    await expect(startSandbox({ seed: JSON.parse(JSON.stringify(seed)) })).rejects.toThrow(message);
  });
});

describe('a seed', () => {
  it('can start with an update of another principal, which continues', async () => {
    const client = await startClient({
      seed: {
        users: [admin, { user_name: 'other@example.com' }],
        models: [{ ...model, versions: [...model.versions, { version: 2, status: 'READY', spec }] }],
        endpoints: [
          {
            name: 'busy',
            config: { served_entities: [entity] },
            traffic: { requests_per_minute: 5 },
            update_in_progress: {
              config: { served_entities: [{ ...entity, entity_version: '2' }] },
              by: 'other@example.com',
              started_minutes_ago: 3,
            },
          },
        ],
      },
    });
    const { body } = await client.get('busy');
    expect(body.state).toMatchObject({ ready: 'READY', config_update: 'IN_PROGRESS' });
    expect(body.pending_config.served_entities[0]).toMatchObject({ name: 'c-2', creator: 'other@example.com' });
    expect((await client.call('PUT', `${ENDPOINTS}/busy/config`, { served_entities: [entity] })).status).toBe(409);
    client.minutes(5);
    expect((await client.get('busy')).body.config.served_entities[0].name).toBe('c-2');
    client.minutes(60);
    const busy = (await client.get('busy')).body.config.served_entities[0].state.deployment_state_message;
    expect(busy).toBe('');
    await client.sandbox.close();
  });

  it('of the built-in workspace has the documented contents', async () => {
    const client = await startClient();
    const { body } = await client.call('GET', ENDPOINTS);
    const names = body.endpoints.map((e: { name: string }) => e.name);
    expect(names).toEqual(
      expect.arrayContaining([
        'house-price',
        'churn-legacy',
        'support-agent',
        'gpt-gateway',
        'databricks-app-template-serving',
      ]),
    );
    expect((await client.get('databricks-app-template-serving')).body.endpoint_type).toBeUndefined();
    expect((await client.get('support-agent')).body.task).toBe('agent/v1/responses');
    expect((await client.get('ticket-search')).body.state.suspend).toBe('STOPPED');
    expect((await client.get('mas-handbook-endpoint')).body.config).toEqual({});
    const old = (await client.get('databricks-claude-sonnet-4')).body;
    expect(old.config.served_entities[0].foundation_model.description).toContain('retired');
    expect(old.permission_level).toBe('CAN_MANAGE');
    await client.sandbox.close();
  });

  it('has a schema that describes every field, and the built-in workspace is a valid example', async () => {
    const read = (name: string) =>
      JSON.parse(readFileSync(new URL(`../../../src/sandbox/seed/${name}`, import.meta.url), 'utf8'));
    const fields = Object.keys(read('seed.schema.json').properties);
    const used = Object.keys(read('default-workspace.json'));
    expect(fields).toEqual(expect.arrayContaining(used));
    const own = await startClient({ seed: read('default-workspace.json') });
    expect((await own.create('works', churn(1))).status).toBe(200);
    await own.sandbox.close();
  });

  it('gives the same ids for the same random numbers', async () => {
    const seeded = () => {
      let n = 1;
      return () => {
        n = (n * 16807) % 2147483647;
        return n / 2147483647;
      };
    };
    const ids = [];
    for (let i = 0; i < 2; i += 1) {
      const client = await startClient({ random: seeded() });
      ids.push((await client.get('house-price')).body.id);
      await client.sandbox.close();
    }
    expect(ids[0]).toBe(ids[1]);
  });
});
