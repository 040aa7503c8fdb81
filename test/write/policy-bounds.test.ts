/** What a request may name and reserve under a policy, in whatever form it comes. */
import { expect, it } from 'vitest';
import { unread } from '../../src/rest/http.ts';
import type { PlannedWrite } from '../../src/write/planned-write.ts';
import { checkPolicy, matches, type Policy } from '../../src/write/policy.ts';
import type { HarnessOptions } from '../support/harness.ts';
import { safetyWorkspace } from '../support/safety-workspace.ts';
import { useHarness } from '../support/use-harness.ts';
import { endpoint, writes } from '../support/workspace.ts';

const begin = useHarness((options: HarnessOptions) => ({ seed: safetyWorkspace(), ...options }));

/** A write whose one request has this body. */
const sending = (what: 'create' | 'config' | 'units', body: unknown): PlannedWrite => ({
  subject: { kind: 'endpoint', name: 'new' },
  before: undefined,
  changes: [{ field: 'endpoint', to: 'new' }],
  steps: [
    {
      what,
      label: 'config',
      target: 'new',
      request: { method: 'PUT', path: '/x', body, again: 'never', parse: unread },
    },
  ],
  undo: [],
});

it.each(['provisioned_model_units', 'max_provisioned_throughput', 'min_provisioned_throughput'])(
  'reserved capacity does not bypass max_workload_size, whichever field reserves it: %s',
  (field) => {
    const policy: Policy = { max_workload_size: 'Large' };
    for (const value of [1, 970, '970', [970], { tokens: 970 }, true]) {
      const entity = { entity_name: 'ml.prod.units', entity_version: '1', [field]: value };
      const write = sending('create', { config: { served_entities: [entity] } });
      expect(() => checkPolicy(policy, write), JSON.stringify(value)).toThrow(`${field} reserves capacity`);
    }
    const none = { entity_name: 'ml.prod.units', entity_version: '1', [field]: 0 };
    expect(() => checkPolicy(policy, sending('units', { served_entities: [none] }))).not.toThrow();
  },
);

it('a size or a concurrency that is unknown counts as too large', () => {
  for (const entity of [{ workload_size: 'Huge' }, { workload_size: ['Large'] }, { max_provisioned_concurrency: 'x' }])
    expect(() =>
      checkPolicy({ max_workload_size: 'Medium' }, sending('config', { served_entities: [entity] })),
    ).toThrow(/max_workload_size/);
});

it.each([{ max_provisioned_throughput: 200 }, { min_provisioned_throughput: 100, max_provisioned_throughput: 200 }])(
  'the same in a call: %j',
  async (throughput) => {
    const h = await begin({ policy: { max_workload_size: 'Large' } });
    const entities = [{ entity_name: 'ml.prod.units', entity_version: '1', ...throughput }];
    const { data } = await h.call('create_endpoint', { endpoint: 'new', entities });
    expect(data.error).toMatchObject({ code: 'policy', message: expect.stringContaining('provisioned_throughput') });
    expect(writes(h)).toEqual([]);
  },
);

it('more model units do not bypass it either', async () => {
  const units = { entity_name: 'ml.prod.units', entity_version: '1', provisioned_model_units: 50 };
  const h = await begin({
    policy: { max_workload_size: 'Large' },
    seed: safetyWorkspace({ endpoints: [endpoint('reserved', [units])] }),
  });
  const more = { endpoint: 'reserved', model_units: 100, burst_scaling: false };
  expect((await h.call('update_endpoint', more)).data.error.code).toBe('policy');
  expect(writes(h)).toEqual([]);
});

it.each<[string, unknown]>([
  ['a list', { served_entities: [{ entity_name: ['ml.prod.churn'], entity_version: '1' }] }],
  ['a list in a new endpoint', { config: { served_entities: [{ entity_name: ['ml.prod.churn'] }] } }],
  ['an object', { served_entities: [{ entity_name: { name: 'ml.prod.churn' }, entity_version: '1' }] }],
  ['nothing', { served_entities: [{ entity_version: '1' }] }],
  ['the older fields', { served_models: [{ model_name: 'ml.prod.churn', model_version: '1' }] }],
  ['the older list', { served_models: [{ entity_name: 'ml.prod.churn', entity_version: '1' }] }],
  ['both lists', { served_entities: [], served_models: [{ entity_name: 'ml.prod.churn' }] }],
  [
    'an entity that also names an external model',
    { served_entities: [{ entity_name: 'ml.prod.churn', external_model: {} }] },
  ],
])('a model that a request names in an unknown form, or in an older one, is not allowed: %s', (_what, body) => {
  const write = sending('config', body);
  expect(() => checkPolicy({ allow_models: ['*.dev.*'] }, write)).toThrow(/rule allow_models/);
  expect(() => checkPolicy({}, write)).not.toThrow();
});

it.each(['create_endpoint', 'update_endpoint'])(
  'a list in a call of %s is refused, and nothing is sent',
  async (tool) => {
    const h = await begin({ policy: { allow_models: ['*.dev.*'] } });
    const entities = [{ entity_name: ['ml.prod.churn'], entity_version: '3' }];
    const args =
      tool === 'create_endpoint'
        ? { endpoint: 'new', entities }
        : { endpoint: 'split', add_entities: entities, traffic: { 'churn-1': 60, 'churn-2': 30, 'churn-3': 10 } };
    const { isError, data } = await h.call(tool, args);
    expect(isError).toBe(true);
    expect(JSON.stringify(data)).toContain('entity_name must be one text');
    expect(writes(h)).toEqual([]);
  },
);

it('an external model is not in the registry, so allow_models does not cover it', () => {
  const write = sending('config', { served_entities: [{ external_model: { provider: 'openai', name: 'gpt-5' } }] });
  expect(() => checkPolicy({ allow_models: ['*.dev.*'] }, write)).not.toThrow();
});

it.each([
  ['ab*bc', 'abc'],
  ['a*a', 'a'],
  ['ab*ba', 'aba'],
  ['a*b*b', 'ab'],
  ['*aa*a', 'aa'],
  ['prod-*-prod', 'prod-prod'],
])('the parts of a pattern do not overlap: %s is not %s', (pattern, name) => {
  expect(matches(pattern, name)).toBe(false);
});

it.each([
  ['ab*bc', 'abbc'],
  ['a*a', 'aa'],
  ['a*b*b', 'abb'],
  ['*aa*a', 'aaa'],
])('but they may touch, so that the parts do not overlap: %s is %s', (pattern, name) => {
  expect(matches(pattern, name)).toBe(true);
});
