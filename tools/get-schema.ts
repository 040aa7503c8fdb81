import * as z from 'zod';
import { exampleBody, type Family, familyOf } from '../src/codegen/recipe.ts';
import { type Column, digestOpenApi, type EntitySchema, exampleRow } from '../src/digest/openapi.ts';
import { call } from '../src/refusal.ts';
import { ApiError } from '../src/rest/errors.ts';
import { type Endpoint, endpoints, observe } from '../src/rest/index.ts';
import { sh } from '../src/text/literals.ts';
import { clip, clipJson } from '../src/text/sanitize.ts';
import { defineTool } from '../src/tool.ts';
import { endpoint, entity } from './params.ts';
import { refuseUnknownEntity } from './shared/refusals.ts';
import { dropEmpty } from './shared/view.ts';

/** Characters of JSON that each part may take; a model can have ten thousand columns. */
const MAX_COLUMNS = 9_000;
const MAX_EXAMPLE = 3_000;
const MAX_SHAPE = 2_000;
/** Characters of the raw document; the quotes in it count twice on the way out. */
const MAX_RAW = 20_000;

export const getSchema = defineTool({
  name: 'get_schema',
  title: 'Read the request schema',
  effect: 'read',
  description:
    'What an endpoint takes and gives: columns with types, example arguments for query_endpoint, a curl line with the raw body, the output shape. For endpoints that publish no schema, the known form of their task.',
  input: z.strictObject({
    endpoint,
    entity: entity.optional(),
    raw: z.boolean().default(false).describe('The OpenAPI document itself instead of the digest.'),
  }),
  output: z.looseObject({
    columns: z.array(z.looseObject({})).optional(),
    example: z.looseObject({}).optional(),
    curl: z.string().optional(),
  }),

  async run({ endpoint: name, entity: wanted, raw }, { http }) {
    const found = await endpoints.get(http, name);
    const host = (await http.signer()).host;
    const text = await document(() => observe.openapi(http, name));
    if (raw) {
      return {
        endpoint: name,
        published: text !== undefined,
        document: clipJson(text ?? '', MAX_RAW),
        ...(text && text.length > MAX_RAW ? { total_characters: text.length } : {}),
      };
    }
    const schemas = text === undefined ? [] : parsed(text);
    const known = knownForm(found.task);
    if (wanted !== undefined) refuseUnknownEntity(name, endpoints.entitiesOf(found.config), wanted);
    const chosen = Array.isArray(schemas)
      ? (schemas.find((each) => each.entity === (wanted ?? busiest(found))) ??
        (wanted === undefined ? schemas[0] : undefined))
      : undefined;
    if (!chosen || chosen.forms.length === 0 || (known && chosen.columns.length === 0)) {
      const note =
        typeof schemas === 'string'
          ? schemas
          : known
            ? 'the endpoint publishes no schema of its own; this is the form of its task'
            : 'the model was logged without a signature: the service knows no columns';
      const example = known && { endpoint: name, ...known.args };
      return dropEmpty({
        endpoint: name,
        task: found.task,
        body_fields: known?.fields,
        example,
        output: known?.output,
        ...(known ? rawCall(host, found, known.body) : {}),
        note,
        next: example && call('query_endpoint', example),
      });
    }
    const columns = firstThatFit(chosen.columns, MAX_COLUMNS, (each) => each);
    const sample = firstThatFit(chosen.columns, MAX_EXAMPLE, (each) => exampleRow([each]));
    const whole = sample.length === chosen.columns.length;
    // A model of tensors publishes no columns, and a row without any fits nothing.
    const body = sample.length > 0 ? { [rowsForm(chosen)]: [exampleRow(sample)] } : undefined;
    return dropEmpty({
      endpoint: name,
      entity: chosen.entity,
      task: found.task,
      forms: chosen.forms.slice(0, 20),
      columns,
      omitted_columns: chosen.columns.length - columns.length || undefined,
      example: body && { endpoint: name, ...body },
      output: shapeWithin(chosen.output),
      ...(body && whole ? rawCall(host, found, body) : {}),
      other_entities: Array.isArray(schemas) ? differing(schemas, chosen) : [],
      note: noteOn(sample.length, chosen),
      // Column names are words of others, so the call stands in `example` and not here.
      next: body && whole ? 'Call query_endpoint with example as its arguments.' : undefined,
    });
  },
});

function rowsForm({ forms }: EntitySchema): string {
  return forms.includes('instances') && !forms.includes('dataframe_records') ? 'instances' : 'dataframe_records';
}

function noteOn(shown: number, { columns }: EntitySchema): string | undefined {
  if (columns.length === 0) return 'the schema names no columns; give what the model was logged with, in one of forms';
  if (shown === columns.length) return undefined;
  return `the example shows the first ${shown} of ${columns.length} columns; a row needs all that are required`;
}

/** The first columns whose JSON form stays within a number of characters. */
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

/** The published document; undefined when the endpoint has none. */
async function document(read: () => Promise<string>): Promise<string | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 400)) return undefined;
    throw error;
  }
}

function parsed(text: string): EntitySchema[] | string {
  try {
    return digestOpenApi(text);
  } catch {
    return 'the endpoint publishes a schema that cannot be read; raw: true shows it';
  }
}

function busiest(found: Endpoint): string | undefined {
  return [...endpoints.trafficOf(found.config)].toSorted(([, a], [, b]) => b - a)[0]?.[0];
}

/** Entities whose columns are not those of the chosen one: traffic between them can break callers. */
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

/** The arguments of query_endpoint that make such a body; the format of embeddings it sets itself. */
function argumentsFor(family: Family, body: Record<string, unknown>): Record<string, unknown> {
  const { prompt, input, encoding_format: _format, ...others } = body;
  const given = prompt ?? input;
  return given === undefined ? body : { [family === 'responses' ? 'messages' : 'texts']: [given].flat(), ...others };
}

/**
 * A call without this server: a curl line, or for a route-optimised endpoint the call that writes its code, as it answers at its own URL only, to
 * a token that is narrowed to it (facts D1 and D2).
 */
function rawCall(host: string, { name, route_optimized }: Endpoint, body: unknown): Record<string, string> {
  if (route_optimized) return { code: call('get_integration_code', { endpoint: name, target: 'curl' }) };
  const url = `${host}/serving-endpoints/${name}/invocations`;
  return {
    curl: `curl -s ${url} -H "Authorization: Bearer $DATABRICKS_TOKEN" -H 'Content-Type: application/json' -d ${sh(JSON.stringify(body))}`,
  };
}
