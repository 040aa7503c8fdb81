import { describe, expect, it } from 'vitest';
import { retirement } from '../../src/plan/retirement.ts';
import { Endpoint } from '../../src/rest/endpoints.ts';

function model(name: string, description = '', display_name = name, more: Record<string, unknown> = {}): Endpoint {
  const served_entities = [{ name, entity_name: `system.ai.${name}`, foundation_model: { display_name, description } }];
  return Endpoint.parse({ name, config: { served_entities }, ...more });
}

const ALL = [
  model('databricks-claude-sonnet-4', '', 'Claude Sonnet 4'),
  model('databricks-claude-sonnet-4-6', '', 'Claude Sonnet 4.6'),
];

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
    expect(retirement(model('databricks-x', description))?.notice).toBe(expected);
  });

  it('can be in the description of the endpoint', () => {
    const endpoint = model('databricks-x', 'Fine.', 'X', { description: 'It will be sunset soon.' });
    expect(retirement(endpoint)?.notice).toBe('It will be sunset soon.');
  });
});

describe('the date of a retirement', () => {
  it.each<[string, string | undefined]>([
    ['It will be retired on 2026-03-12.', '2026-03-12'],
    ['It will be retired on March 12, 2026.', '2026-03-12'],
    ['It will be retired on Mar. 3rd 2026.', '2026-03-03'],
    ['It will be retired on 12 March 2026.', '2026-03-12'],
    ['It will be retired in March 2026.', '2026-03'],
    ['It will be retired on 2026-03-12, that is on March 12, 2026.', '2026-03-12'],
    ['Retired for new users on 2026-01-01 and for all on 2026-03-12.', undefined],
    ['It may be retired.', undefined],
    ['It will be retired in May.', undefined],
    ['Released on 2025-01-01. It will be retired.', undefined],
  ])('is read from %j and never guessed', (description, date) => {
    expect(retirement(model('databricks-x', description))?.date).toBe(date);
  });
});

describe('the successor of a retired model', () => {
  it.each<[string, string | undefined]>([
    ['It will be retired; move to databricks-claude-sonnet-4-6.', 'databricks-claude-sonnet-4-6'],
    ['It will be retired. Use Claude Sonnet 4.6 instead.', 'databricks-claude-sonnet-4-6'],
    ['It is deprecated. We recommend databricks-new-one.', 'databricks-new-one'],
    ['It is deprecated, and replaced by databricks-a or databricks-b.', undefined],
    ['It is better than databricks-a. It will be retired.', undefined],
    ['It will be retired. Compare it with databricks-a.', undefined],
    ['databricks-x will be retired, do not use databricks-x.', undefined],
    ['It will be retired.', undefined],
  ])('is read from %j and never guessed', (description, successor) => {
    expect(retirement(model('databricks-x', description), ALL)?.successor).toBe(successor);
  });
});
