/** Endpoints of every other kind than one registered model: external models, throughput, several entities, feature specs, all settings. */
import { describe, expect, it } from 'vitest';
import type { Harness } from '../support/harness.ts';
import { KEY, PROVIDERS } from '../support/providers.ts';
import { agree, ask, expectRefusal, settings, settle, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { bodies, CHURN, churnEntity, endpoint, FORTY, follow, OTHER, SETTINGS, writes } from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

const ROOT = '/api/2.0/serving-endpoints';
/** Visibly not a real key. */
const RAW = 'raw-key-that-must-not-be-repeated';
const LLAMA = {
  full_name: 'system.ai.llama',
  versions: [
    {
      version: 3,
      status: 'READY',
      spec: { kind: 'chat', model: 'llama', profile: 'llama' },
      optimization: { optimizable: true, throughput_chunk_size: 970, model_type: 'llama' },
    },
  ],
};
const UNITS = {
  full_name: 'system.ai.gpt',
  versions: [
    {
      version: 1,
      status: 'READY',
      spec: { kind: 'chat', model: 'gpt' },
      optimization: { optimizable: false, model_units: true },
    },
  ],
};
const FEATURES = {
  full_name: 'ml.prod.user_features',
  versions: [
    {
      version: 1,
      status: 'READY',
      spec: { kind: 'feature-spec', primary_keys: ['user_id'], features: ['age', 'spend'] },
    },
  ],
};
const SCOPES = {
  secret_scopes: [
    { name: 'llm-providers', keys: ['key'] },
    { name: 'ml', keys: ['token'] },
  ],
};

const open = (endpoints: unknown[] = []) =>
  begin(endpoints, { onAsk: agree }, { models: [CHURN, OTHER, LLAMA, UNITS, FEATURES], ...SCOPES });
const create = (h: Harness, args: Record<string, unknown>) => h.call('create_endpoint', { endpoint: 'new', ...args });
const external = (provider: string, config: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  name: 'entity',
  external_model: { provider, name: 'some-model', task: 'llm/v1/chat', ...config, ...more },
});
const openai = (config: Record<string, unknown> = { openai_api_key: KEY }) =>
  external('openai', { openai_config: config });
const churn = (version: string, more: Record<string, unknown> = {}) => ({
  entity_name: 'ml.prod.churn',
  entity_version: version,
  ...more,
});

/** A secret is in no answer, no log, no request and no note of what was changed. */
async function expectNowhere(h: Harness, secret: string, ...texts: string[]): Promise<void> {
  const changes = await h.call('list_changes');
  expect([...texts, changes.text, ...h.logs].join('\n')).not.toContain(secret);
  expect(JSON.stringify(h.sandbox.requests)).not.toContain(secret);
}

describe('an external model', () => {
  it.each(PROVIDERS)('of %s is created at once, with its reference as it was given', async (provider, key, config) => {
    const h = await open();
    const entity = external(provider, { [key]: config });
    const { data } = await create(h, { entities: [entity] });
    expect(data).toMatchObject({ changed: true, outcome: 'ready', serving: 'serving entity (100 %)' });
    expect(bodies(h, 'POST', ROOT)).toEqual([{ name: 'new', config: { served_entities: [entity] } }]);
    const answer = await h.call('query_endpoint', { endpoint: 'new', messages: [{ role: 'user', content: 'hi' }] });
    expect(answer.data).toMatchObject({ served_by: 'entity' });
  });

  it.each(
    PROVIDERS.flatMap(([provider, key, config, secrets]) =>
      secrets.map((path) => [provider, path, key, config] as const),
    ),
  )('of %s with a raw key in %s is refused; the key is nowhere', async (provider, path, key, config) => {
    const h = await open();
    const [outer = '', inner] = path.split('.');
    const answer = await create(h, {
      entities: [external(provider, { [key]: { ...config, [outer]: inner ? { [inner]: RAW } : RAW } })],
    });
    expectRefusal(h, answer, 'invalid_request');
    expect(answer.data.error.message).toContain(`${path} must be a reference {{secrets/scope/key}}`);
    await expectNowhere(h, RAW, answer.text);
  });

  it.each<[string, Record<string, unknown>]>([
    ['as plain text', { openai_api_key_plaintext: RAW }],
    ['under a mistyped name', { openai_apikey: RAW }],
    ['as an object', { openai_api_key: { value: RAW } }],
    ['together with a valid reference', { openai_api_key: KEY, openai_api_key_plaintext: RAW }],
  ])('with a key %s is refused; the key is nowhere', async (_what, config) => {
    const h = await open();
    for (const dry_run of [false, true]) {
      const answer = await create(h, { entities: [openai(config)], dry_run });
      expectRefusal(h, answer, 'invalid_request');
      await expectNowhere(h, RAW, answer.text);
    }
  });

  it.each([
    ['a scope that does not exist', '{{secrets/nowhere/key}}', 'secret scope nowhere does not exist'],
    ['a key that does not exist', '{{secrets/llm-providers/nothing}}', 'secret scope llm-providers has no key nothing'],
    [
      'a misspelled scope',
      '{{secrets/llm-provider/key}}',
      'secret scope llm-provider does not exist: did you mean llm-providers?',
    ],
    [
      'a misspelled key',
      '{{secrets/llm-providers/keyy}}',
      'secret scope llm-providers has no key keyy: did you mean key?',
    ],
  ])('with %s is refused', async (_what, reference, problem) => {
    const h = await open();
    const answer = await create(h, { entities: [openai({ openai_api_key: reference })] });
    expectRefusal(h, answer, 'invalid_request');
    expect(answer.data.problems).toEqual([problem]);
  });

  it('whose scope the caller may not list cannot be checked, so the create continues', async () => {
    const h = await open();
    h.sandbox.faults.add({
      match: { method: 'GET', path: '/api/2.0/secrets/list' },
      effect: { status: 403, body: { error_code: 'PERMISSION_DENIED', message: 'no' } },
    });
    expect((await create(h, { entities: [openai()] })).data.changed).toBe(true);
  });

  it('created again changes nothing, and another provider under its name is never touched', async () => {
    const h = await open();
    await create(h, { entities: [openai()] });
    const before = writes(h).length;
    expect((await create(h, { entities: [openai()] })).data).toMatchObject({ changed: false });
    const other = await create(h, { entities: [external('cohere', { cohere_config: { cohere_api_key: KEY } })] });
    expect(other.data.error.code).toBe('name_taken');
    expect(writes(h)).toHaveLength(before);
  });
});

describe('provisioned throughput', () => {
  const throughput = (more: Record<string, unknown>) => ({
    entity_name: 'system.ai.llama',
    entity_version: '3',
    ...more,
  });

  it('in steps of the model is sent, even 0, without scale to zero', async () => {
    const h = await open();
    const { data } = await create(h, {
      entities: [throughput({ min_provisioned_throughput: 0, max_provisioned_throughput: 1940 })],
    });
    expect(data.changed).toBe(true);
    expect(bodies(h, 'POST', ROOT)).toEqual([
      {
        name: 'new',
        config: {
          served_entities: [
            {
              name: 'llama-3',
              entity_name: 'system.ai.llama',
              entity_version: '3',
              min_provisioned_throughput: 0,
              max_provisioned_throughput: 1940,
            },
          ],
        },
      },
    ]);
    expect(h.sent()).toContain('GET /api/2.0/serving-endpoints/get-model-optimization-info/system.ai.llama/3');
  });

  it('out of step is refused with the nearest step', async () => {
    const h = await open();
    const answer = await create(h, {
      entities: [throughput({ min_provisioned_throughput: 0, max_provisioned_throughput: 2000 })],
    });
    expectRefusal(h, answer, 'invalid_request');
    expect(answer.data.problems).toEqual([
      'llama-3: max_provisioned_throughput must be a multiple of 970 tokens per second, such as 1940',
    ]);
  });

  it('for a model that takes none is refused with the way it takes', async () => {
    const h = await open();
    const answer = await create(h, {
      entities: [{ entity_name: 'system.ai.gpt', entity_version: '1', max_provisioned_throughput: 970 }],
    });
    expectRefusal(h, answer, 'invalid_request');
    expect(answer.data.problems).toEqual([expect.stringContaining('use provisioned_model_units')]);
  });
});

it('a gateway that may have no effect on a custom model gives a warning, also in the preview', async () => {
  const h = await open();
  const args = {
    entities: [churn('1')],
    ai_gateway: { guardrails: { input: { safety: true } }, fallback_config: { enabled: true } },
  };
  const warning = expect.stringMatching(/guardrails may have no effect here.*; fallback has no effect/);
  expect((await create(h, { ...args, dry_run: true })).data).toMatchObject({ dry_run: true, warning });
  expect((await create(h, args)).data).toMatchObject({ changed: true, warning });
});

describe('model units', () => {
  const entity = {
    entity_name: 'system.ai.gpt',
    entity_version: '1',
    provisioned_model_units: 50,
    burst_scaling_enabled: false,
  };

  it('are created through their own route, with explicit false', async () => {
    const h = await open();
    const { data } = await create(h, {
      entities: [entity],
      tags: { team: 'a' },
      ai_gateway: { usage_tracking_config: { enabled: true } },
      notifications: { on_update_failure: ['oncall@example.com'] },
    });
    expect(data).toMatchObject({ changed: true, outcome: 'ready' });
    expect(writes(h)).toEqual([`POST ${ROOT}/pt`]);
    expect(bodies(h, 'POST', `${ROOT}/pt`)).toEqual([
      {
        name: 'new',
        config: { served_entities: [{ name: 'gpt-1', ...entity }] },
        tags: [{ key: 'team', value: 'a' }],
        ai_gateway: { usage_tracking_config: { enabled: true } },
        email_notifications: { on_update_failure: ['oncall@example.com'] },
      },
    ]);
  });

  it('made again with another number are refused, and the difference is named', async () => {
    const h = await open();
    await create(h, { entities: [entity] });
    const count = writes(h).length;
    const again = await create(h, { entities: [{ ...entity, provisioned_model_units: 100 }] });
    expect(again.data).toMatchObject({
      error: { code: 'name_taken', message: expect.stringContaining('already exists with other settings') },
      differs: [{ field: 'gpt-1.provisioned_model_units', from: 50, to: 100 }],
    });
    // A setting that the service never returns cannot differ.
    const same = await create(h, { entities: [{ ...entity, burst_scaling_enabled: true }] });
    expect(same.data).toMatchObject({ changed: false });
    expect(writes(h)).toHaveLength(count);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      'together with other entities',
      { entities: [entity, churn('1')], traffic: { 'gpt-1': 50, 'churn-1': 50 } },
      /cannot share an endpoint with other entities/,
    ],
    ['with a description', { entities: [entity], description: 'x' }, /does not support description/],
    ['with route optimisation', { entities: [entity], route_optimized: true }, /does not support route_optimized/],
    [
      'and a size',
      { entities: [{ ...entity, workload_size: 'Small' }] },
      /workload size and model units cannot be combined/,
    ],
  ])('%s are refused', async (_what, args, message) => {
    const h = await open();
    const answer = await create(h, args);
    expectRefusal(h, answer, 'invalid_request');
    expect(answer.data.error.message).toMatch(message);
  });
});

describe('several entities', () => {
  it('are created with their traffic, names and defaults', async () => {
    const h = await open();
    const { data } = await create(h, {
      entities: [
        churn('1', { workload_size: 'Small' }),
        { ...churn('2'), entity_version: 2, scale_to_zero_enabled: false },
      ],
      traffic: { 'churn-1': 90, 'churn-2': 10 },
      scale_to_zero: true,
      wait_seconds: 1800,
    });
    expect(data).toMatchObject({ changed: true, outcome: 'ready', serving: 'serving churn-1 (90 %), churn-2 (10 %)' });
    expect(bodies(h, 'POST', ROOT)[0]).toEqual({
      name: 'new',
      config: {
        served_entities: [
          {
            name: 'churn-1',
            entity_name: 'ml.prod.churn',
            entity_version: '1',
            workload_size: 'Small',
            scale_to_zero_enabled: true,
          },
          { name: 'churn-2', entity_name: 'ml.prod.churn', entity_version: '2', scale_to_zero_enabled: false },
        ],
        traffic_config: {
          routes: [
            { served_entity_name: 'churn-1', traffic_percentage: 90 },
            { served_entity_name: 'churn-2', traffic_percentage: 10 },
          ],
        },
      },
    });
  });

  it('up to fifteen', async () => {
    const h = await begin([], { onAsk: agree }, { models: [FORTY] });
    const entities = Array.from({ length: 15 }, (_, at) => churn(String(at + 1), { name: `e${at}` }));
    expect(
      (
        await create(h, {
          entities,
          traffic: Object.fromEntries(
            entities.map(({ name }: Record<string, unknown>) => [name, name === 'e0' ? 100 : 0]),
          ),
        })
      ).data.changed,
    ).toBe(true);
  });
});

describe('a feature spec', () => {
  it('has no version, and answers what it looks up', async () => {
    const h = await open();
    const { data } = await create(h, { entities: [{ entity_name: 'ml.prod.user_features' }], wait_seconds: 1800 });
    expect(data).toMatchObject({ changed: true, outcome: 'ready' });
    expect(bodies(h, 'POST', ROOT)[0]).toEqual({
      name: 'new',
      config: {
        served_entities: [{ name: 'user_features', entity_name: 'ml.prod.user_features', scale_to_zero_enabled: true }],
      },
    });
    const answer = await h.call('query_endpoint', { endpoint: 'new', dataframe_records: [{ user_id: 'u1' }] });
    expect(answer.data.outputs[0]).toHaveProperty('age');
  });

  it('is distinguished from a registered model whose version was forgotten', async () => {
    const h = await open();
    const answer = await create(h, { entities: [{ entity_name: 'ml.prod.churn' }] });
    expectRefusal(h, answer, 'invalid_request');
    expect(answer.data.problems).toEqual(['ml.prod.churn is a registered model and needs entity_version']);
  });
});

describe('settings', () => {
  it('all reach the wire and the endpoint, explicit false and 0 too', async () => {
    const h = await open();
    await create(h, {
      entities: [churn('1', SETTINGS)],
      tags: { team: 'retention', empty: '' },
      description: 'Who leaves.',
      notifications: { on_update_success: ['team@example.com'], on_update_failure: ['oncall@example.com'] },
      route_optimized: false,
      budget_policy_id: 'policy-1',
      ai_gateway: {
        usage_tracking_config: { enabled: false },
        rate_limits: [{ key: 'user', calls: 0, renewal_period: 'minute' }],
        guardrails: { input: { safety: false } },
      },
    });
    expect(bodies(h, 'POST', ROOT)[0]).toEqual({
      name: 'new',
      config: {
        served_entities: [{ name: 'churn-1', entity_name: 'ml.prod.churn', entity_version: '1', ...SETTINGS }],
      },
      tags: [
        { key: 'team', value: 'retention' },
        { key: 'empty', value: '' },
      ],
      description: 'Who leaves.',
      email_notifications: { on_update_success: ['team@example.com'], on_update_failure: ['oncall@example.com'] },
      route_optimized: false,
      budget_policy_id: 'policy-1',
      ai_gateway: {
        usage_tracking_config: { enabled: false },
        rate_limits: [{ key: 'user', calls: 0, renewal_period: 'minute' }],
        guardrails: { input: { safety: false } },
      },
    });
    settle(h);
    expect(await settings(h, 'new')).toMatchObject({
      tags: { team: 'retention' },
      description: 'Who leaves.',
      rate_limits: [{ key: 'user', calls: 0 }],
      gateway: { usage_tracking_config: { enabled: false } },
    });
  });

  it('route optimisation is set, which only a create can', async () => {
    const h = await open();
    await create(h, { entities: [churn('1')], route_optimized: true });
    expect(await ask(h, `${ROOT}/new`)).toMatchObject({ route_optimized: true });
  });

  it('are undone by deleting the new endpoint', async () => {
    const h = await open();
    const { data } = await create(h, { entities: [openai()] });
    const gone = await follow(h, data.undo);
    expect(gone.data).toMatchObject({ deleted: true });
    expect(await ask(h, `${ROOT}/new`)).toMatchObject({ error_code: 'RESOURCE_DOES_NOT_EXIST' });
  });
});

describe('is refused, and nothing is sent:', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      'both forms',
      { model: 'ml.prod.churn', version: '1', entities: [churn('1')] },
      /give either model and version, or entities/,
    ],
    ['neither', {}, /give either model and version, or entities/],
    ['a model without a version', { model: 'ml.prod.churn' }, /version is missing/],
    ['no entity', { entities: [] }, /there is no served entity/],
    [
      'mixed families',
      { entities: [churn('1', { workload_size: 'Small', max_provisioned_concurrency: 8 })] },
      /workload size and provisioned concurrency cannot be combined/,
    ],
    [
      'external and registered together',
      { entities: [openai(), churn('1')], traffic: { entity: 50, 'churn-1': 50 } },
      /cannot share an endpoint/,
    ],
    [
      'a traffic of 99',
      { entities: [churn('1'), churn('2')], traffic: { 'churn-1': 50, 'churn-2': 49 } },
      /adds up to 99/,
    ],
    [
      'a route to an unknown entity',
      { entities: [churn('1'), churn('2')], traffic: { 'churn-1': 50, 'churn-3': 50 } },
      /churn-3, which is not an entity of this endpoint/,
    ],
    ['several entities without traffic', { entities: [churn('1'), churn('2')] }, /need traffic/],
    [
      'sixteen entities',
      { entities: Array.from({ length: 16 }, (_, at) => churn('1', { name: `e${at}` })), traffic: { e0: 100 } },
      /there are 16 entities, but an endpoint takes at most 15/,
    ],
    ['an alias in an entity', { entities: [churn('@champion')] }, /must be a version number, not an alias/],
    [
      'a size together with a list of entities',
      { entities: [churn('1')], workload_size: 'Large' },
      /set workload_size in each entity/,
    ],
    [
      'variables together with a list of entities',
      { entities: [churn('1')], environment_vars: { A: 'b' } },
      /set environment_vars in each entity/,
    ],
    [
      'the deprecated form of an entity',
      { entities: [{ model_name: 'ml.prod.churn', model_version: '1' }] },
      /unknown field model_name/,
    ],
    [
      'a mistyped part of the gateway',
      { entities: [churn('1')], ai_gateway: { rate_limit: [] } },
      /ai_gateway has no part rate_limit: did you mean rate_limits\?/,
    ],
    [
      'a limit without its principal',
      { entities: [churn('1')], ai_gateway: { rate_limits: [{ key: 'user_group', calls: 1 }] } },
      /rate_limits.0: needs principal/,
    ],
    [
      'a limit that is given twice',
      {
        entities: [churn('1')],
        ai_gateway: {
          rate_limits: [
            { key: 'user', calls: 1 },
            { key: 'user', tokens: 9 },
            { key: 'user', calls: 5 },
          ],
        },
      },
      /ai_gateway.rate_limits: limit user calls is set more than once/,
    ],
    [
      'a raw secret in a variable',
      { model: 'ml.prod.churn', version: '1', environment_vars: { API_KEY: RAW } },
      /API_KEY looks like a raw secret/,
    ],
    [
      'a raw token in the description',
      { model: 'ml.prod.churn', version: '1', description: `token dapi${'0'.repeat(32)}` },
      /description looks like a raw secret/,
    ],
    [
      'a raw token in the gateway',
      {
        model: 'ml.prod.churn',
        version: '1',
        ai_gateway: { inference_table_config: { table_name_prefix: `dapi${'0'.repeat(32)}` } },
      },
      /ai_gateway.inference_table_config.table_name_prefix looks like a raw secret/,
    ],
    [
      'an alias that does not exist',
      { model: 'ml.prod.churn', version: '@nobody' },
      /ml.prod.churn has no alias nobody/,
    ],
  ])('%s', async (_what, args, message) => {
    const h = await open();
    const answer = await create(h, args);
    expectRefusal(h, answer, 'invalid_request');
    expect(answer.data.error.message).toMatch(message);
    await expectNowhere(h, RAW, answer.text);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['both lists of the REST API', { served_models: [], served_entities: [] }, 'did you mean "entities"?'],
    ['an endpoint name of two words', { endpoint: 'new endpoint' }, 'must be 1 to 63 letters'],
    ['a share of a half percent', { traffic: { a: 0.5 } }, 'traffic.a'],
  ])('%s', async (_what, args, message) => {
    const h = await open();
    const answer = await create(h, args);
    expectRefusal(h, answer, 'invalid_arguments');
    expect(answer.data.error.message).toContain(message);
  });

  it('all that is wrong, at once: rules, versions, secrets, steps, the name, the traffic', async () => {
    const h = await open([endpoint('new', [churnEntity('1')])]);
    const answer = await create(h, {
      entities: [
        churn('99'),
        churn('5', { name: 'pending', environment_vars: { A: '{{secrets/nowhere/x}}' } }),
        churn('1', { workload_sise: 'Small' }),
        { entity_name: 'system.ai.llama', entity_version: '3', max_provisioned_throughput: 1000 },
      ],
      traffic: { 'churn-99': 90, nobody: 9 },
      ai_gateway: { fallback: true },
    });
    expectRefusal(h, answer, 'invalid_request');
    const all = answer.data.problems.join('\n');
    for (const problem of [
      'endpoint new already exists',
      'ml.prod.churn has no version 99',
      'version 5 of ml.prod.churn is PENDING_REGISTRATION',
      'secret scope nowhere does not exist',
      'unknown field workload_sise',
      'must be a multiple of 970',
      'traffic has nobody',
      'adds up to 99',
      'ai_gateway has no part fallback',
    ])
      expect(all).toContain(problem);
    expect(answer.data.problems).toHaveLength(9);
  });
});
