import * as z from 'zod';
import { clipDepth } from '../src/depth.ts';
import type { Column } from '../src/digest/json-schema.ts';
import { digestOpenApi, type EntitySchema, exampleRow } from '../src/digest/openapi.ts';
import { call, type ToolResult } from '../src/refusal.ts';
import { ApiError } from '../src/rest/errors.ts';
import { type Endpoint, endpoints, observe } from '../src/rest/index.ts';
import { defined, isObject } from '../src/rest/json.ts';
import { isServiceName } from '../src/rest/names.ts';
import { clip, clipJson } from '../src/text/sanitize.ts';
import { defineTool } from '../src/tool.ts';
import { schemaOfService } from './model-services/schema.ts';
import { entity, target } from './params.ts';
import { chooseSchema, rowsForm } from './shared/choose-schema.ts';
import { curlLine } from './shared/curl-line.ts';
import { notServing } from './shared/not-serving.ts';
import { recording } from './shared/recording.ts';
import { refuseUnknownEntity } from './shared/refusals.ts';
import { formOfTask, inferenceTask } from './shared/task-form.ts';
import { dropEmpty } from './shared/view.ts';

/** Characters of JSON of a whole answer: 2,000 tokens, and room for the marks of what was cut. */
const MAX_ANSWER = 7_800;
/** Characters for the columns, the example and the output, tried in turn until the answer fits. A model can have ten thousand columns. */
const SIZES = [
  { columns: 3_600, example: 1_200, output: 1_200 },
  { columns: 2_400, example: 600, output: 600 },
  { columns: 1_200, example: 300, output: 300 },
];
type Size = (typeof SIZES)[number];
/** Characters of a raw document that is no JSON. Its quotes count twice. */
const MAX_TEXT = 20_000;

export const getSchema = defineTool({
  name: 'get_schema',
  title: 'Read the request schema',
  effect: 'read',
  toolsets: ['query', 'apps'],
  description:
    'Shows the input and output of an endpoint: columns with types, a curl command, the meaning of one prediction, and whether requests are recorded or limited. Gives example arguments for query_endpoint. Without a published schema, shows the standard form of its task. It sends no inference.',
  services: true,
  input: z.strictObject({
    endpoint: target,
    entity: entity.optional(),
    raw: z
      .union([z.boolean(), z.enum(['document', 'request'])])
      .default(false)
      .describe('"request": the JSON Schema of the request; "document" or true: the OpenAPI document.'),
  }),
  output: z.looseObject({
    columns: z.array(z.looseObject({})).optional(),
    example: z.looseObject({}).optional(),
    curl: z.string().optional(),
    left_out: z.looseObject({}).optional(),
  }),

  async run({ endpoint: name, entity: wanted, raw }, context) {
    if (isServiceName(name)) return schemaOfService({ endpoint: name, entity: wanted, raw }, context);
    const { http } = context;
    const found = await endpoints.get(http, name);
    const text = await document(() => observe.openapi(http, name));
    if (raw === true || raw === 'document') return rawDocument(name, text);
    if (wanted !== undefined) refuseUnknownEntity(name, endpoints.entitiesOf(found.config), wanted);
    const { schemas, problem } = parsed(text);
    const chosen = chooseSchema(schemas, found, wanted);
    if (raw === 'request') return rawRequest(name, chosen, problem);
    const { host } = await http.signer();
    const whole = { found, host, wanted };
    if (chosen) return publishedSchema(whole, schemas, chosen);
    return withoutSchema(whole, problem ?? unusable(text, schemas));
  },
});

/** The endpoint, and the entity if the caller asked for one. */
interface Target {
  found: Endpoint;
  host: string;
  wanted: string | undefined;
}

/** Why a published document is of no use. Undefined where none is published. */
function unusable(text: string | undefined, schemas: readonly EntitySchema[]): string | undefined {
  if (text === undefined) return undefined;
  return schemas.length > 0 ? NOT_OF_ENTITY : NOT_READ;
}

/** The document as JSON. A text that is no JSON is shown as it is. */
function rawDocument(name: string, text: string | undefined): ToolResult {
  if (text === undefined) return { endpoint: name, published: false, note: NOT_PUBLISHED };
  const value = json(text);
  return defined({
    endpoint: name,
    published: true,
    document: value === undefined ? clipJson(text, MAX_TEXT) : value,
    ...(text.length > MAX_TEXT ? { total_characters: text.length, full: cliLine(name) } : {}),
    note: value === undefined ? 'The document is not JSON.' : undefined,
  });
}

function rawRequest(name: string, chosen: EntitySchema | undefined, problem: string | undefined): ToolResult {
  if (!chosen) return { endpoint: name, published: false, note: problem ?? NOT_PUBLISHED };
  const { entity: of, request, path } = chosen;
  const size = JSON.stringify(request).length;
  const more = size > MAX_TEXT ? { total_characters: size, full: cliLine(name) } : {};
  return { endpoint: name, entity: of, published: true, document_path: path, request, ...more };
}

const NOT_PUBLISHED = 'the endpoint publishes no schema';

const cliLine = (name: string) => `databricks serving-endpoints get-open-api ${name}`;

function json(text: string): unknown {
  try {
    return clipDepth(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The endpoint publishes no usable schema. Its task may still define the form. @param problem why the schema is unusable. */
function withoutSchema(target: Target, problem: string | undefined): ToolResult {
  const { found } = target;
  const known = formOfTask(found);
  const example = known && exampleFor(target, known.args);
  const features = endpoints.entitiesOf(found.config).some(({ type }) => type === 'FEATURE_SPEC');
  const none = known ? NO_SCHEMA : features ? FEATURES : NO_SIGNATURE;
  return dropEmpty({
    endpoint: found.name,
    task: inferenceTask(found),
    forms: known ? undefined : features ? ['dataframe_records'] : CUSTOM_FORMS,
    body_fields: known?.fields,
    example,
    output: known?.output,
    prediction: known?.prediction,
    ...(known ? reach(target, known.body, undefined) : {}),
    ...recording(found),
    state: notServing(found),
    note: [problem ?? none, known?.note].filter(Boolean).join('. '),
  });
}

const NOT_OF_ENTITY = 'the document of the endpoint has no schema of this entity';
const CUSTOM_FORMS = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'];
const NO_SCHEMA = 'the endpoint publishes no schema of its own, so this is the form of its task';
const NOT_READ = 'the document of the endpoint has no request schema that could be read; raw: true shows it';
const NO_SIGNATURE =
  'the endpoint publishes no schema, which is usual for a model without a signature; use the input that the model was logged with, in one of forms';
const FEATURES =
  'a feature specification publishes no schema; send a row for each key that is looked up, with the lookup keys as columns';

/** The endpoint publishes a schema of the entity. The answer shrinks until it fits. */
function publishedSchema(target: Target, schemas: EntitySchema[], chosen: EntitySchema): ToolResult {
  let answer: ToolResult = {};
  for (const size of SIZES) {
    answer = schemaWithin(size, target, schemas, chosen);
    if (JSON.stringify(answer).length <= MAX_ANSWER) return answer;
  }
  return answer;
}

function schemaWithin(size: Size, target: Target, schemas: EntitySchema[], chosen: EntitySchema): ToolResult {
  const { found } = target;
  const columns = firstThatFit(chosen.columns.map(columnView), size.columns);
  const fields = firstThatFit(chosen.fields.map(columnView), size.columns);
  const params = firstThatFit(chosen.params.map(columnView), size.columns / 4);
  const example = exampleOf(target, chosen, size.example);
  const output = JSON.stringify(chosen.output ?? '').length <= size.output;
  const leftOut = {
    columns: chosen.columns.length - columns.length,
    fields: chosen.fields.length - fields.length,
    params: chosen.params.length - params.length,
    example_columns: example.left,
    ...(output ? {} : { output: 1 }),
    ...chosen.leftOut,
  };
  return dropEmpty({
    endpoint: found.name,
    entity: chosen.entity,
    task: inferenceTask(found),
    forms: chosen.forms.slice(0, 20),
    columns,
    fields,
    body_fields: formOfTask(found)?.fields,
    params,
    ...(columns.length < chosen.columns.length ? { column_types: countTypes(chosen.columns) } : {}),
    tensor: chosen.tensor?.type && clip(`${chosen.tensor.form}: ${chosen.tensor.type}`, 300),
    example: example.args && exampleFor(target, example.args),
    output: output ? chosen.output : clip(JSON.stringify(chosen.output), size.output / 2),
    prediction: predictionOf(found, chosen.output),
    ...reach(target, example.body, chosen),
    ...recording(found),
    state: notServing(found),
    other_entities: differing(schemas, chosen),
    left_out: leftOutView(leftOut),
    full: fullText(found.name),
    note: noteOn(found, chosen, example),
  });
}

const fullText = (name: string) =>
  `${call('get_schema', { endpoint: name, raw: 'request' })} returns the whole request schema. One too large for an answer: ${cliLine(name)}`;

function leftOutView(counts: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

/** The example has its own place. */
function columnView({ example: _example, fields, ...column }: Column): Column {
  return defined({ ...column, fields: fields?.map(columnView) });
}

function countTypes(columns: Column[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { type } of columns) {
    const known = counts.has(type) || counts.size < 8 ? clip(type, 60) : 'other';
    counts.set(known, (counts.get(known) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}

interface Example {
  /** The arguments of query_endpoint, without the endpoint. Undefined when no example can be made. */
  args?: Record<string, unknown>;
  /** The body of a request. Undefined when the example is not whole. */
  body?: Record<string, unknown>;
  /** Columns that the example lacks. */
  left: number;
}

function exampleOf({ found }: Target, chosen: EntitySchema, limit: number): Example {
  const known = formOfTask(found);
  if (known) return { args: known.args, body: known.body, left: 0 };
  const params = chosen.params.length > 0 ? exampleRow(chosen.params) : undefined;
  const more = params && JSON.stringify(params).length <= limit / 2 ? { params } : {};
  if (chosen.columns.length > 0) {
    const kept = firstThatFit(chosen.columns, limit, (column) => exampleRow([column]));
    const left = chosen.columns.length - kept.length;
    if (kept.length === 0) return { left };
    const body = { [rowsForm(chosen)]: [exampleRow(kept)], ...more };
    return { args: body, left, ...(left === 0 ? { body } : {}) };
  }
  const { tensor } = chosen;
  if (tensor?.example === undefined || JSON.stringify(tensor.example).length > limit) return { left: 0 };
  const body = { [tensor.form]: tensor.example, ...more };
  return { args: body, body, left: 0 };
}

/** The arguments of query_endpoint. A wanted entity is queried directly, because the traffic split may lead to another. */
function exampleFor({ found, wanted }: Target, args: Record<string, unknown>): Record<string, unknown> {
  return defined({ endpoint: found.name, entity: wanted, ...args });
}

/** One prediction, as far as the document or the task says. */
function predictionOf(found: Endpoint, output: unknown): string | undefined {
  const known = formOfTask(found);
  const list = isObject(output)
    ? Object.entries(output).find(([name, value]) => /^(predictions|outputs)$/.test(name) && Array.isArray(value))
    : undefined;
  if (!list) return known?.prediction;
  const [name, [item]] = list as [string, unknown[]];
  const form = isObject(item) ? 'an object with the fields in output' : 'one value of the type in output';
  return `${name} is a list, and each item is ${form}. Models usually answer one item per row, in the order of the rows; the document does not say so, and it does not explain the values.`;
}

function noteOn(found: Endpoint, chosen: EntitySchema, { left }: Example): string | undefined {
  const { columns } = chosen;
  const known = formOfTask(found);
  if (known) return known.note;
  if (columns.length === 0) {
    return chosen.tensor?.example === undefined
      ? 'the schema has no columns; use the input that the model was logged with, in one of forms'
      : 'the schema has no columns; the example shows the form of the input, with as many values as the schema asks for';
  }
  if (left === 0) return undefined;
  return `the example shows the first ${columns.length - left} of ${columns.length} columns; a row needs all required ones`;
}

/** The first entries whose JSON fits into a number of characters. */
function firstThatFit(columns: Column[], limit: number, form: (column: Column) => unknown = (each) => each): Column[] {
  let size = 0;
  const end = columns.findIndex((column) => {
    size += JSON.stringify(form(column)).length + 1;
    return size > limit;
  });
  return end < 0 ? columns : columns.slice(0, end);
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

/** Entities with other columns than the chosen one. A traffic split between them can break callers. */
function differing(schemas: EntitySchema[], chosen: EntitySchema): string[] {
  const same = JSON.stringify(chosen.columns);
  return schemas
    .filter((each) => each !== chosen && JSON.stringify(each.columns) !== same)
    .map((each) => `${each.entity || 'the endpoint as a whole'} has other columns`);
}

/**
 * How a request reaches the endpoint without this server. A route-optimized endpoint answers only at its own URL and with its own token (facts
 * D1 and D2). For it, the result is the call that generates the code.
 */
function reach({ found, host, wanted }: Target, body: unknown, chosen: EntitySchema | undefined): ToolResult {
  const { name, route_optimized } = found;
  if (route_optimized) return { code: call('get_integration_code', { endpoint: name, target: 'curl' }) };
  const whole = `/serving-endpoints/${name}`;
  const path =
    wanted === undefined ? `${whole}/invocations` : `${whole}/served-models/${encodeURIComponent(wanted)}/invocations`;
  return defined({
    path,
    document_path: chosen && clip(chosen.path, 200),
    paths: chosen && chosen.entity !== '' ? (wanted === undefined ? PATHS : PATHS_OF_ENTITY) : undefined,
    curl: body === undefined ? undefined : curlLine(`${host}${path}`, body),
  });
}

/** Why the path of the document differs from that of curl and query_endpoint (fact Q11). */
const DOCUMENT_PATH = 'document_path follows the URL of the endpoint and reaches that entity alone.';
const PATHS = `${DOCUMENT_PATH} curl and query_endpoint use path, which follows the traffic split.`;
const PATHS_OF_ENTITY = `${DOCUMENT_PATH} path is the same address in full.`;
