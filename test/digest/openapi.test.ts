import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Column, digestOpenApi, exampleRow } from '../../src/digest/openapi.ts';
import { problemsOfRows } from '../../src/digest/rows.ts';

const row = (properties: Record<string, unknown>, required?: string[]) => ({
  type: 'object',
  properties,
  ...(required ? { required } : {}),
});

function openapi(request: unknown, output: unknown = {}, entity = 'churn-1'): string {
  const content = (schema: unknown) => ({ content: { 'application/json': { schema } } });
  return JSON.stringify({
    openapi: '3.1.0',
    paths: {
      [`/served-models/${entity}/invocations`]: {
        post: { requestBody: content(request), responses: { '200': content(output) } },
      },
      '/serving-endpoints/churn/invocations': { post: {} },
    },
  });
}

const records = (properties: Record<string, unknown>, required?: string[]) =>
  openapi({
    oneOf: [
      { type: 'object', properties: { dataframe_split: { type: 'object' } } },
      { type: 'object', properties: { dataframe_records: { type: 'array', items: row(properties, required) } } },
    ],
  });

describe('an OpenAPI document', () => {
  it('is digested to entity, forms, columns and the shape of the output', () => {
    const output = {
      type: 'object',
      properties: { predictions: { type: 'array', items: row({ churn_probability: { type: 'number' } }) } },
    };
    const request = {
      anyOf: [
        { properties: { dataframe_split: {} } },
        {
          properties: {
            dataframe_records: {
              items: row(
                {
                  tenure: { type: 'integer', format: 'int64' },
                  contract: { type: ['string', 'null'], enum: ['one-year', 'two-year', null] },
                  fee: { type: 'number', nullable: true },
                  anything: {},
                },
                ['tenure'],
              ),
            },
          },
        },
      ],
    };
    expect(digestOpenApi(openapi(request, output))).toEqual([
      {
        entity: 'churn-1',
        forms: ['dataframe_split', 'dataframe_records'],
        columns: [
          { name: 'tenure', type: 'integer (int64)', required: true },
          { name: 'contract', type: 'string', nullable: true, required: false, enum: ['one-year', 'two-year', null] },
          { name: 'fee', type: 'number', nullable: true, required: false },
          { name: 'anything', type: 'any', required: false },
        ],
        output: { predictions: [{ churn_probability: 'number' }] },
      },
    ]);
  });

  it('takes columns from instances when there are no records', () => {
    const request = { properties: { instances: { items: row({ x: { type: 'number' } }) } } };
    expect(digestOpenApi(openapi(request))[0]).toMatchObject({
      forms: ['instances'],
      columns: [{ name: 'x', type: 'number' }],
    });
  });

  it('names entities whose path is encoded', () => {
    expect(digestOpenApi(openapi({ properties: {} }, {}, 'a%20b'))[0]?.entity).toBe('a b');
  });

  it('has no opinion about required columns when the document has none', () => {
    expect(digestOpenApi(records({ x: { type: 'number' } }))[0]?.columns).toEqual([{ name: 'x', type: 'number' }]);
  });

  it.each<[string, string]>([
    ['no JSON', '<html>login</html>'],
    ['cut short', '{"paths":{'],
    ['a list', '[]'],
    ['null', 'null'],
    ['without paths', '{"openapi":"3.1.0"}'],
    ['paths of another kind', '{"paths":[]}'],
  ])('that is %s is refused as a SyntaxError', (_what, text) => {
    expect(() => digestOpenApi(text)).toThrow(SyntaxError);
  });

  it.each<[string, string]>([
    ['no served models', JSON.stringify({ paths: { '/x': { post: {} } } })],
    [
      'a request without a schema',
      JSON.stringify({ paths: { '/served-models/a/invocations': { post: { requestBody: {} } } } }),
    ],
    ['null everywhere', JSON.stringify({ paths: { '/served-models/a/invocations': null } })],
  ])('with %s describes no entity', (_what, text) => {
    expect(digestOpenApi(text)).toEqual([]);
  });

  it('never fails otherwise, for any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (schema) => {
        const text = JSON.stringify({
          paths: {
            '/served-models/a/invocations': { post: { requestBody: { content: { 'application/json': { schema } } } } },
          },
        });
        for (const { columns } of digestOpenApi(text)) {
          exampleRow(columns);
          problemsOfRows([{ x: 1 }], columns);
        }
      }),
    );
  });
});

const COLUMNS: Column[] = [
  { name: 'tenure', type: 'integer (int64)', required: true },
  { name: 'fee', type: 'number', required: true },
  { name: 'contract', type: 'string', required: true, enum: ['one-year', 'two-year'] },
  { name: 'autopay', type: 'boolean', nullable: true, required: false },
];

describe('an example row', () => {
  it('fits the columns it was made of', () => {
    const type = fc.constantFrom(
      'integer',
      'number',
      'boolean',
      'string',
      'array',
      'object',
      'any',
      'number|string',
      'integer (int64)',
    );
    const column = fc.record({
      name: fc.string({ minLength: 1 }),
      type,
      required: fc.boolean(),
      nullable: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.uniqueArray(column, { selector: (each) => each.name }), (columns) => {
        expect(problemsOfRows([exampleRow(columns)], columns)).toEqual([]);
      }),
    );
    expect(problemsOfRows([exampleRow(COLUMNS)], COLUMNS)).toEqual([]);
  });
});
