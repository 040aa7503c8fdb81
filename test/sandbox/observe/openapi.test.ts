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

  test('has types, nullability, enums and required fields', () => {
    const records = at(requestSchema, 'oneOf', 1, 'properties', 'dataframe_records', 'items');
    expect(records).toEqual({
      type: 'object',
      properties: {
        tenure: { type: 'integer', format: 'int64' },
        plan: { type: 'string', enum: ['basic', 'pro'] },
        autopay: { type: ['boolean', 'null'] },
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
      required: ['probability'],
    });
  });

  test.each([
    [{ dataframe_records: [{ tenure: 1, plan: 'pro', autopay: null }] }, true],
    [{ dataframe_split: { columns: ['tenure', 'plan', 'autopay'], data: [[1, 'pro', true]] } }, true],
    [{ dataframe_records: [{ tenure: 1, plan: 'gold' }] }, false],
    [{ dataframe_records: [{ plan: 'pro' }] }, false],
    [{ dataframe_split: { columns: ['tenur'], data: [[1]] } }, false],
  ])('has a request schema for which %j is valid: %s', (body, good) => {
    expect(new Ajv2020({ strict: false, validateFormats: false }).compile(Object(requestSchema))(body)).toBe(good);
  });

  test('does not exist for external models', () => {
    expect(
      openApiDocument('gpt', 1, 'https://example.com', [{ name: 'gpt', spec: { kind: 'external' } }]),
    ).toBeUndefined();
    expect(openApiDocument('empty', 0, 'https://example.com', [])).toBeUndefined();
  });
});
