import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configInput, entityInput, unwritable } from '../../src/plan/config-input.ts';
import { planSwap, type SwapPlan, type SwapWish, swapModel } from '../../src/plan/swap.ts';
import { Endpoint, ServedEntity } from '../../src/rest/endpoints.ts';

const STATE = { state: { deployment: 'DEPLOYMENT_READY', deployment_state_message: '' }, creator: 'a@example.com' };

/** An entity as GET answers it, with the fields that only the service writes. */
function entity(version: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: `churn-${version}`,
    entity_name: 'ml.prod.churn',
    entity_version: version,
    workload_size: 'Small',
    workload_type: 'CPU',
    scale_to_zero_enabled: true,
    creation_timestamp: 1,
    ...STATE,
    ...more,
  };
}

const OPENAI = (config: Record<string, unknown>) => ({
  name: 'gpt',
  external_model: { provider: 'openai', name: 'gpt-4o', task: 'llm/v1/chat', openai_config: config },
  type: 'EXTERNAL_MODEL',
  ...STATE,
});

function endpoint(
  entities: Record<string, unknown>[],
  shares: number[] = [100],
  more: Record<string, unknown> = {},
): Endpoint {
  return Endpoint.parse({
    name: 'churn',
    state: { ready: 'READY', config_update: 'NOT_UPDATING' },
    config: {
      config_version: 4,
      served_entities: entities,
      served_models: [{ name: 'mirror' }],
      traffic_config: {
        routes: entities.map((each, at) => ({
          served_model_name: each.name,
          served_entity_name: each.name,
          traffic_percentage: shares[at] ?? 0,
        })),
      },
      ...more,
    },
  });
}

function swap(seen: Endpoint, wish: SwapWish): SwapPlan {
  const plan = planSwap(seen, wish);
  if (plan.kind !== 'swap') throw new Error(`no swap: ${JSON.stringify(plan)}`);
  return plan;
}

const shares = (plan: SwapPlan) =>
  Object.fromEntries(
    plan.config.traffic_config.routes.map((route) => [route.served_entity_name, route.traffic_percentage]),
  );
const names = (plan: SwapPlan) => plan.config.served_entities.map((each) => each.name);

describe('a swap', () => {
  it('sends the whole config with one field changed, and nothing that only the service writes', () => {
    const plan = swap(endpoint([entity('1')]), { version: '2' });
    expect(plan.config).toEqual({
      served_entities: [
        {
          name: 'churn-2',
          entity_name: 'ml.prod.churn',
          entity_version: '2',
          workload_size: 'Small',
          workload_type: 'CPU',
          scale_to_zero_enabled: true,
        },
      ],
      traffic_config: { routes: [{ served_entity_name: 'churn-2', traffic_percentage: 100 }] },
    });
    expect(plan).toMatchObject({
      model: 'ml.prod.churn',
      entity: 'churn-2',
      replaced: { name: 'churn-1', version: '1' },
      shared: false,
    });
  });

  it.each<[string, Record<string, unknown>]>([
    ['environment variables', { environment_vars: { A: '1', TOKEN: '{{secrets/ml/token}}' } }],
    ['size', { workload_size: 'Large' }],
    ['type', { workload_type: 'GPU_MEDIUM' }],
    ['scaling off', { scale_to_zero_enabled: false }],
    ['concurrency', { workload_size: undefined, min_provisioned_concurrency: 4, max_provisioned_concurrency: 8 }],
    ['throughput of 0', { workload_size: undefined, min_provisioned_throughput: 0, max_provisioned_throughput: 970 }],
    ['instance profile', { instance_profile_arn: 'arn:aws:iam::123456789012:instance-profile/serving' }],
    ['a field of a newer service', { future_setting: { depth: [1, { on: false }] } }],
  ])('keeps %s', (_what, fields) => {
    const plan = swap(endpoint([entity('1', fields)]), { version: '2' });
    expect(plan.config.served_entities[0]).toMatchObject(
      Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
    );
  });

  it('changes only the variables that are named, and keeps the other variables', () => {
    const seen = endpoint([entity('1', { environment_vars: { A: '1', B: '2', C: '3' } })]);
    const variables = { A: 'new', B: null, D: '4' };
    expect(swap(seen, { version: '2', variables }).config.served_entities).toMatchObject([
      { name: 'churn-2', environment_vars: { A: 'new', C: '3', D: '4' } },
    ]);
    const canary = swap(seen, { version: '2', percent: 10, variables }).config.served_entities;
    expect(canary).toMatchObject([
      { name: 'churn-1', environment_vars: { A: '1', B: '2', C: '3' } },
      { name: 'churn-2', environment_vars: { A: 'new', C: '3', D: '4' } },
    ]);
  });

  it('of a version that serves already changes its variables, and is nothing when they are set', () => {
    const seen = endpoint([entity('1', { environment_vars: { A: '1' } })]);
    expect(swap(seen, { version: '1', variables: { A: '2' } })).toMatchObject({
      existing: true,
      replaced: { name: 'churn-1', version: '1' },
      share: 100,
      changes: [{ field: 'served_entities.churn-1.environment_vars.A', from: '1', to: '2' }],
    });
    const nothing: SwapWish['variables'][] = [{ A: '1' }, { B: null }, undefined];
    for (const variables of nothing)
      expect(planSwap(seen, { version: '1', variables })).toMatchObject({ kind: 'nothing', share: 100 });
  });

  it('keeps siblings of another model and their share', () => {
    const other = entity('9', { name: 'other', entity_name: 'ml.prod.other', workload_size: 'Medium' });
    const plan = swap(endpoint([entity('1'), other], [70, 30]), { version: '2', entity: 'churn-1' });
    expect(names(plan)).toEqual(['churn-2', 'other']);
    expect(plan.config.served_entities[1]).toEqual(entityInput(ServedEntity.parse(other)));
    expect(shares(plan)).toEqual({ 'churn-2': 70, other: 30 });
  });

  it('keeps a custom name', () => {
    const plan = swap(endpoint([entity('1', { name: 'champion' })]), { version: '2' });
    expect(plan.config.served_entities[0]).toMatchObject({ name: 'champion', entity_version: '2' });
    expect(shares(plan)).toEqual({ champion: 100 });
  });

  it('reads shares under either of the two names of a route', () => {
    const seen = Endpoint.parse({
      name: 'churn',
      config: {
        served_entities: [entity('1'), entity('2')],
        traffic_config: {
          routes: [
            { served_model_name: 'churn-1', traffic_percentage: 80 },
            { served_entity_name: 'churn-2', traffic_percentage: 20 },
          ],
        },
      },
    });
    expect(shares(swap(seen, { version: '2', percent: 50 }))).toEqual({ 'churn-1': 50, 'churn-2': 50 });
  });

  it('without routes takes the only entity for all of the traffic', () => {
    const seen = endpoint([entity('1')], [100], { traffic_config: undefined });
    expect(shares(swap(seen, { version: '2' }))).toEqual({ 'churn-2': 100 });
  });

  it('starts from the first config when its deployment failed and nothing is active', () => {
    const { config, ...rest } = endpoint([entity('4', { environment_vars: { A: '1' } })]);
    const seen = Endpoint.parse({ ...rest, pending_config: config, state: { config_update: 'UPDATE_FAILED' } });
    const plan = swap(seen, { version: '3' });
    expect(plan.config.served_entities).toMatchObject([{ entity_version: '3', environment_vars: { A: '1' } }]);
    expect(swapModel(seen, undefined)).toEqual({ kind: 'model', model: 'ml.prod.churn' });
  });
});

describe('a canary', () => {
  it('adds the version next to the old one, with its settings', () => {
    const plan = swap(endpoint([entity('1', { workload_size: 'Large' })]), { version: '2', percent: 10 });
    expect(names(plan)).toEqual(['churn-1', 'churn-2']);
    expect(plan.config.served_entities[1]).toMatchObject({ entity_version: '2', workload_size: 'Large' });
    expect(shares(plan)).toEqual({ 'churn-1': 90, 'churn-2': 10 });
    expect(plan.shared).toBe(true);
  });

  it('with 0 % warms the version up', () => {
    expect(shares(swap(endpoint([entity('1')]), { version: '2', percent: 0 }))).toEqual({
      'churn-1': 100,
      'churn-2': 0,
    });
  });

  it('grows, and at the end takes the old one away', () => {
    const running = endpoint([entity('1'), entity('2')], [90, 10]);
    expect(shares(swap(running, { version: '2', percent: 50 }))).toEqual({ 'churn-1': 50, 'churn-2': 50 });
    for (const wish of [{ version: '2' }, { version: '2', percent: 100 }]) {
      const plan = swap(running, wish);
      expect(shares(plan)).toEqual({ 'churn-2': 100 });
      expect(plan).toMatchObject({ replaced: { name: 'churn-1', version: '1' }, shared: false });
    }
  });

  it('is taken back by a swap to the old version', () => {
    expect(shares(swap(endpoint([entity('1'), entity('2')], [90, 10]), { version: '1' }))).toEqual({ 'churn-1': 100 });
  });

  it('of one model of several takes only from that model', () => {
    const other = entity('9', { name: 'other', entity_name: 'ml.prod.other' });
    const plan = swap(endpoint([entity('1'), other], [60, 40]), { version: '2', entity: 'churn-1', percent: 20 });
    expect(shares(plan)).toEqual({ 'churn-1': 40, 'churn-2': 20, other: 40 });
  });

  it('of an entity with a custom name gets its own name', () => {
    const plan = swap(endpoint([entity('1', { name: 'champion' })]), { version: '2', percent: 10 });
    expect(shares(plan)).toEqual({ champion: 90, 'churn-2': 10 });
  });
});

describe('nothing to do', () => {
  it('when the version has it all', () => {
    expect(planSwap(endpoint([entity('2')]), { version: '2' })).toEqual({
      kind: 'nothing',
      model: 'ml.prod.churn',
      entity: 'churn-2',
      share: 100,
      shared: false,
    });
  });

  it('when the canary already has its share; the plan says that other versions share the traffic', () => {
    const running = endpoint([entity('1'), entity('2')], [90, 10]);
    expect(planSwap(running, { version: '2', percent: 10 })).toMatchObject({
      kind: 'nothing',
      share: 10,
      shared: true,
    });
    expect(planSwap(running, { version: '2', entity: 'churn-2' })).toMatchObject({ kind: 'nothing', shared: true });
  });
});

describe('a swap that cannot be made', () => {
  const cases: [string, Endpoint, SwapWish, string, RegExp][] = [
    [
      'no model version',
      endpoint([OPENAI({ openai_api_key: '{{secrets/llm/key}}' })]),
      { version: '2' },
      'no_model',
      /get_endpoint/,
    ],
    ['no config at all', Endpoint.parse({ name: 'churn' }), { version: '2' }, 'no_model', /get_endpoint/],
    [
      'a foundation model',
      endpoint([entity('1', { foundation_model: { name: 'llama' } })]),
      { version: '2' },
      'no_model',
      /get_endpoint/,
    ],
    [
      'an entity that is not there',
      endpoint([entity('1')]),
      { version: '2', entity: 'churn-7' },
      'unknown_entity',
      /churn-1 \(version 1\)/,
    ],
    [
      'several models',
      endpoint([entity('1'), entity('3', { name: 'other', entity_name: 'ml.prod.other' })], [50, 50]),
      { version: '2' },
      'ambiguous',
      /churn-1 \(version 1\), other \(version 3\)/,
    ],
    [
      'several versions that could give way',
      endpoint([entity('1'), entity('2')], [50, 50]),
      { version: '3' },
      'ambiguous',
      /churn-1 \(version 1\), churn-2 \(version 2\)/,
    ],
    [
      'more traffic than the old one has',
      endpoint([entity('1'), entity('8', { name: 'other', entity_name: 'ml.prod.other' })], [30, 70]),
      { version: '2', entity: 'churn-1', percent: 31 },
      'too_much_traffic',
      /at most 30 %/,
    ],
    [
      'a sibling whose key the service does not give back',
      endpoint([entity('1'), OPENAI({})], [50, 50]),
      { version: '2' },
      'unwritable',
      /secrets\/scope\/key/,
    ],
    [
      'provisioned model units',
      endpoint([entity('1', { provisioned_model_units: 50 })]),
      { version: '2' },
      'provisioned_throughput',
      /provisioned-throughput/,
    ],
    [
      'a name that another model has',
      endpoint([entity('1'), entity('5', { name: 'churn-2', entity_name: 'ml.dev.churn' })], [50, 50]),
      { version: '2', entity: 'churn-1' },
      'name_taken',
      /Rename/,
    ],
    [
      'a canary whose name the old entity has',
      endpoint([entity('1', { name: 'churn-2' })]),
      { version: '2', percent: 10 },
      'name_taken',
      /Rename/,
    ],
  ];
  it.each(cases)('%s', (_name, seen, wish, code, advice) => {
    expect(planSwap(seen, wish)).toMatchObject({ kind: 'impossible', code, advice: expect.stringMatching(advice) });
  });

  it('says which model an alias belongs to even when the entity must still be named', () => {
    const running = endpoint([entity('1'), entity('2')], [50, 50]);
    expect(swapModel(running, undefined)).toEqual({ kind: 'model', model: 'ml.prod.churn' });
    // A missing entity may have been replaced by the version. Only the version can prove it.
    expect(swapModel(running, 'churn-9')).toEqual({ kind: 'model', model: 'ml.prod.churn' });
    expect(planSwap(running, { version: '2', entity: 'churn-9' })).toMatchObject({
      kind: 'nothing',
      entity: 'churn-2',
    });
    expect(planSwap(running, { version: '3', entity: 'churn-9' })).toMatchObject({ code: 'unknown_entity' });
  });
});

describe('an entity that can be written back', () => {
  it.each<[string, Record<string, unknown>, boolean]>([
    ['a registered model', entity('1'), true],
    ['a foundation model', entity('1', { foundation_model: { name: 'llama' } }), false],
    ['an external model with a reference', OPENAI({ openai_api_key: '{{secrets/llm/key}}' }), true],
    ['an external model with a plaintext key', OPENAI({}), false],
    [
      'Entra with a reference',
      OPENAI({ microsoft_entra_client_secret: '{{secrets/llm/entra}}', microsoft_entra_client_id: 'x' }),
      true,
    ],
    [
      'Bedrock with a role',
      {
        name: 'b',
        external_model: { provider: 'amazon-bedrock', amazon_bedrock_config: { instance_profile_arn: 'arn' } },
      },
      true,
    ],
    [
      'Bedrock with only the key id: the secret part was plaintext',
      {
        name: 'b',
        external_model: { provider: 'amazon-bedrock', amazon_bedrock_config: { aws_access_key_id: '{{secrets/a/b}}' } },
      },
      false,
    ],
    [
      'a custom provider with a bearer',
      {
        name: 'c',
        external_model: {
          provider: 'custom',
          custom_provider_config: { custom_provider_url: 'https://x', bearer_token_auth: { token: '{{secrets/a/b}}' } },
        },
      },
      true,
    ],
    [
      'a custom provider with a plaintext bearer',
      {
        name: 'c',
        external_model: { provider: 'custom', custom_provider_config: { custom_provider_url: 'https://x' } },
      },
      false,
    ],
    [
      'Vertex with a reference',
      { name: 'v', external_model: { provider: 'google-cloud-vertex-ai', g: { private_key: '{{secrets/a/b}}' } } },
      true,
    ],
  ])('%s: %s', (_name, fields, writable) => {
    const reason = unwritable(ServedEntity.parse(fields));
    expect(reason === undefined).toBe(writable);
  });
});

describe('merging never loses a field the caller did not name', () => {
  const field = fc
    .stringMatching(/^[a-z][a-z_]{2,15}$/)
    .filter((name) => !/^(creator|state|type|name|foundation_model|external_model|min_dbus|max_dbus)$/.test(name))
    .map((name) => `x_${name}`);
  const settings = fc.dictionary(field, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 });
  const known = fc.record(
    {
      workload_size: fc.constantFrom('Small', 'Medium', 'Large'),
      workload_type: fc.constantFrom('CPU', 'GPU_SMALL'),
      scale_to_zero_enabled: fc.boolean(),
      environment_vars: fc.dictionary(fc.stringMatching(/^[A-Z]{1,8}$/), fc.string(), { maxKeys: 4 }),
      min_provisioned_throughput: fc.nat(),
    },
    { requiredKeys: [] },
  );

  it('for any entity, siblings and canary share', () => {
    fc.assert(
      fc.property(
        known,
        settings,
        fc.array(settings, { maxLength: 3 }),
        fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
        (fields, unknown, others, percent) => {
          const siblings = others.map((more, at) =>
            entity('1', { name: `s-${at}`, entity_name: `ml.x.s${at}`, ...more }),
          );
          const first = entity('1', { ...fields, ...unknown });
          const plan = swap(endpoint([first, ...siblings], [100]), {
            version: '2',
            entity: 'churn-1',
            ...(percent === undefined ? {} : { percent }),
          });
          const sent = new Map(plan.config.served_entities.map((each) => [each.name, each]));
          const { name: _name, entity_version: _version, ...rest } = entityInput(ServedEntity.parse(first));
          expect(sent.get('churn-2')).toEqual({ ...rest, name: 'churn-2', entity_version: '2' });
          for (const sibling of siblings) {
            expect(sent.get(sibling.name)).toEqual(entityInput(ServedEntity.parse(sibling)));
          }
          const total = plan.config.traffic_config.routes.reduce((sum, route) => sum + route.traffic_percentage, 0);
          expect(total).toBe(100);
          expect(new Set(names(plan)).size).toBe(names(plan).length);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('for a config that is written back unchanged', () => {
    fc.assert(
      fc.property(known, settings, (fields, unknown) => {
        const seen = endpoint([entity('1', { ...fields, ...unknown })]);
        expect(configInput(seen.config).served_entities[0]).toMatchObject({ ...fields, ...unknown });
      }),
    );
  });
});
