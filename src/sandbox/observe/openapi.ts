import type { JsonObject } from '../json.ts';
import type { ColumnType, InputColumn, ModelSpec, TabularSpec } from '../state/model-spec.ts';

/** A served entity as the OpenAPI document needs it. */
export interface OpenApiEntity {
  name: string;
  spec: ModelSpec;
}

const JSON_TYPE: Record<ColumnType, { type: string; format?: string }> = {
  double: { type: 'number', format: 'double' },
  long: { type: 'integer', format: 'int64' },
  integer: { type: 'integer', format: 'int32' },
  string: { type: 'string' },
  boolean: { type: 'boolean' },
};

/** A column of the document. Without a type it takes any value. */
type DocumentedColumn = Omit<InputColumn, 'type'> & Partial<Pick<InputColumn, 'type'>>;

/**
 * A column as JSON Schema. An optional column is only left out of `required`: its type does not say that it may be null.
 * assumed: data.openapi-optional. A signature has no enumerations. assumed: data.openapi-enum
 */
function columnSchema(column: DocumentedColumn): JsonObject {
  return { ...(column.type && JSON_TYPE[column.type]), ...(column.enum === undefined ? {} : { enum: column.enum }) };
}

function recordSchema(columns: readonly DocumentedColumn[]): JsonObject {
  return {
    required: requiredNames(columns),
    type: 'object',
    properties: Object.fromEntries(columns.map((column) => [column.name, columnSchema(column)])),
  };
}

const requiredNames = (columns: readonly DocumentedColumn[]) =>
  columns.filter(({ required }) => required !== false).map(({ name }) => name);

function oneField(name: string, schema: JsonObject): JsonObject {
  return { type: 'object', properties: { [name]: schema } };
}

/**
 * The dataframe formats in the document of a model with a signature: split and records. As in the documented example, no alternative requires
 * its field, and a split names its required columns in a description.
 */
function frameRequest(columns: readonly DocumentedColumn[]): JsonObject {
  const split = {
    type: 'object',
    properties: {
      columns: {
        description: `required fields: ${requiredNames(columns).join(', ')}`,
        type: 'array',
        items: { type: 'string', enum: columns.map(({ name }) => name) },
      },
      data: { type: 'array', items: { type: 'array', prefixItems: columns.map(columnSchema) } },
    },
  };
  const records = { type: 'array', items: recordSchema(columns) };
  return { oneOf: [oneField('dataframe_split', split), oneField('dataframe_records', records)] };
}

function predictions(spec: TabularSpec): JsonObject {
  if (spec.output === undefined) return { type: 'array', items: JSON_TYPE.double };
  const { name, type } = spec.output;
  return { type: 'array', items: { type: 'object', properties: { [name]: JSON_TYPE[type] } } };
}

const TEXT: JsonObject = { type: 'string' };
const INTEGER: JsonObject = { type: 'integer' };
const MESSAGE: JsonObject = {
  type: 'object',
  properties: { role: { type: 'string', enum: ['user', 'assistant'] }, content: TEXT },
};
const MESSAGES: JsonObject = { type: 'array', items: MESSAGE };
const OPTIONAL_NUMBER: JsonObject = { type: 'number', format: 'double', nullable: true };

/** The fields of a chat request, as a recorded document of a model on provisioned throughput has them. evidence: data.openapi-throughput */
const CHAT_REQUEST: JsonObject = {
  type: 'object',
  properties: {
    messages: MESSAGES,
    n: { type: 'integer', nullable: true },
    max_tokens: INTEGER,
    top_p: OPTIONAL_NUMBER,
    reasoning_effort: { type: 'string', enum: ['low', 'medium', 'high'], nullable: true },
    temperature: OPTIONAL_NUMBER,
    stop: { oneOf: [TEXT, { type: 'array', items: TEXT }], nullable: true },
    stream: { type: 'boolean', nullable: true },
  },
};

const USAGE: JsonObject = {
  type: 'object',
  properties: { prompt_tokens: INTEGER, completion_tokens: INTEGER, total_tokens: INTEGER },
  nullable: true,
};

const CHOICES = (inner: JsonObject): JsonObject => ({
  type: 'object',
  properties: {
    model: TEXT,
    choices: {
      type: 'array',
      items: { type: 'object', properties: { index: INTEGER, ...inner, finish_reason: TEXT } },
    },
    usage: USAGE,
    object: TEXT,
    id: TEXT,
    created: INTEGER,
  },
});

/** Request and response of a model by kind. Those of agents, embeddings and completions are the sandbox's own. assumed: data.openapi-llm */
function schemas(spec: ModelSpec): { request: JsonObject; response: JsonObject } | undefined {
  switch (spec.kind) {
    case 'linear':
    case 'logistic':
      return {
        request: frameRequest(spec.inputs),
        response: { type: 'object', properties: { predictions: predictions(spec) } },
      };
    case 'feature-spec': {
      // A key may have any type.
      const keys = spec.primary_keys.map((name): DocumentedColumn => ({ name }));
      const all = [
        ...keys,
        ...spec.features.map((name): DocumentedColumn => ({ name, type: 'double', required: false })),
      ];
      return {
        request: frameRequest(keys),
        response: { type: 'object', properties: { outputs: { type: 'array', items: recordSchema(all) } } },
      };
    }
    case 'chat':
      return {
        request: CHAT_REQUEST,
        response: CHOICES({ message: MESSAGE }),
      };
    case 'completion':
      return { request: oneField('prompt', TEXT), response: CHOICES({ text: TEXT }) };
    case 'embedding':
      return {
        request: oneField('input', { oneOf: [TEXT, { type: 'array', items: TEXT }] }),
        response: {
          type: 'object',
          properties: {
            data: {
              type: 'array',
              items: { type: 'object', properties: { embedding: { type: 'array', items: { type: 'number' } } } },
            },
          },
        },
      };
    case 'agent':
      return spec.protocol === 'chat'
        ? { request: oneField('messages', MESSAGES), response: { type: 'object', properties: { messages: MESSAGES } } }
        : {
            request: oneField('input', MESSAGES),
            response: { type: 'object', properties: { output: { type: 'array', items: { type: 'object' } } } },
          };
    case 'external':
      return undefined;
  }
}

/**
 * The OpenAPI 3.1 document of an endpoint: one path per served entity, with columns, types and nullability from the signature. Entities
 * without a signature are omitted. Undefined when no entity has one. evidence: data.openapi-shape
 */
export function openApiDocument(
  endpoint: string,
  version: number,
  host: string,
  entities: readonly OpenApiEntity[],
): JsonObject | undefined {
  const paths: JsonObject = {};
  for (const { name, spec } of entities) {
    const found = schemas(spec);
    if (found === undefined) continue;
    paths[`/served-models/${name}/invocations`] = {
      post: {
        requestBody: { content: { 'application/json': { schema: found.request } } },
        responses: {
          '200': { description: 'Successful operation', content: { 'application/json': { schema: found.response } } },
        },
      },
    };
  }
  if (Object.keys(paths).length === 0) return undefined;
  const info = { title: endpoint, version: String(version) };
  return { openapi: '3.1.0', info, servers: [{ url: `${host}/serving-endpoints/${endpoint}` }], paths };
}
