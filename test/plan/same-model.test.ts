import { describe, expect, it } from 'vitest';
import { sameModel } from '../../src/plan/same-model.ts';
import { Endpoint, ServedEntity } from '../../src/rest/endpoints.ts';

const foundation = (name: string, entity_name: string, display_name: string) =>
  Endpoint.parse({ name, config: { served_entities: [{ name, entity_name, foundation_model: { display_name } }] } });

const MODELS = [
  foundation('databricks-claude-sonnet-4', 'system.ai.databricks-claude-sonnet-4', 'Claude Sonnet 4'),
  foundation('databricks-claude-sonnet-4-5', 'system.ai.databricks-claude-sonnet-4-5', 'Claude Sonnet 4.5'),
  foundation('databricks-gpt-5', 'system.ai.databricks-gpt-5', 'GPT-5'),
  foundation(
    'databricks-meta-llama-3-3-70b-instruct',
    'system.ai.llama_v3_3_70b_instruct',
    'Meta Llama 3.3 70B Instruct',
  ),
];

const external = (name: string) => ServedEntity.parse({ name: 'x', external_model: { name, provider: 'p' } });

describe('the same model', () => {
  it.each<[string, string | undefined]>([
    ['claude-sonnet-4-5-20250929', 'databricks-claude-sonnet-4-5'],
    ['claude-sonnet-4-5@20250929', 'databricks-claude-sonnet-4-5'],
    ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'databricks-claude-sonnet-4-5'],
    ['anthropic/claude-sonnet-4', 'databricks-claude-sonnet-4'],
    ['gpt-5', 'databricks-gpt-5'],
    ['gpt-5-2025-08-07', 'databricks-gpt-5'],
    ['databricks-gpt-5', 'databricks-gpt-5'],
    ['gpt-5-mini', undefined],
    ['gpt-4o', undefined],
    ['claude-sonnet', undefined],
    ['', undefined],
  ])('as the external model %j', (name, expected) => {
    expect(sameModel(external(name), MODELS)?.name).toBe(expected);
  });

  it('as an own deployment of a model of system.ai', () => {
    const entity = ServedEntity.parse({
      name: 'x',
      entity_name: 'system.ai.llama_v3_3_70b_instruct',
      entity_version: '1',
    });
    expect(sameModel(entity, MODELS)?.name).toBe('databricks-meta-llama-3-3-70b-instruct');
  });
});
