import * as z from 'zod';
import { ApiError } from '../src/rest/errors.ts';
import { endpoints, query } from '../src/rest/index.ts';
import { call, defineTool, Refusal, type ToolContext, type ToolResult } from '../src/tool.ts';
import { quote } from '../src/untrusted.ts';
import { endpoint, entity } from './params.ts';
import { dropEmpty } from './view.ts';

/** Characters of model output in one answer, about 6,000 tokens; what is past it is cut and said. */
const MAX_OUTPUT = 24_000;
/** Partial text is sent as progress at most this often, in milliseconds. */
const PROGRESS_EVERY = 250;

const input = z.strictObject({
  endpoint,
  messages: z
    .array(z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: z.string() }))
    .min(1)
    .optional()
    .describe('For chat, agents and text completion.'),
  dataframe_records: z
    .array(z.record(z.string(), z.unknown()))
    .min(1)
    .optional()
    .describe('Classical models: one object per row.'),
  dataframe_split: z
    .strictObject({
      columns: z.array(z.unknown()),
      data: z.array(z.array(z.unknown())),
      index: z.array(z.unknown()).optional(),
    })
    .optional(),
  inputs: z.unknown().optional().describe('Tensors by column, or a pyfunc dict.'),
  instances: z.array(z.unknown()).min(1).optional().describe('Tensors by row.'),
  params: z.record(z.string(), z.unknown()).optional().describe('Inference parameters of a classical model.'),
  max_tokens: z.int().min(1).max(1_000_000).optional(),
  temperature: z.number().min(0).max(2).optional(),
  stream: z.boolean().default(false).describe('Stream the answer: partial text as progress, time to first text.'),
  entity: entity.optional().describe('Ask this served entity past the traffic split.'),
  timeout_seconds: z.int().min(1).max(600).default(45),
});
type Args = z.output<typeof input>;

const FORMS = ['messages', 'dataframe_records', 'dataframe_split', 'inputs', 'instances'] as const;

export const queryEndpoint = defineTool({
  name: 'query_endpoint',
  title: 'Query an endpoint',
  effect: 'query',
  description:
    'Sends one inference and returns the answer. Give exactly one of messages, dataframe_records, dataframe_split, inputs, instances. Costs what the endpoint costs. A timed-out query is not sent again.',
  input,
  output: z.looseObject({
    text: z.string().optional(),
    predictions: z.unknown().optional(),
    served_by: z.string().optional(),
    usage: z.looseObject({}).optional(),
    incomplete: z.string().optional(),
  }),

  async run(args, context) {
    const task = await taskOf(args.endpoint, context);
    const body = buildBody(args, task);
    checkSize(body, task);
    const started = context.clock.now();
    const options = {
      timeoutMs: args.timeout_seconds * 1000,
      ...(args.entity === undefined ? {} : { entity: args.entity }),
    };
    if (args.stream) return streamed(args, body, options, context);
    const reply = await query.invoke(context.http, args.endpoint, body, options);
    return {
      ...readAnswer(reply.body),
      served_by: reply.servedBy ?? 'not said',
      milliseconds: context.clock.now() - started,
    };
  },
});

/** The endpoint's task decides the body. A caller who may query but not look gets the form they chose. */
async function taskOf(name: string, { http }: ToolContext): Promise<string | undefined> {
  try {
    return (await endpoints.get(http, name)).task;
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return undefined;
    throw error;
  }
}

/** One input family, in the form that the task takes (API contract, section 3.2); foundation models refuse any field of another family. */
function buildBody(args: Args, task: string | undefined): Record<string, unknown> {
  const given = FORMS.filter((form) => args[form] !== undefined);
  const form = given[0];
  if (form === undefined || given.length > 1) {
    const message = `give exactly one of ${FORMS.join(', ')}${given.length > 1 ? `, not ${given.join(' and ')}` : ''}; nothing was sent`;
    throw new Refusal(
      'one_input_form',
      message,
      'messages for chat and agents, dataframe_records for classical models.',
    );
  }
  const isText = task !== undefined && /^(llm|agent)\//.test(task);
  if (isText && form !== 'messages') {
    throw new Refusal(
      'wrong_input_form',
      `endpoint ${args.endpoint} has the task ${quote(task, 60)} and takes messages, not ${form}; nothing was sent`,
      'Repeat the call with messages.',
    );
  }
  const tuning = dropEmpty({ max_tokens: args.max_tokens, temperature: args.temperature });
  if (form !== 'messages') return { [form]: args[form], ...dropEmpty({ params: args.params }) };
  const messages = args.messages ?? [];
  if (task === 'agent/v1/responses')
    return { input: messages, ...dropEmpty({ max_output_tokens: args.max_tokens, temperature: args.temperature }) };
  if (task === 'llm/v1/completions')
    return { prompt: messages.map((message) => message.content).join('\n\n'), ...tuning };
  if (task === 'llm/v1/embeddings') {
    throw new Refusal(
      'wrong_input_form',
      `endpoint ${args.endpoint} makes embeddings, not text; nothing was sent`,
      'Choose an endpoint whose task is llm/v1/chat.',
    );
  }
  return { messages, ...tuning };
}

function checkSize(body: unknown, task: string | undefined): void {
  const limit = task === undefined ? query.PAYLOAD_LIMIT.custom : query.PAYLOAD_LIMIT.llm;
  const size = Buffer.byteLength(JSON.stringify(body));
  if (size <= limit) return;
  const message = `the payload has ${(size / 1024 / 1024).toFixed(1)} MB, this endpoint takes at most ${limit / 1024 / 1024} MB; nothing was sent`;
  throw new Refusal('payload_too_large', message, 'Send fewer rows or less text per call.');
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
      reported = clock.now();
      context.progress(soFar.slice(-400));
    },
  });
  return {
    ...answerFields(seen),
    ...dropEmpty({
      model: seen.model,
      first_text_milliseconds: seen.firstTextMs,
      incomplete: seen.incomplete && quote(seen.incomplete, 300),
      next: seen.incomplete ? 'The answer was cut. It was not sent again; repeat the call if that is fine.' : undefined,
    }),
    served_by: seen.servedBy ?? 'not said',
    milliseconds: clock.now() - started,
  };
}

/** A whole answer of any family (API contract, section 3.3). */
function readAnswer(body: unknown): ToolResult {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return cut({ answer: body });
  const fields: Record<string, unknown> = { ...body };
  if ('predictions' in fields) return cut({ predictions: fields.predictions });
  if ('outputs' in fields) return cut({ outputs: fields.outputs });
  const joined = query.joinAnswer(fields);
  return joined ? { ...answerFields(joined), ...dropEmpty({ model: joined.model }) } : cut({ answer: fields });
}

function answerFields(
  seen: Pick<query.Streamed, 'text' | 'reasoning' | 'toolCalls' | 'finishReason' | 'usage'>,
): ToolResult {
  return {
    text: quote(seen.text, MAX_OUTPUT),
    ...dropEmpty({
      reasoning: seen.reasoning && quote(seen.reasoning, 2_000),
      tool_calls: seen.toolCalls.map(({ name, arguments: given }) => ({ name, arguments: quote(given, 4_000) })),
      finish_reason: seen.finishReason,
      usage: seen.usage && tokenCounts(seen.usage),
    }),
  };
}

function tokenCounts(usage: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(usage).filter(([name, value]) => name.endsWith('_tokens') && typeof value === 'number'),
  );
}

/** Keeps an answer within bounds: the first rows of a list, the first characters of anything else, and how much was left out. */
function cut(answer: Record<string, unknown>): ToolResult {
  const [name = 'answer', value] = Object.entries(answer)[0] ?? [];
  const text = JSON.stringify(value) ?? 'null';
  if (text.length <= MAX_OUTPUT) return Array.isArray(value) ? { ...answer, rows: value.length } : answer;
  if (Array.isArray(value)) {
    const each = text.length / value.length;
    const kept = value.slice(0, Math.max(1, Math.floor(MAX_OUTPUT / each)));
    if (JSON.stringify(kept).length <= MAX_OUTPUT * 1.5) {
      const next = `Only the first ${kept.length} of ${value.length} are shown; ${call('query_endpoint')} with fewer rows shows the others.`;
      return { [name]: kept, rows: value.length, omitted_rows: value.length - kept.length, next };
    }
  }
  return { [name]: quote(text, MAX_OUTPUT), note: 'the answer is too long; its beginning is shown as text' };
}
