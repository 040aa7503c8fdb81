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

const ROLE: Record<string, string> = { model: 'assistant', function: 'tool' };

function readContent(item: unknown): ChatMessage[] {
  if (!isObject(item)) return [];
  const role = typeof item.role === 'string' ? (ROLE[item.role] ?? item.role) : 'user';
  return [{ role, text: contentText(item.parts), tool_call_id: undefined }];
}

function readDeclarations(tools: unknown): ChatRequest['tools'] {
  const groups = Array.isArray(tools) ? tools.filter(isObject) : [];
  return groups.flatMap(({ functionDeclarations: listed }) =>
    (Array.isArray(listed) ? listed.filter(isObject) : []).flatMap(({ name, parameters }) =>
      typeof name === 'string' ? [{ name, parameters }] : [],
    ),
  );
}

/** Reads a generateContent request as the equivalent chat request. The path says whether it streams. assumed: gateway-gemini */
export function readGemini(body: JsonObject): { request: ChatRequest } | { refused: Answer } {
  const messages = Array.isArray(body.contents) ? body.contents.flatMap(readContent) : [];
  if (messages.length === 0) return { refused: badRequest('contents must be a non-empty list') };
  const settings = isObject(body.generationConfig) ? body.generationConfig : {};
  const max_tokens = boundedNumber(settings, 'maxOutputTokens', 1, Number.POSITIVE_INFINITY, true);
  if (typeof max_tokens === 'string') return { refused: badRequest(max_tokens) };
  const system = isObject(body.systemInstruction) ? contentText(body.systemInstruction.parts) : '';
  return {
    request: {
      messages: [...(system === '' ? [] : [{ role: 'system', text: system, tool_call_id: undefined }]), ...messages],
      tools: readDeclarations(body.tools),
      tool_choice: { kind: 'auto' },
      max_tokens,
      stop: readStop(settings.stopSequences),
      n: 1,
      stream: body.stream === true,
      format: { kind: 'text' },
    },
  };
}

const FINISH = { stop: 'STOP', length: 'MAX_TOKENS', tool_calls: 'STOP' } as const;

/** The answer without streaming, in the shape of Google's API. */
export function geminiAnswer(answer: Reply, model: string, stamp: Stamp): JsonObject {
  const { prompt_tokens, completion_tokens, total_tokens } = usageOf(answer);
  const candidates = answer.choices.map((choice, index) => ({
    content: { role: 'model', parts: partsOf(choice) },
    finishReason: FINISH[choice.finish_reason],
    index,
  }));
  return {
    candidates,
    usageMetadata: {
      promptTokenCount: prompt_tokens,
      candidatesTokenCount: completion_tokens,
      totalTokenCount: total_tokens,
    },
    modelVersion: model,
    responseId: stamp.id,
  };
}

function partsOf({ text, tool_calls }: Reply['choices'][number]): JsonObject[] {
  if (tool_calls.length === 0) return [{ text }];
  return tool_calls.map((call) => ({ functionCall: { name: call.name, args: JSON.parse(call.arguments) } }));
}

/** The chunks of a streamed answer. The last one has the end and the usage. */
export function* geminiChunks(answer: Reply, model: string, stamp: Stamp): Generator<JsonObject> {
  const whole = geminiAnswer(answer, model, stamp);
  const [choice] = answer.choices;
  if (choice === undefined || choice.tool_calls.length > 0) {
    yield whole;
    return;
  }
  const pieces = tokenPieces(choice.text);
  for (const text of pieces.slice(0, -1)) {
    yield {
      candidates: [{ content: { role: 'model', parts: [{ text }] }, index: 0 }],
      modelVersion: model,
      responseId: stamp.id,
    };
  }
  const last = {
    content: { role: 'model', parts: [{ text: pieces.at(-1) ?? '' }] },
    index: 0,
    finishReason: FINISH[choice.finish_reason],
  };
  yield { ...whole, candidates: [last] };
}
