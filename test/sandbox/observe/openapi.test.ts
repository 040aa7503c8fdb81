import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { isObject } from '../../../src/sandbox/json.ts';
import { openApiDocument } from '../../../src/sandbox/observe/openapi.ts';
import type { ModelSpec } from '../../../src/sandbox/state/model-spec.ts';

const spec: ModelSpec = {
  kind: 'logistic',
  inputs: [
    { name: 'tenure', type: 'long' },
    { name: 'plan', type: 'string', enum: ['basic', 'pro'] },
    { name: 'autopay', type: 'boolean', required: false },
  ],
  output: { name: 'probability', type: 'double' },
  intercept: 0,
  coefficients: {},
};

/** Follows keys into a document. A missing step fails the test. */
function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => {
    if (Array.isArray(inner) && typeof key === 'number') return inner[key];
    if (isObject(inner) && typeof key === 'string' && key in inner) return inner[key];
    throw new Error(`no ${key} in ${JSON.stringify(inner)}`);
  }, value);
}

const PATH = ['paths', '/served-models/churn-3/invocations', 'post'];
const document = openApiDocument('churn', 2, 'https://example.com', [
  { name: 'churn-3', spec },
  { name: 'churn-4', spec },
]);
const requestSchema = at(document, ...PATH, 'requestBody', 'content', 'application/json', 'schema');

describe('the OpenAPI document', () => {
  test('has one path per served entity under the endpoint', () => {
    expect(at(document, 'openapi')).toBe('3.1.0');
    expect(at(document, 'servers', 0, 'url')).toBe('https://example.com/serving-endpoints/churn');
    expect(Object.keys(Object(at(document, 'paths')))).toEqual([
      '/served-models/churn-3/invocations',
      '/served-models/churn-4/invocations',
    ]);
  });

  test('has types, enums and required fields; an optional column is not nullable', () => {
    const records = at(requestSchema, 'oneOf', 1, 'properties', 'dataframe_records', 'items');
    expect(records).toEqual({
      type: 'object',
      properties: {
        tenure: { type: 'integer', format: 'int64' },
        plan: { type: 'string', enum: ['basic', 'pro'] },
        autopay: { type: 'boolean' },
      },
      required: ['tenure', 'plan'],
    });
    expect(
      at(
        document,
        ...PATH,
        'responses',
        '200',
        'content',
        'application/json',
        'schema',
        'properties',
        'predictions',
        'items',
      ),
    ).toEqual({
      type: 'object',
      properties: { probability: { type: 'number', format: 'double' } },
    });
  });

  test.each([
    [1, { dataframe_records: [{ tenure: 1, plan: 'pro' }] }, true],
    [1, { dataframe_records: [{ tenure: 1, plan: 'pro', autopay: null }] }, false],
    [0, { dataframe_split: { columns: ['tenure', 'plan', 'autopay'], data: [[1, 'pro', true]] } }, true],
    [1, { dataframe_records: [{ tenure: 1, plan: 'gold' }] }, false],
    [1, { dataframe_records: [{ plan: 'pro' }] }, false],
    [0, { dataframe_split: { columns: ['tenur'], data: [[1]] } }, false],
  ])('has an alternative %i for which %j is valid: %s', (alternative, body, good) => {
    const schema = Object(at(requestSchema, 'oneOf', alternative));
    expect(new Ajv2020({ strict: false, validateFormats: false }).compile(schema)(body)).toBe(good);
  });

  test('of a split names the required columns in words, as the documented example does', () => {
    const columns = at(requestSchema, 'oneOf', 0, 'properties', 'dataframe_split', 'properties', 'columns');
    expect(columns).toMatchObject({ description: 'required fields: tenure, plan' });
  });

  test('of a chat model has the fields that a recorded document has', () => {
    const chat = openApiDocument('llm', 1, 'https://example.com', [
      { name: 'llama-4', spec: { kind: 'chat', model: 'llama' } },
    ]);
    const post = ['paths', '/served-models/llama-4/invocations', 'post'];
    expect(Object.keys(Object(at(chat, 'paths')))).toEqual(['/served-models/llama-4/invocations']);
    const request = at(chat, ...post, 'requestBody', 'content', 'application/json', 'schema', 'properties');
    expect(Object.keys(Object(request))).toEqual(
      'messages n max_tokens top_p reasoning_effort temperature stop stream'.split(' '),
    );
    expect(request).toMatchObject({ stream: { type: 'boolean', nullable: true }, stop: { nullable: true } });
  });

  test('does not exist for external models', () => {
    expect(
      openApiDocument('gpt', 1, 'https://example.com', [{ name: 'gpt', spec: { kind: 'external' } }]),
    ).toBeUndefined();
    expect(openApiDocument('empty', 0, 'https://example.com', [])).toBeUndefined();
  });
});
