import * as z from 'zod';
import { ApiError } from '../src/rest/errors.ts';
import { type Endpoint, endpoints, observe } from '../src/rest/index.ts';
import { type Column, digestOpenApi, type EntitySchema, exampleRow } from '../src/schema.ts';
import { defineTool, Refusal } from '../src/tool.ts';
import { quote, quoteWithin } from '../src/untrusted.ts';
import { endpoint, entity } from './params.ts';
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
    'What an endpoint takes and gives: columns with types, an example body that fits, a curl line, the output shape. For endpoints that publish no schema, the known form of their task.',
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
        document: quoteWithin(text ?? '', MAX_RAW),
        ...(text && text.length > MAX_RAW ? { total_characters: text.length } : {}),
      };
    }
    const schemas = text === undefined ? [] : parsed(text);
    const known = taskSchema(found.task);
    const names = endpoints.entitiesOf(found.config).map((each) => each.name);
    if (wanted !== undefined && !names.includes(wanted)) {
      const message = `endpoint ${name} serves no entity ${wanted}`;
      throw new Refusal('unknown_entity', message, `It serves: ${names.join(', ') || 'nothing yet'}.`);
    }
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
      return dropEmpty({
        endpoint: name,
        task: found.task,
        ...(known ?? {}),
        curl: known && curl(host, name, known.example),
        note,
      });
    }
    const columns = firstThatFit(chosen.columns, MAX_COLUMNS, (each) => each);
    const sample = firstThatFit(chosen.columns, MAX_EXAMPLE, (each) => exampleRow([each]));
    const whole = sample.length === chosen.columns.length;
    const example = { dataframe_records: [exampleRow(sample)] };
    return dropEmpty({
      endpoint: name,
      entity: chosen.entity,
      task: found.task,
      forms: chosen.forms.slice(0, 20),
      columns,
      omitted_columns: chosen.columns.length - columns.length || undefined,
      example,
      output: shapeWithin(chosen.output),
      curl: whole ? curl(host, name, example) : undefined,
      other_entities: Array.isArray(schemas) ? differing(schemas, chosen) : [],
      note: whole
        ? undefined
        : `the example shows the first ${sample.length} of ${chosen.columns.length} columns; a row needs all that are required`,
      next: whole ? 'Send the body in example with query_endpoint.' : undefined,
    });
  },
});

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
  return text.length <= MAX_SHAPE ? output : quote(text, MAX_SHAPE / 2);
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

/** The request and answer of each task (API contract, sections 3.2 and 3.3). */
export function taskSchema(
  task: string | undefined,
): { forms: string[]; example: Record<string, unknown>; output: unknown } | undefined {
  const messages = [{ role: 'user', content: 'Hello' }];
  switch (task) {
    case 'llm/v1/chat':
      return {
        forms: ['messages', 'max_tokens', 'temperature', 'stream', 'tools', 'response_format'],
        example: { messages, max_tokens: 200 },
        output: { choices: [{ message: { content: 'string' }, finish_reason: 'string' }], usage: 'object' },
      };
    case 'llm/v1/completions':
      return {
        forms: ['prompt', 'max_tokens', 'temperature', 'stream'],
        example: { prompt: 'Hello', max_tokens: 200 },
        output: { choices: [{ text: 'string', finish_reason: 'string' }], usage: 'object' },
      };
    case 'llm/v1/embeddings':
      return {
        forms: ['input'],
        example: { input: ['first text', 'second text'] },
        output: { data: [{ index: 'integer', embedding: ['number'] }], usage: 'object' },
      };
    case 'agent/v1/responses':
      return {
        forms: ['input', 'stream', 'custom_inputs'],
        example: { input: messages },
        output: { output: [{ type: 'message', content: [{ text: 'string' }] }] },
      };
    case 'agent/v2/chat':
    case 'agent/v1/chat':
      return {
        forms: ['messages', 'stream', 'custom_inputs'],
        example: { messages },
        output: { messages: [{ role: 'assistant', content: 'string' }] },
      };
    default:
      return undefined;
  }
}

function curl(host: string, name: string, body: unknown): string {
  const quoted = JSON.stringify(body).replaceAll("'", "'\\''");
  return `curl -s ${host}/serving-endpoints/${name}/invocations -H "Authorization: Bearer $DATABRICKS_TOKEN" -H 'Content-Type: application/json' -d '${quoted}'`;
}
