import * as z from 'zod';
import { MAX_DEPTH } from '../src/depth.ts';
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

/** Shortest time between two progress messages with partial text, in milliseconds. */
const PROGRESS_EVERY = 250;
/** Characters of partial text per progress message. */
const MAX_PROGRESS = 400;
/** Characters of the example row, and of the problems found in the given rows. */
const MAX_ROW = 3_000;
const MAX_PROBLEMS = 3_000;
const CLIPPED = `The model ran. Its answer is nested more than ${MAX_DEPTH} levels deep, so the deeper levels are not shown.`;

const input = z.strictObject({
  endpoint,
  messages: z
    .array(checkedRecord(z.looseObject({ role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']) })))
    .min(1)
    .optional()
    .describe('Chat, agents and completions: [{"role":"user","content":"…"}].'),
  texts: z.array(z.string()).min(1).max(2048).optional().describe('Texts for embeddings or completions.'),
  dataframe_records: z.array(record).min(1).optional().describe('Classical models: one object per row.'),
  dataframe_split: z
    .strictObject({
      columns: z.array(z.unknown()),
      data: z.array(z.array(z.unknown())),
      index: z.array(z.unknown()).optional(),
    })
    .optional()
    .describe('Classical models: column names, then rows.'),
  inputs: z.unknown().optional().describe('Tensor models: {column: values}, or one array.'),
  instances: z.array(z.unknown()).min(1).optional().describe('Tensor models: one item per row.'),
  params: record.optional().describe('Inference parameters of a classical model.'),
  max_tokens: z.int().min(1).max(1_000_000).optional().describe('Maximum tokens to generate.'),
  temperature: z.number().min(0).max(2).optional().describe('Sampling temperature.'),
  extra: record.optional().describe('Other request fields: tools, response_format, top_p, custom_inputs, …'),
  stream: z.boolean().default(false).describe('true: report partial text as progress.'),
  vectors: z.boolean().default(false).describe('true: return the embedding vectors themselves.'),
  entity: entity.optional().describe('Query this served entity directly, bypassing the traffic split.'),
  client_request_id: z.string().max(200).optional().describe('Your request id, kept in the inference table.'),
  usage_context: z.record(z.string(), z.string()).optional().describe('Labels for usage tracking.'),
  timeout_seconds: z.int().min(1).max(600).default(45).describe('Seconds to wait for the answer.'),
});
type Args = z.output<typeof input>;

/** Names that the REST API, other clients and people use for these arguments. */
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
    'Sends one inference request with exactly one of messages, texts, dataframe_records, dataframe_split, inputs or instances. get_schema shows an example. Rows are checked against the published schema first. A query that times out is not retried.',
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
    const found = await readable(args.endpoint, context);
    if (found && args.entity !== undefined)
      refuseUnknownEntity(args.endpoint, endpoints.entitiesOf(found.config), args.entity);
    const body = buildBody(args, form, found?.task);
    checkSize(body, found?.task);
    await checkRows(args, found, context);
    const started = context.clock.now();
    const options = { timeoutMs: args.timeout_seconds * 1000, entity: args.entity };
    const target =
      found?.route_optimized && args.entity === undefined ? await query.direct(context.http, found) : undefined;
    if (args.stream && (form === 'messages' || form === 'texts'))
      return streamed(args, body, { ...options, target }, context);
    const reply = await query.invoke(context.http, args.endpoint, body, { ...options, target });
    return {
      ...readAnswer(reply.body, args.vectors),
      ...(reply.clipped ? { clipped: CLIPPED } : {}),
      served_by: reply.servedBy ?? 'unknown',
      milliseconds: context.clock.now() - started,
    };
  },
});

/** The endpoint, whose task decides the body. Undefined when the caller may query but not view it. */
async function readable(name: string, { http }: ToolContext): Promise<Endpoint | undefined> {
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
  const message = `the payload has ${(size / 1024 / 1024).toFixed(1)} MB, but this endpoint accepts at most ${limit / 1024 / 1024} MB; nothing was sent`;
  throw new Refusal('payload_too_large', message, 'Send fewer rows or less text per call.');
}

/** Compares the rows with the published schema before the call costs money. Without a schema any row is accepted. */
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
  const example = split ? { example_split: splitOf(row) } : { example_row: row };
  const shown = JSON.stringify(example).length <= MAX_ROW;
  const message = `the rows do not match the schema of ${args.endpoint}; nothing was sent: ${clip(problems.slice(0, 12).join('; '), MAX_PROBLEMS)}`;
  // Column names are text from outside, so the example row is data and `next` only refers to it.
  const next = shown
    ? `Repeat the call with ${split ? 'a dataframe_split like example_split' : 'rows like example_row'}.`
    : `See ${call('get_schema', { endpoint: args.endpoint })}.`;
  throw new Refusal('schema_mismatch', message, next, {
    ...(shown ? example : {}),
    problems: problems.slice(0, 30).map((problem) => clip(problem, 300)),
  });
}

/** In a row of the wrong length, no value can be assigned to its column. */
function refuseUneven(split: Args['dataframe_split']): void {
  const problem = split && unevenRows(split);
  if (problem === undefined) return;
  const next = 'Give each row of data one value per column, in column order. Use null for a missing value.';
  throw new Refusal('uneven_rows', `dataframe_split: ${problem}; nothing was sent`, next);
}

/** The columns of the entity that will answer. With several entities, only columns that all of them share can be checked. */
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
      // A long text without a space is not scanned again for each piece.
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
      note: seen.incomplete
        ? 'The answer was cut off, and the query was not retried. Repeat the call if a second inference is acceptable.'
        : undefined,
    }),
    served_by: seen.servedBy ?? 'unknown',
    milliseconds: clock.now() - started,
  };
}
