import * as z from 'zod';
import { forget } from '../src/diagnose/own-answers.ts';
import { ApiError, TransportError } from '../src/rest/errors.ts';
import { type Endpoint, endpoints, query } from '../src/rest/index.ts';
import { isServiceName } from '../src/rest/names.ts';
import { defineTool, type ToolContext } from '../src/tool.ts';
import { queryService } from './model-services/query.ts';
import { checkedRecord, entity, record, target as targetName } from './params.ts';
import { buildBody, formOf } from './shared/query-body.ts';
import { explained } from './shared/query-diagnosis.ts';
import { readRows } from './shared/query-rows.ts';
import { afterWake, lateAnswer, sleepingEntities } from './shared/query-wake.ts';
import { refuseUnknownEntity } from './shared/refusals.ts';
import { checkSize, sendQuery } from './shared/send-query.ts';
import { dropEmpty } from './shared/view.ts';

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
  endpoint: targetName,
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
  services: true,
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
    if (isServiceName(args.endpoint)) return queryService(args, form, context);
    const found = await readable(args.endpoint, context);
    if (found && args.entity !== undefined)
      refuseUnknownEntity(args.endpoint, endpoints.entitiesOf(found.config), args.entity);
    const given = buildBody(args, form, found?.task);
    checkSize(given, found?.task === undefined ? query.PAYLOAD_LIMIT.custom : query.PAYLOAD_LIMIT.llm);
    const { body, warnings } = await readRows(args, given, found, context);
    const target = found?.route_optimized && args.entity === undefined ? await query.direct(http, found) : undefined;
    const sleeping = sleepingEntities(found, args.entity);
    if (sleeping.length > 0)
      context.progress(`${sleeping.join(' and ')} is scaled to zero; waking it takes about a minute`);
    const timeoutMs = Math.max(1_000, args.timeout_seconds * 1000 - (clock.now() - begun));
    const options = { timeoutMs, entity: args.entity, target, now: clock.now };
    const started = clock.now();
    const answer = await sendQuery(args, form, body, options, context).catch(async (error: unknown) => {
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

/** The endpoint, whose task decides the body. Undefined when the caller may query but not view it. */
async function readable(name: string, { http }: ToolContext): Promise<Endpoint | undefined> {
  try {
    return await endpoints.get(http, name);
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return undefined;
    throw error;
  }
}
