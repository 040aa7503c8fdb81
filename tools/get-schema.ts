import * as z from 'zod';
import { exampleBody, type Family, familyOf } from '../src/codegen/recipe.ts';
import { type Column, digestOpenApi, type EntitySchema, exampleRow } from '../src/digest/openapi.ts';
import { call, type ToolResult } from '../src/refusal.ts';
import { ApiError } from '../src/rest/errors.ts';
import { type Endpoint, endpoints, observe } from '../src/rest/index.ts';
import { defined } from '../src/rest/json.ts';
import { sh } from '../src/text/literals.ts';
import { clip, clipJson } from '../src/text/sanitize.ts';
import { defineTool } from '../src/tool.ts';
import { endpoint, entity } from './params.ts';
import { refuseUnknownEntity } from './shared/refusals.ts';
import { dropEmpty } from './shared/view.ts';

/** Characters of JSON for each part, because a model can have ten thousand columns. */
const MAX_COLUMNS = 9_000;
const MAX_EXAMPLE = 3_000;
const MAX_SHAPE = 2_000;
/** Characters of the raw document. Its quotes count twice in JSON. */
const MAX_RAW = 20_000;

export const getSchema = defineTool({
  name: 'get_schema',
  title: 'Read the request schema',
  effect: 'read',
  description:
    'Shows the input and output of an endpoint: columns with types, example arguments for query_endpoint, a curl command and the output shape. If the endpoint publishes no schema, shows the standard form of its task.',
  input: z.strictObject({
    endpoint,
    entity: entity.optional(),
    raw: z.boolean().default(false).describe('true: return the OpenAPI document instead of the summary.'),
  }),
  output: z.looseObject({
    columns: z.array(z.looseObject({})).optional(),
    example: z.looseObject({}).optional(),
    curl: z.string().optional(),
  }),

  async run({ endpoint: name, entity: wanted, raw }, { http }) {
    const found = await endpoints.get(http, name);
    const { host } = await http.signer();
    const text = await document(() => observe.openapi(http, name));
    if (raw) return rawDocument(name, text);
    if (wanted !== undefined) refuseUnknownEntity(name, endpoints.entitiesOf(found.config), wanted);
    const { schemas, problem } = parsed(text);
    const known = knownForm(found.task);
    const chosen = choose(schemas, found, wanted);
    if (!chosen || chosen.forms.length === 0 || (known && chosen.columns.length === 0))
      return formOfTask(found, host, known, problem);
    return publishedSchema(found, host, schemas, chosen);
  },
});

/** `raw`: the document as published. */
function rawDocument(name: string, text: string | undefined): ToolResult {
  return defined({
    endpoint: name,
    published: text !== undefined,
    document: clipJson(text ?? '', MAX_RAW),
    total_characters: text && text.length > MAX_RAW ? text.length : undefined,
  });
}

/** The endpoint publishes no usable schema. Its task may still define the form. @param problem why the schema is unusable. */
function formOfTask(
  found: Endpoint,
  host: string,
  known: ReturnType<typeof knownForm>,
  problem: string | undefined,
): ToolResult {
  const example = known && { endpoint: found.name, ...known.args };
  return dropEmpty({
    endpoint: found.name,
    task: found.task,
    body_fields: known?.fields,
    example,
    output: known?.output,
    ...(known ? rawCall(host, found, known.body) : {}),
    note: problem ?? (known ? NO_SCHEMA : NO_SIGNATURE),
  });
}

const NO_SCHEMA = 'the endpoint publishes no schema of its own, so this is the form of its task';
const NO_SIGNATURE = 'the model was logged without a signature, so its columns are unknown';

/** The endpoint publishes the columns of the entity. */
function publishedSchema(found: Endpoint, host: string, schemas: EntitySchema[], chosen: EntitySchema): ToolResult {
  const columns = firstThatFit(chosen.columns, MAX_COLUMNS, (each) => each);
  const sample = firstThatFit(chosen.columns, MAX_EXAMPLE, (each) => exampleRow([each]));
  const whole = sample.length === chosen.columns.length;
  // A tensor model publishes no columns, and no row without columns is valid.
  const body = sample.length > 0 ? { [rowsForm(chosen)]: [exampleRow(sample)] } : undefined;
  return dropEmpty({
    endpoint: found.name,
    entity: chosen.entity,
    task: found.task,
    forms: chosen.forms.slice(0, 20),
    columns,
    omitted_columns: chosen.columns.length - columns.length || undefined,
    example: body && { endpoint: found.name, ...body },
    output: shapeWithin(chosen.output),
    ...(body && whole ? rawCall(host, found, body) : {}),
    other_entities: differing(schemas, chosen),
    note: noteOn(sample.length, chosen),
  });
}

/** The schema of the wanted entity. By default that of the entity with the most traffic. */
function choose(schemas: EntitySchema[], found: Endpoint, wanted: string | undefined): EntitySchema | undefined {
  const match = schemas.find((each) => each.entity === (wanted ?? busiest(found)));
  return match ?? (wanted === undefined ? schemas[0] : undefined);
}

function rowsForm({ forms }: EntitySchema): string {
  return forms.includes('instances') && !forms.includes('dataframe_records') ? 'instances' : 'dataframe_records';
}

function noteOn(shown: number, { columns }: EntitySchema): string | undefined {
  if (columns.length === 0)
    return 'the schema has no columns; use the input that the model was logged with, in one of forms';
  if (shown === columns.length) return undefined;
  return `the example shows the first ${shown} of ${columns.length} columns; a row needs all required ones`;
}

/** The first columns whose JSON fits into a number of characters. */
function firstThatFit(columns: Column[], limit: number, form: (column: Column) => unknown): Column[] {
  let size = 0;
  const end = columns.findIndex((column) => {
    size += JSON.stringify(form(column)).length + 1;
    return size > limit;
  });
  return end < 0 ? columns : columns.slice(0, end);
}

function shapeWithin(output: unknown): unknown {
  const text = JSON.stringify(output) ?? '';
  return text.length <= MAX_SHAPE ? output : clip(text, MAX_SHAPE / 2);
}

/** The published document. Undefined when the endpoint has none. */
async function document(read: () => Promise<string>): Promise<string | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 400)) return undefined;
    throw error;
  }
}

function parsed(text: string | undefined): { schemas: EntitySchema[]; problem?: string } {
  if (text === undefined) return { schemas: [] };
  try {
    return { schemas: digestOpenApi(text) };
  } catch {
    return { schemas: [], problem: 'the endpoint publishes a schema that could not be parsed; raw: true shows it' };
  }
}

function busiest(found: Endpoint): string | undefined {
  return [...endpoints.trafficOf(found.config)].toSorted(([, a], [, b]) => b - a)[0]?.[0];
}

/** Entities with other columns than the chosen one. A traffic split between them can break callers. */
function differing(schemas: EntitySchema[], chosen: EntitySchema): string[] {
  const same = JSON.stringify(chosen.columns);
  return schemas
    .filter((each) => each !== chosen && JSON.stringify(each.columns) !== same)
    .map((each) => `${each.entity} has other columns`);
}

/** Fields and answer of each family whose form is known from the task (facts Q1 and Q2). */
const FORMS: Record<Exclude<Family, 'custom'>, { fields: string[]; output: unknown }> = {
  chat: {
    fields: ['messages', 'max_tokens', 'temperature', 'stream', 'tools', 'response_format'],
    output: { choices: [{ message: { content: 'string' }, finish_reason: 'string' }], usage: 'object' },
  },
  completions: {
    fields: ['prompt', 'max_tokens', 'temperature', 'stream'],
    output: { choices: [{ text: 'string', finish_reason: 'string' }], usage: 'object' },
  },
  embeddings: {
    fields: ['input', 'encoding_format'],
    output: { data: [{ index: 'integer', embedding: ['number'] }], usage: 'object' },
  },
  responses: {
    fields: ['input', 'stream', 'custom_inputs'],
    output: { output: [{ type: 'message', content: [{ text: 'string' }] }] },
  },
  chat_agent: {
    fields: ['messages', 'stream', 'custom_inputs'],
    output: { messages: [{ role: 'assistant', content: 'string' }] },
  },
};

function knownForm(task: string | undefined) {
  const family = familyOf(task);
  if (family === 'custom') return undefined;
  const body = exampleBody(family);
  return { ...FORMS[family], body, args: argumentsFor(family, body) };
}

/** The arguments of query_endpoint that make this body. The tool sets the format of embeddings itself. */
function argumentsFor(family: Family, body: Record<string, unknown>): Record<string, unknown> {
  const { prompt, input, encoding_format: _format, ...others } = body;
  const given = prompt ?? input;
  return given === undefined ? body : { [family === 'responses' ? 'messages' : 'texts']: [given].flat(), ...others };
}

/**
 * A call without this server, as a curl command. A route-optimized endpoint answers only at its own URL and with its own token (facts D1 and
 * D2). For it, the result is the call that generates the code.
 */
function rawCall(host: string, { name, route_optimized }: Endpoint, body: unknown): Record<string, string> {
  if (route_optimized) return { code: call('get_integration_code', { endpoint: name, target: 'curl' }) };
  const url = `${host}/serving-endpoints/${name}/invocations`;
  return {
    curl: `curl -s ${url} -H "Authorization: Bearer $DATABRICKS_TOKEN" -H 'Content-Type: application/json' -d ${sh(JSON.stringify(body))}`,
  };
}
