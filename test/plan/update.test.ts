import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entityInput } from '../../src/plan/config-input.ts';
import { planUpdate, type UpdateWish } from '../../src/plan/update.ts';
import { Endpoint } from '../../src/rest/endpoints.ts';

/** An entity as GET answers it. */
const entity = (name: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  name,
  entity_name: 'ml.prod.churn',
  entity_version: name.at(-1),
  workload_size: 'Small',
  workload_type: 'CPU',
  scale_to_zero_enabled: true,
  creator: 'a@example.com',
  creation_timestamp: 1,
  state: { deployment: 'DEPLOYMENT_READY', deployment_state_message: '' },
  ...more,
});

function endpoint(entities: Record<string, unknown>[], shares: number[] = [100]): Endpoint {
  const routes = entities.map((each, at) => ({ served_entity_name: each.name, traffic_percentage: shares[at] ?? 0 }));
  return Endpoint.parse({
    name: 'churn',
    config: { config_version: 1, served_entities: entities, traffic_config: { routes } },
  });
}

const plan = (seen: Endpoint, wish: Partial<UpdateWish>) =>
  planUpdate(seen, { settings: {}, add: [], remove: [], ...wish });
const shares = (planned: ReturnType<typeof plan>) =>
  Object.fromEntries(
    planned.config.traffic_config.routes.map((route) => [route.served_entity_name, route.traffic_percentage]),
  );

const ONE = endpoint([entity('churn-1', { environment_vars: { A: '1', TOKEN: '{{secrets/ml/token}}' } })]);
const TWO = endpoint([entity('churn-1'), entity('churn-2')], [90, 10]);

describe('settings', () => {
  it.each<[string, Partial<UpdateWish>, Record<string, unknown>]>([
    ['size', { settings: { workload_size: 'Large' } }, { workload_size: 'Large' }],
    ['type', { settings: { workload_type: 'GPU_SMALL' } }, { workload_type: 'GPU_SMALL' }],
    ['scale to zero off', { settings: { scale_to_zero_enabled: false } }, { scale_to_zero_enabled: false }],
    [
      'a variable more',
      { environment_vars: { B: '2' } },
      { environment_vars: { A: '1', TOKEN: '{{secrets/ml/token}}', B: '2' } },
    ],
    ['a variable less', { environment_vars: { A: null } }, { environment_vars: { TOKEN: '{{secrets/ml/token}}' } }],
  ])('%s changes and all other settings stay', (_what, wish, expected) => {
    const planned = plan(ONE, wish);
    expect(planned.problems).toEqual([]);
    expect(planned.config.served_entities).toEqual([
      {
        name: 'churn-1',
        entity_name: 'ml.prod.churn',
        entity_version: '1',
        workload_size: 'Small',
        workload_type: 'CPU',
        scale_to_zero_enabled: true,
        environment_vars: { A: '1', TOKEN: '{{secrets/ml/token}}' },
        ...expected,
      },
    ]);
    expect(shares(planned)).toEqual({ 'churn-1': 100 });
  });

  it('concurrency takes the place of a size, and a size that of concurrency', () => {
    const concurrency = { min_provisioned_concurrency: 4, max_provisioned_concurrency: 8 };
    const sent = plan(ONE, { settings: concurrency }).config.served_entities[0];
    expect(sent).toMatchObject(concurrency);
    expect(sent).not.toHaveProperty('workload_size');
    const back = plan(endpoint([entity('churn-1', { workload_size: undefined, ...concurrency })]), {
      settings: { workload_size: 'Medium' },
    });
    expect(back.config.served_entities[0]).not.toHaveProperty('min_provisioned_concurrency');
    expect(back.config.served_entities[0]).not.toHaveProperty('max_provisioned_concurrency');
    expect(back.problems).toEqual([]);
  });

  it('the last variable takes the field with it', () => {
    const seen = endpoint([entity('churn-1', { environment_vars: { A: '1' } })]);
    expect(plan(seen, { environment_vars: { A: null } }).config.served_entities[0]).not.toHaveProperty(
      'environment_vars',
    );
  });

  it('of other people or newer services are never reported as problems of the caller', () => {
    const seen = endpoint([
      entity('churn-1', {
        environment_vars: { DB_PASSWORD: 'set-by-somebody' },
        future_setting: { x: 1 },
        workload_size: 'XXL',
      }),
    ]);
    const planned = plan(seen, { settings: { scale_to_zero_enabled: false } });
    expect(planned.problems).toEqual([]);
    expect(planned.config.served_entities[0]).toMatchObject({
      environment_vars: { DB_PASSWORD: 'set-by-somebody' },
      future_setting: { x: 1 },
      workload_size: 'XXL',
    });
  });

  it('whose words are those of a problem are judged as any other', () => {
    const added = { entity_name: 'ml.prod.churn', entity_version: '2' };
    // A field of the caller is reported. A field of a newer service next to it is not.
    expect(plan(ONE, { add: [{ ...added, 'need traffic': 1 }] }).problems).toEqual([
      'churn-2: unknown field need traffic',
    ]);
    expect(plan(endpoint([entity('churn-1', { 'at most': 1 })]), { add: [added] }).problems).toEqual([]);
  });

  it.each<[string, Endpoint, Partial<UpdateWish>, RegExp]>([
    [
      'which of several',
      TWO,
      { settings: { workload_size: 'Large' } },
      /choose the entity to change: churn-1, churn-2/,
    ],
    [
      'an entity that is not there',
      ONE,
      { entity: 'churn-9', settings: { workload_size: 'Large' } },
      /there is no entity churn-9: churn-1/,
    ],
    ['a raw secret', ONE, { environment_vars: { API_KEY: 'raw-key' } }, /API_KEY looks like a raw secret/],
    [
      'a size for throughput',
      endpoint([entity('churn-1', { workload_size: undefined, max_provisioned_throughput: 970 })]),
      { settings: { workload_size: 'Large' } },
      /workload size and provisioned throughput cannot be combined/,
    ],
    [
      'half of a concurrency',
      ONE,
      { settings: { max_provisioned_concurrency: 8 } },
      /set min_concurrency and max_concurrency together/,
    ],
    [
      'concurrency the wrong way round',
      ONE,
      { settings: { min_provisioned_concurrency: 8, max_provisioned_concurrency: 4 } },
      /is above/,
    ],
    ['an unknown type', ONE, { settings: { workload_type: 'TPU' } }, /workload_type must be one of/],
    [
      'an entity that goes',
      TWO,
      { entity: 'churn-2', settings: { workload_size: 'Large' }, remove: ['churn-2'], traffic: { 'churn-1': 100 } },
      /churn-2 is both changed and removed/,
    ],
    [
      'model units',
      endpoint([entity('u-1', { workload_size: undefined, provisioned_model_units: 50 })]),
      { settings: { scale_to_zero_enabled: false } },
      /only model_units and burst_scaling can be changed/,
    ],
  ])('%s is a problem', (_what, seen, wish, expected) => {
    expect(plan(seen, wish).problems.join('; ')).toMatch(expected);
  });

  it('say nothing about an external model', () => {
    const seen = endpoint([
      {
        name: 'gpt',
        external_model: {
          provider: 'openai',
          name: 'gpt-4o',
          task: 'llm/v1/chat',
          openai_config: { openai_api_key: '{{secrets/a/b}}' },
        },
      },
    ]);
    expect(plan(seen, { settings: { workload_size: 'Large' } }).problems).toEqual([
      'gpt: an external model has no compute here: omit size, type and variables',
    ]);
  });
});

describe('entities and traffic', () => {
  it('a new share leaves the entities as they are', () => {
    const planned = plan(TWO, { traffic: { 'churn-1': 50, 'churn-2': 50 } });
    expect(planned.problems).toEqual([]);
    expect(planned.config.served_entities).toEqual(TWO.config?.served_entities?.map(entityInput));
    expect(planned.changes).toEqual([
      { field: 'traffic.churn-1', from: 90, to: 50 },
      { field: 'traffic.churn-2', from: 10, to: 50 },
    ]);
  });

  it('a new entity begins with no traffic', () => {
    const planned = plan(ONE, {
      add: [{ entity_name: 'ml.prod.churn', entity_version: '2', scale_to_zero_enabled: true }],
    });
    expect(planned.problems).toEqual([]);
    expect(planned.config.served_entities.map((each) => each.name)).toEqual(['churn-1', 'churn-2']);
    expect(shares(planned)).toEqual({ 'churn-1': 100, 'churn-2': 0 });
  });

  it('an entity without traffic goes, and the others keep theirs', () => {
    const planned = plan(endpoint([entity('churn-1'), entity('churn-2')], [100, 0]), { remove: ['churn-2'] });
    expect(planned.problems).toEqual([]);
    expect(shares(planned)).toEqual({ 'churn-1': 100 });
  });

  it.each<[string, Endpoint, Partial<UpdateWish>, RegExp]>([
    [
      'an entity with traffic and no word on who takes it',
      TWO,
      { remove: ['churn-2'] },
      /churn-2 has 10 % of the traffic: use traffic/,
    ],
    ['the last entity', ONE, { remove: ['churn-1'] }, /the last served entity cannot be removed/],
    [
      'a route to an entity that goes',
      TWO,
      { remove: ['churn-2'], traffic: { 'churn-1': 90, 'churn-2': 10 } },
      /traffic has churn-2, which is not an entity/,
    ],
    ['a sum of 99', TWO, { traffic: { 'churn-1': 89 } }, /adds up to 99/],
    [
      'a name that is there',
      ONE,
      { add: [{ name: 'churn-1', entity_name: 'ml.prod.churn', entity_version: '2' }] },
      /two entities have the name churn-1/,
    ],
    [
      'sixteen',
      endpoint(
        Array.from({ length: 15 }, (_, at) => entity(`e-${at}`)),
        [100],
      ),
      { add: [{ name: 'more', entity_name: 'a.b.c', entity_version: '1' }] },
      /there are 16 entities, but an endpoint takes at most 15/,
    ],
    [
      'an external model next to a registered one',
      ONE,
      {
        add: [
          {
            external_model: {
              provider: 'openai',
              name: 'gpt',
              task: 'llm/v1/chat',
              openai_config: { openai_api_key: '{{secrets/a/b}}' },
            },
          },
        ],
      },
      /cannot share an endpoint/,
    ],
    [
      'a foundation model',
      endpoint([{ name: 'f', entity_name: 'system.ai.f', foundation_model: { name: 'system.ai.f' } }]),
      { traffic: { f: 100 } },
      /Databricks-hosted foundation model, so its config cannot be changed/,
    ],
    [
      'a key the service never gives back',
      endpoint([
        { name: 'g', external_model: { provider: 'openai', name: 'gpt', task: 'llm/v1/chat', openai_config: {} } },
      ]),
      { traffic: { g: 100 } },
      /provider key in plain text/,
    ],
  ])('%s is a problem', (_what, seen, wish, expected) => {
    expect(plan(seen, wish).problems.join('; ')).toMatch(expected);
  });

  it('list all problems at once', () => {
    const { problems } = plan(TWO, {
      settings: { workload_type: 'TPU' },
      entity: 'churn-1',
      remove: ['churn-7'],
      add: [{ entity_name: 'a.b.c', entity_version: '@prod' }],
      traffic: { 'churn-1': 20 },
    });
    expect(problems).toHaveLength(4);
  });
});

describe('settings that the caller did not name', () => {
  const field = fc.stringMatching(/^x_[a-z]{1,6}$/);
  const extras = fc.dictionary(field, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 });
  const variables = fc.dictionary(
    fc.stringMatching(/^[A-Z]{1,6}$/),
    fc.constantFrom('a', 'b', '{{secrets/ml/token}}'),
    { maxKeys: 4 },
  );
  const shape = fc.record({ extras, variables });
  const wish = fc.record(
    {
      settings: fc.record(
        { workload_size: fc.constantFrom('Small', 'Medium', 'Large'), scale_to_zero_enabled: fc.boolean() },
        { requiredKeys: [] },
      ),
      environment_vars: fc.dictionary(fc.constantFrom('A', 'B', 'NEW'), fc.option(fc.constantFrom('a', 'c'))),
    },
    { requiredKeys: ['settings'] },
  );

  it('is never lost: other fields, other variables, other entities, their shares', () => {
    fc.assert(
      fc.property(fc.array(shape, { minLength: 1, maxLength: 4 }), wish, fc.nat(3), (shapes, named, at) => {
        const given = shapes.map((each, index) =>
          entity(`churn-${index}`, { ...each.extras, environment_vars: each.variables }),
        );
        const portion = Math.floor(100 / given.length);
        const split = given.map((_, index) => (index === 0 ? 100 - portion * (given.length - 1) : portion));
        const seen = endpoint(given, split);
        const target = at % given.length;
        const planned = plan(seen, { ...named, entity: `churn-${target}` });
        expect(planned.problems).toEqual([]);
        expect(Object.values(shares(planned))).toEqual(split);
        for (const [index, before] of given.entries()) {
          const sent = planned.config.served_entities[index] ?? {};
          const input = entityInput({ ...before, name: String(before.name) });
          if (index !== target) {
            expect(sent).toEqual(input);
            continue;
          }
          for (const [name, value] of Object.entries(input)) {
            if (name !== 'environment_vars' && !(name in named.settings)) expect(sent[name]).toEqual(value);
          }
          for (const [name, value] of Object.entries(shapes[index]?.variables ?? {})) {
            if (!(name in (named.environment_vars ?? {}))) expect(sent.environment_vars).toHaveProperty(name, value);
          }
        }
      }),
    );
  });
});
