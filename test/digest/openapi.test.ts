import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Column } from '../../src/digest/json-schema.ts';
import { digestOpenApi, exampleRow } from '../../src/digest/openapi.ts';
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

describe('references', () => {
  const components = {
    schemas: {
      Row: {
        allOf: [{ $ref: '#/components/schemas/Key' }, row({ b: { $ref: '#/components/schemas/Odd~1Name' } }, ['b'])],
      },
      Key: row({ a: { type: 'integer', format: 'int64' } }, ['a']),
      'Odd/Name': { type: 'string', enum: ['x', 'y'] },
      Tree: row({
        name: { type: 'string' },
        children: { type: 'array', items: { $ref: '#/components/schemas/Tree' } },
      }),
      Body: {
        type: 'object',
        properties: { dataframe_records: { type: 'array', items: { $ref: '#/components/schemas/Row' } } },
      },
    },
    requestBodies: { Rows: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Body' } } } } },
  };
  const withComponents = (request: unknown, output: unknown = {}) =>
    digestOpenApi(JSON.stringify({ ...JSON.parse(openapi(request, output)), components }));
  const COLUMNS = [
    { name: 'a', type: 'integer (int64)', required: true },
    { name: 'b', type: 'string', required: true, enum: ['x', 'y'] },
  ];

  it('in every place of a request and an output lead to its parts', () => {
    const [found] = withComponents({ $ref: '#/components/schemas/Body' }, { $ref: '#/components/schemas/Key' });
    expect(found).toMatchObject({ forms: ['dataframe_records'], columns: COLUMNS, output: { a: 'integer (int64)' } });
    const document = JSON.parse(openapi({}));
    document.paths['/served-models/churn-1/invocations'].post.requestBody = { $ref: '#/components/requestBodies/Rows' };
    expect(digestOpenApi(JSON.stringify({ ...document, components }))[0]).toMatchObject({ columns: COLUMNS });
  });

  it('to themselves, to nothing and out of the document end', () => {
    const items = row({
      tree: { $ref: '#/components/schemas/Tree' },
      none: { $ref: '#/components/schemas/None' },
      far: { $ref: 'https://example.com/x.json#/y' },
      odd: { $ref: '#/__proto__/x' },
    });
    const [found] = withComponents({ type: 'object', properties: { dataframe_records: { type: 'array', items } } });
    expect(found?.columns.map(({ name, type }) => [name, type])).toEqual([
      ['tree', 'object'],
      ['none', 'any'],
      ['far', 'any'],
      ['odd', 'any'],
    ]);
  });

  it('that multiply are cut: the work has a limit', () => {
    const level = (at: number) =>
      row(
        Object.fromEntries(
          Array.from({ length: 10 }, (_, n) => [`f${n}`, { $ref: `#/components/schemas/L${at + 1}` }]),
        ),
      );
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`L${at}`, level(at)]));
    const text = JSON.stringify({
      ...JSON.parse(openapi({ $ref: '#/components/schemas/L0' })),
      components: { schemas: many },
    });
    expect(digestOpenApi(text)[0]?.fields).toHaveLength(10);
  });
});

it('fields next to the alternatives belong to each of them', () => {
  const params = row({ temperature: { type: 'number' } });
  const items = row({ a: { type: 'string' } });
  const [found] = digestOpenApi(
    openapi({
      properties: { params },
      oneOf: [{ type: 'object', properties: { dataframe_records: { type: 'array', items } } }],
    }),
  );
  expect(found).toMatchObject({ forms: ['dataframe_records'], params: [{ name: 'temperature', type: 'number' }] });
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
    expect(digestOpenApi(openapi(request, output))).toMatchObject([
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
  it.each<[string, unknown]>([
    ['a split without the name of its form, as documented', { columns: ['fee', 'plan'], data: [[70.5, 'pro']] }],
    ['a split', { dataframe_split: { columns: ['plan', 'fee'], data: [['pro', 70.5]] } }],
    ['records', { dataframe_records: [{ fee: 70.5, plan: 'pro' }] }],
    ['rows', [{ fee: 70.5, plan: 'pro' }]],
  ])('takes the values of the example in the document: %s', (_what, example) => {
    const properties = { fee: { type: 'number' }, plan: { type: 'string', enum: ['basic', 'pro'] } };
    const request = { oneOf: [{ properties: { dataframe_records: { items: row(properties) } }, examples: [example] }] };
    const [digest] = digestOpenApi(openapi(request));
    expect(exampleRow(digest?.columns ?? [])).toEqual({ fee: 70.5, plan: 'pro' });
  });

  it('ignores values of the document that do not fit its own types', () => {
    const request = {
      properties: { dataframe_records: { items: row({ fee: { type: 'number' } }) } },
      examples: [[{ fee: 'much' }]],
    };
    expect(exampleRow(digestOpenApi(openapi(request))[0]?.columns ?? [])).toEqual({ fee: 0.5 });
  });

  it.each<[string, Record<string, unknown>, unknown]>([
    ['a time', { type: 'string', format: 'date-time' }, '2026-01-31T12:00:00Z'],
    ['a date', { type: 'string', format: 'date' }, '2026-01-31'],
    ['a time of day that may be null', { type: ['null', 'string'], format: 'time' }, '12:00:00Z'],
    ['bytes as base64', { type: 'string', format: 'byte' }, 'dGV4dA=='],
    ['bytes by their encoding', { type: 'string', contentEncoding: 'base64' }, 'dGV4dA=='],
    ['an allowed value', { type: ['string', 'null'], enum: [null, 'b', 'c'] }, 'b'],
    ['a range', { type: 'integer', minimum: 18, maximum: 99 }, 18],
    ['an open range', { type: 'number', exclusiveMinimum: 0, maximum: 0.2 }, 0.2],
    ['a multiple', { type: 'integer', multipleOf: 5 }, 5],
    ['a length', { type: 'string', minLength: 8, maxLength: 8 }, 'text tex'],
    ['its own example', { type: 'number', examples: [71.5] }, 71.5],
    ['a list', { type: 'array', items: { type: 'string', format: 'date' } }, ['2026-01-31']],
    ['a list of some length', { type: 'array', items: { type: 'number' }, minItems: 3 }, [0.5, 0.5, 0.5]],
    ['a tuple', { type: 'array', prefixItems: [{ type: 'integer' }, { type: 'string' }] }, [1, 'text']],
    ['a matrix', { type: 'array', items: { type: 'array', items: { type: 'integer' }, minItems: 2 } }, [[1, 1]]],
    ['a map', { type: 'object', additionalProperties: { type: 'number' } }, { key: 0.5 }],
    ['the first alternative', { anyOf: [{ type: 'null' }, { type: 'integer' }] }, 1],
  ])('of a column with %s fits its schema', (_what, column, value) => {
    const [digest] = digestOpenApi(records({ column }));
    expect(exampleRow(digest?.columns ?? [])).toEqual({ column: value });
  });

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
