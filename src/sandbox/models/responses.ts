import { isObject, type JsonObject } from '../json.ts';
import type { Answer } from './answer.ts';
import { type Reply, type Stamp, usageOf } from './chat.ts';
import {
  badRequest,
  boundedNumber,
  type ChatMessage,
  type ChatRequest,
  contentText,
  readToolChoice,
  readTools,
} from './chat-request.ts';
import { tokenPieces } from './tokens.ts';

/** A Responses request: the equivalent chat request, and the fields that the answer repeats or depends on. */
export interface ResponsesRequest {
  chat: ChatRequest;
  /** An agent of the workspace answers, not a model on the Responses route. */
  agent?: true;
  custom_inputs: unknown;
  return_trace: boolean;
}

function readItem(item: unknown): ChatMessage[] {
  if (!isObject(item)) return [];
  if (item.type === 'function_call_output') {
    const id = typeof item.call_id === 'string' ? item.call_id : undefined;
    const text = typeof item.output === 'string' ? item.output : contentText(item.output);
    return [{ role: 'tool', text, tool_call_id: id }];
  }
  // Calls, reasoning and references to earlier items add nothing here. Repeats of them are normal, because some clients send a pair twice.
  if (typeof item.role !== 'string') return [];
  return [{ role: item.role, text: contentText(item.content), tool_call_id: undefined }];
}

function readFormat(text: unknown): ChatRequest['format'] {
  const format = isObject(text) && isObject(text.format) ? text.format : {};
  if (format.type === 'json_schema' && isObject(format.schema)) return { kind: 'json_schema', schema: format.schema };
  return { kind: format.type === 'json_object' ? 'json_object' : 'text' };
}

/** Whether the caller asked for a trace (`databricks_options.return_trace`). */
export function wantsTrace(body: JsonObject): boolean {
  return isObject(body.databricks_options) && body.databricks_options.return_trace === true;
}

/** Reads a Responses request. `input` is a text or a list of items; items of unknown type are skipped. */
export function readResponses(body: JsonObject): { request: ResponsesRequest } | { refused: Answer } {
  const messages: ChatMessage[] = [];
  if (typeof body.instructions === 'string')
    messages.push({ role: 'system', text: body.instructions, tool_call_id: undefined });
  if (typeof body.input === 'string') messages.push({ role: 'user', text: body.input, tool_call_id: undefined });
  else if (Array.isArray(body.input)) messages.push(...body.input.flatMap(readItem));
  else return { refused: badRequest('input must be a string or a list of items') };
  const max_tokens = boundedNumber(body, 'max_output_tokens', 1, Number.POSITIVE_INFINITY, true);
  if (typeof max_tokens === 'string') return { refused: badRequest(max_tokens) };
  const chat: ChatRequest = {
    messages,
    tools: readTools(body.tools),
    tool_choice: readToolChoice(body.tool_choice),
    max_tokens,
    stop: [],
    n: 1,
    stream: body.stream === true,
    format: readFormat(body.text),
  };
  return { request: { chat, custom_inputs: body.custom_inputs, return_trace: wantsTrace(body) } };
}

/**
 * `databricks_output` of an agent: the id of the request, which is also that of the answer, and on request a trace of the sandbox's only step.
 * evidence: data.agent-request-id
 */
export function agentOutput(id: string, stamp: Stamp, traced: boolean): Record<string, unknown> {
  return { databricks_request_id: id, ...(traced ? { trace: traceOf(id, stamp) } : {}) };
}

function traceOf(id: string, stamp: Stamp): Record<string, unknown> {
  const trace_id = `tr-${stamp.id}`;
  const begun = Math.round(stamp.created * 1000);
  const span = {
    trace_id,
    span_id: stamp.id.slice(0, 16),
    parent_span_id: '',
    name: 'predict',
    start_time_unix_nano: begun * 1_000_000,
    end_time_unix_nano: begun * 1_000_000,
    events: [],
    status: { code: 'STATUS_CODE_OK' },
    attributes: { 'mlflow.spanType': 'AGENT' },
  };
  const request_time = new Date(begun).toISOString();
  const info = {
    trace_id,
    client_request_id: id,
    request_time,
    state: 'OK',
    trace_metadata: {},
    execution_duration_ms: 0,
  };
  return { info, data: { spans: [span] } };
}

type Item = Record<string, unknown>;

function outputItems(answer: Reply, stamp: Stamp): Item[] {
  const [choice] = answer.choices;
  if (choice === undefined) return [];
  if (choice.tool_calls.length > 0) {
    return choice.tool_calls.map((call, at) => ({
      type: 'function_call',
      id: `fc_${stamp.id.slice(0, 24)}${at}`,
      call_id: call.id,
      name: call.name,
      arguments: call.arguments,
      status: 'completed',
    }));
  }
  const part = { type: 'output_text', text: choice.text, annotations: [] };
  return [{ type: 'message', id: `msg_${stamp.id}`, role: 'assistant', status: 'completed', content: [part] }];
}

/** All fields except output and usage. `status` is null while an agent streams. */
function envelope(
  request: ResponsesRequest,
  model: string,
  stamp: Stamp,
  status: string | null,
): Record<string, unknown> {
  return {
    id: `resp_${stamp.id}`,
    object: 'response',
    // Agents send a float here.
    created_at: stamp.created,
    status,
    model,
    error: null,
    incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    instructions: null,
    metadata: {},
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    ...(request.custom_inputs === undefined ? {} : { custom_outputs: request.custom_inputs }),
  };
}

function responsesUsage(answer: Reply): Record<string, unknown> {
  const usage = usageOf(answer);
  return {
    input_tokens: usage.prompt_tokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: usage.completion_tokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: usage.total_tokens,
  };
}

/** The answer of a Responses agent without streaming. */
export function responsesAnswer(
  request: ResponsesRequest,
  answer: Reply,
  model: string,
  stamp: Stamp,
): Record<string, unknown> {
  const status = answer.choices[0]?.finish_reason === 'length' ? 'incomplete' : 'completed';
  return {
    ...envelope(request, model, stamp, status),
    output: outputItems(answer, stamp),
    usage: responsesUsage(answer),
    ...outputOf(request, stamp),
  };
}

function* itemEvents(item: Item, output_index: number, lifecycle: boolean): Generator<Item> {
  const at = { item_id: item.id, output_index };
  if (item.type === 'function_call') {
    if (lifecycle)
      yield {
        type: 'response.output_item.added',
        output_index,
        item: { ...item, arguments: '', status: 'in_progress' },
      };
    for (const delta of tokenPieces(String(item.arguments)))
      yield { type: 'response.function_call_arguments.delta', ...at, delta };
    if (lifecycle) yield { type: 'response.function_call_arguments.done', ...at, arguments: item.arguments };
  } else {
    const part: unknown = Array.isArray(item.content) ? item.content[0] : undefined;
    const text = isObject(part) ? String(part.text) : '';
    const where = { ...at, content_index: 0 };
    if (lifecycle) {
      yield { type: 'response.output_item.added', output_index, item: { ...item, content: [], status: 'in_progress' } };
      yield { type: 'response.content_part.added', ...where, part: { type: 'output_text', text: '', annotations: [] } };
    }
    for (const delta of tokenPieces(text)) yield { type: 'response.output_text.delta', ...where, delta };
    if (lifecycle) {
      yield { type: 'response.output_text.done', ...where, text };
      yield { type: 'response.content_part.done', ...where, part };
    }
  }
  yield { type: 'response.output_item.done', output_index, item };
}

/**
 * The events of a streamed answer. With `lifecycle` they run from `response.created` to `response.completed`. Without it only deltas and
 * `response.output_item.done` are sent, as hand-written agents do. evidence: data.responses-lifecycle
 */
export function* responsesEvents(
  request: ResponsesRequest,
  answer: Reply,
  model: string,
  stamp: Stamp,
  lifecycle: boolean,
): Generator<Record<string, unknown>> {
  let sequence_number = 0;
  const numbered = (event: Item): Item => ({ ...event, sequence_number: sequence_number++ });
  const opening = { ...envelope(request, model, stamp, null), output: [], usage: null };
  if (lifecycle) {
    yield numbered({ type: 'response.created', response: opening });
    yield numbered({ type: 'response.in_progress', response: opening });
  }
  for (const [index, item] of outputItems(answer, stamp).entries()) {
    for (const event of itemEvents(item, index, lifecycle)) yield numbered(event);
  }
  if (lifecycle) {
    const { databricks_output: _, ...response } = responsesAnswer(request, answer, model, stamp);
    const type = response.status === 'incomplete' ? 'response.incomplete' : 'response.completed';
    yield numbered({ type, response });
  }
  // The id of the request comes last, as a frame without a type.
  const last = outputOf(request, stamp);
  if ('databricks_output' in last) yield last;
}

function outputOf({ agent, return_trace }: ResponsesRequest, stamp: Stamp): Record<string, unknown> {
  return agent || return_trace ? { databricks_output: agentOutput(`resp_${stamp.id}`, stamp, return_trace) } : {};
}
