/**
 * Messages and tools in the form that Responses agents take, from the form of chat models. What has that form already stays. Pure.
 */
import { defined, isObject } from '../../src/rest/json.ts';

type Fields = Record<string, unknown>;

/** Messages as input items: contents become `input_text` and so on, and calls and results of tools become items of their own. */
export function inputItems(messages: readonly Fields[]): unknown[] {
  return messages.flatMap(itemsOf);
}

function itemsOf(message: Fields): unknown[] {
  const { role, content, tool_calls: calls, tool_call_id: id, function_call: call, refusal, ...others } = message;
  if (role === 'tool') return [defined({ type: 'function_call_output', call_id: id, output: outputOf(content) })];
  const made = [...(Array.isArray(calls) ? calls : []), ...(isObject(call) ? [{ function: call }] : [])].filter(
    isObject,
  );
  if (made.length === 0 && refusal === undefined) return [{ ...message, ...partsOf(message) }];
  const parts = [contentOf(content, role), typeof refusal === 'string' ? [{ type: 'refusal', refusal }] : []].flat();
  const said = parts.filter((part) => part !== '' && part !== null && part !== undefined);
  const spoken = typeof content === 'string' && said.length === 1 ? content : said;
  const items = said.length > 0 ? [{ role, content: spoken, ...others }] : [];
  return [...items, ...made.map(callItem)];
}

function partsOf({ role, content }: Fields): Fields {
  return content === undefined ? {} : { content: contentOf(content, role) };
}

/** A text stays a text. @param role an assistant's parts are output. */
function contentOf(content: unknown, role: unknown): unknown {
  if (!Array.isArray(content)) return content;
  return content.map((part: unknown) => (isObject(part) ? partOf(part, role === 'assistant') : part));
}

function partOf(part: Fields, isOutput: boolean): Fields {
  const { type, ...others } = part;
  switch (type) {
    case 'text':
      return { ...others, type: isOutput ? 'output_text' : 'input_text', ...(isOutput ? { annotations: [] } : {}) };
    case 'image_url': {
      const { image_url: image, ...rest } = others;
      const { url, detail } = isObject(image) ? image : { url: image, detail: undefined };
      return defined({ ...rest, type: 'input_image', image_url: url, detail: detail ?? rest.detail });
    }
    case 'file': {
      const { file, ...rest } = others;
      return { ...rest, type: 'input_file', ...(isObject(file) ? file : {}) };
    }
    default:
      return part;
  }
}

function callItem({ id, function: fn }: Fields): Fields {
  const { name, arguments: args } = isObject(fn) ? fn : {};
  return defined({
    type: 'function_call',
    call_id: id,
    name,
    arguments: typeof args === 'string' ? args : JSON.stringify(args ?? {}),
  });
}

/** The output of a tool is a text, or parts. */
function outputOf(content: unknown): unknown {
  if (Array.isArray(content)) return contentOf(content, 'user');
  return typeof content === 'string' ? content : JSON.stringify(content ?? '');
}

/** Other fields of a request in the form of the Responses API: tools, the choice of a tool, the format of the answer, the token limit. */
export function responsesFields(extra: Fields | undefined): Fields {
  if (!extra) return {};
  const {
    max_tokens: limit,
    max_completion_tokens: newer,
    response_format: format,
    tools,
    tool_choice: choice,
    ...others
  } = extra;
  const tokens = others.max_output_tokens ?? newer ?? limit;
  return defined({
    ...others,
    max_output_tokens: tokens,
    tools: Array.isArray(tools) ? tools.map(flat) : tools,
    tool_choice: flat(choice),
    text: isObject(format) ? { ...(isObject(others.text) ? others.text : {}), format: formatOf(format) } : others.text,
  });
}

/** `{type, function: {name, …}}` without its inner object. */
function flat(tool: unknown): unknown {
  if (!isObject(tool) || tool.type !== 'function' || !isObject(tool.function)) return tool;
  const { function: fn, ...others } = tool;
  return { ...others, ...fn };
}

function formatOf(format: Fields): Fields {
  const { json_schema: schema, ...others } = format;
  return isObject(schema) ? { ...others, ...schema } : format;
}
