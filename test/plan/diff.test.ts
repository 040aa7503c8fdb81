import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configView, differences } from '../../src/plan/diff.ts';
import { fingerprint } from '../../src/plan/fingerprint.ts';
import { Endpoint } from '../../src/rest/endpoints.ts';

describe('differences', () => {
  it.each<[string, unknown, unknown, unknown[]]>([
    ['nothing', { a: 1, b: { c: [1, 2] } }, { b: { c: [1, 2] }, a: 1 }, []],
    ['a field', { a: 1 }, { a: 2 }, [{ field: 'a', from: 1, to: 2 }]],
    ['a field deep down', { a: { b: { c: 1 } } }, { a: { b: { c: false } } }, [{ field: 'a.b.c', from: 1, to: false }]],
    ['a field added', {}, { a: 0 }, [{ field: 'a', to: 0 }]],
    ['a field removed', { a: 0 }, {}, [{ field: 'a', from: 0 }]],
    ['an object added as one change', {}, { a: { b: 1, c: 2 } }, [{ field: 'a', to: { b: 1, c: 2 } }]],
    ['a list as a whole', { a: [1, 2] }, { a: [2, 1] }, [{ field: 'a', from: [1, 2], to: [2, 1] }]],
    ['key order inside a list does not count', { a: [{ b: 1, c: 2 }] }, { a: [{ c: 2, b: 1 }] }, []],
    ['null is not absent', { a: null }, {}, [{ field: 'a', from: null }]],
    ['text is not a number', { a: '1' }, { a: 1 }, [{ field: 'a', from: '1', to: 1 }]],
  ])('%s', (_name, before, after, expected) => {
    expect(differences(before, after)).toEqual(expected);
  });

  it('are none exactly when the JSON is the same', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })), (value) => {
        expect(differences(value, JSON.parse(JSON.stringify(value)))).toEqual([]);
        const added = { ...value, 'a new field': 1 };
        expect(differences(value, added)).toHaveLength(1);
      }),
    );
  });
});

it('a config is viewed by names, under either name field of a route', () => {
  const view = configView({
    served_entities: [
      { name: 'a', entity_version: '1' },
      { name: 'b', entity_version: '2' },
    ],
    traffic_config: {
      routes: [
        { served_model_name: 'b', traffic_percentage: 40 },
        { served_entity_name: 'a', traffic_percentage: 60 },
      ],
    },
  });
  expect(view).toEqual({
    served_entities: { a: { entity_version: '1' }, b: { entity_version: '2' } },
    traffic: { a: 60, b: 40 },
  });
});

describe('a fingerprint', () => {
  const entity = (version: string, more: Record<string, unknown> = {}) => ({
    name: `churn-${version}`,
    entity_name: 'ml.prod.churn',
    entity_version: version,
    state: { deployment: 'DEPLOYMENT_READY', deployment_state_message: '' },
    creation_timestamp: 1,
    ...more,
  });
  const base = {
    id: '0123456789abcdef0123456789abcdef',
    name: 'churn',
    state: { ready: 'READY', config_update: 'NOT_UPDATING' },
    last_updated_timestamp: 1,
    description: '',
    tags: [
      { key: 'team', value: 'retention' },
      { key: 'cost', value: '7' },
    ],
    ai_gateway: {
      usage_tracking_config: { enabled: true },
      rate_limits: [
        { calls: 60, key: 'user', renewal_period: 'minute' },
        { calls: 100, key: 'endpoint', renewal_period: 'minute' },
      ],
    },
    config: {
      config_version: 3,
      served_entities: [entity('1'), entity('2')],
      traffic_config: {
        routes: [
          { served_entity_name: 'churn-1', traffic_percentage: 90 },
          { served_entity_name: 'churn-2', traffic_percentage: 10 },
        ],
      },
    },
  };
  const print = (change: (copy: typeof base) => unknown = (copy) => copy) => {
    const copy = structuredClone(base);
    return fingerprint(Endpoint.parse(change(copy) ?? copy));
  };
  /** Applies a change in place and gives the copy. */
  const edit = (change: (copy: typeof base) => void) => (copy: typeof base) => {
    change(copy);
    return copy;
  };

  it('has twelve hex digits', () => {
    expect(print()).toMatch(/^[0-9a-f]{12}$/);
  });

  it.each<[string, (copy: typeof base) => unknown]>([
    ['order of entities', edit((copy) => copy.config.served_entities.reverse())],
    ['order of routes', edit((copy) => copy.config.traffic_config.routes.reverse())],
    ['order of tags', edit((copy) => copy.tags.reverse())],
    ['order of rate limits', edit((copy) => copy.ai_gateway.rate_limits.reverse())],
    ['order of fields', (copy) => Object.fromEntries(Object.entries(copy).reverse())],
    [
      'scaling to zero',
      edit((copy) => {
        for (const each of copy.config.served_entities) each.state.deployment_state_message = 'Scaled to zero';
      }),
    ],
    ['recovering', edit((copy) => (copy.state.ready = 'NOT_READY'))],
    ['the time of the last change', edit((copy) => (copy.last_updated_timestamp = 2))],
  ])('does not change with %s', (_what, change) => {
    expect(print(change)).toBe(print());
  });

  it.each<[string, (copy: typeof base) => unknown]>([
    ['another endpoint of the same name', edit((copy) => (copy.id = 'f'.repeat(32)))],
    ['a version', edit((copy) => Object.assign(copy.config.served_entities[0] ?? {}, { entity_version: '3' }))],
    [
      'an environment variable',
      edit((copy) => Object.assign(copy.config.served_entities[0] ?? {}, { environment_vars: { A: '1' } })),
    ],
    ['a share', edit((copy) => Object.assign(copy.config.traffic_config.routes[0] ?? {}, { traffic_percentage: 91 }))],
    ['the config version', edit((copy) => (copy.config.config_version = 4))],
    [
      'an update under way',
      (copy) => ({ ...copy, pending_config: { config_version: 4, served_entities: [entity('3')] } }),
    ],
    ['a rate limit', edit((copy) => Object.assign(copy.ai_gateway.rate_limits[0] ?? {}, { calls: 61 }))],
    ['another gateway block', edit((copy) => (copy.ai_gateway.usage_tracking_config.enabled = false))],
    ['a tag', edit((copy) => Object.assign(copy.tags[0] ?? {}, { value: 'pricing' }))],
    ['the description', edit((copy) => (copy.description = 'x'))],
    ['notifications', (copy) => ({ ...copy, email_notifications: { on_update_failure: ['a@example.com'] } })],
  ])('changes with %s', (_what, change) => {
    expect(print(change)).not.toBe(print());
  });
});
