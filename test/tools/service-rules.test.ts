/** Rules of the service that are checked before a write, so that one refusal lists all problems and nothing is sent. */
import { describe, expect, it } from 'vitest';
import { withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { bodies, CHURN, churnEntity, endpoint, version, writes } from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

const scaled = (more: Record<string, unknown>) => {
  const { workload_size: _size, ...entity } = churnEntity('2', { name: 'b', environment_vars: undefined });
  return { ...entity, ...more };
};
const CREATE = { endpoint: 'new' };
const a = churnEntity('1', { name: 'a' });
const SPLIT = { a: 50, b: 50 };

describe('a create', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    ['the same version twice', { entities: [a, { ...a, name: 'b' }], traffic: SPLIT }, /serve the same version/],
    [
      '16 entities',
      { entities: Array.from({ length: 16 }, (_, at) => churnEntity('1', { name: `e${at}` })) },
      /at most 15/,
    ],
    ['a tag key with a dot', { entities: [a], tags: { 'cost.center': 'x' } }, /tag key "cost.center"/],
    [
      'concurrency of 6',
      { entities: [scaled({ min_provisioned_concurrency: 4, max_provisioned_concurrency: 6 })] },
      /max_provisioned_concurrency must be a multiple of 4, such as 8/,
    ],
    [
      'an upper bound of 0',
      { entities: [scaled({ min_provisioned_concurrency: 0, max_provisioned_concurrency: 0 })] },
      /must be at least 4/,
    ],
    ['a name of 64 characters', { entities: [{ ...a, name: 'x'.repeat(64) }] }, /1 to 63/],
    [
      'a table without a schema',
      { entities: [a], ai_gateway: { inference_table_config: { enabled: true, catalog_name: 'ml' } } },
      /needs catalog_name and schema_name/,
    ],
    [
      'a table prefix of 64 characters',
      {
        entities: [a],
        ai_gateway: {
          inference_table_config: {
            enabled: true,
            catalog_name: 'ml',
            schema_name: 'x',
            table_name_prefix: 'p'.repeat(64),
          },
        },
      },
      /at most 63/,
    ],
    [
      'a guardrail that would be dropped',
      { entities: [a], ai_gateway: { guardrails: { input: { jailbreak: true } } } },
      /guardrails\.input\.jailbreak/,
    ],
    [
      'a guardrail on a side that does not exist',
      { entities: [a], ai_gateway: { guardrails: { both: { safety: true } } } },
      /guardrails\.both/,
    ],
  ])('with %s is refused, and nothing is sent', async (_what, args, problem) => {
    const h = await begin([]);
    const { data } = await h.call('create_endpoint', { ...CREATE, ...args });
    expect(data.error.code).toMatch(/invalid/);
    expect(data.error.message).toMatch(problem);
    expect(writes(h)).toEqual([]);
  });

  it('with one version in two sizes is previewed with a warning', async () => {
    const h = await begin([]);
    const entities = [a, { ...a, name: 'b', workload_size: 'Large' }];
    const { data } = await h.call('create_endpoint', { ...CREATE, entities, traffic: SPLIT, dry_run: true });
    expect(data.warning).toContain('a and b serve the same version of the same model in different sizes');
  });

  it('takes a version as a number, and concurrency with a lower bound of 0', async () => {
    const h = await begin([]);
    const entities = [scaled({ entity_version: 2, min_provisioned_concurrency: 0, max_provisioned_concurrency: 8 })];
    const { data } = await h.call('create_endpoint', { ...CREATE, entities });
    expect(data.changed).toBe(true);
    expect(bodies(h, 'POST', '/api/2.0/serving-endpoints')).toMatchObject([
      { config: { served_entities: [{ entity_version: '2', min_provisioned_concurrency: 0 }] } },
    ]);
  });
});

describe('an update', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      'adds the served version again',
      { add_entities: [{ ...a, name: 'b' }], traffic: SPLIT },
      /a and b serve the same version/,
    ],
    ['sets concurrency of 6', { min_concurrency: 4, max_concurrency: 6 }, /multiple of 4/],
    ['sets a tag key with a colon', { tags: { 'team:x': 'y' } }, /tag key "team:x"/],
    [
      'adds an entity on model units',
      {
        add_entities: [{ name: 'b', entity_name: 'ml.prod.churn', entity_version: '2', provisioned_model_units: 50 }],
        traffic: SPLIT,
      },
      /does not switch to provisioned model units/,
    ],
  ])('that %s is refused, and nothing is sent', async (_what, args, problem) => {
    const h = await begin([endpoint('churn', [a])]);
    const { data } = await h.call('update_endpoint', { endpoint: 'churn', ...args });
    expect(data.error.message).toMatch(problem);
    expect(writes(h)).toEqual([]);
  });

  it('that changes something else leaves concurrency that is older than the rule', async () => {
    const h = await begin([]);
    const entity = scaled({ min_provisioned_concurrency: 1, max_provisioned_concurrency: 6 });
    const body = {
      name: 'churn',
      state: { ready: 'READY' },
      creator: 'admin@example.com',
      config: { served_entities: [entity] },
    };
    h.sandbox.faults.add({
      match: { method: 'GET', path: '/api/2.0/serving-endpoints/churn' },
      effect: { status: 200, body },
    });
    const { data } = await h.call('update_endpoint', { endpoint: 'churn', scale_to_zero: true, dry_run: true });
    expect(data.changes).toEqual([{ field: 'served_entities.b.scale_to_zero_enabled', from: false, to: true }]);
  });

  it('that removes a tag takes any key', async () => {
    const h = await begin([]);
    const body = {
      name: 'churn',
      state: { ready: 'READY' },
      config: { served_entities: [a] },
      tags: [{ key: 'a.b', value: 'x' }],
    };
    h.sandbox.faults.add({
      match: { method: 'GET', path: '/api/2.0/serving-endpoints/churn' },
      effect: { status: 200, body },
    });
    const { data } = await h.call('update_endpoint', { endpoint: 'churn', remove_tags: ['a.b'], dry_run: true });
    expect(data.changes).toEqual([{ field: 'tags.a.b', from: 'x' }]);
  });
});

it('a canary of a model with a long name gets an entity name that the service takes', async () => {
  const full_name = `ml.prod.${'m'.repeat(80)}`;
  const models = [{ ...CHURN, full_name, versions: [version(1), version(2)] }];
  const h = await begin([endpoint('churn', [churnEntity('1', { name: 'a', entity_name: full_name })])], {}, { models });
  const { data } = await h.call('swap_version', { endpoint: 'churn', version: '2', traffic_percent: 10 });
  expect(data.changed).toBe(true);
  const [body] = bodies(h, 'PUT', '/api/2.0/serving-endpoints/churn/config') as [
    { served_entities: { name: string }[] },
  ];
  expect(body.served_entities.map(({ name }) => name)).toEqual(['a', `${'m'.repeat(61)}-2`]);
});

it('a foundation model has no access list, and both tools say so', async () => {
  const foundation = {
    name: 'databricks-llama',
    entity_name: 'system.ai.llama',
    display_name: 'Llama',
    task: 'llm/v1/chat',
    spec: { kind: 'chat', model: 'llama', profile: 'llama' },
  };
  const h = await begin([], {}, { foundation_models: [foundation] });
  const name = { endpoint: 'databricks-llama' };
  const grant = [{ principal: 'analysts', level: 'CAN_QUERY' }];
  for (const answer of [
    await h.call('get_permissions', name),
    await h.call('update_permissions', { ...name, grant }),
  ]) {
    expect(answer.data.error).toMatchObject({
      code: 'no_grants',
      message: expect.stringContaining('no grants of its own'),
    });
  }
});

it.each([404, 500])(
  'a part of the gateway that the workspace lacks is a refusal, also as %d: nothing is unknown',
  async (status) => {
    const h = await begin([]);
    const message = 'Inference table is not currently supported for this endpoint type in this workspace.';
    const path = '/api/2.0/serving-endpoints';
    h.sandbox.faults.add({
      match: { method: 'POST', path },
      effect: { status, body: { error_code: 'FEATURE_DISABLED', message } },
    });
    const { data } = await h.call('create_endpoint', { endpoint: 'new', entities: [a] });
    expect(data.error).toMatchObject({
      code: 'FEATURE_DISABLED',
      message: expect.stringMatching(/^Databricks refused/),
      retryable: false,
    });
    expect(data.error.next).not.toMatch(/list_endpoints|Did you mean/);
    expect(data.unknown).toBeUndefined();
    expect(writes(h)).toEqual([`POST ${path}`]);
  },
);
