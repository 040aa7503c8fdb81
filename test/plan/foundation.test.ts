import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addedOn, byNumbers, defaultPicks, isFoundationModel, newestFirst } from '../../src/plan/foundation.ts';
import { Endpoint } from '../../src/rest/endpoints.ts';

function model(name: string, description = '', more: Record<string, unknown> = {}): Endpoint {
  const entity = {
    name,
    entity_name: `system.ai.${name}`,
    foundation_model: { name: `system.ai.${name}`, description },
  };
  return Endpoint.parse({
    name,
    config: { served_entities: [entity] },
    endpoint_type: 'FOUNDATION_MODEL_API',
    ...more,
  });
}

describe('foundation models', () => {
  const entity = (fields: Record<string, unknown>, more: Record<string, unknown> = {}) =>
    Endpoint.parse({ name: 'databricks-x', config: { served_entities: [{ name: 'x', ...fields }] }, ...more });

  it.each<[string, Endpoint, boolean]>([
    ['one of the platform', model('databricks-gte-large-en'), true],
    [
      'one known only by its type',
      entity({ entity_name: 'system.ai.x' }, { endpoint_type: 'FOUNDATION_MODEL_API' }),
      true,
    ],
    ['one named in foundation_model only', entity({ foundation_model: { name: 'system.ai.x' } }), true],
    [
      'an older one: a type and a foundation model, and no entity name',
      entity({ type: 'FOUNDATION_MODEL', foundation_model: { name: 'dbrx-instruct', display_name: 'DBRX' } }),
      true,
    ],
    [
      'one whose entity has the name of the endpoint',
      entity({ entity_name: 'databricks-x', foundation_model: { name: 'system.ai.x' } }),
      true,
    ],
    [
      'a model of a user that was tuned from one',
      entity({ entity_name: 'ml.prod.tuned', entity_version: '1', foundation_model: { name: 'system.ai.x' } }),
      false,
    ],
    ['a decoy with the prefix', entity({ entity_name: 'ml.prod.app_template', entity_version: '1' }), false],
    [
      'a model of system.ai that a user deployed',
      entity({ entity_name: 'system.ai.llama', entity_version: '3' }),
      false,
    ],
    [
      'an external model',
      entity({ external_model: { provider: 'openai', name: 'gpt-4o', task: 'llm/v1/chat' } }),
      false,
    ],
    ['an endpoint without a config', Endpoint.parse({ name: 'databricks-x' }), false],
  ])('%s', (_what, endpoint, expected) => {
    expect(isFoundationModel(endpoint)).toBe(expected);
  });
});

describe('the order of numbers', () => {
  it.each<[string[], string[]]>([
    [
      ['databricks-claude-sonnet-4-9', 'databricks-claude-sonnet-4-10', 'databricks-claude-sonnet-4'],
      ['databricks-claude-sonnet-4-10', 'databricks-claude-sonnet-4-9', 'databricks-claude-sonnet-4'],
    ],
    [
      ['databricks-gpt-5-codex-max', 'databricks-gpt-5-1-codex-max', 'databricks-gpt-10-codex-max'],
      ['databricks-gpt-10-codex-max', 'databricks-gpt-5-1-codex-max', 'databricks-gpt-5-codex-max'],
    ],
    [
      ['databricks-claude-3-7-sonnet', 'databricks-claude-sonnet-4'],
      ['databricks-claude-sonnet-4', 'databricks-claude-3-7-sonnet'],
    ],
  ])('of %j', (given, expected) => {
    expect(given.toSorted(byNumbers)).toEqual(expected);
  });

  it('sorts by numeric value, for any numbers', () => {
    fc.assert(
      fc.property(fc.nat(999), fc.nat(999), fc.nat(999), fc.nat(999), (a, b, c, d) => {
        const [one, other] = [`databricks-claude-sonnet-${a}-${b}`, `databricks-claude-sonnet-${c}-${d}`];
        const expected = a === c ? d - b : c - a;
        expect(Math.sign(byNumbers(one, other))).toBe(Math.sign(expected));
      }),
    );
  });
});

describe('newest first', () => {
  const created = (name: string, day?: string) =>
    model(name, '', { creation_timestamp: day === undefined ? 1_699_610_000_000 : Date.parse(day) });

  it('goes by the day, whatever the numbers say, and models without a known day come last', () => {
    const models = [
      created('databricks-llama-9'),
      created('databricks-claude-sonnet-4', '2026-05-01'),
      created('databricks-llama-10'),
      created('databricks-gpt-5', '2026-06-01'),
      created('databricks-claude-sonnet-4-5', '2026-05-01'),
    ];
    expect(newestFirst(models).map(({ name }) => name)).toEqual([
      'databricks-gpt-5',
      'databricks-claude-sonnet-4-5',
      'databricks-claude-sonnet-4',
      'databricks-llama-10',
      'databricks-llama-9',
    ]);
    expect(newestFirst(models).map(addedOn)).toEqual(['2026-06-01', '2026-05-01', '2026-05-01', undefined, undefined]);
  });

  it.each([undefined, 0, -1, 1e17])('has no day for the time %s', (creation_timestamp) => {
    expect(addedOn(model('x', '', { creation_timestamp }))).toBeUndefined();
  });
});

describe('picks', () => {
  it('are the highest-numbered models that are not being retired', () => {
    const retiring = ({ name }: Endpoint) => name === 'databricks-claude-sonnet-5';
    const models = [
      model('databricks-claude-sonnet-4-9'),
      model('databricks-claude-sonnet-4-10'),
      model('databricks-claude-sonnet-5'),
      model('databricks-gpt-5-codex-max'),
      model('databricks-gpt-6-codex-max'),
      model('databricks-gte-large-en'),
      model('databricks-bge-large-en'),
    ];
    const picks = defaultPicks(models, retiring);
    expect(picks.map(({ job, endpoint }) => [job, endpoint])).toEqual([
      ['agents', 'databricks-claude-sonnet-4-10'],
      ['code', 'databricks-gpt-6-codex-max'],
      ['embeddings', 'databricks-gte-large-en'],
    ]);
    for (const pick of picks) expect(pick.reason).not.toBe('');
  });

  it('go by the day where all are known, and by numbers where one is not', () => {
    const day = (name: string, created?: string) =>
      model(name, '', { creation_timestamp: created === undefined ? 1_699_610_000_000 : Date.parse(created) });
    const [old, fresh] = [
      day('databricks-claude-sonnet-9', '2026-01-01'),
      day('databricks-claude-sonnet-4', '2026-02-01'),
    ];
    expect(defaultPicks([old, fresh], () => false)).toMatchObject([
      { endpoint: fresh.name, reason: 'newest Claude Sonnet without a retirement notice' },
    ]);
    const unknown = day('databricks-claude-sonnet-10');
    expect(defaultPicks([old, fresh, unknown], () => false)).toMatchObject([
      { endpoint: unknown.name, reason: 'highest-numbered Claude Sonnet without a retirement notice' },
    ]);
  });

  it('know the older way to name a Sonnet', () => {
    expect(defaultPicks([model('databricks-claude-3-7-sonnet')], () => false)[0]?.endpoint).toBe(
      'databricks-claude-3-7-sonnet',
    );
  });

  it('are none where there is nothing to pick', () => {
    expect(defaultPicks([model('databricks-gpt-5'), model('databricks-claude-sonnet-4')], () => true)).toEqual([]);
  });
});
