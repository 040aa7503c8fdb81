import * as z from 'zod';
import { digestOpenApi, exampleRow, problemsOfRows, rowsOfSplit, splitOf, unevenRows } from '../src/digest/openapi.ts';
import { call, Refusal, type ToolResult } from '../src/refusal.ts';
import { ApiError } from '../src/rest/errors.ts';
import { type Endpoint, endpoints, observe, query } from '../src/rest/index.ts';
import { clip, clipTail } from '../src/text/sanitize.ts';
import { defineTool, type ToolContext } from '../src/tool.ts';
import { checkedRecord, endpoint, entity, record } from './params.ts';
import { answerFields, readAnswer } from './shared/query-answer.ts';
import { buildBody, formOf } from './shared/query-body.ts';
import { refuseUnknownEntity } from './shared/refusals.ts';
import { dropEmpty } from './shared/view.ts';

/** Partial text is sent as progress at most this often, in milliseconds. */
const PROGRESS_EVERY = 250;
/** Characters of partial text in one message. */
const MAX_PROGRESS = 400;
/** Characters of an example row, and of the problems of the rows that were given. */
const MAX_ROW = 3_000;
const MAX_PROBLEMS = 3_000;

const input = z.strictObject({
  endpoint,
  messages: z
    .array(checkedRecord(z.looseObject({ role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']) })))
    .min(1)
    .optional()
    .describe('Chat, agents, completion: [{"role":"user","content":"…"}].'),
  texts: z.array(z.string()).min(1).max(2048).optional().describe('Embeddings.'),
  dataframe_records: z.array(record).min(1).optional().describe('Classical models: one object per row.'),
  dataframe_split: z
    .strictObject({
      columns: z.array(z.unknown()),
      data: z.array(z.array(z.unknown())),
      index: z.array(z.unknown()).optional(),
    })
    .optional(),
  inputs: z.unknown().optional().describe('Tensors by column, or a dict.'),
  instances: z.array(z.unknown()).min(1).optional().describe('Tensors by row.'),
  params: record.optional(),
  max_tokens: z.int().min(1).max(1_000_000).optional(),
  temperature: z.number().min(0).max(2).optional(),
  extra: record.optional().describe('More request fields: tools, response_format, top_p, custom_inputs, …'),
  stream: z.boolean().default(false).describe('Partial text as progress.'),
  vectors: z.boolean().default(false).describe('Return the embeddings themselves.'),
  entity: entity.optional().describe('Past the split.'),
  client_request_id: z.string().max(200).optional(),
  usage_context: z.record(z.string(), z.string()).optional(),
  timeout_seconds: z.int().min(1).max(600).default(45),
});
type Args = z.output<typeof input>;

/** What requests, other clients and people call the inputs. */
const SYNONYMS = new Map<string, readonly string[]>(
  [
    { words: ['input', 'text', 'prompt', 'query', 'question', 'content'], meant: ['messages', 'texts'] },
    { words: ['sentences', 'documents'], meant: ['texts'] },
    { words: ['data', 'records', 'rows', 'row', 'dataframe', 'features'], meant: ['dataframe_records'] },
    { words: ['tools', 'response_format', 'top_p', 'stop', 'custom_inputs'], meant: ['extra'] },
    { words: ['max_output_tokens'], meant: ['max_tokens'] },
    { words: ['model'], meant: ['endpoint'] },
  ].flatMap(({ words, meant }) => words.map((word) => [word, meant] as const)),
);

export const queryEndpoint = defineTool({
  name: 'query_endpoint',
  title: 'Query an endpoint',
  effect: 'query',
  description:
    'Sends one inference: exactly one of messages, texts, dataframe_records, dataframe_split, inputs, instances. Rows are checked against the published schema first. A timed-out query is not sent again.',
  input,
  synonyms: SYNONYMS,
  output: z.looseObject({
    text: z.string().optional(),
    predictions: z.unknown().optional(),
    served_by: z.string().optional(),
    usage: z.looseObject({}).optional(),
    incomplete: z.string().optional(),
  }),

  async run(args, context) {
    const form = formOf(args);
    const found = await look(args.endpoint, context);
    if (found && args.entity !== undefined)
      refuseUnknownEntity(args.endpoint, endpoints.entitiesOf(found.config), args.entity);
    const body = buildBody(args, form, found?.task);
    checkSize(body, found?.task);
    await checkRows(args, found, context);
    const started = context.clock.now();
    const options = {
      timeoutMs: args.timeout_seconds * 1000,
      ...(args.entity === undefined ? {} : { entity: args.entity }),
    };
    const target =
      found?.route_optimized && args.entity === undefined ? await query.direct(context.http, found) : undefined;
    if (args.stream && (form === 'messages' || form === 'texts'))
      return streamed(args, body, { ...options, target }, context);
    const reply = await query.invoke(context.http, args.endpoint, body, { ...options, target });
    return {
      ...readAnswer(reply.body, args.vectors),
      served_by: reply.servedBy ?? 'not said',
      milliseconds: context.clock.now() - started,
    };
  },
});

/** The endpoint's task decides the body. A caller who may query but not look gets the form they chose. */
async function look(name: string, { http }: ToolContext): Promise<Endpoint | undefined> {
  try {
    return await endpoints.get(http, name);
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return undefined;
    throw error;
  }
}

function checkSize(body: unknown, task: string | undefined): void {
  const limit = task === undefined ? query.PAYLOAD_LIMIT.custom : query.PAYLOAD_LIMIT.llm;
  const size = Buffer.byteLength(JSON.stringify(body));
  if (size <= limit) return;
  const message = `the payload has ${(size / 1024 / 1024).toFixed(1)} MB, this endpoint takes at most ${limit / 1024 / 1024} MB; nothing was sent`;
  throw new Refusal('payload_too_large', message, 'Send fewer rows or less text per call.');
}

/** Rows are compared with the schema that the endpoint publishes, before a call is paid for. No schema, no opinion. */
async function checkRows(args: Args, found: Endpoint | undefined, context: ToolContext): Promise<void> {
  const { dataframe_records: records, dataframe_split: split } = args;
  refuseUneven(split);
  const rows = records ?? (split && rowsOfSplit(split));
  if (!rows || found?.task !== undefined) return;
  const text = await observe.openapi(context.http, args.endpoint).catch((error: unknown) => {
    if (error instanceof ApiError) return undefined;
    throw error;
  });
  if (text === undefined) return;
  const wanted =
    args.entity ??
    (endpoints.entitiesOf(found?.config).length === 1 ? endpoints.entitiesOf(found?.config)[0]?.name : undefined);
  const columns = columnsOf(text, wanted);
  if (columns.length === 0) return;
  const problems = problemsOfRows(rows, columns);
  if (problems.length === 0) return;
  const row = exampleRow(columns);
  const right = split ? { example_split: splitOf(row) } : { example_row: row };
  const shown = JSON.stringify(right).length <= MAX_ROW;
  const message = `the rows do not fit the schema of ${args.endpoint}; nothing was sent: ${clip(problems.slice(0, 12).join('; '), MAX_PROBLEMS)}`;
  // Column names are words of others: a right row is data, and `next` only points at it.
  const next = shown
    ? `Repeat the call with ${split ? 'a dataframe_split like example_split' : 'rows like example_row'}.`
    : `See ${call('get_schema', { endpoint: args.endpoint })}.`;
  throw new Refusal('schema_mismatch', message, next, {
    ...(shown ? right : {}),
    problems: problems.slice(0, 30).map((problem) => clip(problem, 300)),
  });
}

/** Which value of such a row belongs to which column is not known. */
function refuseUneven(split: Args['dataframe_split']): void {
  const problem = split && unevenRows(split);
  if (problem === undefined) return;
  const next = 'Give each row of data one value per column, in their order, and null where there is none.';
  throw new Refusal('uneven_rows', `dataframe_split: ${problem}; nothing was sent`, next);
}

/** The columns of the entity that will answer; of several, only those that all agree on can be checked. */
function columnsOf(text: string, entity: string | undefined) {
  try {
    const schemas = digestOpenApi(text);
    if (entity !== undefined) return schemas.find((each) => each.entity === entity)?.columns ?? [];
    const [first, ...others] = schemas;
    return first && others.every((each) => JSON.stringify(each.columns) === JSON.stringify(first.columns))
      ? first.columns
      : [];
  } catch {
    return [];
  }
}

async function streamed(
  args: Args,
  body: Record<string, unknown>,
  options: query.QueryOptions,
  context: ToolContext,
): Promise<ToolResult> {
  const { clock } = context;
  const started = clock.now();
  let reported = 0;
  const seen = await query.stream(context.http, args.endpoint, body, {
    ...options,
    now: () => clock.now(),
    onText(soFar) {
      if (clock.now() - reported < PROGRESS_EVERY) return;
      const shown = clipTail(soFar, MAX_PROGRESS);
      // A long text of a single word is not read again with each piece of it.
      if (shown !== '' || soFar.length > MAX_PROGRESS) reported = clock.now();
      if (shown !== '') context.progress(shown);
    },
  });
  return {
    ...answerFields(seen),
    ...dropEmpty({
      model: seen.model,
      first_text_milliseconds: seen.firstTextMs,
      incomplete: seen.incomplete && clip(seen.incomplete, 300),
      next: seen.incomplete ? 'The answer was cut. It was not sent again; repeat the call if that is fine.' : undefined,
    }),
    served_by: seen.servedBy ?? 'not said',
    milliseconds: clock.now() - started,
  };
}
