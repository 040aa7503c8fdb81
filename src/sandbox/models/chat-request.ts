import { isObject, type JsonObject } from '../json.ts';
import { type Answer, failure } from './answer.ts';

export interface ChatMessage {
  role: string;
  /** The content when it is a string, otherwise the text parts of it. */
  text: string;
  tool_call_id: string | undefined;
}

export interface ChatTool {
  name: string;
  parameters: unknown;
}

/** `auto`, `none`, `required`, or the name of the tool that must be called. */
export type ToolChoice = { kind: 'auto' | 'none' | 'required' } | { kind: 'named'; name: string };

export interface ChatRequest {
  messages: ChatMessage[];
  tools: ChatTool[];
  tool_choice: ToolChoice;
  max_tokens: number | undefined;
  stop: string[];
  n: number;
  stream: boolean;
  /** `schema` is set for `json_schema`. */
  format: { kind: 'text' | 'json_object' } | { kind: 'json_schema'; schema: unknown };
}

/** Fields that every query may have. */
export const COMMON_FIELDS = [
  'model',
  'stream',
  'client_request_id',
  'usage_context',
  'extra_params',
  'databricks_options',
];

const SAMPLING = ['max_tokens', 'temperature', 'top_p', 'top_k', 'n', 'stop', 'logprobs', 'top_logprobs'];
const CHAT_FIELDS = new Set([
  ...COMMON_FIELDS,
  ...SAMPLING,
  ...[
    'messages',
    'tools',
    'tool_choice',
    'parallel_tool_calls',
    'response_format',
    'reasoning_effort',
    'stream_options',
  ],
  // assumed: data.chat-fields
  ...['max_completion_tokens', 'thinking', 'user', 'metadata'],
]);

/** The 400 of a foundation model for a wrong body. */
export function badRequest(message: string): Answer {
  return failure(400, 'BAD_REQUEST', `Bad request: ${message}`);
}

/** A Claude model takes no `strict` in a tool. Its refusal arrives as the text of a message. evidence: data.tool-strict */
export function refuseStrictTool(body: JsonObject): Answer | undefined {
  const tools = Array.isArray(body.tools) ? body.tools : [];
  const at = tools.findIndex((tool) => isObject(tool) && isObject(tool.function) && 'strict' in tool.function);
  if (at < 0) return undefined;
  const error = { type: 'invalid_request_error', message: `tools.${at}.custom.strict: Extra inputs are not permitted` };
  return failure(400, 'BAD_REQUEST', JSON.stringify({ type: 'error', error }));
}

/** Foundation models decode strictly: the first unknown field is refused by name. evidence: data.strict-fields */
export function refuseUnknown(body: JsonObject, known: ReadonlySet<string>): Answer | undefined {
  const unknown = Object.keys(body).find((field) => !known.has(field));
  return unknown === undefined ? undefined : badRequest(`json: unknown field ${JSON.stringify(unknown)}`);
}

/** The text of a content that is a string or a list of parts. Other parts, such as images, have no text. */
export function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: unknown) => (isObject(part) && typeof part.text === 'string' ? part.text : '')).join('');
}

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool'];

function readMessages(value: unknown): ChatMessage[] | string {
  if (!Array.isArray(value) || value.length === 0) return 'messages must be a non-empty list';
  const messages: ChatMessage[] = [];
  for (const item of value) {
    if (!isObject(item) || typeof item.role !== 'string' || !ROLES.includes(item.role)) {
      return `each message needs a role out of ${ROLES.join(', ')}`;
    }
    const { content } = item;
    if (typeof content !== 'string' && !Array.isArray(content) && !Array.isArray(item.tool_calls)) {
      return `the content of a ${item.role} message must be a string or a list of parts`;
    }
    const id = typeof item.tool_call_id === 'string' ? item.tool_call_id : undefined;
    const ids = [
      id,
      item.id,
      ...(Array.isArray(item.tool_calls) ? item.tool_calls.map((call) => isObject(call) && call.id) : []),
    ];
    // The service refuses tool-call ids of more than 64 characters.
    if (ids.some((one) => typeof one === 'string' && one.length > 64))
      return 'ids of messages and tool calls have at most 64 characters';
    messages.push({ role: item.role, text: contentText(content), tool_call_id: id });
  }
  return messages;
}

/** Tools in the chat form `{type, function: {name, parameters}}`, or flat as in the Responses API. */
export function readTools(value: unknown): ChatTool[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item) => {
    const tool = isObject(item) && isObject(item.function) ? item.function : item;
    return isObject(tool) && typeof tool.name === 'string' ? [{ name: tool.name, parameters: tool.parameters }] : [];
  });
}

/** `auto` by default. The chat form and the flat form both name a tool. */
export function readToolChoice(value: unknown): ToolChoice {
  if (value === 'none' || value === 'required') return { kind: value };
  if (isObject(value)) {
    const name = isObject(value.function) ? value.function.name : value.name;
    if (typeof name === 'string') return { kind: 'named', name };
  }
  return { kind: 'auto' };
}

function readFormat(value: unknown): ChatRequest['format'] | string {
  if (value === undefined || value === null) return { kind: 'text' };
  if (!isObject(value)) return 'response_format must be an object';
  if (value.type === 'text' || value.type === 'json_object') return { kind: value.type };
  if (value.type === 'json_schema' && isObject(value.json_schema) && isObject(value.json_schema.schema)) {
    return { kind: 'json_schema', schema: value.json_schema.schema };
  }
  return 'response_format must be text, json_object or json_schema with a schema';
}

/** A number, or undefined for absent and null. A number out of bounds gives the text of the refusal. */
export function boundedNumber(
  body: JsonObject,
  field: string,
  low: number,
  high: number,
  whole: boolean,
): number | string | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  const fits = typeof value === 'number' && value >= low && value <= high && (!whole || Number.isInteger(value));
  const range = high === Number.POSITIVE_INFINITY ? `at least ${low}` : `between ${low} and ${high}`;
  return fits ? value : `${field} must be ${whole ? 'an integer' : 'a number'} ${range}`;
}

/** Stop sequences as a list. A request has one string or several. */
export function readStop(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string' && item !== '') : [];
}

/**
 * Reads a chat completion request. `strict` refuses unknown fields, as a foundation model does. The bounds are documented; the texts for
 * values out of bounds are the sandbox's own. assumed: data.chat-bounds
 */
export function readChat(body: JsonObject, strict: boolean): { request: ChatRequest } | { refused: Answer } {
  const unknown = strict ? refuseUnknown(body, CHAT_FIELDS) : undefined;
  if (unknown !== undefined) return { refused: unknown };
  const messages = readMessages(body.messages);
  const format = readFormat(body.response_format);
  const limit = boundedNumber(body, 'max_tokens', 1, Number.POSITIVE_INFINITY, true);
  const completionLimit = boundedNumber(body, 'max_completion_tokens', 1, Number.POSITIVE_INFINITY, true);
  const n = boundedNumber(body, 'n', 1, 5, true);
  const temperature = boundedNumber(body, 'temperature', 0, 2, false);
  if (typeof messages === 'string') return { refused: badRequest(messages) };
  if (typeof format === 'string') return { refused: badRequest(format) };
  if (typeof limit === 'string') return { refused: badRequest(limit) };
  if (typeof completionLimit === 'string') return { refused: badRequest(completionLimit) };
  if (typeof n === 'string') return { refused: badRequest(n) };
  if (typeof temperature === 'string') return { refused: badRequest(temperature) };
  // A text instead of the list is a bound like the others. assumed: data.chat-bounds
  if (body.tools !== undefined && body.tools !== null && !Array.isArray(body.tools))
    return { refused: badRequest('tools must be a list') };
  const tools = readTools(body.tools);
  const tool_choice = readToolChoice(body.tool_choice);
  if (tool_choice.kind === 'named' && !tools.some(({ name }) => name === tool_choice.name)) {
    return { refused: badRequest(`tool_choice names ${JSON.stringify(tool_choice.name)}, which is not in tools`) };
  }
  const request: ChatRequest = {
    messages,
    tools,
    tool_choice,
    max_tokens: limit ?? completionLimit,
    stop: readStop(body.stop),
    n: n ?? 1,
    stream: body.stream === true,
    format,
  };
  return { request };
}
