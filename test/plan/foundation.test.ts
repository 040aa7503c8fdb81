import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultPicks, isFoundationModel, newestFirst, retirement } from '../../src/plan/foundation.ts';
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

describe('a retirement notice', () => {
  it.each<[string, string | undefined]>([
    [
      'A chat model. This model will be retired; move to databricks-claude-sonnet-4-6.',
      'This model will be retired; move to databricks-claude-sonnet-4-6.',
    ],
    [
      'Claude 3.7 Sonnet is going to be retired on 2026-03-12. Use another.',
      'Claude 3.7 Sonnet is going to be retired on 2026-03-12.',
    ],
    ['Deprecated! Use the newer one.', 'Deprecated!'],
    ['Reaches its end of life in May', 'Reaches its end of life in May'],
    ['A model that never tires.', undefined],
    ['', undefined],
  ])('of %j', (description, expected) => {
    expect(retirement(model('databricks-x', description))).toBe(expected);
  });

  it('can be in the description of the endpoint', () => {
    expect(retirement(model('databricks-x', 'Fine.', { description: 'It will be sunset soon.' }))).toBe(
      'It will be sunset soon.',
    );
  });
});

describe('newest first', () => {
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
    expect(given.toSorted(newestFirst)).toEqual(expected);
  });

  it('sorts by numeric value, for any numbers', () => {
    fc.assert(
      fc.property(fc.nat(999), fc.nat(999), fc.nat(999), fc.nat(999), (a, b, c, d) => {
        const [one, other] = [`databricks-claude-sonnet-${a}-${b}`, `databricks-claude-sonnet-${c}-${d}`];
        const expected = a === c ? d - b : c - a;
        expect(Math.sign(newestFirst(one, other))).toBe(Math.sign(expected));
      }),
    );
  });
});

describe('picks', () => {
  it('are the highest-numbered models that are not being retired', () => {
    const picks = defaultPicks([
      model('databricks-claude-sonnet-4-9'),
      model('databricks-claude-sonnet-4-10'),
      model('databricks-claude-sonnet-5', 'It will be retired in May.'),
      model('databricks-gpt-5-codex-max'),
      model('databricks-gpt-6-codex-max'),
      model('databricks-gte-large-en'),
      model('databricks-bge-large-en'),
    ]);
    expect(picks.map(({ job, endpoint }) => [job, endpoint])).toEqual([
      ['agents', 'databricks-claude-sonnet-4-10'],
      ['code', 'databricks-gpt-6-codex-max'],
      ['embeddings', 'databricks-gte-large-en'],
    ]);
    for (const pick of picks) expect(pick.reason).not.toBe('');
  });

  it('know the older way to name a Sonnet', () => {
    expect(defaultPicks([model('databricks-claude-3-7-sonnet')])[0]?.endpoint).toBe('databricks-claude-3-7-sonnet');
  });

  it('are none where there is nothing to pick', () => {
    expect(defaultPicks([model('databricks-gpt-5'), model('databricks-claude-sonnet-4', 'Deprecated.')])).toEqual([]);
  });
});
