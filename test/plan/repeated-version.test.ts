import { describe, expect, it } from 'vitest';
import type { EntityInput } from '../../src/plan/entity-rules.ts';
import { repeatedVersions } from '../../src/plan/repeated-version.ts';

const entity = (name: string, more: EntityInput = {}): EntityInput => ({
  name,
  entity_name: 'ml.prod.churn',
  entity_version: '1',
  ...more,
});
const pair = (a: EntityInput, b: EntityInput) => repeatedVersions([entity('a', a), entity('b', b)], ['b']);

describe('two entities of one version', () => {
  it.each<[string, EntityInput, EntityInput]>([
    ['the same size', { workload_size: 'Large' }, { workload_size: 'Large' }],
    ['the default size, once named', {}, { workload_size: 'Small' }],
    ['the default type, once named', { workload_size: 'Small' }, { workload_size: 'Small', workload_type: 'CPU' }],
    ['other variables only', { environment_vars: { A: '1' } }, { environment_vars: { A: '2' } }],
    ['another idle behaviour only', { scale_to_zero_enabled: true }, { scale_to_zero_enabled: false }],
    ['the same concurrency', { max_provisioned_concurrency: 8 }, { max_provisioned_concurrency: 8 }],
    ['a version as a number', { entity_version: 1 }, { entity_version: '1' }],
  ])('with %s are a problem, because the service refuses them', (_what, a, b) => {
    expect(pair(a, b).problems).toEqual([expect.stringMatching(/^a and b serve the same version of the same model/)]);
    expect(pair(a, b).warnings).toEqual([]);
  });

  it.each<[string, EntityInput, EntityInput]>([
    ['another size', { workload_size: 'Small' }, { workload_size: 'Large' }],
    ['another type', { workload_type: 'CPU' }, { workload_type: 'GPU_SMALL' }],
    ['another way to scale', { workload_size: 'Small' }, { max_provisioned_concurrency: 4 }],
  ])('with %s are a warning, because no one knows whether the service takes them', (_what, a, b) => {
    expect(pair(a, b).problems).toEqual([]);
    expect(pair(a, b).warnings).toEqual([expect.stringContaining('which the service may refuse')]);
  });

  it('that are there already are not the problem of this call', () => {
    const there = [entity('a'), entity('b'), entity('c', { entity_version: '2' })];
    expect(repeatedVersions(there, ['c'])).toEqual({ problems: [], warnings: [] });
  });

  it('are each reported', () => {
    const all = ['a', 'b', 'c'].map((name) => entity(name));
    expect(repeatedVersions(all, ['a', 'b', 'c']).problems).toHaveLength(3);
  });
});

describe('entities that differ', () => {
  it.each<[string, EntityInput]>([
    ['in the version', { entity_version: '2' }],
    ['in the model', { entity_name: 'ml.dev.churn' }],
  ])('%s may be together', (_what, more) => {
    expect(pair({}, more)).toEqual({ problems: [], warnings: [] });
  });

  it('in nothing but have no version are feature specs or external models', () => {
    const one = { entity_version: undefined };
    expect(pair(one, one)).toEqual({ problems: [], warnings: [] });
  });
});
