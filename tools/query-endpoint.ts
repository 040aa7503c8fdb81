import * as z from 'zod';
import { MAX_DEPTH } from '../src/depth.ts';
import { forget } from '../src/diagnose/own-answers.ts';
import { Refusal, type ToolResult } from '../src/refusal.ts';
import { ApiError, TransportError } from '../src/rest/errors.ts';
import { stringifyExact } from '../src/rest/exact-json.ts';
import { type Endpoint, endpoints, query } from '../src/rest/index.ts';
import { clipTail } from '../src/text/sanitize.ts';
import { defineTool, type ToolContext } from '../src/tool.ts';
import { checkedRecord, endpoint, entity, record } from './params.ts';
import { originFields, readAnswer, repeatedKeys } from './shared/query-answer.ts';
import { buildBody, formOf } from './shared/query-body.ts';
import { explained } from './shared/query-diagnosis.ts';
import { refusalIn } from './shared/query-failure.ts';
import { readRows } from './shared/query-rows.ts';
import { afterWake, lateAnswer, sleepingEntities } from './shared/query-wake.ts';
import { refuseUnknownEntity } from './shared/refusals.ts';
import { dropEmpty } from './shared/view.ts';

/** Shortest time between two progress messages with partial text, in milliseconds. */
const PROGRESS_EVERY = 250;
/** Characters of partial text per progress message. */
const MAX_PROGRESS = 400;
const CLIPPED = `The model ran. Its answer is nested more than ${MAX_DEPTH} levels deep, so the deeper levels are not shown.`;

/**
 * Seconds. A wake from zero takes about 47 (fact Q20), and many clients end a call after 60. The time that the checks before the query take is part of
 * it.
 */
const DEFAULT_TIMEOUT = 55;

/** A message of a chat, or an item of a Responses agent that has no role, such as the approval of a tool call. */
const message = z
  .looseObject({
    role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']).optional(),
    type: z.string().optional(),
  })
  .refine(({ role, type }) => role !== undefined || type !== undefined, 'needs a role');

const input = z.strictObject({
  endpoint,
  messages: z
    .array(checkedRecord(message))
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
  vectors: z.boolean().default(false).describe('true: also return the vectors. Dimension and cosines come without it.'),
  entity: entity.optional().describe('Query this served entity directly, bypassing the traffic split.'),
  client_request_id: z.string().max(200).optional().describe('Your request id, kept in the inference table.'),
  usage_context: z.record(z.string(), z.string()).optional().describe('Labels for usage tracking.'),
  timeout_seconds: z
    .int()
    .min(1)
    .max(600)
    .default(DEFAULT_TIMEOUT)
    .describe('Seconds to wait for the answer. A wake from zero takes about 50; many clients end a call at 60.'),
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
  toolsets: ['query'],
  description:
    'Sends one inference request with exactly one of messages, texts, dataframe_records, dataframe_split, inputs or instances. get_schema shows an example. Rows are checked against the published schema first. A query that times out is not retried.',
  input,
  asks: [['messages', 'texts', 'dataframe_records', 'dataframe_split', 'inputs', 'instances']],
  synonyms: SYNONYMS,
  output: z.looseObject({
    text: z.string().optional(),
    predictions: z.unknown().optional(),
    served_by: z.string().optional(),
    usage: z.looseObject({}).optional(),
    incomplete: z.string().optional(),
  }),

  async run(args, context) {
    const { clock, http } = context;
    const begun = clock.now();
    const form = formOf(args);
    const found = await readable(args.endpoint, context);
    if (found && args.entity !== undefined)
      refuseUnknownEntity(args.endpoint, endpoints.entitiesOf(found.config), args.entity);
    const given = buildBody(args, form, found?.task);
    checkSize(given, found?.task);
    const { body, warnings } = await readRows(args, given, found, context);
    const target = found?.route_optimized && args.entity === undefined ? await query.direct(http, found) : undefined;
    const sleeping = sleepingEntities(found, args.entity);
    if (sleeping.length > 0)
      context.progress(`${sleeping.join(' and ')} is scaled to zero; waking it takes about a minute`);
    const timeoutMs = Math.max(1_000, args.timeout_seconds * 1000 - (clock.now() - begun));
    const options = { timeoutMs, entity: args.entity, target, now: clock.now };
    const started = clock.now();
    const answer = await answerTo(args, form, body, options, context).catch(async (error: unknown) => {
      const late = error instanceof TransportError && error.kind === 'timeout';
      throw await explained(late ? lateAnswer(error, args, sleeping) : error, found, context);
    });
    const milliseconds = clock.now() - started;
    forget(context.history, args.endpoint);
    return {
      ...answer,
      milliseconds,
      ...dropEmpty({ wake: afterWake(sleeping, answer.served_by, milliseconds), warnings }),
    };
  },
});

/** Sends the query. @throws Refusal when the answer is none: a failure, the block of a policy, or something that cannot be read. */
async function answerTo(
  args: Args,
  form: string,
  body: Record<string, unknown>,
  options: query.QueryOptions & { now: () => number },
  context: ToolContext,
): Promise<ToolResult> {
  const streams = args.stream && (form === 'messages' || form === 'texts');
  const streamed = streams ? await stream(args, body, options, context) : undefined;
  const reply = streamed
    ? (streamed.whole ?? { body: undefined, said: streamed, repeated: [], origin: streamed.origin })
    : await query.invoke(context.http, args.endpoint, body, options);
  const said = reply.said ?? query.joinAnswer(reply.body);
  const origin = originFields(reply, said);
  const refusal = refusalIn(said, reply, { endpoint: args.endpoint, entity: args.entity }, origin);
  if (refusal) throw refusal;
  const wanted = { vectors: args.vectors, trace: wantsTrace(args.extra), texts: args.texts?.length };
  return {
    ...readAnswer(reply.body, said, wanted),
    ...dropEmpty({
      clipped: reply.clipped && CLIPPED,
      repeated_keys: repeatedKeys(reply.repeated),
      first_text_milliseconds: streamed?.firstTextMs,
      next: said?.cutOff
        ? `The answer was cut off, and the query was not retried. Repeat the call${streamed?.late ? ' with a longer timeout_seconds' : ''} if a second inference is acceptable.`
        : undefined,
    }),
    ...origin,
  };
}

/** Agents send their trace with each answer that was asked for one. */
function wantsTrace(extra: Args['extra']): boolean {
  const options = extra?.databricks_options;
  return typeof options === 'object' && options !== null && 'return_trace' in options && options.return_trace === true;
}

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
  const size = Buffer.byteLength(stringifyExact(body));
  if (size <= limit) return;
  const message = `the payload has ${(size / 1024 / 1024).toFixed(1)} MB, but this endpoint accepts at most ${limit / 1024 / 1024} MB; nothing was sent`;
  throw new Refusal('payload_too_large', message, 'Send fewer rows or less text per call.');
}

/** Streams the answer, and reports its text so far as progress. */
function stream(
  args: Args,
  body: Record<string, unknown>,
  options: query.QueryOptions & { now: () => number },
  { clock, http, progress }: ToolContext,
): Promise<query.StreamedAnswer> {
  let reported = 0;
  return query.stream(http, args.endpoint, body, {
    ...options,
    onText(soFar) {
      if (clock.now() - reported < PROGRESS_EVERY) return;
      const shown = clipTail(soFar, MAX_PROGRESS);
      // A long text without a space is not scanned again for each piece.
      if (shown !== '' || soFar.length > MAX_PROGRESS) reported = clock.now();
      if (shown !== '') progress(shown);
    },
  });
}
