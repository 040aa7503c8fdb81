import { describe, expect, it } from 'vitest';
import {
  type EntityInput,
  MAX_ENTITIES,
  nameOf,
  problemsOfEntities,
  problemsOfTexts,
  problemsOfTraffic,
  problemsOfVariables,
  secretReferences,
} from '../../src/plan/entity-rules.ts';
import { KEY } from '../support/providers.ts';

const entity = (more: EntityInput = {}): EntityInput => ({
  entity_name: 'ml.prod.churn',
  entity_version: '3',
  ...more,
});
const external = (task = 'llm/v1/chat', name = 'gpt-4o'): EntityInput => ({
  external_model: { provider: 'openai', name, task, openai_config: { openai_api_key: KEY } },
});

describe('the name of an entity', () => {
  it.each<[EntityInput, string]>([
    [{ name: 'champion', entity_name: 'a.b.c', entity_version: '1' }, 'champion'],
    [{ entity_name: 'a.b.c', entity_version: 3 }, 'c-3'],
    [{ entity_name: 'a.b.features' }, 'features'],
    [{ external_model: { name: 'gpt-4.1' } }, 'gpt-4-1'],
    [{ external_model: { name: 'anthropic.claude:2' } }, 'anthropic-claude-2'],
    [{}, ''],
  ])('of %j is %s', (given, name) => {
    expect(nameOf(given)).toBe(name);
  });
});

describe('an entity', () => {
  it.each<[string, EntityInput, RegExp]>([
    [
      'a mistyped field',
      entity({ workload_sise: 'Small' }),
      /unknown field workload_sise: did you mean workload_size\?/,
    ],
    [
      'a field of the deprecated form',
      { model_name: 'a.b.c', model_version: '1' },
      /unknown field model_name.*unknown field model_version/s,
    ],
    ['a name with a dot', entity({ name: 'churn.3' }), /name must be 1 to 63 letters/],
    ['a name that says there is none', entity({ name: 'null' }), /name says that there is no value/],
    ['such a name in other letters', entity({ name: 'None' }), /name says that there is no value/],
    ['neither model nor external model', { name: 'x' }, /give either entity_name/],
    ['both', { ...entity(), ...external() }, /give either entity_name/],
    ['a model in a list', entity({ entity_name: ['ml.prod.churn'] }), /entity_name must be one text/],
    ['a version in a list', entity({ entity_version: ['3'] }), /entity_version must be a version number/],
    ['a size in a list', entity({ workload_size: ['Small'] }), /workload_size must be one text/],
    ['a type in a list', entity({ workload_type: ['CPU'] }), /workload_type must be one text/],
    [
      'a profile in a list',
      entity({ instance_profile_arn: ['arn:aws:iam::1:x'] }),
      /instance_profile_arn must be one text/,
    ],
    ['an alias as the version', entity({ entity_version: '@champion' }), /must be a version number, not an alias/],
    ['version 0', entity({ entity_version: '0' }), /must be a version number/],
    [
      'size and concurrency',
      entity({ workload_size: 'Small', max_provisioned_concurrency: 8 }),
      /workload size and provisioned concurrency cannot be combined/,
    ],
    [
      'size and throughput',
      entity({ workload_size: 'Small', max_provisioned_throughput: 970 }),
      /workload size and provisioned throughput cannot be combined/,
    ],
    [
      'throughput and model units',
      entity({ max_provisioned_throughput: 970, provisioned_model_units: 50 }),
      /provisioned throughput and model units cannot be combined/,
    ],
    ['an unknown size', entity({ workload_size: 'Huge' }), /workload_size must be one of Small, Medium, Large/],
    ['an unknown type', entity({ workload_type: 'TPU' }), /workload_type must be one of CPU, CPU_MEDIUM/],
    [
      'concurrency the wrong way round',
      entity({ min_provisioned_concurrency: 8, max_provisioned_concurrency: 4 }),
      /min_provisioned_concurrency is above max_provisioned_concurrency/,
    ],
    [
      'throughput as text',
      entity({ max_provisioned_throughput: '970' }),
      /max_provisioned_throughput must be a whole number/,
    ],
    [
      'a fraction of a unit',
      entity({ provisioned_model_units: 1.5 }),
      /provisioned_model_units must be a whole number/,
    ],
    ['scale to zero as text', entity({ scale_to_zero_enabled: 'yes' }), /scale_to_zero_enabled must be true or false/],
    ['compute for an external model', { ...external(), workload_size: 'Small' }, /external model has no compute here/],
    [
      'throughput for an external model',
      { ...external(), max_provisioned_throughput: 970 },
      /external model has no compute here/,
    ],
  ])('with %s is a problem', (_what, given, expected) => {
    expect(problemsOfEntities([given], undefined).join('; ')).toMatch(expected);
  });

  it.each<[string, EntityInput]>([
    ['the least', entity()],
    [
      'explicit false and 0',
      entity({ scale_to_zero_enabled: false, min_provisioned_throughput: 0, max_provisioned_throughput: 970 }),
    ],
    ['concurrency', entity({ min_provisioned_concurrency: 0, max_provisioned_concurrency: 8 })],
    ['a feature spec', { entity_name: 'ml.prod.features', scale_to_zero_enabled: true }],
    ['model units', entity({ provisioned_model_units: 50, burst_scaling_enabled: false })],
    ['an external model', external()],
    ['a version that is a number', entity({ entity_version: 3 })],
  ])('that is %s is fine', (_what, given) => {
    expect(problemsOfEntities([given], undefined)).toEqual([]);
  });
});

describe('several entities', () => {
  const two = [entity({ name: 'a' }), entity({ name: 'b' })];

  it.each<[string, EntityInput[], Record<string, number> | undefined, RegExp]>([
    ['none', [], undefined, /there is no served entity/],
    ['no traffic', two, undefined, /2 entities need traffic: give each a share, 100 in total/],
    ['the same name', [entity(), entity()], { 'churn-3': 100 }, /two entities have the name churn-3/],
    [
      'external and registered ones',
      [entity(), external()],
      { 'churn-3': 50, 'gpt-4o': 50 },
      /cannot share an endpoint/,
    ],
    [
      'different tasks',
      [external(), external('llm/v1/embeddings', 'ada')],
      { 'gpt-4o': 50, ada: 50 },
      /different tasks \(llm\/v1\/chat, llm\/v1\/embeddings\)/,
    ],
    [
      'more than an endpoint takes',
      Array.from({ length: MAX_ENTITIES + 1 }, (_, at) => entity({ name: `e${at}` })),
      { e0: 100 },
      /there are 16 entities, but an endpoint takes at most 15/,
    ],
  ])('with %s', (_what, entities, traffic, expected) => {
    expect(problemsOfEntities(entities, traffic).join('; ')).toMatch(expected);
  });

  it('fifteen are fine', () => {
    const most = Array.from({ length: MAX_ENTITIES }, (_, at) => entity({ name: `e${at}` }));
    expect(problemsOfEntities(most, { e0: 100 })).toEqual([]);
  });

  it('list all problems at once', () => {
    const problems = problemsOfEntities(
      [entity({ workload_sise: 'Small' }), entity({ workload_type: 'TPU' }), external()],
      { 'churn-3': 90, churn3: 9 },
    );
    expect(problems).toHaveLength(6);
  });
});

describe('traffic', () => {
  it.each<[Record<string, number> | undefined, string[]]>([
    [{ a: 60, b: 40 }, []],
    [{ a: 100 }, []],
    [{ a: 60, b: 39 }, ['the traffic adds up to 99 instead of 100']],
    [{ a: 60, b: 41 }, ['the traffic adds up to 101 instead of 100']],
    [{}, ['the traffic adds up to 0 instead of 100']],
    [{ a: 60, bb: 40 }, ['traffic has bb, which is not an entity of this endpoint: did you mean b?']],
    [{ a: 60, quite_else: 40 }, ['traffic has quite_else, which is not an entity of this endpoint (a, b)']],
  ])('%j', (traffic, problems) => {
    expect(problemsOfTraffic(['a', 'b'], traffic)).toEqual(problems);
  });
});

describe('variables', () => {
  it.each<[string, Record<string, unknown>, RegExp | undefined]>([
    ['a reference', { API_KEY: '{{secrets/ml/token}}' }, undefined],
    ['a plain setting', { MODE: 'strict', MAX_TOKENS: '200', USE_TOKEN: 'true' }, undefined],
    [
      'a raw key in a variable named like a secret',
      { OPENAI_API_KEY: 'raw-key-not-to-repeat' },
      /OPENAI_API_KEY looks like a raw secret/,
    ],
    ['a password under its short name', { DB_PWD: 'raw-key-not-to-repeat' }, /DB_PWD looks like a raw secret/],
    ['a source of data', { DATABASE_DSN: 'raw-key-not-to-repeat' }, /DATABASE_DSN looks like a raw secret/],
    ['a key that signs', { SIGNING_KEY: 'raw-key-not-to-repeat' }, /SIGNING_KEY looks like a raw secret/],
    ['a key recognized by its form', { SETTING: `dapi${'0'.repeat(32)}` }, /SETTING looks like a raw secret/],
    [
      'a password in a URL',
      { DATABASE: 'postgres://user:raw-key-not-to-repeat@db.example.com/x' },
      /DATABASE looks like a raw secret/,
    ],
    ['a number', { PORT: 8080 }, /PORT must be a string/],
    ['an illegal name', { '1X': 'a' }, /1X is not a valid variable name/],
  ])('with %s', (_what, variables, expected) => {
    const problems = problemsOfVariables(variables).join('; ');
    if (expected) expect(problems).toMatch(expected);
    else expect(problems).toBe('');
    expect(problems).not.toContain('raw-key-not-to-repeat');
    expect(problems).not.toContain('dapi0');
  });

  it('must be an object', () => {
    expect(problemsOfVariables(['A=b'])).toEqual(['environment_vars must be an object of strings']);
  });
});

describe('raw secrets in other texts', () => {
  it('are named by their place and not repeated', () => {
    const problems = problemsOfTexts({ description: 'fine', tags: { owner: `dapi${'0'.repeat(32)}` } });
    expect(problems).toEqual(['tags.owner looks like a raw secret']);
  });
});

describe('secret references', () => {
  it('are found at any depth, without false positives', () => {
    const value = {
      a: '{{secrets/ml/token}}',
      b: [{ c: '{{ secrets/s/k }}' }],
      d: 'text {{secrets/x/y}}',
      e: 1,
      f: null,
    };
    expect(secretReferences(value)).toEqual([
      { scope: 'ml', key: 'token' },
      { scope: 's', key: 'k' },
    ]);
  });
});
