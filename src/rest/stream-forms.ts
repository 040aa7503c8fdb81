/** Stream events in the forms of Anthropic and Google, as frames of a chat stream. Agents pass them on as they got them. Pure. */
import { defined, isObject } from './json.ts';

/** A chat frame, and whether the event ends the answer. */
export interface Frame {
  frame: Record<string, unknown>;
  ends?: true;
}

/** The event as a chat frame. Undefined for an event in any other form. */
export function asChatFrame(event: Record<string, unknown>): Frame | undefined {
  return Array.isArray(event.candidates) ? ofGoogle(event) : ofAnthropic(event);
}

function ofGoogle({ candidates, usageMetadata, modelVersion, ...others }: Record<string, unknown>): Frame {
  const choices = (Array.isArray(candidates) ? candidates : []).filter(isObject).map((candidate, at) => {
    const { content, finishReason, index, ...more } = candidate;
    const parts = isObject(content) && Array.isArray(content.parts) ? content.parts : [];
    const calls = parts.flatMap((part: unknown) =>
      isObject(part) && isObject(part.functionCall)
        ? [{ function: { name: part.functionCall.name, arguments: JSON.stringify(part.functionCall.args ?? {}) } }]
        : [],
    );
    const rest = parts.flatMap((part: unknown) => {
      if (!isObject(part) || part.functionCall !== undefined) return [];
      return part.thought === true ? [{ type: 'thinking', thinking: part.text }] : [part];
    });
    const delta = { content: rest, ...(calls.length > 0 ? { tool_calls: calls } : {}) };
    return { ...more, ...defined({ finish_reason: finishReason }), index: index ?? at, delta };
  });
  return { frame: { ...others, ...defined({ usage: usageMetadata, model: modelVersion }), choices } };
}

function ofAnthropic(event: Record<string, unknown>): Frame | undefined {
  const { type, delta, message, content_block: block, index } = event;
  if (type === 'message_start' && isObject(message))
    return { frame: defined({ model: message.model, usage: message.usage, delta: {} }) };
  if (type === 'content_block_start' && isObject(block))
    return {
      frame:
        block.type === 'tool_use'
          ? callFrame(index, { id: block.id, name: block.name })
          : { delta: { content: [block] } },
    };
  if (type === 'content_block_delta' && isObject(delta)) {
    if (delta.type === 'input_json_delta') return { frame: callFrame(index, { arguments: delta.partial_json }) };
    if (delta.type === 'thinking_delta') return { frame: { delta: { reasoning: delta.thinking } } };
    if (delta.type === 'signature_delta') return { frame: { delta: {} } };
    return { frame: { delta: { content: [delta.type === 'text_delta' ? { text: delta.text } : delta] } } };
  }
  if (type === 'message_delta' && isObject(delta))
    return { frame: defined({ finish_reason: delta.stop_reason, usage: event.usage, delta: {} }) };
  if (type === 'content_block_stop') return { frame: { delta: {} } };
  if (type === 'message_stop') return { frame: { delta: {} }, ends: true };
  return undefined;
}

function callFrame(index: unknown, { id, name, arguments: args }: Record<string, unknown>): Record<string, unknown> {
  return { delta: { tool_calls: [defined({ index, id, function: defined({ name, arguments: args }) })] } };
}
