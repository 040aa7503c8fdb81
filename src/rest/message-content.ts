/** Reads the content of a message: text, reasoning, refusals, tool calls, and parts of other kinds. Pure. */
import { defined, isObject } from './json.ts';

export interface ToolCall {
  id?: string;
  name: string;
  /** JSON, as written by the model. */
  arguments: string;
}

/** What a content says. Absent fields are empty. */
export interface Content {
  text: string;
  reasoning: string;
  refusal?: string;
  toolCalls?: ToolCall[];
  /** Parts of other kinds, as they came. */
  parts?: unknown[];
  /** Whether there is reasoning that only the provider can read. */
  hidden?: true;
  logprobs?: true;
}

/** The `content` of a message: a string, or parts of several kinds (fact Q8). */
export function readContent(content: unknown): Content {
  if (typeof content === 'string') return { text: content, reasoning: '' };
  const read = { text: '', reasoning: '', refusal: '', toolCalls: [] as ToolCall[], parts: [] as unknown[] };
  let hidden = false;
  let logprobs = false;
  const list = Array.isArray(content) ? content : isObject(content) ? [content] : [];
  for (const part of list) {
    if (part === null) continue;
    if (!isObject(part)) read.parts.push(part);
    else if (part.type === 'reasoning' || part.type === 'thinking' || part.type === 'redacted_thinking') {
      const reasoning = reasoningOf(part);
      read.reasoning += reasoning.text;
      hidden ||= reasoning.hidden;
    } else if (part.type === 'refusal') read.refusal += textOf(part.refusal);
    else if (part.type === 'tool_use')
      read.toolCalls.push(defined({ id: callId(part), name: textOf(part.name), arguments: jsonOf(part.input) }));
    else if (typeof part.text === 'string' && TEXT_TYPES.has(part.type)) {
      read.text += part.text;
      const { type: _, text: __, index: ___, logprobs: probabilities, ...others } = part;
      logprobs ||= !isEmpty(probabilities);
      // Citations, for example.
      const more = Object.entries(others).filter(([, value]) => !isEmpty(value));
      if (more.length > 0) read.parts.push(Object.fromEntries(more));
    } else read.parts.push(part);
  }
  return defined({
    text: read.text,
    reasoning: read.reasoning,
    refusal: read.refusal || undefined,
    toolCalls: read.toolCalls.length > 0 ? read.toolCalls : undefined,
    parts: read.parts.length > 0 ? read.parts : undefined,
    hidden: hidden || undefined,
    logprobs: logprobs || undefined,
  });
}

const TEXT_TYPES: ReadonlySet<unknown> = new Set([undefined, 'text', 'output_text', 'input_text']);

/** A part with reasoning: as a summary, as text, or encrypted. */
function reasoningOf(part: Record<string, unknown>): { text: string; hidden: boolean } {
  const lists = [part.summary, part.content].flatMap((list) => (Array.isArray(list) ? list.filter(isObject) : []));
  const own = textOf(part.thinking) || textOf(part.text) || textOf(part.reasoning);
  const summary = typeof part.summary === 'string' ? part.summary : '';
  const text = own + summary + lists.map((each) => textOf(each.text)).join('');
  const hidden = part.type === 'redacted_thinking' || lists.some(({ type }) => /encrypted/.test(textOf(type)));
  return { text, hidden };
}

export function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

export const textOf = (value: unknown) => (typeof value === 'string' ? value : '');

/** Arguments are JSON as text. Some agents send the object itself. */
export function jsonOf(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
}

export function callId({ call_id, id }: Record<string, unknown>): string | undefined {
  return typeof call_id === 'string' ? call_id : typeof id === 'string' ? id : undefined;
}
