import { isObject, type JsonObject } from '../json.ts';
import type { Answer } from './answer.ts';
import { type Reply, type Stamp, usageOf } from './chat.ts';
import {
  badRequest,
  boundedNumber,
  type ChatMessage,
  type ChatRequest,
  contentText,
  readStop,
} from './chat-request.ts';
import { tokenPieces } from './tokens.ts';

function readMessage(item: unknown): ChatMessage[] {
  if (!isObject(item) || typeof item.role !== 'string') return [];
  const parts = Array.isArray(item.content) ? item.content.filter(isObject) : [];
  const result = parts.find((part) => part.type === 'tool_result');
  if (result !== undefined) return [{ role: 'tool', text: contentText(result.content), tool_call_id: undefined }];
  return [{ role: item.role, text: contentText(item.content), tool_call_id: undefined }];
}

/** Reads an Anthropic Messages request as the equivalent chat request. */
export function readAnthropic(body: JsonObject): { request: ChatRequest } | { refused: Answer } {
  const messages = Array.isArray(body.messages) ? body.messages.flatMap(readMessage) : [];
  if (messages.length === 0) return { refused: badRequest('messages must be a non-empty list') };
  const max_tokens = boundedNumber(body, 'max_tokens', 1, Number.POSITIVE_INFINITY, true);
  if (typeof max_tokens === 'string') return { refused: badRequest(max_tokens) };
  const tools = (Array.isArray(body.tools) ? body.tools.filter(isObject) : []).flatMap((tool) =>
    typeof tool.name === 'string' ? [{ name: tool.name, parameters: tool.input_schema }] : [],
  );
  const choice = isObject(body.tool_choice) ? body.tool_choice : {};
  const tool_choice: ChatRequest['tool_choice'] =
    choice.type === 'tool' && typeof choice.name === 'string'
      ? { kind: 'named', name: choice.name }
      : { kind: choice.type === 'any' ? 'required' : choice.type === 'none' ? 'none' : 'auto' };
  const stop = readStop(body.stop_sequences);
  return {
    request: {
      messages,
      tools,
      tool_choice,
      max_tokens,
      stop,
      n: 1,
      stream: body.stream === true,
      format: { kind: 'text' },
    },
  };
}

const STOP_REASON = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use' } as const;

function blocks(answer: Reply): JsonObject[] {
  const [choice] = answer.choices;
  if (choice === undefined) return [];
  if (choice.tool_calls.length === 0) return [{ type: 'text', text: choice.text }];
  return choice.tool_calls.map((call) => ({
    type: 'tool_use',
    id: call.id,
    name: call.name,
    input: JSON.parse(call.arguments),
  }));
}

/** The Messages answer without streaming, in the shape of Anthropic's API. assumed: data.anthropic */
export function anthropicAnswer(answer: Reply, model: string, stamp: Stamp): JsonObject {
  const { prompt_tokens, completion_tokens } = usageOf(answer);
  return {
    id: `msg_${stamp.id}`,
    type: 'message',
    role: 'assistant',
    model,
    content: blocks(answer),
    stop_reason: STOP_REASON[answer.choices[0]?.finish_reason ?? 'stop'],
    stop_sequence: null,
    usage: { input_tokens: prompt_tokens, output_tokens: completion_tokens },
  };
}

/** The events of a streamed Messages answer. Each is sent with its type as the SSE event name. */
export function* anthropicEvents(answer: Reply, model: string, stamp: Stamp): Generator<JsonObject> {
  const message = anthropicAnswer(answer, model, stamp);
  const { prompt_tokens, completion_tokens } = usageOf(answer);
  const open = { ...message, content: [], stop_reason: null, usage: { input_tokens: prompt_tokens, output_tokens: 0 } };
  yield { type: 'message_start', message: open };
  for (const [index, block] of blocks(answer).entries()) {
    const tool = block.type === 'tool_use';
    yield {
      type: 'content_block_start',
      index,
      content_block: tool ? { ...block, input: {} } : { type: 'text', text: '' },
    };
    for (const piece of tokenPieces(tool ? JSON.stringify(block.input) : String(block.text))) {
      const delta = tool ? { type: 'input_json_delta', partial_json: piece } : { type: 'text_delta', text: piece };
      yield { type: 'content_block_delta', index, delta };
    }
    yield { type: 'content_block_stop', index };
  }
  const delta = { stop_reason: message.stop_reason, stop_sequence: null };
  yield { type: 'message_delta', delta, usage: { output_tokens: completion_tokens } };
  yield { type: 'message_stop' };
}
